"""Bounds in time: what ``today``, ``last 90 days`` or ``this month`` mean once a rule is bound to a time.

A bound is a frozen value that answers ``at(now, zone)`` with days since 1970-01-01 (day bounds) or microseconds since
1970-01-01 UTC (instant bounds). The time zone is the rule's, never the machine's.

**No bound ever moves back as now advances**, whatever the clocks do, so a row enters a window once and leaves it once:

- a day that a month lacks (30 February) means the first instant of the next month;
- a wall-clock time that a change of clocks skips means the instant of that change, one that exists twice the second;
- while now itself is in a repeated hour, windows counted in days and longer stand still at that hour's end;
- a day starts at the first instant from which on the local date is that day or a later one.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from kohorte.core.errors import InvalidInput
from kohorte.core.values import from_days, from_micros, resolve_local, to_days, to_micros
from kohorte.dsl.syntax.ast import Unit, Which
from kohorte.dsl.typed import Bound

MICROS_A_MINUTE: Final = 60_000_000
MICROS_A_DAY: Final = 86_400_000_000
ELAPSED: Final = {Unit.MINUTE: MICROS_A_MINUTE, Unit.HOUR: 60 * MICROS_A_MINUTE}
"""The units that are elapsed time (µs); the others are counted on the calendar."""
_DAYS: Final = {Unit.DAY: 1, Unit.WEEK: 7}
_MONTHS: Final = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.YEAR: 12}
FIRST_DAY: Final = to_days(date(2, 1, 1))
LAST_DAY: Final = to_days(date(9998, 12, 31))
"""Between these two days every local time of every zone is a datetime."""
_FIRST_RUN: Final = datetime(300, 1, 1, tzinfo=UTC)
_END_OF_RUNS: Final = datetime(9800, 1, 1, tzinfo=UTC)
"""Windows and yearly returns reach up to 150 years from there, which no calendar here may overrun."""
_MIDNIGHT: Final = datetime.min.time()
_NOTHING: Final = timedelta(0)
_SECOND: Final = timedelta(seconds=1)
_MICROSECOND: Final = timedelta(microseconds=1)


@frozen
class Step:
    """A duration with its sign: ``- 90 days`` is ``Step(-90, Unit.DAY)``."""

    amount: int
    unit: Unit


# -- day bounds --------------------------------------------------------------------------------------------------


@frozen
class FixedDay:
    """A day that is written down."""

    day: int

    def at(self, now: int, zone: ZoneInfo) -> int:  # noqa: ARG002 - a Bound
        """Return the day, whatever the time."""
        return self.day


@frozen
class Today:
    """The local day of now, and from there ``steps`` one after the other (days and longer)."""

    steps: tuple[Step, ...] = ()

    def at(self, now: int, zone: ZoneInfo) -> int:
        """Return days since 1970-01-01."""
        day = local_day(now, zone)
        for step in self.steps:
            day = shift_day(day, step)
        return day


@frozen
class PeriodStart:
    """The first day of the week (ISO, Monday), month, quarter or year that is ``shift`` periods from today's."""

    unit: Unit
    shift: int = 0

    def at(self, now: int, zone: ZoneInfo) -> int:
        """Return days since 1970-01-01."""
        today = from_days(local_day(now, zone))
        if self.unit is Unit.WEEK:
            return to_days(today) - today.weekday() + 7 * self.shift
        months = _MONTHS[self.unit]
        within = (today.month - 1) % months
        return shift_day(to_days(today.replace(day=1)), Step(months * self.shift - within, Unit.MONTH))


DayBound = FixedDay | Today | PeriodStart


# -- instant bounds ----------------------------------------------------------------------------------------------


@frozen
class FixedInstant:
    """An instant that is written down with its offset from UTC."""

    micros: int

    def at(self, now: int, zone: ZoneInfo) -> int:  # noqa: ARG002 - a Bound
        """Return the instant, whatever the time."""
        return self.micros


@frozen
class WallClock:
    """A local date and time that is written down without an offset; it is read in the rule's zone."""

    local: datetime

    def at(self, now: int, zone: ZoneInfo) -> int:  # noqa: ARG002 - a Bound
        """Return microseconds since 1970-01-01 UTC."""
        return instant_of(self.local, zone)


@frozen
class Now:
    """The instant at which the rule is evaluated."""

    def at(self, now: int, zone: ZoneInfo) -> int:  # noqa: ARG002 - a Bound
        """Return that instant."""
        return now


@frozen
class StartOfDay:
    """The first instant of a local day."""

    day: DayBound

    def at(self, now: int, zone: ZoneInfo) -> int:
        """Return microseconds since 1970-01-01 UTC."""
        return start_of_day(self.day.at(now, zone), zone)


@frozen
class Shifted:
    """An instant, from there ``steps`` one after the other, and ``plus`` microseconds in the end.

    Minutes and hours are elapsed time; days and longer keep the wall clock.
    """

    base: FixedInstant | WallClock | Now
    steps: tuple[Step, ...] = ()
    plus: int = 0

    def at(self, now: int, zone: ZoneInfo) -> int:
        """Return microseconds since 1970-01-01 UTC."""
        instant = self.base.at(now, zone)
        for step in self.steps:
            instant = shift_instant(instant, step, zone)
        return instant + self.plus


InstantBound = FixedInstant | WallClock | Now | StartOfDay | Shifted

AFTER_NOW: Final = Shifted(Now(), plus=1)
"""The end of everything up to and including now."""


# -- intervals ---------------------------------------------------------------------------------------------------

Interval = tuple[Bound, Bound]
"""Half-open: the first bound belongs to it, the second does not."""


def following_day(day: DayBound) -> DayBound:
    """Return the day after a day."""
    match day:
        case FixedDay(day=days):
            return FixedDay(days + 1)
        case Today(steps=steps):
            return Today((*steps, Step(1, Unit.DAY)))
        case PeriodStart():
            raise TypeError(day)  # periods end where the next one starts


def just_after(instant: InstantBound) -> InstantBound:
    """Return the instant one microsecond later."""
    match instant:
        case FixedInstant(micros=micros):
            return FixedInstant(micros + 1)
        case Shifted(plus=plus):
            return evolve(instant, plus=plus + 1)
        case WallClock() | Now():
            return Shifted(instant, plus=1)
        case StartOfDay():
            raise TypeError(instant)  # whole days end where the next one starts


def days_back(amount: int, unit: Unit) -> Interval:
    """Return the days of ``in the last N days``, today included: after the day N units before today."""
    return following_day(Today((Step(-amount, unit),))), following_day(Today())


def days_ahead(amount: int, unit: Unit) -> Interval:
    """Return the days of ``in the next N days``: from today on, before the day N units later."""
    return Today(), Today((Step(amount, unit),))


def instants_back(amount: int, unit: Unit) -> Interval:
    """Return ``in the last N …``: after the instant N units before now, up to and including now."""
    return Shifted(Now(), (Step(-amount, unit),), plus=1), AFTER_NOW


def instants_ahead(amount: int, unit: Unit) -> Interval:
    """Return ``in the next N …``: from now on, before the instant N units later."""
    return Now(), Shifted(Now(), (Step(amount, unit),))


def period_days(which: Which, unit: Unit) -> tuple[PeriodStart, PeriodStart]:
    """Return the days of this, last or next week, month, quarter or year."""
    shift = {Which.LAST: -1, Which.THIS: 0, Which.NEXT: 1}[which]
    return PeriodStart(unit, shift), PeriodStart(unit, shift + 1)


def never_after_now(bound: Bound) -> bool:
    """Tell whether an upper bound surely lies at or before ``AFTER_NOW``, whenever and wherever the rule is bound."""
    match bound:
        case Now():
            return True
        case Shifted(base=Now(), steps=steps, plus=plus):
            return plus <= 1 and all(step.amount <= 0 for step in steps)
        case StartOfDay(day=Today(steps=steps)):
            return all(step.amount <= 0 for step in steps)
        case StartOfDay(day=PeriodStart(shift=shift)):
            return shift <= 0
        case _:
            return False


# -- reckoning ---------------------------------------------------------------------------------------------------


def evaluation_instant(now: datetime) -> int:
    """Return an instant at which a rule is asked, in microseconds.

    Raise ``InvalidInput`` for one without an offset, or one so far away that windows would leave the calendar.
    """
    if now.tzinfo is None:
        raise InvalidInput(
            "The instant {now} has no offset from UTC.", hint="Give datetime.now(timezone.utc) or the like.", now=now
        )
    if not _FIRST_RUN <= now < _END_OF_RUNS:
        raise InvalidInput("No rule is asked at {now}.", hint="Give an instant in the years 300 to 9799.", now=now)
    return to_micros(now)


def local_day(instant: int, zone: ZoneInfo) -> int:
    """Return the local day (since 1970-01-01) of an instant (µs): the last one that has started in ``zone``.

    It is the date that the calendar on the wall shows, save where the clocks once went back over midnight, as those of
    St. John's did until 2011: the minute that the new day had seen by then belongs to the old one.
    """
    day = _shown_day(instant, zone)
    return day if start_of_day(day, zone) <= instant else day - 1


def _shown_day(instant: int, zone: ZoneInfo) -> int:
    """Return the date that the calendar on the wall shows."""
    return to_days(from_micros(instant).astimezone(zone).date())


def start_of_day(day: int, zone: ZoneInfo) -> int:
    """Return the first instant (µs) from which on the local date in ``zone`` is ``day`` or later.

    Midnight may be skipped (then the day starts with the change of clocks) or exist twice.
    """
    if not FIRST_DAY <= day <= LAST_DAY:
        return day * MICROS_A_DAY  # no datetime reaches there in every zone; no stored instant does either
    midnight = datetime.combine(from_days(day), _MIDNIGHT, tzinfo=zone)
    first = day * MICROS_A_DAY - _offset(midnight)
    last = day * MICROS_A_DAY - _offset(midnight.replace(fold=1))
    if first < last:  # Midnight exists twice. The first one starts the day unless the clock went back into yesterday.
        return first if _shown_day(last - 1, zone) == day else last
    return first if first == last else to_micros(resolve_local(midnight.replace(tzinfo=None), zone))


def _offset(local: datetime) -> int:
    return (local.utcoffset() or _NOTHING) // _MICROSECOND


def shift_day(day: int, step: Step) -> int:
    """Return the day some days or months later or earlier; a day that the month lacks becomes the next month's first.

    The calendar ends with the years 1 and 9999: what lies beyond is taken as the last day before.
    """
    if step.unit in _DAYS:
        return day + step.amount * _DAYS[step.unit]
    if not FIRST_DAY <= day <= LAST_DAY:
        return day
    start = from_days(day)
    months = start.year * 12 + start.month - 1 + step.amount * _MONTHS[step.unit]
    if not 12 <= months < 120_000:
        return to_days(date.min if months < 12 else date.max)
    try:
        return to_days(start.replace(year=months // 12, month=months % 12 + 1))
    except ValueError:  # the month lacks the day; it is not December, which lacks none
        return to_days(date(months // 12, months % 12 + 2, 1))


def shift_instant(instant: int, step: Step, zone: ZoneInfo) -> int:
    """Return the instant (µs) some time later or earlier: elapsed for minutes and hours, else by the wall clock."""
    if step.unit in ELAPSED:
        return instant + step.amount * ELAPSED[step.unit]
    if not FIRST_DAY <= instant // MICROS_A_DAY < LAST_DAY:
        return instant
    local = _steady_clock(instant, zone)
    start = to_days(local.date())
    day = shift_day(start, step)
    if _is_lacking(start, day, step):
        return start_of_day(day, zone)
    if not FIRST_DAY <= day <= LAST_DAY:
        return day * MICROS_A_DAY
    return instant_of(datetime.combine(from_days(day), local.time()), zone)


def _is_lacking(start: int, day: int, step: Step) -> bool:
    """Tell whether the month had no such day, so that the shift went on to the first of the next."""
    return step.unit in _MONTHS and from_days(day).day != from_days(start).day


def instant_of(local: datetime, zone: ZoneInfo) -> int:
    """Return the instant (µs) of a wall-clock time: the second of two, or the change of clocks that skipped it."""
    day = to_days(local.date())
    if not FIRST_DAY <= day <= LAST_DAY:
        return day * MICROS_A_DAY
    return to_micros(resolve_local(local, zone))


def _steady_clock(instant: int, zone: ZoneInfo) -> datetime:
    """Return the wall clock at an instant; during a repeated hour, the hour's end."""
    local = from_micros(instant).astimezone(zone)
    first, second = local.replace(fold=0), local.replace(fold=1)
    before = first.utcoffset()
    if before is None or before == second.utcoffset():
        return local.replace(tzinfo=None)
    # The clocks go back at a whole second somewhere between the two instants that show this time.
    low = first.astimezone(UTC).replace(microsecond=0)
    high = second.astimezone(UTC).replace(microsecond=0)
    while high - low > _SECOND:
        middle = low + ((high - low) / 2 // _SECOND) * _SECOND
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return (high + before).replace(tzinfo=None)
