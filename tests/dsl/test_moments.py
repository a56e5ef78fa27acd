"""Bounds in time: fixed cases from the traps, and the laws that windows and periods must keep."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.values import from_days, from_micros, to_days, to_micros
from kohorte.dsl import moments
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
from kohorte.dsl.syntax.ast import Unit, Which
from kohorte.dsl.typed import Bound

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Kolkata",
    "America/Havana",
    "America/Sao_Paulo",
    "Asia/Beirut",
    "America/St_Johns",
    "UTC",
)
MINUTE = 60_000_000
DAY = 86_400_000_000


def micros(text: str) -> int:
    return to_micros(datetime.fromisoformat(text))


def back(amount: int, unit: Unit) -> Shifted:
    return Shifted(Now(), (Step(-amount, unit),))


def local(instant: int, zone: ZoneInfo) -> str:
    return from_micros(instant).astimezone(zone).isoformat()


@lru_cache
def changes(name: str) -> tuple[int, ...]:
    """Return the instants from 2005 to 2030 at which the clocks of a zone change, and some month ends beside."""
    zone = ZoneInfo(name)
    found = []
    start = datetime(2005, 1, 1, tzinfo=UTC)
    for hour in range(0, 26 * 366 * 24, 12):
        before, after = start + timedelta(hours=hour), start + timedelta(hours=hour + 12)
        if before.astimezone(zone).utcoffset() == after.astimezone(zone).utcoffset():
            continue
        low, high = 0, 12 * 3600
        while high - low > 1:
            middle = (low + high) // 2
            moved = (before + timedelta(seconds=middle)).astimezone(zone).utcoffset()
            low, high = (middle, high) if moved == before.astimezone(zone).utcoffset() else (low, middle)
        found.append(to_micros(before + timedelta(seconds=high)))
    ends = [
        micros(f"{year}-{end}T00:00:00+00:00") for year in (2023, 2024, 2025) for end in ("02-28", "03-01", "03-31")
    ]
    return (*found, *ends)


@st.composite
def critical_times(draw: st.DrawFn) -> tuple[str, int]:
    """Draw a zone and an instant near a change of its clocks, or a whole number of days from one."""
    name = draw(st.sampled_from(ZONES))
    change = draw(st.sampled_from(changes(name)))
    days = draw(st.sampled_from([0, 1, 7, 28, 29, 30, 31, 59, 89, 90, 91, 92, 182, 364, 365, 366]))
    minutes = draw(st.integers(-2000, 2000))
    return name, change + days * DAY + minutes * MINUTE + draw(st.sampled_from([-1, 0, 1, MINUTE // 2]))


calendar_units = st.sampled_from([Unit.DAY, Unit.WEEK, Unit.MONTH, Unit.QUARTER, Unit.YEAR])
steps = st.builds(
    Step, st.integers(-100, 100).filter(bool), st.sampled_from(list(Unit)) | st.just(Unit.DAY) | st.just(Unit.MONTH)
)
day_steps = st.builds(Step, st.integers(-100, 100), calendar_units)
day_bounds = st.one_of(
    st.builds(Today, st.lists(day_steps, max_size=2).map(tuple)),
    st.builds(PeriodStart, st.sampled_from([Unit.WEEK, Unit.MONTH, Unit.QUARTER, Unit.YEAR]), st.integers(-2, 2)),
)
instant_bounds = st.one_of(
    st.builds(Shifted, st.just(Now()), st.lists(steps, max_size=2).map(tuple), st.integers(0, 1)),
    st.builds(StartOfDay, day_bounds),
)


@given(
    bound=day_bounds | instant_bounds, when=critical_times(), advance=st.integers(0, 300), seconds=st.integers(0, 59)
)
def test_no_bound_moves_back_as_now_advances(bound: Bound, when: tuple[str, int], advance: int, seconds: int) -> None:
    name, now = when
    zone = ZoneInfo(name)
    later = now + advance * MINUTE + seconds * 1_000_000
    assert bound.at(now, zone) <= bound.at(later, zone)


@given(name=st.sampled_from(ZONES), data=st.data(), unit=calendar_units, amount=st.integers(1, 40), ahead=st.booleans())
def test_a_window_moves_forward_minute_by_minute_across_every_change_of_clocks(
    name: str, data: st.DataObject, unit: Unit, amount: int, ahead: bool
) -> None:
    zone = ZoneInfo(name)
    change = data.draw(st.sampled_from(changes(name)))
    bound = Shifted(Now(), (Step(amount if ahead else -amount, unit),))
    reached = [bound.at(change + minute * MINUTE, zone) for minute in range(-150, 151)]
    assert reached == sorted(reached)


@given(when=critical_times())
def test_no_day_comes_back_even_where_the_clocks_go_back_over_midnight(when: tuple[str, int]) -> None:
    name, change = when
    zone = ZoneInfo(name)
    days = [moments.local_day(change + minute * MINUTE, zone) for minute in range(-150, 151)]
    assert days == sorted(days)


@given(when=critical_times(), unit=st.sampled_from([Unit.WEEK, Unit.MONTH, Unit.QUARTER, Unit.YEAR]))
def test_last_this_and_next_period_follow_each_other_without_gap_or_overlap(when: tuple[str, int], unit: Unit) -> None:
    name, now = when
    zone = ZoneInfo(name)
    last, this, after = (moments.period_days(which, unit) for which in (Which.LAST, Which.THIS, Which.NEXT))
    assert last[1].at(now, zone) == this[0].at(now, zone)
    assert this[1].at(now, zone) == after[0].at(now, zone)
    assert this[0].at(now, zone) <= moments.local_day(now, zone) < this[1].at(now, zone)


@given(when=critical_times())
def test_every_instant_lies_in_its_own_day(when: tuple[str, int]) -> None:
    name, now = when
    zone = ZoneInfo(name)
    day = moments.local_day(now, zone)
    start, end = moments.start_of_day(day, zone), moments.start_of_day(day + 1, zone)
    assert start <= now < end
    assert moments.local_day(start - 1, zone) < day


@given(when=critical_times(), amount=st.integers(1, 10_000), unit=st.sampled_from([Unit.MINUTE, Unit.HOUR]))
def test_minutes_and_hours_are_elapsed_time(when: tuple[str, int], amount: int, unit: Unit) -> None:
    name, now = when
    length = amount * MINUTE * (60 if unit is Unit.HOUR else 1)
    assert back(amount, unit).at(now, ZoneInfo(name)) == now - length


@given(when=critical_times(), amount=st.integers(1, 400))
def test_days_back_keep_the_wall_clock(when: tuple[str, int], amount: int) -> None:
    name, now = when
    zone = ZoneInfo(name)
    there = back(amount, Unit.DAY).at(now, zone)
    wanted = from_micros(now).astimezone(zone).replace(tzinfo=None) - timedelta(days=amount)
    found = from_micros(there).astimezone(zone).replace(tzinfo=None)
    here = from_micros(now).astimezone(zone)
    if here.replace(fold=0).utcoffset() == here.replace(fold=1).utcoffset():
        exists = wanted.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wanted
        assert found == wanted if exists else found > wanted
    else:  # now is in a repeated hour: the bound already stands at its end
        assert found > wanted


@pytest.mark.parametrize(
    ("now", "amount", "unit", "bound"),
    [
        pytest.param("2024-03-31T10:00:00+02:00", 1, Unit.MONTH, "2024-03-01T00:00:00+01:00", id="no 31 February"),
        pytest.param("2024-03-29T10:00:00+01:00", 1, Unit.MONTH, "2024-02-29T10:00:00+01:00", id="leap day exists"),
        pytest.param("2023-03-29T10:00:00+02:00", 1, Unit.MONTH, "2023-03-01T00:00:00+01:00", id="no leap day"),
        pytest.param("2024-02-29T10:00:00+01:00", 1, Unit.YEAR, "2023-03-01T00:00:00+01:00", id="a year before"),
        pytest.param("2024-02-29T10:00:00+01:00", 4, Unit.YEAR, "2020-02-29T10:00:00+01:00", id="four years before"),
        pytest.param("2024-05-31T10:00:00+02:00", 1, Unit.QUARTER, "2024-03-01T00:00:00+01:00", id="no 31 February, q"),
        pytest.param("2024-01-31T10:00:00+01:00", -1, Unit.MONTH, "2024-03-01T00:00:00+01:00", id="a month ahead"),
        pytest.param("2024-04-01T10:00:00+02:00", 1, Unit.DAY, "2024-03-31T10:00:00+02:00", id="23-hour day, after"),
        pytest.param("2024-03-31T10:00:00+02:00", 1, Unit.DAY, "2024-03-30T10:00:00+01:00", id="over the lost hour"),
        pytest.param("2024-04-01T02:30:00+02:00", 1, Unit.DAY, "2024-03-31T03:00:00+02:00", id="into the lost hour"),
        pytest.param("2024-10-28T02:30:00+01:00", 1, Unit.DAY, "2024-10-27T02:30:00+01:00", id="the second of two"),
        pytest.param("2024-10-27T02:10:00+02:00", 1, Unit.DAY, "2024-10-26T03:00:00+02:00", id="stands still, first"),
        pytest.param("2024-10-27T02:50:00+01:00", 1, Unit.DAY, "2024-10-26T03:00:00+02:00", id="stands still, second"),
        pytest.param("2024-10-27T03:00:00+01:00", 1, Unit.DAY, "2024-10-26T03:00:00+02:00", id="goes on"),
        pytest.param("2024-10-27T12:00:00+01:00", 24, Unit.HOUR, "2024-10-26T13:00:00+02:00", id="hours elapse"),
    ],
)
def test_where_a_window_begins_in_berlin(now: str, amount: int, unit: Unit, bound: str) -> None:
    assert local(back(amount, unit).at(micros(now), BERLIN), BERLIN) == bound


@pytest.mark.parametrize(
    ("zone", "day", "start"),
    [
        ("Europe/Berlin", "2024-03-31", "2024-03-31T00:00:00+01:00"),
        ("Pacific/Apia", "2011-12-30", "2011-12-31T00:00:00+14:00"),  # the day does not exist there
        ("Pacific/Apia", "2011-12-31", "2011-12-31T00:00:00+14:00"),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T01:00:00-02:00"),  # midnight was skipped
        ("America/Havana", "2024-11-03", "2024-11-03T00:00:00-04:00"),  # midnight comes twice
        ("America/St_Johns", "2010-11-07", "2010-11-07T00:00:00-03:30"),  # and here the clock goes back into yesterday
        ("Australia/Lord_Howe", "2024-04-07", "2024-04-07T00:00:00+11:00"),
    ],
)
def test_where_a_day_begins(zone: str, day: str, start: str) -> None:
    there = ZoneInfo(zone)
    assert local(moments.start_of_day(to_days(date.fromisoformat(day)), there), there) == start


@pytest.mark.parametrize(
    ("which", "unit", "first", "end"),
    [
        (Which.THIS, Unit.WEEK, "2024-02-26", "2024-03-04"),
        (Which.LAST, Unit.WEEK, "2024-02-19", "2024-02-26"),
        (Which.NEXT, Unit.MONTH, "2024-03-01", "2024-04-01"),
        (Which.THIS, Unit.QUARTER, "2024-01-01", "2024-04-01"),
        (Which.LAST, Unit.QUARTER, "2023-10-01", "2024-01-01"),
        (Which.LAST, Unit.YEAR, "2023-01-01", "2024-01-01"),
        (Which.NEXT, Unit.YEAR, "2025-01-01", "2026-01-01"),
    ],
)
def test_calendar_periods_on_29_february_2024(which: Which, unit: Unit, first: str, end: str) -> None:
    now = micros("2024-02-29T12:00:00+01:00")
    low, high = moments.period_days(which, unit)
    assert from_days(low.at(now, BERLIN)).isoformat() == first
    assert from_days(high.at(now, BERLIN)).isoformat() == end


def test_the_local_day_of_now_depends_on_the_zone_alone() -> None:
    now = micros("2024-02-29T23:30:00+00:00")
    assert from_days(Today().at(now, BERLIN)) == date(2024, 3, 1)
    assert from_days(Today().at(now, ZoneInfo("America/New_York"))) == date(2024, 2, 29)


def test_the_last_and_next_days_both_have_today() -> None:
    now = micros("2024-03-10T12:00:00+01:00")
    last = [bound.at(now, BERLIN) - to_days(date(2024, 3, 10)) for bound in moments.days_back(7, Unit.DAY)]
    coming = [bound.at(now, BERLIN) - to_days(date(2024, 3, 10)) for bound in moments.days_ahead(7, Unit.DAY)]
    assert last == [-6, 1]
    assert coming == [0, 7]


def test_a_window_in_hours_has_now_but_not_the_instant_where_it_begins() -> None:
    low, high = moments.instants_back(24, Unit.HOUR)
    assert (low.at(5 * DAY, BERLIN), high.at(5 * DAY, BERLIN)) == (4 * DAY + 1, 5 * DAY + 1)


def test_a_local_time_is_read_in_the_zone_of_the_rule() -> None:
    written = WallClock(datetime.fromisoformat("2024-03-31T02:30"))
    assert local(written.at(0, BERLIN), BERLIN) == "2024-03-31T03:00:00+02:00"
    assert local(written.at(0, ZoneInfo("UTC")), ZoneInfo("UTC")) == "2024-03-31T02:30:00+00:00"


def test_steps_are_taken_one_after_the_other() -> None:
    now = micros("2024-03-31T12:00:00+02:00")
    twice = Today((Step(-1, Unit.MONTH), Step(-1, Unit.MONTH)))
    assert from_days(twice.at(now, BERLIN)) == date(2024, 2, 1)
    assert from_days(Today((Step(-2, Unit.MONTH),)).at(now, BERLIN)) == date(2024, 1, 31)


@pytest.mark.parametrize(
    "bound",
    [
        StartOfDay(FixedDay(to_days(date.min))),
        StartOfDay(FixedDay(to_days(date.max) + 1)),
        Shifted(FixedInstant(to_micros(datetime.max.replace(tzinfo=UTC))), (Step(100, Unit.YEAR),) * 3, plus=1),
        Shifted(FixedInstant(to_micros(datetime.max.replace(tzinfo=UTC))), (Step(100, Unit.HOUR), Step(9, Unit.DAY))),
        Shifted(WallClock(datetime.fromisoformat("0001-01-01T00:00")), (Step(-100, Unit.YEAR), Step(-1, Unit.WEEK))),
        Shifted(Now(), (Step(-100, Unit.YEAR),) * 50),
        Today((Step(100, Unit.YEAR),) * 100),
        Today((Step(40_000, Unit.DAY),) * 100),
    ],
)
@pytest.mark.parametrize("zone", ["Pacific/Apia", "America/New_York"])
def test_the_ends_of_the_calendar_break_nothing(bound: Bound, zone: str) -> None:
    assert isinstance(bound.at(micros("2024-02-29T12:00:00+00:00"), ZoneInfo(zone)), int)


@given(when=critical_times(), bound=instant_bounds)
def test_what_is_called_never_after_now_is_never_after_now(when: tuple[str, int], bound: Bound) -> None:
    name, now = when
    if moments.never_after_now(bound):
        assert bound.at(now, ZoneInfo(name)) <= AFTER_NOW.at(now, ZoneInfo(name))
