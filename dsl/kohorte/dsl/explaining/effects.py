"""What a change brings about, as conditions that can be said."""

from collections.abc import Container, Iterable, Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final, cast
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from kohorte.core.fields import Kind
from kohorte.core.values import Money, fold
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
from kohorte.dsl.explaining.stating import is_from_to, stated
from kohorte.dsl.sentences.reading import quantity_of
from kohorte.dsl.typed import (
    AggregateOf,
    Compare,
    Condition,
    FieldOf,
    Function,
    HasTags,
    InSegment,
    Leaf,
    Missing,
    Order,
    SomeRow,
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

    Where one condition alone hangs on what is changed, it is that this condition gets its other verdict; else that the
    value is there, or one that would do as well. What must stay of changed rows is said behind that.
    """
    flipped = {number: explanation.conditions[number] for number in change.conditions}
    kept = {number: explanation.conditions[number] for number in change.kept}
    said: set[int] = set()
    for proposal in change.proposals:
        match proposal:
            case SetField():
                yield from _of_field(proposal, flipped, kept, explanation.zone)
            case ChangeRows(amounts=amounts):
                for amount in amounts:
                    yield from _of_amount(amount, flipped, kept, said, explanation.zone)
            case Join(segment=segment, enter=enter):
                yield Effect(InSegment(segment, negated=not enter))
    yield from (Effect(true_of(seen)) for seen in kept.values() if _is_at_stake(seen, change.proposals, said))


def true_of(seen: SeenCondition) -> Condition:
    """Return the condition that a verdict makes true: a false one's complement."""
    return seen.condition if seen.verdict else _complement(seen)


def other_of(seen: SeenCondition) -> Condition:
    """Return what would be true if a condition had the other verdict."""
    return _complement(seen) if seen.verdict else seen.condition


def _complement(seen: SeenCondition) -> Condition:
    """Return the complement; of an order the opposite one, as the value at hand is not missing."""
    leaf: Leaf = seen.condition
    match leaf:
        case Compare(operand=AggregateOf(function=Function.COUNT) as count, order=Order.EQUAL, value=0):
            return SomeRow(count.collection, count.where, negated=leaf.negated)
        case Compare(order=order, negated=False) if order in _OPPOSITE and _is_comparable(leaf, seen):
            return evolve(leaf, order=_OPPOSITE[order])
        case _:
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


_Conditions = Mapping[int, SeenCondition]


def _of_field(proposal: SetField, flipped: _Conditions, kept: _Conditions, zone: ZoneInfo) -> Iterator[Effect]:
    operand, before, stored = proposal.operand, proposal.before, proposal.stored
    name = f"{operand.owner}.{operand.field.name}"
    about = [each for each in (*flipped.values(), *kept.values()) if any(name in value.fields for value in each.values)]
    if len(about) == 1 and about[0].number in flipped and [each.operand for each in about[0].values] == [operand]:
        condition = other_of(about[0])
        says_value = isinstance(condition, Missing) or _says_value(condition)
        yield Effect(condition, before, has_before=True, example=None if says_value else proposal.value)
    elif operand.field.kind is Kind.TAGS:
        yield from _tags(operand, before, stored)
    else:
        spelled = {fold(stored): stored} if isinstance(stored, str) else {}
        example = proposal.value if is_from_to(proposal.leeway) else None
        condition = stated(operand, stored, proposal.leeway, zone)
        yield Effect(condition, before, has_before=True, example=example, spelled=spelled)


def _of_amount(
    amount: Amount, flipped: _Conditions, kept: _Conditions, said: set[int], zone: ZoneInfo
) -> Iterator[Effect]:
    needed = (*flipped.values(), *kept.values())
    about = [each for each in needed if any(value.operand == amount.operand for value in each.values)]
    if len(about) == 1 and about[0].number in flipped:
        if about[0].number not in said:  # two amounts may be compared with each other
            yield Effect(other_of(about[0]), difference=_difference(amount))
    else:
        yield Effect(stated(amount.operand, amount.stored, amount.leeway, zone), difference=_difference(amount))
    said.update(each.number for each in about)


def _is_at_stake(seen: SeenCondition, proposals: Iterable[Proposal], said: Container[int]) -> bool:
    """Tell whether rows change that a condition looks at which must stay, so that it might not; and it is not said."""
    if seen.number in said:
        return False
    read = {value.rows.collection for value in seen.values if value.rows is not None}
    changes = [each for each in proposals if isinstance(each, ChangeRows) and not read.isdisjoint(each.after)]
    return any(not _only_helps(each, true_of(seen)) for each in changes)


def _only_helps(change: ChangeRows, condition: Condition) -> bool:
    """Tell whether other rows only add where there may not be too few, or only go where there may not be too many."""
    quantity = quantity_of(condition)  # type: ignore[arg-type]  # a single condition
    if quantity is None or quantity.negated:
        return False
    return not (change.removed if quantity.high is None else change.added if quantity.low is None else True)


def _says_value(condition: Condition) -> bool:
    """Tell whether a condition leaves one value; of what is excluded an example would say nothing."""
    match condition:
        case Compare(order=order, negated=negated):
            return order is Order.EQUAL or negated
        case HasTags():
            return True
        case _:
            return bool(getattr(condition, "negated", False))


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
