"""What a change brings about, as conditions that can be said."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from math import floor
from types import MappingProxyType
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from kohorte.core.fields import Kind
from kohorte.core.values import Money, fold, from_micros
from kohorte.dsl.explaining.domain import COUNTING
from kohorte.dsl.explaining.model import (
    Amount,
    Change,
    ChangeRows,
    Explanation,
    Join,
    Proposal,
    SeenCondition,
    SetField,
)
from kohorte.dsl.moments import FixedDay, Shifted, WallClock
from kohorte.dsl.operands import is_of_money, is_of_one_row
from kohorte.dsl.typed import (
    AggregateOf,
    All,
    Compare,
    Condition,
    FieldOf,
    Function,
    HasTags,
    InSegment,
    Leaf,
    Missing,
    Operand,
    Order,
    SomeRow,
    Within,
)


@frozen
class Effect:
    """A condition that holds once a proposal is followed, with what was before where that says something.

    ``difference`` is by how much a number or sum grows (True) or shrinks. ``example`` is a value for which a condition
    holds that leaves several. ``spelled`` are texts by their folded form.
    """

    condition: Condition
    before: object = None
    has_before: bool = False
    difference: tuple[object, bool] | None = None
    example: object = None
    spelled: Mapping[str, str] = MappingProxyType({})


def effects(explanation: Explanation, change: Change) -> Iterator[Effect]:
    """Yield what proposals bring about.

    Where one condition alone looks at what is changed, it is that this condition gets its other verdict; else that the
    proposed value is there, for the others might not bear another one.
    """
    flipped = {number: explanation.conditions[number] for number in change.conditions}
    for proposal in change.proposals:
        alone = [each for each in explanation.conditions if _is_touched(each, proposal)]
        if len(alone) == 1 and alone[0].number in flipped:
            yield _of_condition(proposal, alone[0])
        else:
            yield from _of_values(proposal, explanation.zone)


def true_of(seen: SeenCondition) -> Condition:
    """Return the condition that a verdict makes true: a false one's complement."""
    return seen.condition if seen.verdict else _complement(seen)


def other_of(seen: SeenCondition) -> Condition:
    """Return what would be true if a condition had the other verdict."""
    return _complement(seen) if seen.verdict else seen.condition


def _complement(seen: SeenCondition) -> Condition:
    """Return the complement; of an order the opposite one, as the value at hand is not missing."""
    leaf: Leaf = seen.condition
    if isinstance(leaf, Compare) and not leaf.negated and leaf.order in _OPPOSITE and _is_comparable(leaf, seen):
        return evolve(leaf, order=_OPPOSITE[leaf.order])
    return evolve(leaf, negated=not leaf.negated)


def _is_comparable(leaf: Compare, seen: SeenCondition) -> bool:
    value = seen.values[0].value
    return value is not None and (not isinstance(value, Money) or leaf.currency in {None, value.currency})


_OPPOSITE: Final = {
    Order.LESS: Order.GREATER_OR_EQUAL,
    Order.LESS_OR_EQUAL: Order.GREATER,
    Order.GREATER: Order.LESS_OR_EQUAL,
    Order.GREATER_OR_EQUAL: Order.LESS,
}


def _is_touched(seen: SeenCondition, proposal: Proposal) -> bool:
    """Tell whether a condition looks at what a proposal changes."""
    match proposal:
        case SetField(operand=operand):
            return any(f"{operand.owner}.{operand.field.name}" in each.fields for each in seen.values)
        case ChangeRows(after=after):
            return any(each.rows is not None and each.rows.collection in after for each in seen.values)
        case Join(segment=segment):
            return isinstance(seen.condition, InSegment) and seen.condition.segment.id == segment.id


def _of_condition(proposal: Proposal, seen: SeenCondition) -> Effect:
    condition = other_of(seen)
    match proposal:
        case SetField(before=before, value=value):
            says_value = isinstance(condition, Missing) or _says_value(condition)
            return Effect(condition, before, has_before=True, example=None if says_value else value)
        case ChangeRows(amounts=amounts):
            return Effect(condition, difference=_difference(amounts[0]))
        case Join():
            return Effect(condition)


def _says_value(condition: Condition) -> bool:
    """Tell whether a condition leaves one value; of what is excluded an example would say nothing."""
    match condition:
        case Compare(order=order, negated=negated):
            return order is Order.EQUAL or negated
        case HasTags():
            return True
        case _:
            return bool(getattr(condition, "negated", False))


def _of_values(proposal: Proposal, zone: ZoneInfo) -> Iterator[Effect]:
    match proposal:
        case SetField(operand=operand, before=before, stored=stored) if operand.field.kind is Kind.TAGS:
            yield from _tags(operand, before, stored)
        case SetField(operand=operand, before=before, stored=stored):
            spelled = {fold(stored): stored} if isinstance(stored, str) else {}
            yield Effect(_is(operand, stored, zone), before, has_before=True, spelled=spelled)
        case ChangeRows(amounts=amounts):
            for amount in amounts:
                yield Effect(_is(amount.operand, amount.stored, zone), difference=_difference(amount))
        case Join(segment=segment, enter=enter):
            yield Effect(InSegment(segment, negated=not enter))


def _is(operand: Operand, stored: Any, zone: ZoneInfo) -> Condition:
    """Return the condition that an operand has a value."""
    if stored is None:
        return Missing(operand)
    if isinstance(operand, AggregateOf) and operand.function in COUNTING:
        none = stored == 0 and operand.function is Function.COUNT
        return (
            SomeRow(operand.collection, operand.where, negated=True) if none else Compare(operand, Order.EQUAL, stored)
        )
    match None if operand.field is None else operand.field.kind:
        case Kind.DATE:
            return Within(operand, FixedDay(stored), FixedDay(stored + 1))
        case Kind.INSTANT:
            at = WallClock(from_micros(stored).astimezone(zone).replace(tzinfo=None))
            return Within(operand, at, Shifted(at, plus=1))
        case Kind.TEXT:
            return Compare(operand, Order.EQUAL, fold(stored), folded=True)
        case _:
            return _amount(operand, stored)


def _amount(operand: Operand, stored: Any) -> Condition:
    units, currency = stored if is_of_money(operand) else (stored, None)
    if isinstance(units, Fraction):
        if units.denominator > 1:  # conditions compare with whole units only
            low = Compare(operand, Order.GREATER, floor(units))
            return All((low, Compare(operand, Order.LESS, floor(units) + 1)))
        units = int(units)
    own = currency if is_of_one_row(operand) else None
    return Compare(operand, Order.EQUAL, units, currency=own)


def _difference(amount: Amount) -> tuple[object, bool] | None:
    """Return by how much a number of rows or a sum changes; of other aggregates that says nothing."""
    if amount.operand.function not in _ADDING:
        return None
    match amount.before, amount.value:
        case Money(amount=before, currency=currency), Money(amount=after):
            return Money(abs(after - before), currency), after > before
        case ((int() | Decimal() as before), (int() | Decimal() as after)):
            return abs(after - before), after > before
        case _:
            return None


_ADDING: Final = frozenset({Function.COUNT, Function.COUNT_DISTINCT, Function.SUM})


def _tags(operand: FieldOf, before: object, stored: tuple[str, ...] | None) -> Iterator[Effect]:
    """Yield which tags come and which go."""
    if stored is None:
        yield Effect(Missing(operand), before, has_before=True)
        return
    present = cast("tuple[str, ...]", before or ())
    known, wanted = {fold(each): each for each in present}, {fold(each): each for each in stored}
    spelled = {**known, **wanted}
    if added := tuple(each for each in wanted if each not in known):
        yield Effect(HasTags(operand, added, every=True), spelled=spelled)
    if gone := tuple(each for each in known if each not in wanted):
        yield Effect(HasTags(operand, gone, negated=True), spelled=spelled)
