"""Yearly returns against a count on the fingers: day by day and year by year."""

from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.values import from_days, month_day, to_days
from kohorte.dsl.anniversaries import instant_intervals, month_days
from kohorte.dsl.moments import FixedDay, local_day, start_of_day
from kohorte.dsl.timed import four_years, returning_between, returning_near

FIRST = to_days(date(1960, 1, 1))
LAST = to_days(date(2040, 12, 31))
days = st.integers(FIRST, LAST) | st.sampled_from(
    [to_days(date(year, month, day)) for year in (2023, 2024) for month, day in ((2, 28), (3, 1), (12, 31), (1, 1))]
    + [to_days(date(year, 2, 29)) for year in (1996, 2000, 2024)]
)
lengths = st.integers(0, 40) | st.integers(360, 370) | st.integers(700, 1500)


def returns_on(day: int, later: int) -> bool:
    """Tell whether a day has its anniversary on a later one, as a person would."""
    born, today = from_days(day), from_days(later)
    if today.year <= born.year:
        return False
    try:
        return born.replace(year=today.year) == today
    except ValueError:
        return (today.month, today.day) == (2, 28)


def matches(day: int, low: int, high: int) -> bool:
    return any(day < before and month_day(from_days(day)) in values for before, values in month_days(low, high))


@given(day=days, low=days, length=lengths)
def test_a_date_returns_when_one_of_the_days_is_its_anniversary(day: int, low: int, length: int) -> None:
    expected = any(returns_on(day, later) for later in range(low, low + length))
    assert matches(day, low, low + length) == expected


@given(
    day=days,
    low=days,
    length=lengths,
    name=st.sampled_from(["UTC", "Europe/Berlin", "Pacific/Apia", "America/Havana"]),
    micros=st.integers(0, 86_399_999_999),
)
def test_an_instant_returns_with_its_local_day(day: int, low: int, length: int, name: str, micros: int) -> None:
    zone = ZoneInfo(name)
    instant = start_of_day(day, zone) + micros
    expected = any(returns_on(local_day(instant, zone), later) for later in range(low, low + length))
    found = any(start <= instant < end for start, end in instant_intervals(low, low + length, zone))
    assert found == expected


@given(low=days, length=lengths)
def test_intervals_are_sorted_and_lie_apart(low: int, length: int) -> None:
    intervals = instant_intervals(low, low + length, ZoneInfo("Europe/Berlin"))
    assert all(start < end for start, end in intervals)
    assert all(first[1] < second[0] for first, second in pairwise(intervals))


@pytest.mark.parametrize(
    ("born", "today", "expected"),
    [
        ("2000-02-29", "2023-02-28", True),
        ("2000-02-29", "2024-02-28", False),
        ("2000-02-29", "2024-02-29", True),
        ("2000-02-29", "2023-03-01", False),
        ("2001-02-28", "2024-02-29", False),
        ("2001-02-28", "2024-02-28", True),
        ("2024-05-05", "2024-05-05", False),
        ("2024-05-05", "2025-05-05", True),
        ("2025-05-05", "2024-05-05", False),
    ],
)
def test_leap_days_and_the_first_anniversary(born: str, today: str, expected: bool) -> None:
    day, now = to_days(date.fromisoformat(born)), to_days(date.fromisoformat(today))
    assert matches(day, now, now + 1) == expected


def test_the_entries_are_always_two_however_long_the_interval() -> None:
    low = to_days(date(2024, 7, 1))
    for length in (0, 1, 200, 366, 800, 36_500):
        assert len(month_days(low, low + length)) == 2


@given(
    low=days,
    length=lengths,
    name=st.sampled_from(["UTC", "Europe/Berlin", "Pacific/Apia", "America/Havana"]),
    of_dates=st.booleans(),
)
def test_all_intervals_lie_near_one_place_of_the_year(low: int, length: int, name: str, *, of_dates: bool) -> None:
    bounds, zone = (FixedDay(low), FixedDay(low + length)), ZoneInfo(name)
    ends = returning_between(*bounds, zone, of_dates=of_dates)(0)
    place, width = returning_near(*bounds, zone, of_dates=of_dates)(0)
    cycle = four_years(of_dates=of_dates)
    for start, end in zip(ends[::2], ends[1::2], strict=True):
        assert (start - place) * 4 % cycle + (end - start) * 4 <= width * 4
