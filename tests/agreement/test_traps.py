"""The traps between engines, each a fixed case: what all of them answer, whatever they would do by themselves.

The corpus is the table of traps of the rule language's design (section 6), row by row; each case says what a rule finds
among a few records. What no rule may say at all is refused, and each such row is a case as well.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from attrs import frozen

from kohorte.core.errors import InvalidValue
from kohorte.core.fields import LARGEST, Catalogue, Field, Kind
from kohorte.core.ports.rules import RuleRefused
from kohorte.core.values import UNICODE_VERSION, Money, clean_text, fold
from kohorte.dsl.records import Form, Reads, preparation
from tests.agreement.stands import Question, Stand, answers
from tests.dsl.catalogues import EVERYTHING

SUMMER = datetime(2024, 7, 1, 12, tzinfo=UTC)


@frozen
class Trap:
    """A rule, the records it is asked about, and the numbers of those for which it holds."""

    name: str
    rule: str
    records: Sequence[dict[str, Any]]
    found: Sequence[int]
    now: datetime = SUMMER


def of(name: str, *values: Any) -> list[dict[str, Any]]:
    """Return one record for each value of a field."""
    return [{name: value} for value in values]


def bought(*amounts: int | None, currency: str = "EUR") -> dict[str, Any]:
    """Return a record with one purchase for each amount."""
    rows = [{"at": SUMMER, "currency": currency, "amount": None if a is None else Decimal(a)} for a in amounts]
    return {"purchases": rows}


def at(*texts: str) -> list[dict[str, Any]]:
    """Return one record for each instant of creation."""
    return [{"created_at": datetime.fromisoformat(each)} for each in texts]


def utc(text: str) -> datetime:
    """Return an instant."""
    return datetime.fromisoformat(text)


TRAPS = [
    # -- folding --
    Trap("umlauts fold", 'contact.city = "äöü"', of("city", "ÄÖÜ", "äöü", "AOU"), [0, 1]),
    Trap("sigma folds, final or not", 'contact.city = "οδος"', of("city", "ΟΔΟΣ", "οδοσ", "οδος", "οδο"), [0, 1, 2]),
    Trap("dotted I folds to two characters", 'contact.city = "i\u0307"', of("city", "İ", "i", "I", "i\u0307"), [0, 3]),
    Trap("what ends with the second of them", 'contact.city ends with "\u0307x"', of("city", "İX", "IX", "ix"), [0]),
    Trap("sharp s is ss", 'contact.city = "STRASSE"', of("city", "straße", "Straße", "strase", "strasse"), [0, 1, 3]),
    Trap("a ligature is its letters", 'contact.city contains "FI"', of("city", "ﬁn", "fin", "f in"), [0, 1]),
    Trap("the Kelvin sign is a k", 'contact.city = "k"', of("city", "\u212a", "K", "κ"), [0, 1]),
    Trap("young letters fold too", 'contact.city = "\u10d0"', of("city", "\u1c90", "\u10d0"), [0, 1]),
    Trap("composed and decomposed are one", 'contact.city = "e\u0301"', of("city", "é", "e\u0301", "e"), [0, 1]),
    Trap("... exactly as well", 'contact.city = exactly "é"', of("city", "é", "e\u0301", "É"), [0, 1]),
    Trap("codes never fold", 'contact.country = "de"', of("country", "DE", "de", "De"), [1]),
    # -- looking into text --
    Trap("LIKE ignores case on SQLite", 'contact.city contains exactly "abc"', of("city", "ABC", "xabcx", "AbC"), [1]),
    Trap("LIKE finds both on SQLite", 'contact.city contains exactly "ric"', of("city", "ZÜRICH", "Zürich"), [1]),
    Trap(
        "... and folded text means both", 'contact.city contains "ric"', of("city", "ZÜRICH", "Zürich", "Züri"), [0, 1]
    ),
    Trap("a percent sign is one", 'contact.city contains "5%"', of("city", "5% off", "5a off", "5"), [0]),
    Trap("an underscore is one", 'contact.city contains "a_b"', of("city", "a_b", "axb"), [0]),
    Trap("a backslash escapes nothing", 'contact.city contains "5\\\\%"', of("city", "5\\%", "5%", "5\\"), [0]),
    Trap("... nor in a glob", 'contact.city matches "a\\\\*"', of("city", "a\\b", "a*", "ab"), [0]),
    Trap("a glob's brackets are plain", 'contact.city matches "[ab]*"', of("city", "[ab]c", "ac", "b"), [0]),
    Trap("a glob's percent sign too", 'contact.city matches "%_?"', of("city", "%_x", "abc", "%_"), [0]),
    Trap(
        "? is one character, however wide",
        'contact.city matches "a?b"',
        of("city", "a😀b", "aéb", "ab", "axxb"),
        [0, 1],
    ),
    Trap("a glob crosses lines", 'contact.notes matches "a*b"', of("notes", "a\nb", "a\nc"), [0]),
    Trap("ends with nothing", 'contact.city ends with ""', of("city", "x", None, ""), [0]),
    Trap("contains nothing", 'contact.city contains ""', of("city", "x", None), [0]),
    Trap("longer than the text", 'contact.city ends with "xyz"', of("city", "yz", "xyz", "z"), [1]),
    Trap("a prefix is no order", 'contact.city starts with "b"', of("city", "B", "Z", "ä", "a", "ba"), [0, 4]),
    Trap(
        "the last character as a prefix", 'contact.city starts with "\U0010ffff"', of("city", "\U0010ffffa", "z"), [0]
    ),
    Trap("the last before the surrogates", 'contact.city starts with "\ud7ff"', of("city", "\ud7ffa", "\ue000"), [0]),
    Trap("beyond the basic plane", 'contact.city starts with "😀"', of("city", "😀x", "😁"), [0]),
    # -- missing values --
    Trap("NOT IN with a missing value", "contact.score not in (1, 3)", of("score", 2, 1, None), [0, 2]),
    Trap("NOT of a missing value", 'not contact.country = "a"', of("country", None, "a", "b"), [0, 2]),
    Trap("in nothing", "contact.country in ()", of("country", None, "a"), []),
    Trap("not in nothing", "contact.country not in ()", of("country", None, "a"), [0, 1]),
    Trap("empty text is missing", "contact.city is empty", of("city", "", "  ", None, "x"), [0, 1, 2]),
    Trap("true, false, missing", "contact.subscribed = false", of("subscribed", True, False, None), [1]),
    Trap("not true", "not contact.subscribed", of("subscribed", True, False, None), [1, 2]),
    Trap("less or equal and its complement", "not contact.score <= 3", of("score", 3, 4, None), [1, 2]),
    Trap("between and its complement", "contact.score not between 1 and 3", of("score", 2, 4, None), [1, 2]),
    Trap("two missing fields are not equal", "contact.a = contact.b", [{"a": 1, "b": 1}, {"a": None, "b": None}], [0]),
    Trap("... nor unequal fields", "contact.a != contact.b", [{"a": 1, "b": 1}, {"a": None, "b": 1}, {}], [1, 2]),
    Trap(
        "a customer that is not there", 'customer.city != "x"', [{"customer": None}, {"customer": {"city": "x"}}], [0]
    ),
    Trap("... has no city", "customer.city is empty", [{"customer": None}, {"customer": {"city": "x"}}], [0]),
    # -- numbers --
    Trap("0.1 + 0.2", "contact.height = 0.1 + 0.2", of("height", Decimal("0.3"), Decimal("0.31")), [0]),
    Trap("0.10 is 0.1", "contact.height = 0.1", of("height", Decimal("0.10"), Decimal("0.01")), [0]),
    Trap("ten times 0.1", "marks.sum(weight) = 1", [{"marks": [{"weight": Decimal("0.1")}] * 10}], [0]),
    Trap("nearly the largest", "contact.score > 999999999998", of("score", LARGEST - 1, LARGEST - 2), [0]),
    Trap("cents of the largest", "contact.height = 9999999999.99", of("height", Decimal("9999999999.99"), 10**10), [0]),
    Trap("a sum beyond 2^53", "purchases.sum(amount) > 1 EUR", [bought(*[10**10] * 12), bought(1)], [0]),
    Trap(
        "sum of nothing is 0", "purchases.sum(amount) = 0 EUR", [{}, bought(None), bought(1), bought(1, -1)], [0, 1, 3]
    ),
    Trap("average of nothing is missing", "purchases.avg(amount, EUR) is empty", [{}, bought(None), bought(0)], [0, 1]),
    Trap("... and never divides by 0", "purchases.avg(amount) >= 0 EUR", [{}, bought(None), bought(0)], [2]),
    Trap("... nor its negation", "not purchases.avg(amount) >= 0 EUR", [{}, bought(0), bought(-1)], [0, 2]),
    Trap("an average is not rounded", "purchases.avg(amount) > 1 EUR", [bought(1, 1, 2), bought(1, 1)], [0]),
    Trap("... nor towards zero", "purchases.avg(amount) < -1 EUR", [bought(-1, -1, -2), bought(-1)], [0]),
    Trap("least of nothing", "not purchases.min(amount) < 5 EUR", [{}, bought(4), bought(5)], [0, 2]),
    Trap("money of other currencies", "purchases.sum(amount) > 0 GBP", [bought(5), bought(5, currency="GBP")], [1]),
    # -- time --
    Trap(
        "31 March minus a month: there is no 31 February",
        'in zone "UTC" contact.created_at in the last 1 month',
        at("2024-02-29T23:59:59Z", "2024-03-01T00:00:00Z", "2024-03-01T00:00:00.000001Z", "2024-03-31T12:00:00Z"),
        [2, 3],
        utc("2024-03-31T12:00:00Z"),
    ),
    Trap(
        "31 January plus a month",
        'in zone "UTC" contact.created_at in the next 1 month',
        at("2024-02-29T23:59:59Z", "2024-03-01T00:00:00Z", "2024-01-31T11:59:59Z"),
        [0],
        utc("2024-01-31T12:00:00Z"),
    ),
    Trap(
        "29 February plus a year",
        'in zone "UTC" contact.birthday has anniversary today',
        of("birthday", date(2024, 2, 29), date(2024, 2, 28), date(2024, 3, 1), date(2025, 2, 28)),
        [0, 1],
        utc("2025-02-28T12:00:00Z"),
    ),
    Trap(
        "... and in a leap year on its day",
        'in zone "UTC" contact.birthday has anniversary today',
        of("birthday", date(2024, 2, 29), date(2024, 2, 28)),
        [0],
        utc("2028-02-29T12:00:00Z"),
    ),
    Trap(
        "instants born on 29 February",
        'in zone "UTC" contact.seen_at has anniversary today',
        of("seen_at", utc("2024-02-29T23:59:59Z"), utc("2024-02-28T00:00:00Z"), utc("2024-03-01T00:00:00Z")),
        [0, 1],
        utc("2025-02-28T12:00:00Z"),
    ),
    Trap(
        "a day back over the change to summer time is 23 hours",
        "contact.created_at in the last 1 day",
        at("2024-03-30T08:59:59Z", "2024-03-30T09:00:00Z", "2024-03-30T09:00:00.000001Z"),
        [2],
        utc("2024-03-31T08:00:00Z"),
    ),
    Trap(
        "24 hours are 24 hours",
        "contact.created_at in the last 24 hours",
        at("2024-03-30T08:00:00Z", "2024-03-30T08:00:00.000001Z"),
        [1],
        utc("2024-03-31T08:00:00Z"),
    ),
    Trap(
        "the hour that exists twice: both are told apart",
        "contact.created_at <= now",
        at("2024-10-27T00:30:00Z", "2024-10-27T01:30:00Z"),
        [0],
        utc("2024-10-27T00:30:00Z"),
    ),
    Trap(
        "a day starts where the rule's zone says, not the session's",
        "contact.created_at on 2024-03-31",
        at(
            "2024-03-30T22:59:59.999999Z", "2024-03-30T23:00:00Z", "2024-03-31T21:59:59.999999Z", "2024-03-31T22:00:00Z"
        ),
        [1, 2],
    ),
    Trap(
        "a day without midnight",
        'in zone "America/Sao_Paulo" contact.created_at on 2018-11-04',
        at("2018-11-04T02:59:59Z", "2018-11-04T03:00:00Z", "2018-11-05T01:59:59Z", "2018-11-05T02:00:00Z"),
        [1, 2],
    ),
    Trap(
        "a day that a zone skipped",
        'in zone "Pacific/Apia" contact.created_at on 2011-12-30',
        at("2011-12-30T09:59:59Z", "2011-12-30T10:00:00Z", "2011-12-30T12:00:00Z"),
        [],
    ),
    Trap(
        "midnight as text is not greater than its day",
        'in zone "UTC" contact.created_at <= 2024-01-01T00:00:00Z',
        at("2024-01-01T00:00:00Z", "2024-01-01T00:00:00.000001Z", "2023-12-31T23:59:59.999999Z"),
        [0, 2],
    ),
    Trap(
        "before 1970",
        'in zone "UTC" contact.created_at before 1969-12-31',
        at("1969-12-30T23:59:59.999999Z", "1969-12-31T00:00:00Z", "1901-01-01T00:00:00Z"),
        [0, 2],
    ),
]


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.name)
def test_all_engines_give_the_one_answer(trap: Trap, catalogue: Catalogue, stands: list[Stand]) -> None:
    question = Question.of(trap.rule, catalogue, EVERYTHING)
    assert answers(question, trap.records, [trap.now], stands) == [list(trap.found)]


def test_many_stars_cost_no_time_on_any_engine(catalogue: Catalogue, stands: list[Stand]) -> None:
    question = Question.of(f'contact.city matches "{"a*" * 30}b"', catalogue, EVERYTHING)
    # The oracle looks with a plain regular expression, and would look until the end of time.
    assert answers(question, of("city", "a" * 60, "a" * 60 + "b"), [SUMMER], stands, is_judged=False) == [[1]]


def test_the_clock_stands_still_within_a_transaction_and_is_bound_all_the_same(
    catalogue: Catalogue, stands: list[Stand]
) -> None:
    question = Question.of("contact.created_at in the last 1 hour", catalogue, EVERYTHING)
    moments = [utc("2024-07-01T12:00:00Z"), utc("2024-07-01T13:30:00Z")]
    people = at("2024-07-01T11:30:00Z", "2024-07-01T13:00:00Z")
    assert answers(question, people, moments, stands) == [[0], [1]]


def test_while_an_hour_repeats_itself_windows_stand_still_at_its_end(catalogue: Catalogue, stands: list[Stand]) -> None:
    question = Question.of("contact.created_at in the last 1 day", catalogue, EVERYTHING)
    moments = [utc(each) for each in ("2024-10-27T00:00:00Z", "2024-10-27T00:59:59Z", "2024-10-27T01:00:00Z")]
    people = at("2024-10-26T00:59:59Z", "2024-10-26T01:00:00Z", "2024-10-26T01:00:01Z")
    assert answers(question, people, moments, stands) == [[2], [2], [2]]


def test_five_hundred_alternatives_are_not_too_many(catalogue: Catalogue, stands: list[Stand]) -> None:
    text = " or ".join(f"contact.score between {2 * each} and {2 * each}" for each in range(250))
    question = Question.of(text, catalogue, EVERYTHING)
    assert answers(question, of("score", 498, 499, None), [SUMMER], stands) == [[0]]


def test_a_thousand_values_fit_in_a_list(catalogue: Catalogue, stands: list[Stand]) -> None:
    values = ", ".join(f'"v{each}"' for each in range(1000))
    for rule, found in ((f"contact.city in ({values})", [0]), (f"contact.city not in ({values})", [1, 2])):
        question = Question.of(rule, catalogue, EVERYTHING)
        assert answers(question, of("city", "V999", "v1000", None), [SUMMER], stands) == [found]


def test_stored_lists_may_be_long(catalogue: Catalogue, stands: list[Stand]) -> None:
    entries = [f"Entry {each}" for each in range(20_000)]
    for rule, found in (('contact.city in list "vip"', [0]), ('contact.city not in list "vip"', [1, 2])):
        question = Question.of(rule, catalogue, EVERYTHING, lists={"vip": entries})
        assert answers(question, of("city", "ENTRY 19999", "entry", None), [SUMMER], stands) == [found]


NESTED = {
    "a field": ("contact.b != 1", 16),
    "another record": ('customer.category != "x"', 16),
    "rows": ('any purchases(amount > 5 EUR, status != "x")', 15),
    "an aggregate": ('purchases(status != "x", last 90 days).sum(amount) > 5 EUR', 15),
    "lines of rows": (
        'no purchases(amount > 5 EUR or no items(quantity > 3 or customer.category != "x" or category = "y"))',
        12,
    ),
}


@pytest.mark.parametrize(("innermost", "levels"), NESTED.values(), ids=NESTED)
def test_the_deepest_rule_is_not_too_deep_for_any_engine(
    innermost: str, levels: int, catalogue: Catalogue, stands: list[Stand]
) -> None:
    text = innermost
    for level in range(levels):
        text = f"(contact.a != {level} {'or' if level % 2 else 'and'} {text})"
    answers(Question.of(text[1:-1], catalogue, EVERYTHING), [{}, {"a": 3, "b": 1}, bought(9)], [SUMMER], stands)


# -- what no rule may say ----------------------------------------------------------------------------------------

REFUSED = {
    "division": "contact.a = 7/2",
    "division by zero": "contact.a = 1/0",
    "remainder": "contact.a = 7%3",
    "rounding": "contact.height = 0.125",
    "a figure beyond the range": "contact.a < 9223372036854775808",
    "... of a sum too": "purchases.sum(amount) > 92233720368547758.08 EUR",
    "not a number": "contact.a = NaN",
    "a text for a number": 'contact.score = "12"',
    "a number for a text": "contact.city = 12",
    "a cast": "contact.score = int('12abc')",
    "1 for true": "contact.subscribed = 1",
    "a text for true": 'contact.subscribed = "true"',
    "order of texts": 'contact.city < "b"',
    "NUL in a text": 'contact.city = "a\\u{0}b"',
    "half a character": 'contact.city = "\\u{D800}"',
    "a regular expression": 'contact.city matches regex "\\\\bcat\\\\b"',
    "a named group": 'contact.city matches regex "(?P<x>a)"',
    "a column that is not there": "contact.nosuch = 1",
    "NULL": "contact.city = NULL",
    "LIKE": 'contact.city like "a%"',
    "too deep": "not " * 70 + "contact.subscribed",
    "too many conditions": " or ".join(f"contact.a < {each}" for each in range(501)),
}


@pytest.mark.parametrize("rule", REFUSED.values(), ids=REFUSED)
def test_what_engines_could_not_agree_on_cannot_be_said(rule: str, catalogue: Catalogue) -> None:
    with pytest.raises(RuleRefused):
        Question.of(rule, catalogue, EVERYTHING)


UNUSABLE = {
    "not a number": (Field("f", Kind.DECIMAL, scale=2), Decimal("NaN")),
    "infinity": (Field("f", Kind.DECIMAL, scale=2), float("inf")),
    "more decimals than kept": (Field("f", Kind.DECIMAL, scale=2), Decimal("0.125")),
    "out of range": (Field("f", Kind.DECIMAL, scale=0), 2**63),
    "a truth value for a number": (Field("f", Kind.INTEGER), True),
    "a text for a number": (Field("f", Kind.INTEGER), "12"),
    "a wall clock without a zone": (Field("f", Kind.INSTANT), datetime(2024, 10, 27, 2, 30)),  # noqa: DTZ001 - meant
    "money without a currency": (Field("f", Kind.MONEY), Decimal(1)),
}


@pytest.mark.parametrize(("wanted", "value"), UNUSABLE.values(), ids=UNUSABLE)
def test_what_engines_would_keep_differently_is_refused_in_records(
    wanted: Field, value: object, catalogue: Catalogue
) -> None:
    prepare = preparation(Reads({"contact": {wanted: {Form.VALUE}}}), catalogue)
    with pytest.raises(InvalidValue, match=r"does not fit the field f"):
        prepare({"f": value})


def test_control_characters_and_half_characters_are_refused_at_the_door() -> None:
    for text in ("a\0b", "\ud800", "\x1b[31m"):
        with pytest.raises(InvalidValue):
            clean_text(text)


def test_text_is_folded_by_the_tables_of_one_unicode_version_that_storage_can_note() -> None:
    assert fold("\u1c90") == "\u10d0"
    assert tuple(map(int, UNICODE_VERSION.split("."))) >= (14, 0, 0)


def test_a_sum_may_pass_what_a_single_number_may_be(catalogue: Catalogue, stands: list[Stand]) -> None:
    rows = [{"at": SUMMER, "amount": Money(Decimal(10**10), "EUR")}] * 20
    question = Question.of("purchases.sum(amount) >= 10000000000.00 EUR", catalogue, EVERYTHING)
    assert answers(question, [{"purchases": rows}], [SUMMER], stands) == [[0]]
