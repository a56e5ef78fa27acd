"""When bounds pass values: the inverse of ``Bound.at``, exact to the microsecond.

No bound moves back as now advances (see ``moments``), so there is one instant from which on ``bound.at(now) > value``.
From that instant on a row with this value lies before the bound: it has left what the bound begins, and entered what it
ends.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from kohorte.core.values import from_micros
from kohorte.dsl.moments import (
    ELAPSED,
    FIRST_DAY,
    LAST_DAY,
    MICROS_A_DAY,
    FixedDay,
    FixedInstant,
    Now,
    PeriodStart,
    Shifted,
    StartOfDay,
    Step,
    Today,
    WallClock,
    shift_instant,
    start_of_day,
)
from kohorte.dsl.typed import Bound

NEVER: Final = 1 << 62
"""Later than every instant that there is; ``-NEVER`` is earlier."""

Passing = Callable[[int], int]
"""Answer the first instant (µs) at which a bound lies after a value (µs, or days); ``NEVER`` where it never does."""

_REMEMBERED: Final = 4096
"""For so many days each bound remembers how it runs; a rule seldom looks at more than a few hundred."""


def is_fixed(bound: Bound) -> bool:
    """Tell whether a bound is the same whenever the rule is evaluated."""
    match bound:
        case StartOfDay(day=day):
            return isinstance(day, FixedDay)
        case Shifted(base=base):
            return not isinstance(base, Now)
        case _:
            return isinstance(bound, FixedDay | FixedInstant | WallClock)


@lru_cache(maxsize=1024)
def passing(bound: Bound, zone: ZoneInfo) -> Passing:
    """Return the function that answers when a bound passes a value.

    A bound that is fixed has always passed (``-NEVER``) or never will; so it is with others beyond the years 2 to 9998.
    """
    if is_fixed(bound):
        fixed = bound.at(0, zone)
        return lambda value: -NEVER if value < fixed else NEVER
    if runs_with_now(bound):
        ahead = bound.at(0, zone)
        return lambda value: value - ahead + 1
    return _passing_by_days(bound, zone)


def runs_with_now(bound: Bound) -> bool:
    """Tell whether a bound always lies equally far from now: ``now`` and ``last 24 hours``."""
    if isinstance(bound, Shifted):
        return isinstance(bound.base, Now) and all(step.unit in ELAPSED for step in bound.steps)
    return isinstance(bound, Now)


# -- bounds that hang on the local day ---------------------------------------------------------------------------


def _passing_by_days(bound: Bound, zone: ZoneInfo) -> Passing:
    """Find the local day of now in which the bound passes a value, then the instant in that day."""
    unit = 1 if isinstance(bound, Today | PeriodStart) else MICROS_A_DAY

    @lru_cache(maxsize=_REMEMBERED)
    def at_start(day: int) -> int:
        return bound.at(start_of_day(day, zone), zone)

    @lru_cache(maxsize=_REMEMBERED)
    def days_for(key: int) -> tuple[int, int]:
        first = _last_not_after(key * unit, at_start, around=2 * key - at_start(_in_calendar(key)) // unit)
        return first, first if unit == 1 else _last_not_after(key * unit + unit - 1, at_start, around=first)

    @lru_cache(maxsize=_REMEMBERED)
    def passing_in(day: int) -> Passing:
        return _passing_in_day(bound, day, zone)

    def passes(value: int) -> int:
        day, last = days_for(value // unit)
        if day < last:
            day += bisect_right(range(day + 1, last + 1), value, key=at_start)
        if day >= LAST_DAY:
            return NEVER
        return passing_in(day)(value) if day >= FIRST_DAY else -NEVER

    return passes


def _last_not_after(value: int, at_start: Callable[[int], int], *, around: int) -> int:
    """Return the last day at whose start the bound is not after a value; the day before all others if it always is."""
    low = high = _in_calendar(around)
    stride = 1
    while low >= FIRST_DAY and at_start(low) > value:
        low, high, stride = low - stride, low, 2 * stride
    while high <= LAST_DAY and at_start(high) <= value:
        low, high, stride = high, high + stride, 2 * stride
    low, high = max(low, FIRST_DAY - 1), min(high, LAST_DAY + 1)
    return low + bisect_right(range(low + 1, high), value, key=at_start)


def _in_calendar(day: int) -> int:
    return min(max(day, FIRST_DAY), LAST_DAY)


def _passing_in_day(bound: Bound, day: int, zone: ZoneInfo) -> Passing:
    """Return when a bound passes the values that it passes in one local day of now.

    On almost every day it stands still or runs as the clock does; else it is asked until the instant is found.
    """
    start, end = start_of_day(day, zone), start_of_day(day + 1, zone)
    if not isinstance(bound, Shifted):
        return lambda _: end
    first, last = bound.at(start, zone), bound.at(end - 1, zone)
    if first == last:
        return lambda _: end
    if runs_evenly(bound.steps, start, end - 1, zone):
        behind = start - first + 1
        return lambda value: min(value + behind, end)

    @lru_cache(maxsize=_REMEMBERED)
    def passes(value: int) -> int:
        return start + bisect_right(range(start, end), value, key=lambda now: bound.at(now, zone))

    return passes


def runs_evenly(steps: Sequence[Step], first: int, last: int, zone: ZoneInfo) -> bool:
    """Tell whether the shifts move two instants of one day alike and no clock changes between them on the way.

    The clocks of no zone change twice within a day.
    """
    length = last - first
    for step in steps:
        if last - first != length or _offset(first, zone) != _offset(last, zone):
            return False
        first, last = shift_instant(first, step, zone), shift_instant(last, step, zone)
    return last - first == length and _offset(first, zone) == _offset(last, zone)


def _offset(instant: int, zone: ZoneInfo) -> timedelta | None:
    return from_micros(instant).astimezone(zone).utcoffset()
