"""When bounds pass values: the exact inverse of where they lie."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.values import from_micros, to_days, to_micros
from kohorte.dsl.moments import (
    AFTER_NOW,
    FixedDay,
    FixedInstant,
    Now,
    PeriodStart,
    Shifted,
    StartOfDay,
    Step,
    Today,
    WallClock,
)
from kohorte.dsl.passing import NEVER, is_fixed, passing
from kohorte.dsl.syntax.ast import Unit
from kohorte.dsl.testing.values import ZONES, instants
from kohorte.dsl.typed import Bound

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE = 60_000_000
DAY = 86_400_000_000

zones = st.sampled_from([*ZONES, "America/St_Johns", "America/Havana", "Asia/Beirut"]).map(ZoneInfo)
calendar_units = st.sampled_from([Unit.DAY, Unit.WEEK, Unit.MONTH, Unit.QUARTER, Unit.YEAR])
steps = st.builds(Step, st.integers(-40, 40), calendar_units | st.sampled_from(list(Unit)))
day_bounds = st.one_of(
    st.builds(Today, st.lists(st.builds(Step, st.integers(-40, 40), calendar_units), max_size=2).map(tuple)),
    st.builds(PeriodStart, st.sampled_from([Unit.WEEK, Unit.MONTH, Unit.QUARTER, Unit.YEAR]), st.integers(-2, 2)),
)
instant_bounds = st.one_of(
    st.just(Now()),
    st.builds(Shifted, st.just(Now()), st.lists(steps, max_size=2).map(tuple), st.integers(0, 1)),
    st.builds(StartOfDay, day_bounds),
)


def micros(text: str) -> int:
    return to_micros(datetime.fromisoformat(text))


@given(bound=instant_bounds, zone=zones, now=instants(), minutes=st.integers(-4000, 4000), more=st.sampled_from([0, 1]))
def test_a_bound_passes_an_instant_at_the_first_instant_at_which_it_lies_after_it(
    bound: Bound, zone: ZoneInfo, now: datetime, minutes: int, more: int
) -> None:
    value = bound.at(to_micros(now), zone) + minutes * MINUTE + more
    passed = passing(bound, zone)(value)
    assert bound.at(passed - 1, zone) <= value < bound.at(passed, zone)


@given(bound=day_bounds, zone=zones, now=instants(), days=st.integers(-400, 400))
def test_a_bound_in_days_passes_a_day_at_the_first_instant_at_which_it_lies_after_it(
    bound: Bound, zone: ZoneInfo, now: datetime, days: int
) -> None:
    value = bound.at(to_micros(now), zone) + days
    passed = passing(bound, zone)(value)
    assert bound.at(passed - 1, zone) <= value < bound.at(passed, zone)


@given(zone=zones, now=instants(), amount=st.integers(1, 40), unit=calendar_units)
def test_what_lies_at_the_very_bound_leaves_as_soon_as_the_bound_moves(
    zone: ZoneInfo, now: datetime, amount: int, unit: Unit
) -> None:
    bound = Shifted(Now(), (Step(-amount, unit),), plus=1)
    at = bound.at(to_micros(now), zone)
    assert passing(bound, zone)(at) > to_micros(now)
    assert passing(bound, zone)(at - 1) <= to_micros(now)


@pytest.mark.parametrize(
    ("unit", "value", "passed"),
    [
        pytest.param(Unit.DAY, "2024-03-30T02:30:00+01:00", "2024-03-31T03:00:00+02:00", id="over the lost hour"),
        pytest.param(Unit.DAY, "2024-03-30T12:00:00+01:00", "2024-03-31T12:00:00+02:00", id="a day of 23 hours"),
        pytest.param(Unit.DAY, "2024-10-26T02:30:00+02:00", "2024-10-27T02:00:00+02:00", id="into the repeated hour"),
        pytest.param(Unit.DAY, "2024-10-27T02:30:00+02:00", "2024-10-28T02:00:00+01:00", id="the first of two"),
        pytest.param(Unit.MONTH, "2024-02-29T12:00:00+01:00", "2024-03-29T12:00:00+01:00", id="the day exists"),
        pytest.param(Unit.MONTH, "2024-02-29T23:59:59+01:00", "2024-03-29T23:59:59+01:00", id="its last second"),
        pytest.param(Unit.MONTH, "2024-03-01T00:00:00+01:00", "2024-03-30T00:00:00+01:00", id="no 30 February"),
    ],
)
def test_when_a_window_of_one_unit_leaves_an_instant_behind_in_berlin(unit: Unit, value: str, passed: str) -> None:
    bound = Shifted(Now(), (Step(-1, unit),))
    found = from_micros(passing(bound, BERLIN)(micros(value) - 1))
    assert found.astimezone(BERLIN).isoformat() == passed


def test_days_are_passed_at_local_midnight() -> None:
    passed = passing(Today((Step(-30, Unit.DAY),)), BERLIN)(to_days(date(2024, 3, 1)))
    assert from_micros(passed).astimezone(BERLIN).isoformat() == "2024-04-01T00:00:00+02:00"


@pytest.mark.parametrize(
    "bound",
    [FixedDay(100), FixedInstant(100), StartOfDay(FixedDay(0)), WallClock(datetime.fromisoformat("1970-01-01T00:00"))],
)
def test_what_is_written_down_passes_nothing_any_more(bound: Bound) -> None:
    at = bound.at(0, BERLIN)
    assert is_fixed(bound)
    assert passing(bound, BERLIN)(at) == NEVER
    assert passing(bound, BERLIN)(at - 1) == -NEVER


@pytest.mark.parametrize("bound", [Now(), AFTER_NOW, Today(), PeriodStart(Unit.WEEK), StartOfDay(Today())])
def test_what_hangs_on_now_is_not_fixed(bound: Bound) -> None:
    assert not is_fixed(bound)


@pytest.mark.parametrize("year", ["0001-01-01", "0002-01-01", "9998-12-31", "9999-12-31"])
@pytest.mark.parametrize("unit", [Unit.DAY, Unit.MONTH, Unit.YEAR])
def test_the_ends_of_the_calendar_break_nothing(year: str, unit: Unit) -> None:
    day = to_days(date.fromisoformat(year))
    for amount in (-400, 400):
        assert isinstance(passing(Today((Step(amount, unit),)), BERLIN)(day), int)
        assert isinstance(passing(Shifted(Now(), (Step(amount, unit),)), BERLIN)(day * DAY), int)
