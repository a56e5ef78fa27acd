"""What conditions mean for a sentence: ranges, how many rows, which of them, and what may be missing.

Nothing here knows a language.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from attrs import evolve, frozen

from kohorte.core.fields import Collection, Field, Kind
from kohorte.dsl.checker.scope import about
from kohorte.dsl.moments import Today, never_after_now
from kohorte.dsl.sentences.parts import Quantity
from kohorte.dsl.sentences.periods import CalendarPeriod, period_of, says_nothing_ahead
from kohorte.dsl.syntax.ast import NOWHERE, Span, Which
from kohorte.dsl.typed import (
    AggregateOf,
    All,
    Always,
    Among,
    AnyOf,
    Bound,
    Compare,
    CompareOperands,
    Condition,
    Constant,
    Contains,
    FieldOf,
    Function,
    HasAnniversary,
    InList,
    Leaf,
    Missing,
    Negation,
    Operand,
    Order,
    SomeRow,
    Within,
)


@frozen
class Range:
    """An operand lies from ``low`` to ``high``, both included: two comparisons that belong together."""

    operand: Operand
    low: Constant
    high: Constant
    currency: str | None
    negated: bool = False
    span: Span = NOWHERE


Single = Leaf | Always | Range
"""What is said in one clause."""
Group = All | AnyOf


@frozen
class Choice:
    """Conditions of which every one holds, or some; of one there is no difference."""

    parts: "tuple[Single | Choice, ...]"
    every: bool
    span: Span = NOWHERE


Part = Single | Choice


def read(condition: Condition) -> Part:
    """Return a condition in negation normal form as single conditions and choices, ranges put together."""
    match condition:
        case All(parts=parts) | AnyOf(parts=parts):
            every = isinstance(condition, All)
            read_parts = tuple(_with_ranges([read(each) for each in parts], every=every))
            return read_parts[0] if len(read_parts) == 1 else Choice(read_parts, every, condition.span)
        case Negation():
            raise TypeError(condition)
        case _:
            return condition


def _with_ranges(parts: Sequence[Part], *, every: bool) -> list[Part]:
    found: list[Part] = []
    for part in parts:
        before = found[-1] if found else None
        negated = not every
        joined = before and (_range(before, part, negated=negated) or _range(part, before, negated=negated))
        joined = joined or (before and _window(before, part, negated=negated))
        if joined is not None:
            found[-1] = joined
        else:
            found.append(part)
    return found


def _range(low: Part, high: Part, *, negated: bool) -> Range | None:
    """Return the range of ``x >= low and x <= high``, or that outside it (``or``, both negated)."""
    match low, high:
        case (
            Compare(operand=operand, order=Order.GREATER_OR_EQUAL, value=least, currency=currency, negated=one),
            Compare(operand=other, order=Order.LESS_OR_EQUAL, value=most, currency=same, negated=two),
        ) if one is two is negated and (operand, currency) == (other, same) and _is_rising(least, most):
            return Range(operand, least, most, currency, negated, _across(low, high))
        case _:
            return _range_of_count(low, high, negated=negated)


def _window(one: Part, other: Part, *, negated: bool) -> Within | None:
    """Return the one interval of ``x after A and x before B``, or that outside it (``or``, both negated)."""
    if not isinstance(one, Within) or not isinstance(other, Within) or one.operand != other.operand:
        return None
    if one.negated is not negated or other.negated is not negated:
        return None
    return interval(one, other)


def interval(one: Within, other: Within) -> Within | None:
    """Return what lies in two intervals of which one is open below and the other above."""
    low, high = (one, other) if one.high is None else (other, one)
    if low.high is not None or high.low is not None or low.low is None or high.high is None:
        return None
    return evolve(low, high=high.high, span=_across(low, high))


def _across(one: Single, other: Single) -> Span:
    return Span(min(one.span.start, other.span.start), max(one.span.end, other.span.end))


def _is_rising(least: Constant, most: Constant) -> bool:
    return isinstance(least, int) and isinstance(most, int) and least < most


def _range_of_count(low: Part, high: Part, *, negated: bool) -> Range | None:
    """Return the range of a count, which is asked as "at least so many" and not "at least one more"."""
    if not (isinstance(low, Compare | SomeRow) and isinstance(high, Compare)):
        return None
    count = AggregateOf(low.collection, Function.COUNT, low.where) if isinstance(low, SomeRow) else low.operand
    least, most = quantity_of(low), quantity_of(high)
    if least is None or most is None or count != high.operand or least.negated or most.negated:
        return None
    if negated:
        least, most = Quantity(_next(least.high), None), Quantity(None, _next(most.low, -1))
    if least.low is None or most.high is None or least.high is not None or most.low is not None:
        return None
    return Range(count, least.low, most.high, None, negated, _across(low, high)) if least.low <= most.high else None


def _next(number: int | None, step: int = 1) -> int | None:
    return None if number is None else number + step


# -- how many rows -------------------------------------------------------------------------------------------------


def quantity_of(leaf: Single) -> Quantity | None:
    """Return how many rows a condition asks for; None where it asks something else."""
    match leaf:
        case SomeRow(negated=negated):
            return Quantity(None, 0) if negated else Quantity(1, None)
        case Range(operand=AggregateOf(function=Function.COUNT), low=int() as low, high=int() as high, negated=negated):
            return Quantity(low, high, negated)
        case Compare(operand=AggregateOf(function=Function.COUNT), order=order, value=int() as number, negated=negated):
            return _quantity(order, number, negated=negated)
        case _:
            return None


def _quantity(order: Order, number: int, *, negated: bool) -> Quantity:
    match order:
        case Order.EQUAL:
            return Quantity(number, number, negated)
        case Order.GREATER_OR_EQUAL | Order.GREATER:
            least = number + (order is Order.GREATER)
            return Quantity(None, least - 1) if negated else Quantity(least, None)
        case Order.LESS_OR_EQUAL | Order.LESS:
            most = number - (order is Order.LESS)
            return Quantity(most + 1, None) if negated else Quantity(None, most)


# -- which rows ----------------------------------------------------------------------------------------------------


@frozen
class Selection:
    """Which rows a filter leaves: those of a time, done something with, and for which more holds."""

    window: Within | None
    done_at: str | None
    """The field that says when something was done with them; the window is about it then."""
    parts: tuple[Condition, ...]


def selection(rows: Collection, where: Condition, done: Iterable[str]) -> Selection:
    """Return the filter of rows in its parts; ``done`` are the fields that say when something was done with them.

    That rows of the past do not lie ahead goes without saying.
    """
    parts = list(where.parts) if isinstance(where, All) else [] if where == Always(True) else [where]
    if rows.past_only:
        idle = [each for each in _windows(parts, rows, rows.time) if _is_idle(each)]
        parts = _without(parts, idle)
    for name in done:
        windows = _windows(parts, rows, name)
        if any(each.high is not None and never_after_now(each.high) for each in windows):
            return _chosen(parts, windows, name)
    return _chosen(parts, _windows(parts, rows, rows.time), None)


def _chosen(parts: Sequence[Condition], windows: Sequence[Within], done_at: str | None) -> Selection:
    """Return the first window that says something, apart from the other parts and from those that then say nothing."""
    telling = [each for each in windows if not _is_idle(each)]
    window = telling[0] if telling else windows[0] if windows and done_at is None else None
    said = [] if window is None else [window]
    both = interval(telling[0], telling[1]) if len(telling) > 1 else None
    if both is not None:
        window, said = both, telling[:2]
    idle = [each for each in windows if _is_idle(each)]
    if idle and done_at is None and window is not None and not _ends_by_now(window.high):
        so_far = _until_now(window, idle[0])
        window, idle = (so_far, idle) if so_far else (window, [])
    if done_at is not None or window is not None:
        said += idle
    return Selection(window, done_at, tuple(_without(parts, said)))


def _until_now(window: Within, idle: Within) -> Within | None:
    """Return what of a window does not lie ahead, where that has a name: this month so far, since a day."""
    this = isinstance(period := period_of(window.low, window.high), CalendarPeriod) and period.which is Which.THIS
    return evolve(window, high=idle.high) if this else interval(window, idle)


def _windows(parts: Iterable[Condition], rows: Collection, name: str | None) -> list[Within]:
    """Return what is asked of the row's field of that name as a time."""
    time = FieldOf(rows.name, rows.fields[name]) if name is not None and name in rows.fields else None
    return [part for part in parts if isinstance(part, Within) and not part.negated and part.operand == time]


def _without(parts: Iterable[Condition], said: Iterable[Condition]) -> list[Condition]:
    once = {id(each) for each in said}
    return [part for part in parts if id(part) not in once]


def _ends_by_now(high: Bound | None) -> bool:
    match high:
        case None:
            return False
        case Today(steps=steps):
            return says_nothing_ahead(None, high) or all(step.amount <= 0 for step in steps)
        case _:
            return never_after_now(high)


def _is_idle(window: Within) -> bool:
    return says_nothing_ahead(window.low, window.high)


# -- kinds ---------------------------------------------------------------------------------------------------------


def kind_of(operand: Operand) -> Kind:
    """Return the kind of an operand's values."""
    return about(operand).kind


def scale_of(operand: Operand) -> int:
    """Return the number of decimals of an operand's numbers."""
    field: Field = about(operand)
    return field.scale if field.kind is Kind.DECIMAL else 0


# -- size ----------------------------------------------------------------------------------------------------------

SEVERAL: Final = 3
"""So many conditions on rows are said in one clause; more become a list."""


def filters_of(leaf: Single) -> list[Condition]:
    """Return the filters over rows in a condition."""
    match leaf:
        case SomeRow(where=where):
            return [where]
        case CompareOperands(left=left, right=right):
            operands: tuple[Operand, ...] = (left, right)
        case Compare() | Among() | Range() | InList() | Contains() | Missing() | Within() | HasAnniversary():
            operands = (leaf.operand,)
        case _:
            return []
    return [each.where for each in operands if isinstance(each, AggregateOf)]


def size(condition: Condition) -> int:
    """Return how many conditions are said, those in filters included; times of rows are said in passing."""
    match condition:
        case Within(operand=FieldOf(), low=low, high=high) if says_nothing_ahead(low, high):
            return 0
        case All(parts=parts) | AnyOf(parts=parts):
            return sum(map(size, parts))
        case Negation(part=part):
            return size(part)
        case _:
            return 1 + sum(map(size, filters_of(condition)))
