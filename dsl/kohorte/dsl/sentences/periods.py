"""What an interval of two bounds was when people wrote it: the last 90 days, this month, on a day, before an instant.

Every comparison of times is one half-open interval in the typed tree; this finds the plainest way to say it again. The
result is exact: intervals of different meaning never become the same period.
"""

from typing import Final

from attrs import evolve, frozen

from kohorte.dsl.moments import (
    AFTER_NOW,
    DayBound,
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

Point = DayBound | FixedInstant | WallClock | Now | Shifted
"""A day or an instant. A day at the start of which an instant lies is that day."""


@frozen
class RollingPeriod:
    """The last or next so many units, counted from now (``of_days``: from today)."""

    forward: bool
    amount: int
    unit: Unit
    of_days: bool


@frozen
class CalendarPeriod:
    """This, the last or the next whole week, month, quarter or year."""

    which: Which
    unit: Unit


@frozen
class ToDate:
    """This week, month, quarter or year as far as it has passed."""

    unit: Unit


@frozen
class LongAgo:
    """More than so many units before now (``of_days``: before today)."""

    amount: int
    unit: Unit
    of_days: bool


@frozen
class OnDay:
    """A whole day."""

    day: DayBound


@frozen
class AtInstant:
    """That very instant."""

    instant: Point


@frozen
class Limit:
    """Where a period begins or ends, and whether that day or instant belongs to it."""

    point: Point
    included: bool


@frozen
class FromTo:
    """A period between limits, of which one may be open."""

    low: Limit | None
    high: Limit | None


Period = RollingPeriod | CalendarPeriod | ToDate | LongAgo | OnDay | AtInstant | FromTo

UP_TO_NOW: Final = FromTo(None, Limit(Now(), included=True))
FROM_NOW_ON: Final = FromTo(Limit(Now(), included=True), None)
PAST: Final = FromTo(None, Limit(Now(), included=False))
FUTURE: Final = FromTo(Limit(Now(), included=False), None)

_A_DAY: Final = Step(1, Unit.DAY)
_TOMORROW: Final = Today((_A_DAY,))
_SECOND: Final = 1_000_000
_WHICH: Final = {-1: Which.LAST, 0: Which.THIS, 1: Which.NEXT}


def period_of(low: Bound | None, high: Bound | None) -> Period:
    """Return what the interval [low, high) is called; None is open."""
    return _rolling(low, high) or _calendar(low, high) or _single(low, high) or _from_to(low, high)


def is_past(period: Period) -> bool:
    """Tell whether a period is over, so that what lies in it was."""
    match period:
        case LongAgo() | RollingPeriod(forward=False) | ToDate():
            return True
        case FromTo(high=Limit(point=Now(), included=True)):
            return True
        case CalendarPeriod(which=which):
            return which is Which.LAST
        case OnDay(day=Today(steps=(Step(amount=amount),))):
            return amount < 0
        case _:
            return False


def says_nothing_ahead(low: Bound | None, high: Bound | None) -> bool:
    """Tell whether an interval only says that something does not lie ahead."""
    return low is None and high in (AFTER_NOW, _TOMORROW)


def hangs_on_zone(bound: Bound | None) -> bool:
    """Tell whether a bound is another one in another time zone."""
    match bound:
        case None | FixedDay() | FixedInstant() | Now():
            return False
        case Shifted(base=base, steps=steps):
            return hangs_on_zone(base) or any(step.unit not in (Unit.MINUTE, Unit.HOUR) for step in steps)
        case _:
            return True


# -- rolling and calendar ----------------------------------------------------------------------------------------


def _rolling(low: Bound | None, high: Bound | None) -> Period | None:
    match low, high:
        case Shifted(base=Now(), steps=(Step(amount=amount, unit=unit),), plus=1), _ if (
            amount < 0 and high == AFTER_NOW
        ):
            return RollingPeriod(False, -amount, unit, of_days=False)
        case Now(), Shifted(base=Now(), steps=(Step(amount=amount, unit=unit),), plus=0) if amount > 0:
            return RollingPeriod(True, amount, unit, of_days=False)
        case Today(steps=(Step(amount=amount, unit=unit), last)), _ if amount < 0 and (last, high) == (
            _A_DAY,
            _TOMORROW,
        ):
            one_day = (amount, unit) == (-1, Unit.DAY)
            return OnDay(Today()) if one_day else RollingPeriod(False, -amount, unit, of_days=True)
        case Today(steps=()), Today(steps=(Step(amount=amount, unit=unit) as step,)) if amount > 0 and step != _A_DAY:
            return RollingPeriod(True, amount, unit, of_days=True)
        case None, Shifted(base=Now(), steps=(Step(amount=amount, unit=unit),), plus=0) if amount < 0:
            return LongAgo(-amount, unit, of_days=False)
        case None, Today(steps=(Step(amount=amount, unit=unit),)) if amount < 0:
            return LongAgo(-amount, unit, of_days=True)
        case _:
            return None


def _calendar(low: Bound | None, high: Bound | None) -> Period | None:
    match _day_of(low), _day_of(high) or high:
        case PeriodStart(unit=unit, shift=0), end if end in (AFTER_NOW, _TOMORROW):
            return ToDate(unit)
        case PeriodStart(unit=unit, shift=shift), PeriodStart() as end:
            if end == PeriodStart(unit, shift + 1) and shift in _WHICH:
                return CalendarPeriod(_WHICH[shift], unit)
            return None
        case _:
            return None


# -- days, instants and limits -----------------------------------------------------------------------------------


def _single(low: Bound | None, high: Bound | None) -> Period | None:
    """Return a whole day, or an instant alone."""
    match _day_of(low), _day_of(high):
        case FixedDay(day=day) as first, FixedDay(day=end) if end == day + 1:
            return OnDay(first)
        case Today(steps=steps) as first, Today(steps=(*before, last)) if last == _A_DAY and tuple(before) == steps:
            return OnDay(first)
        case _:
            pass
    first_limit, last_limit = _low(low), _high(high)
    if first_limit is None or last_limit is None or not (first_limit.included and last_limit.included):
        return None
    same = first_limit.point == last_limit.point and _day_of(low) is None
    return AtInstant(first_limit.point) if same else None


def _from_to(low: Bound | None, high: Bound | None) -> FromTo:
    last = _high(high)
    if last is not None and low is not None and isinstance(last.point, FixedDay):
        last = Limit(FixedDay(last.point.day - 1), included=True)  # from the 1st to the 31st: both belong to it
    return FromTo(_low(low), last)


def _day_of(bound: Bound | None) -> DayBound | None:
    match bound:
        case StartOfDay(day=day):
            return day
        case FixedDay() | Today() | PeriodStart():
            return bound
        case _:
            return None


def _low(bound: Bound | None) -> Limit | None:
    if bound is None:
        return None
    earlier = _just_before(bound)
    return Limit(_point(bound), included=True) if earlier is None else Limit(earlier, included=False)


def _high(bound: Bound | None) -> Limit | None:
    if bound is None:
        return None
    earlier = _just_before(bound)
    return Limit(_point(bound), included=False) if earlier is None else Limit(earlier, included=True)


def _just_before(bound: Bound) -> Point | None:
    """Return the day or instant that this one was made from by going on to the next."""
    match _day_of(bound) or bound:
        case Today(steps=(*before, last)) if last == _A_DAY:
            return Today(tuple(before))
        case FixedInstant(micros=micros) if micros % _SECOND == 1:
            return FixedInstant(micros - 1)
        case Shifted(base=base, steps=(), plus=1):
            return base
        case Shifted(plus=plus) as shifted if plus > 0:
            return evolve(shifted, plus=plus - 1)
        case _:
            return None


def _point(bound: Bound) -> Point:
    match bound:
        case StartOfDay(day=day):
            return day
        case FixedDay() | Today() | PeriodStart() | FixedInstant() | WallClock() | Now() | Shifted():
            return bound
        case _:
            raise TypeError(bound)
