"""Next change by time: what it answers for rules that a person would write."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from kohorte.core.errors import InvalidInput
from kohorte.core.values import to_micros
from kohorte.dsl import Language
from kohorte.dsl.changes.foreseen import NextChange
from kohorte.dsl.changes.functions import compile_changes

NOON = datetime(2024, 7, 1, 12, tzinfo=UTC)
LANGUAGE = Language.of(
    {
        "contact": {"country": "code", "birthday": "date", "created_at": "instant", "id": "code"},
        "purchases": [{"at": "instant", "amount": "integer", "status": "code"}],
    },
    zone="Europe/Berlin",
    segments={"vip": ["a"], "lapsed": "no purchases(last 30 days)"},
    key="id",
)


def ago(**length: int) -> datetime:
    return NOON - timedelta(**length)


def bought(*rows: datetime | tuple[datetime, int]) -> dict[str, Any]:
    pairs = [row if isinstance(row, tuple) else (row, 1) for row in rows]
    return {"purchases": [{"at": at, "amount": amount} for at, amount in pairs]}


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


MICROSECOND = timedelta(microseconds=1)
TWO = bought(ago(days=80), ago(days=10), ago(days=100))
CASES: dict[str, tuple[str, dict[str, Any], bool, datetime | None]] = {
    "a row leaves its window": ("purchases(last 90 days).count >= 2", TWO, True, NOON + timedelta(days=10)),
    "one of many rows does not matter": (
        "purchases(last 90 days).count >= 2",
        bought(ago(days=80), ago(days=10), ago(days=20)),
        True,
        NOON + timedelta(days=70),
    ),
    "what has left does not come back": ("purchases(last 90 days).count >= 3", TWO, False, None),
    "lapsing": ("no purchases(last 30 days)", bought(ago(days=10)), False, NOON + timedelta(days=20)),
    "a sum without a window never changes": ("purchases.sum(amount) > 3", bought((ago(days=1), 5)), True, None),
    "a cancellation leaves the window first": (
        "purchases(last 30 days).sum(amount) >= 5",
        bought((ago(days=20), -3), (ago(days=10), 5)),
        False,
        NOON + timedelta(days=10),
    ),
    "sums skip what does not matter": (
        "purchases(last 30 days).sum(amount) >= 5",
        bought((ago(days=20), 2), (ago(days=10), 5), (ago(days=5), 1)),
        True,
        NOON + timedelta(days=20),
    ),
    "averages": (
        "purchases(last 30 days).avg(amount) > 2",
        bought((ago(days=20), 1), (ago(days=10), 3)),
        False,
        NOON + timedelta(days=10),
    ),
    "the greatest leaves": (
        "purchases(last 30 days).max(amount) > 2",
        bought((ago(days=20), 3), (ago(days=10), 1)),
        True,
        NOON + timedelta(days=10),
    ),
    "the latest purchase grows old": (
        "purchases.max(at) more than 30 days ago",
        bought(ago(days=20), ago(days=50)),
        False,
        NOON + timedelta(days=10) + MICROSECOND,
    ),
    "a birthday in a week": (
        "contact.birthday has anniversary in the next 7 days",
        {"birthday": date(1980, 12, 24)},
        False,
        local("2024-12-18T00:00:00+01:00"),
    ),
    "a birthday is over": (
        "contact.birthday has anniversary today",
        {"birthday": date(1980, 7, 1)},
        True,
        local("2024-07-02T00:00:00+02:00"),
    ),
    "the 29th in a common year": (
        "contact.birthday has anniversary today",
        {"birthday": date(1980, 2, 29)},
        False,
        local("2025-02-28T00:00:00+01:00"),
    ),
    "an instant's anniversary": (
        "contact.created_at has anniversary today",
        {"created_at": local("2020-09-30T23:30:00+00:00")},
        False,
        local("2024-10-01T00:00:00+02:00"),
    ),
    "a day over the change of clocks": (
        "contact.created_at in the last 130 days",
        {"created_at": ago(days=10)},
        True,
        NOON + timedelta(days=120, hours=1),
    ),
    "calendar periods end at local midnight": (
        "contact.created_at in this month",
        {"created_at": NOON},
        True,
        local("2024-08-01T00:00:00+02:00"),
    ),
    "what is written down never changes": ("contact.created_at before 2024-01-01", {"created_at": NOON}, False, None),
    "the future comes": (
        "contact.created_at after now",
        {"created_at": NOON + timedelta(days=1)},
        True,
        NOON + timedelta(days=1),
    ),
    "a missing value never changes": ("not contact.created_at in the last 7 days", {}, True, None),
    "a referenced segment": ('in segment "lapsed"', bought(ago(days=10)), False, NOON + timedelta(days=20)),
    "stored membership stays": ('in segment "vip"', {"id": "a"}, True, None),
    "of two reasons the later one": (
        "any purchases(last 30 days) or contact.created_at in the last 7 days",
        {**bought(ago(days=10)), "created_at": NOON},
        True,
        NOON + timedelta(days=20),
    ),
}


@pytest.mark.parametrize(("text", "record", "holds", "at"), CASES.values(), ids=CASES)
def test_when_the_answer_next_changes(text: str, record: dict[str, Any], holds: bool, at: datetime | None) -> None:
    assert LANGUAGE.rule(text).next_change(record, NOON) == NextChange(holds, at)


def test_beyond_ten_years_it_is_known_only_that_nothing_changes_before() -> None:
    rule = LANGUAGE.rule("contact.created_at in the last 20 years")
    found = rule.next_change({"created_at": NOON}, NOON)
    assert found == NextChange(True, not_before=NOON.replace(year=2044))


def test_what_stays_true_year_after_year_is_followed_to_the_horizon() -> None:
    rule = LANGUAGE.rule("contact.birthday has anniversary in this year")
    found = rule.next_change({"birthday": date(1980, 7, 1)}, NOON)
    assert found.holds
    assert found.at is None
    assert found.not_before is not None
    assert found.not_before >= NOON.replace(year=2034)


def test_an_answer_that_many_bounds_leave_as_it_is_is_given_up_after_a_thousand() -> None:
    rule = LANGUAGE.rule("purchases(last 30 days).count = purchases(last 30 days, amount > 0).count")
    rows = bought(*(NOON + timedelta(minutes=minutes) for minutes in range(1_100)))
    found = rule.next_change(rows, NOON)
    assert found == NextChange(True, not_before=NOON + timedelta(minutes=1_001))


def test_prepared_records_are_answered_by_one_number() -> None:
    rule = LANGUAGE.rule("no purchases(last 30 days)")
    bound = rule.changes.at(to_micros(NOON))
    verdict = bound.verdict({"purchases": [{"at": to_micros(ago(days=10))}]})
    assert (verdict.holds, verdict.until) == (False, to_micros(NOON + timedelta(days=20)))


def test_an_instant_needs_its_offset() -> None:
    with pytest.raises(InvalidInput, match="offset"):
        LANGUAGE.rule("any purchases").next_change(bought(), datetime(2024, 7, 1, 12))  # noqa: DTZ001 - meant


def test_the_source_names_nothing_that_anybody_typed() -> None:
    rule = LANGUAGE.rule('purchases(status = "paid", last 30 days).sum(amount) > 5 and contact.country = "DE"')
    source = compile_changes(rule.checked, "contact").source
    assert not [word for word in ("paid", "DE", "status", "purchases", "country") if word in source]
