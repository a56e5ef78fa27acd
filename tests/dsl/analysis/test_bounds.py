"""What is proved of two bounds in time holds at every instant, in every zone."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.values import to_days, to_micros
from kohorte.dsl.analysis.bounds import edge, never_after, plain_bound, position
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
from kohorte.dsl.syntax.ast import Unit
from kohorte.dsl.testing import dates, instants
from kohorte.dsl.testing.values import ZONES
from kohorte.dsl.typed import Bound

_CALENDAR = (Unit.DAY, Unit.WEEK, Unit.MONTH, Unit.QUARTER, Unit.YEAR)
_AMOUNTS = st.sampled_from((-400, -90, -30, -29, -12, -3, -2, -1, 0, 1, 2, 3, 7, 30, 31, 400))
_DAY_STEPS = st.builds(Step, _AMOUNTS, st.sampled_from(_CALENDAR).filter(lambda unit: unit is not Unit.YEAR))
_STEPS = st.builds(Step, _AMOUNTS, st.sampled_from(Unit).filter(lambda unit: unit is not Unit.YEAR))
_PERIODS = st.builds(PeriodStart, st.sampled_from(_CALENDAR[1:]), st.integers(-2, 2))
DAYS: st.SearchStrategy[Bound] = st.one_of(
    dates().map(lambda day: FixedDay(to_days(day))),
    st.lists(_DAY_STEPS, max_size=2).map(lambda steps: Today(tuple(steps))),
    _PERIODS,
)
MOMENTS: st.SearchStrategy[Bound] = st.one_of(
    instants().map(lambda instant: FixedInstant(to_micros(instant))),
    instants().map(lambda instant: WallClock(instant.replace(tzinfo=None))),
    st.just(Now()),
    st.builds(StartOfDay, DAYS),
    st.builds(Shifted, st.just(Now()), st.lists(_STEPS, max_size=2).map(tuple), st.integers(0, 1)),
)
_ZONES = st.sampled_from(ZONES).map(ZoneInfo)
_LATER = st.sampled_from((0, 1, 3_600_000_000, 86_400_000_000, 40 * 86_400_000_000, 400 * 86_400_000_000))


@given(
    bounds=st.one_of(st.tuples(DAYS, DAYS), st.tuples(MOMENTS, MOMENTS)),
    zones=st.tuples(_ZONES, _ZONES) | _ZONES.map(lambda zone: (zone, zone)),
    now=instants(),
    later=_LATER,
)
def test_what_is_proved_of_two_bounds_holds_from_now_on(
    bounds: tuple[Bound, Bound], zones: tuple[ZoneInfo, ZoneInfo], now: datetime, later: int
) -> None:
    at = to_micros(now)
    one, other = (edge(bound, zone, at) for bound, zone in zip(bounds, zones, strict=True))
    if never_after(one, other):
        assert position(one, at + later) <= position(other, at + later)
    one, other = (edge(bound, zone) for bound, zone in zip(bounds, zones, strict=True))
    if never_after(one, other):
        assert position(one, at - later) <= position(other, at - later)


@given(bound=st.one_of(DAYS, MOMENTS), zone=_ZONES, now=instants())
def test_the_plain_form_of_a_bound_lies_where_it_lay(bound: Bound, zone: ZoneInfo, now: datetime) -> None:
    at = to_micros(now)
    assert plain_bound(bound).at(at, zone) == bound.at(at, zone)
    assert position(edge(bound, zone), at) == bound.at(at, zone)


_DAY, _MONTH, _YEAR = Unit.DAY, Unit.MONTH, Unit.YEAR


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Shifted(Now(), (Step(-90, _DAY),)), Shifted(Now(), (Step(-30, _DAY),))),
        (Shifted(Now(), (Step(-90, _DAY),), plus=1), Shifted(Now(), (Step(-30, _DAY),), plus=1)),
        (Shifted(Now(), (Step(-30, _DAY),)), Now()),
        (Shifted(Now(), (Step(-1, _YEAR),)), Shifted(Now(), (Step(-90, _DAY),))),
        (Shifted(Now(), (Step(-48, Unit.HOUR),)), Shifted(Now(), (Step(-1, Unit.HOUR),))),
        (Now(), AFTER_NOW),
        (Today((Step(-1, _MONTH),)), Today()),
        (PeriodStart(_YEAR), PeriodStart(_MONTH)),
        (PeriodStart(_MONTH), Today()),
        (Today((Step(1, _DAY),)), PeriodStart(_MONTH, 1)),
        (StartOfDay(PeriodStart(_MONTH, -1)), StartOfDay(Today())),
        (StartOfDay(Today((Step(-30, _DAY),))), Now()),
        (StartOfDay(FixedDay(0)), Now()),
    ],
)
def test_orders_that_people_rely_on_are_proved(one: Bound, other: Bound) -> None:
    zone = ZoneInfo("Europe/Berlin")
    now = to_micros(datetime.fromisoformat("2026-01-01T00:00:00Z"))
    assert never_after(edge(one, zone, now), edge(other, zone, now))


def test_what_changes_with_time_is_not_proved_in_the_other_direction() -> None:
    zone = ZoneInfo("Europe/Berlin")
    now = to_micros(datetime.fromisoformat("2026-01-01T00:00:00Z"))
    tomorrow = FixedInstant(now + 86_400_000_000)
    assert not never_after(edge(Now(), zone, now), edge(tomorrow, zone, now))
    assert not never_after(edge(tomorrow, zone, now), edge(Now(), zone, now))
