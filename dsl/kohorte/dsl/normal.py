"""Negation normal form: ``not`` stands at single conditions only, and nothing is nested without need.

The meaning never changes. Negation stops at a collection: ``not any purchases(F)`` is ``no purchases(F)``, and the
filters of aggregates and rows are brought into the same form by themselves.
"""

from collections.abc import Callable, Iterable

from attrs import evolve

from kohorte.dsl.typed import (
    AggregateOf,
    All,
    Always,
    Among,
    AnyOf,
    Compare,
    CompareOperands,
    Condition,
    Constant,
    HasTags,
    InSample,
    InSegment,
    Leaf,
    Negation,
    Operand,
    Order,
    SegmentUse,
    SomeRow,
)


def push_negations(condition: Condition) -> Condition:
    """Return the condition in negation normal form.

    There is no ``Negation`` in it; ``All`` and ``AnyOf`` have at least two parts, none of their own kind, and none that
    is ``Always``; what equals one of several values of one operand is one ``Among``. Referenced segments stay as they
    are. The checker bounds how deep a tree is, so the walk is recursive.
    """
    return _push(condition, negated=False)


def nesting(condition: Condition, of_segment: Callable[[SegmentUse], int]) -> int:
    """Return how many groups, filters and segments lie around the innermost condition of a normal form.

    A single condition has 0, ``a and b`` has 1, and each filter over rows and each referenced segment adds one.
    """
    match condition:
        case All(parts=parts) | AnyOf(parts=parts):
            return 1 + max(nesting(part, of_segment) for part in parts)
        case SomeRow(where=where):
            return _nesting_of_filter(where, of_segment)
        case InSegment(segment=segment):
            return 1 + of_segment(segment) if segment.rule is not None else 0
        case CompareOperands(left=left, right=right):
            return max(_nesting_inside(left, of_segment), _nesting_inside(right, of_segment))
        case Always() | Negation() | InSample():
            return 0
        case _:
            return _nesting_inside(condition.operand, of_segment)


def _nesting_inside(operand: Operand, of_segment: Callable[[SegmentUse], int]) -> int:
    return _nesting_of_filter(operand.where, of_segment) if isinstance(operand, AggregateOf) else 0


def _nesting_of_filter(where: Condition, of_segment: Callable[[SegmentUse], int]) -> int:
    """Return the depth of a filter, whose parts are joined by ``and`` anyhow."""
    return nesting(where, of_segment) + (0 if isinstance(where, All) else 1)


def _push(condition: Condition, *, negated: bool) -> Condition:
    match condition:
        case Negation(part=part):
            return _push(part, negated=not negated)
        case Always(value=value):
            return Always(value != negated, span=condition.span)
        case All() | AnyOf():
            return _push_group(condition, negated=negated)
        case SomeRow(where=where):
            inner = push_negations(where)
            if inner == Always(False):
                return Always(condition.negated != negated, span=condition.span)
            return evolve(condition, where=inner, negated=condition.negated != negated)
        case _:
            return _push_leaf(condition, negated=negated)


def _push_group(group: All | AnyOf, *, negated: bool) -> Condition:
    every = isinstance(group, All) != negated
    parts: list[Condition] = []
    for part in group.parts:
        pushed = _push(part, negated=negated)
        if isinstance(pushed, Always):
            if pushed.value != every:
                return Always(pushed.value, span=group.span)
        elif isinstance(pushed, All if every else AnyOf):
            parts.extend(pushed.parts)
        else:
            parts.append(pushed)
    merged = _merge_values(parts, negated=every)
    if len(merged) < 2:
        return merged[0] if merged else Always(every, span=group.span)
    return All(merged, span=group.span) if every else AnyOf(merged, span=group.span)


def _push_leaf(leaf: Leaf, *, negated: bool) -> Condition:
    match leaf:
        case CompareOperands(left=left, right=right):
            if isinstance(left, AggregateOf) or isinstance(right, AggregateOf):
                leaf = evolve(leaf, left=_push_operand(left), right=_push_operand(right))
        case SomeRow() | InSegment() | InSample() | HasTags():
            pass
        case _ if isinstance(leaf.operand, AggregateOf):
            leaf = evolve(leaf, operand=_push_operand(leaf.operand))
        case _:
            pass
    return evolve(leaf, negated=not leaf.negated) if negated else leaf


def _push_operand(operand: Operand) -> Operand:
    return evolve(operand, where=push_negations(operand.where)) if isinstance(operand, AggregateOf) else operand


# -- one of several values ---------------------------------------------------------------------------------------

_Key = tuple[Operand, bool, str | None]


def _merge_values(parts: Iterable[Condition], *, negated: bool) -> tuple[Condition, ...]:
    """Join what compares one operand with ``=``: alternatives in ``or``, and their negations in ``and``."""
    merged: list[Condition] = []
    places: dict[_Key, int] = {}
    for part in parts:
        match part:
            case Compare(order=Order.EQUAL, value=str() | int() as value) if not isinstance(value, bool):
                values: tuple[Constant, ...] = (value,)
            case Among(values=values):
                pass
            case _:
                merged.append(part)
                continue
        key = (part.operand, part.folded, part.currency)
        if part.negated is not negated:
            merged.append(part)
        elif key in places:
            merged[places[key]] = _joined(merged[places[key]], part, values)
        else:
            places[key] = len(merged)
            merged.append(part)
    return tuple(merged)


def _joined(first: Condition, second: Compare | Among, values: tuple[Constant, ...]) -> Condition:
    known = first.values if isinstance(first, Among) else (first.value,) if isinstance(first, Compare) else ()
    chosen = tuple(sorted({*known, *values}, key=lambda value: (isinstance(value, str), value)))
    if len(chosen) == 1:
        return first
    return Among(second.operand, chosen, second.folded, second.currency, negated=second.negated, span=first.span)
