"""What is known of two bounds in time whatever the clock shows: which of them never lies after the other.

``edge`` makes a number of a bound that stands still and keeps one that moves with its zone; bounds that mean the same
become equal where that is plain (``today - 90 days + 1 day`` is ``today - 89 days``). ``never_after`` proves an order
at every instant from now on. It relies on what ``moments`` guarantees, that no bound ever moves back, and else on how
far from now a bound can lie at most and at least. Where it answers False, nothing is known.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from attrs import evolve, field, frozen

from kohorte.dsl.moments import (
    ELAPSED,
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
)
from kohorte.dsl.syntax.ast import Unit
from kohorte.dsl.typed import Bound

_DAYS: Final = {Unit.DAY: 1, Unit.WEEK: 7}
_MONTHS: Final = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.YEAR: 12}
_COARSENESS: Final = {Unit.MONTH: 1, Unit.QUARTER: 2, Unit.YEAR: 3}
_SLACK: Final = 50 * 3_600_000_000
"""How much longer or shorter than its days a stretch of wall-clock time can be (µs): zones have skipped whole days."""
_DAYS_BETWEEN_ZONES: Final = 2


@frozen(cache_hash=True)  # the same few are looked up again and again
class Moving:
    """A bound that moves with the clock; ``zone`` is None where no zone is needed to tell it.

    ``start`` is where it lies when time begins for what is to be proved; None means that it holds at every instant.
    """

    bound: Bound
    zone: ZoneInfo | None
    start: int | None = field(default=None, eq=False)

    def at(self, now: int) -> int:
        """Return days or microseconds at an instant (µs)."""
        return self.bound.at(now, self.zone or _UTC)


Edge = int | Moving
_UTC: Final = ZoneInfo("UTC")


@lru_cache(maxsize=4096)
def edge(bound: Bound, zone: ZoneInfo, now: int | None = None) -> Edge:
    """Return what a bound is in a zone from ``now`` (µs) on: a number of days or microseconds, or what moves."""
    plain = plain_bound(bound)
    match plain:
        case FixedDay(day=day):
            return day
        case FixedInstant(micros=micros):
            return micros
        case StartOfDay(day=FixedDay()) | WallClock() | Shifted(base=FixedInstant() | WallClock()):
            return plain.at(0, zone)
        case _:
            start = None if now is None else plain.at(now, zone)
            return Moving(plain, zone if needs_zone(plain) else None, start)


def position(of: Edge, now: int) -> int:
    """Return where an edge lies at an instant (µs)."""
    return of if isinstance(of, int) else of.at(now)


# -- plain form --------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def plain_bound(bound: Bound) -> Bound:
    """Return an equal bound in the plainest form that hangs on no zone: steps of one class added up."""
    match bound:
        case Today(steps=steps) if steps:
            return Today(_plain_steps(steps, _day_class))
        case StartOfDay(day=Today() as day):
            return StartOfDay(Today(_plain_steps(day.steps, _day_class)))
        case Shifted(base=base, steps=steps, plus=plus):
            kept = _plain_steps(steps, _elapsed_class)
            if not kept and isinstance(base, FixedInstant):
                return FixedInstant(base.micros + plus)
            return evolve(bound, steps=kept) if kept or plus else base
        case _:
            return bound


def _day_class(unit: Unit) -> tuple[Unit, int] | None:
    """Days and weeks may be added up; months may not, because a day that one lacks moves on."""
    return (Unit.DAY, _DAYS[unit]) if unit in _DAYS else None


def _elapsed_class(unit: Unit) -> tuple[Unit, int] | None:
    """Minutes and hours may be added up; days may not, because a wall clock skips and repeats."""
    return (Unit.MINUTE, ELAPSED[unit] // ELAPSED[Unit.MINUTE]) if unit in ELAPSED else None


def _plain_steps(steps: tuple[Step, ...], class_of: Callable[[Unit], tuple[Unit, int] | None]) -> tuple[Step, ...]:
    kept: list[Step] = []
    for step in steps:
        known = class_of(step.unit)
        if known is None:
            unit, size = (Unit.MONTH, _MONTHS[step.unit]) if step.unit in _MONTHS else (Unit.DAY, _DAYS[step.unit])
            kept.append(Step(step.amount * size, unit))
            continue
        unit, size = known
        total = step.amount * size
        if kept and kept[-1].unit is unit:
            total += kept.pop().amount
        if total:
            kept.append(Step(total, unit))
    return tuple(kept)


def needs_zone(bound: Bound) -> bool:
    """Tell whether a bound's place hangs on the zone."""
    match bound:
        case FixedDay() | FixedInstant() | Now():
            return False
        case Shifted(base=base, steps=steps):
            return isinstance(base, WallClock) or any(step.unit not in ELAPSED for step in steps)
        case _:
            return True


# -- order -------------------------------------------------------------------------------------------------------


def never_after(one: Edge, other: Edge) -> bool:
    """Tell whether it is sure that ``one`` lies at or before ``other`` at every instant from the start on.

    Both are days, or both are instants, of the same start.
    """
    if isinstance(one, int):
        if isinstance(other, int):
            return one <= other
        return other.start is not None and one <= other.start  # and it never moves back
    return isinstance(other, Moving) and _moves_ahead(one, other)


@lru_cache(maxsize=8192)
def _moves_ahead(one: Moving, other: Moving) -> bool:
    if one == other:
        return True
    if one.zone == other.zone and _follows(one.bound, other.bound):
        return True
    same_zone = one.zone == other.zone
    first, second = _distance(one.bound), _distance(other.bound)
    of_days = isinstance(one.bound, Today | PeriodStart)
    return first[1] + (0 if same_zone or not of_days else _DAYS_BETWEEN_ZONES) <= second[0]


def _follows(one: Bound, other: Bound) -> bool:
    """Tell it from the form of two bounds in one zone: every step is monotone in its amount and in where it begins."""
    match one, other:
        case StartOfDay(day=first), StartOfDay(day=second):
            return _follows(first, second) or _distance(first)[1] <= _distance(second)[0]
        case Today(steps=first), Today(steps=second):
            longest = max(len(first), len(second))
            return _step_by_step(_padded(first, second, longest), _padded(second, first, longest))
        case PeriodStart(unit=unit, shift=shift), PeriodStart(unit=of, shift=by):
            return _period_follows(unit, shift, of, by)
        case ((Now() | Shifted(base=Now())), (Now() | Shifted(base=Now()))):
            (first, plus), (second, more) = _of_now(one), _of_now(other)
            return plus <= more and len(first) == len(second) and _step_by_step(first, second)
        case _:
            return False


def _period_follows(unit: Unit, shift: int, of: Unit, by: int) -> bool:
    if unit is of:
        return shift <= by
    if Unit.WEEK in (unit, of):
        return False
    coarser = _COARSENESS[unit] > _COARSENESS[of]
    return (shift <= 0 <= by) if coarser else (shift <= 1 <= by)


def _of_now(bound: Bound) -> tuple[tuple[Step, ...], int]:
    return (bound.steps, bound.plus) if isinstance(bound, Shifted) else ((), 0)


def _padded(steps: tuple[Step, ...], beside: tuple[Step, ...], length: int) -> tuple[Step, ...]:
    """Add steps of nothing at the end, which move no day."""
    return (*steps, *(Step(0, step.unit) for step in beside[len(steps) : length]))


def _step_by_step(first: tuple[Step, ...], second: tuple[Step, ...]) -> bool:
    pairs = zip(first, second, strict=True)
    return all(one.unit is other.unit and one.amount <= other.amount for one, other in pairs)


# -- distance from now -------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _distance(bound: Bound) -> tuple[int, int]:
    """Return how far a moving bound lies from now at least and at most: days from today's, or microseconds."""
    match bound:
        case Today(steps=steps):
            return _sum([_days_of(step) for step in steps])
        case PeriodStart(unit=unit, shift=shift):
            return _period_distance(unit, shift)
        case StartOfDay(day=day):
            low, high = _distance(day)
            return (low - 1) * MICROS_A_DAY - _SLACK, high * MICROS_A_DAY + _SLACK
        case Shifted(steps=steps, plus=plus):
            low, high = _sum([_micros_of(step) for step in steps])
            return low + plus, high + plus
        case _:
            return 0, 0


def _sum(stretches: list[tuple[int, int]]) -> tuple[int, int]:
    return sum(low for low, _ in stretches), sum(high for _, high in stretches)


def _days_of(step: Step) -> tuple[int, int]:
    if step.unit in _DAYS:
        return step.amount * _DAYS[step.unit], step.amount * _DAYS[step.unit]
    years, months = divmod(abs(step.amount) * _MONTHS[step.unit], 12)
    least, most = 365 * years + 28 * months, 366 * years + 31 * months
    # The first of the next month stands for a day that a month lacks.
    return (least, most + 1) if step.amount >= 0 else (-most - 1, -least + 3)


def _micros_of(step: Step) -> tuple[int, int]:
    if step.unit in ELAPSED:
        return step.amount * ELAPSED[step.unit], step.amount * ELAPSED[step.unit]
    low, high = _days_of(step)
    return low * MICROS_A_DAY - _SLACK, high * MICROS_A_DAY + _SLACK


_PERIOD_DAYS: Final = {Unit.WEEK: (7, 7), Unit.MONTH: (28, 31), Unit.QUARTER: (90, 92), Unit.YEAR: (365, 366)}


def _period_distance(unit: Unit, shift: int) -> tuple[int, int]:
    least, most = _PERIOD_DAYS[unit]
    if shift > 0:
        return least * (shift - 1) + 1, most * shift
    return most * shift - (most - 1), least * shift
