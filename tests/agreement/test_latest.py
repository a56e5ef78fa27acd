"""The latest row where many are alike: several at one time, of one key, in several currencies, without a value."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.fields import Catalogue
from tests.agreement.stands import Question, Stand, answers
from tests.dsl.catalogues import EVERYTHING

NOW = datetime(2024, 7, 1, 12, tzinfo=UTC)
TIMES = [NOW - timedelta(days=40), NOW - timedelta(days=3), NOW, NOW + timedelta(microseconds=1)]
PURCHASES = st.fixed_dictionaries(
    {
        "key": st.sampled_from(["1", "2", "ß", "Z"]),
        "at": st.sampled_from(TIMES),
        "currency": st.sampled_from(["EUR", "JPY"]),
        "amount": st.none() | st.sampled_from([Decimal(5), Decimal(6), Decimal(-5)]),
        "status": st.none() | st.sampled_from(["paid", "open"]),
        "category": st.none() | st.sampled_from(["Köln", "KÖLN", "b"]),
        "open": st.none() | st.booleans(),
    }
)
VISITS = st.fixed_dictionaries(
    {
        "event": st.none() | st.sampled_from(["a", "B", "b"]),
        "registered_at": st.none() | st.sampled_from(TIMES),
        "attended_on": st.none() | st.sampled_from([each.date() for each in TIMES]),
    }
)
PEOPLE = st.lists(
    st.fixed_dictionaries(
        {
            "purchases": st.lists(PURCHASES, max_size=5),
            "visits": st.lists(VISITS, max_size=4),
            "city": st.sampled_from(["köln", "B"]),
        }
    ),
    min_size=12,
    max_size=12,
)
ROWS = st.sampled_from(
    ["purchases", "purchases(status is set)", "purchases(last 30 days)", "purchases(amount is set, last 30 days)"]
)
ASKED = st.sampled_from(
    [
        *("amount = 5 EUR", "amount != 5 EUR", "amount > 5 JPY", "amount in (5 JPY, -5 EUR)", "amount is empty"),
        *('status = "paid"', 'status != "paid"', 'status in ("paid", "open")', 'category = exactly "KÖLN"'),
        *(
            'category starts with "kö"',
            'category does not contain "b"',
            "category = contact.city",
            "open",
            "open = false",
        ),
        *("at more than 2 days ago", "at on 2024-07-01", 'key = "ß"', "key is set"),
        "at has anniversary in the next 400 days",
    ]
)
OF_VISITS = st.sampled_from(
    [
        'last visits.event = "b"',
        'last visits(event is set).event != exactly "B"',
        "last visits.attended_on is set",
        "last visits.registered_at in the last 30 days",
        "last visits.attended_on has anniversary in the next 1 year",
    ]
)
TESTS = st.builds("last {}.{}".format, ROWS, ASKED) | OF_VISITS
RULES = TESTS | TESTS.map("not {}".format) | st.builds("{} {} {}".format, TESTS, st.sampled_from(["and", "or"]), TESTS)


@given(rule=RULES, people=PEOPLE)
def test_all_engines_find_the_same_latest_row_among_rows_that_are_alike(
    catalogue: Catalogue, stands: list[Stand], rule: str, people: list[dict[str, Any]]
) -> None:
    answers(Question.of(rule, catalogue, EVERYTHING), people, [NOW], stands)


def test_how_rows_lie_makes_no_difference(catalogue: Catalogue, stands: list[Stand]) -> None:
    rows = [
        {"key": "2", "at": TIMES[1], "currency": "EUR", "amount": Decimal(1), "status": "first"},
        {"key": "10", "at": TIMES[1], "currency": "EUR", "amount": Decimal(2), "status": "second"},
        {"key": "3", "at": TIMES[0], "currency": "EUR", "amount": Decimal(3), "status": "third"},
    ]
    people = [{"purchases": rows}, {"purchases": rows[::-1]}, {"purchases": rows[1:]}]
    question = Question.of('last purchases.status = "first"', catalogue, EVERYTHING)
    assert answers(question, people, [NOW], stands) == [[0, 1]]
