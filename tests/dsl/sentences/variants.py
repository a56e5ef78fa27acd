"""Conditions that differ from one in a single place: another sign, value, window, function, connective, negation."""

from collections.abc import Iterator
from typing import Any, Final

from attrs import evolve

from kohorte.core.fields import Kind
from kohorte.dsl.moments import FixedDay, FixedInstant, PeriodStart, Shifted, StartOfDay, Step, Today
from kohorte.dsl.syntax.ast import Unit
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
    HasTags,
    InList,
    InSample,
    InSegment,
    Look,
    Negation,
    Operand,
    Order,
    SomeRow,
    Within,
)

_ORDERED: Final = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.MONEY, Kind.DATE, Kind.INSTANT})


def variants(condition: Condition) -> Iterator[Condition]:
    """Yield conditions that mean something else, or nearly always do."""
    match condition:
        case Always():
            pass
        case All() | AnyOf():
            yield from _of_group(condition)
        case Negation(part=part):
            yield part
            yield from map(Negation, variants(part))
        case _:
            yield evolve(condition, negated=not condition.negated)
            yield from _of_leaf(condition)


def _of_group(group: All | AnyOf) -> Iterator[Condition]:
    parts = group.parts
    other = AnyOf if isinstance(group, All) else All
    yield other(parts)
    if len(parts) > 2:
        yield evolve(group, parts=(other(parts[:2]), *parts[2:]))
        yield evolve(group, parts=parts[1:])
    for place, part in enumerate(parts):
        for variant in variants(part):
            yield evolve(group, parts=(*parts[:place], variant, *parts[place + 1 :]))


def _of_leaf(leaf: Any) -> Iterator[Condition]:
    match leaf:
        case SomeRow(collection=collection, where=where):
            yield AnyOf((leaf, Compare(AggregateOf(collection, Function.COUNT, where), Order.EQUAL, 2)))
            for variant in variants(where):
                yield evolve(leaf, where=variant)
        case CompareOperands(left=left, order=order, right=right):
            if _kind(left) in _ORDERED:
                yield evolve(leaf, order=_other_order(order))
            yield evolve(leaf, left=right, right=left)
            for operand in _operands(left):
                yield evolve(leaf, left=operand)
        case InSegment(segment=segment):
            yield evolve(leaf, segment=evolve(segment, name=f"{segment.name} 2"))
        case InSample(share=share, seed=seed):
            yield evolve(leaf, share=share + 1)
            yield evolve(leaf, seed=f"{seed} “")
        case _:
            yield from _of_text(leaf)
            yield from _of_time(leaf)
            for operand in _operands(leaf.operand):
                yield evolve(leaf, operand=operand)


def _of_text(leaf: Any) -> Iterator[Condition]:
    if isinstance(leaf, HasTags) or (isinstance(leaf, Compare | Among | Contains) and _kind(leaf.operand) is Kind.TEXT):
        yield evolve(leaf, folded=not leaf.folded)
    match leaf:
        case Compare(operand=operand, order=order, value=value):
            if _kind(operand) in _ORDERED:
                yield evolve(leaf, order=_other_order(order))
            yield evolve(leaf, value=_other(value))
            if leaf.currency is not None:
                yield evolve(leaf, currency="KWD")
        case Among(values=values):
            yield evolve(leaf, values=(*values[1:], _other(values[0])))
        case Contains(look=look, needle=needle):
            yield evolve(leaf, look=Look.CONTAINS if look is not Look.CONTAINS else Look.ENDS)
            yield evolve(leaf, needle=f"{needle}“ oder „”")
        case HasTags(tags=tags):
            yield evolve(leaf, tags=(*tags, "“ und „"))
            if len(tags) > 1:
                yield evolve(leaf, every=not leaf.every)
        case InList(name=name):
            yield evolve(leaf, name=f"{name} 2")


def _of_time(leaf: Any) -> Iterator[Condition]:
    if not isinstance(leaf, Within | HasAnniversary):
        return
    for name in ("low", "high"):
        moved = _moved(getattr(leaf, name))
        if moved is not None:
            yield evolve(leaf, low=moved) if name == "low" else evolve(leaf, high=moved)
    if isinstance(leaf, Within) and leaf.low is not None and leaf.high is not None:
        yield evolve(leaf, low=None)
        yield evolve(leaf, high=None)


def _operands(operand: Operand) -> Iterator[Operand]:
    if isinstance(operand, FieldOf):
        yield evolve(operand, field=evolve(operand.field, name=f"{operand.field.name}_2"))
        return
    for variant in variants(operand.where):
        yield evolve(operand, where=variant)
    if operand.function in (Function.MIN, Function.MAX):
        yield evolve(operand, function=Function.MAX if operand.function is Function.MIN else Function.MIN)
    if operand.currency is not None:
        yield evolve(operand, currency="JPY" if operand.currency != "JPY" else "BHD")


def _other(value: Constant) -> Constant:
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str():
            return f"{value} x"


def _other_order(order: Order) -> Order:
    orders = list(Order)
    return orders[(orders.index(order) + 1) % len(orders)]


def _moved(bound: Bound | None) -> Bound | None:
    """Return a bound that lies elsewhere; None where there is none or it cannot be moved."""
    match bound:
        case FixedDay(day=day):
            return FixedDay(day + 1)
        case Today(steps=steps):
            return Today((*steps, Step(2, Unit.MONTH)))
        case PeriodStart(shift=shift):
            return evolve(bound, shift=shift + 1)
        case FixedInstant(micros=micros):
            return FixedInstant(micros + 1)
        case StartOfDay(day=FixedDay() | Today() | PeriodStart() as day):
            moved = _moved(day)
            return StartOfDay(moved) if isinstance(moved, FixedDay | Today | PeriodStart) else None
        case Shifted(plus=plus):
            return evolve(bound, plus=1 - plus)
        case _:
            return None


def _kind(operand: Operand) -> Kind:
    if isinstance(operand, AggregateOf) and operand.function is Function.COUNT_DISTINCT:
        return Kind.INTEGER
    return operand.field.kind if operand.field is not None else Kind.INTEGER
