"""Single conditions in the plainest form that means the same: what can be said in several ways is said in one.

Whole numbers compare by ``>=``, ``<=`` and ``=`` only; a glob that only begins or ends with a star is a search; tags
are asked for one by one; what of no operand can be missing is never negated where an order can be turned round.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from kohorte.core.fields import Kind
from kohorte.dsl.analysis.bounds import plain_bound
from kohorte.dsl.analysis.keys import operand_key
from kohorte.dsl.moments import FixedDay, FixedInstant
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
    Contains,
    Function,
    HasAnniversary,
    HasTags,
    Leaf,
    Look,
    Missing,
    Operand,
    Order,
    SomeRow,
    Within,
)

NUMBERS: Final = frozenset({Function.COUNT, Function.COUNT_DISTINCT, Function.SUM})
"""What is a number even of no rows."""
COUNTS: Final = frozenset({Function.COUNT, Function.COUNT_DISTINCT})
FLIPPED: Final = {
    Order.EQUAL: Order.EQUAL,
    Order.LESS: Order.GREATER,
    Order.LESS_OR_EQUAL: Order.GREATER_OR_EQUAL,
    Order.GREATER: Order.LESS,
    Order.GREATER_OR_EQUAL: Order.LESS_OR_EQUAL,
}
_COMPLEMENT: Final = {
    Order.LESS: Order.GREATER_OR_EQUAL,
    Order.LESS_OR_EQUAL: Order.GREATER,
    Order.GREATER: Order.LESS_OR_EQUAL,
    Order.GREATER_OR_EQUAL: Order.LESS,
}


@frozen
class Place:
    """Where conditions stand: the rule's subject and zone, and the collections in whose filters this is."""

    subject: str
    zone: ZoneInfo
    rows: tuple[str, ...] = ()

    def inside(self, collection: str) -> "Place":
        """Return the place of a filter over the rows of a collection."""
        return Place(self.subject, self.zone, (*self.rows, collection))

    def may_lack(self, operand: Operand) -> bool:
        """Tell whether an operand may be missing."""
        if isinstance(operand, AggregateOf):
            return operand.function not in NUMBERS
        return operand.field.nullable or not (operand.owner == self.subject or operand.owner in self.rows)


def plain_leaf(leaf: Leaf, place: Place) -> Condition:
    """Return what means the same as a single condition, in negation normal form.

    The filters of its operands have been made plain before.
    """
    positive = evolve(leaf, negated=False) if leaf.negated else leaf
    write = _PLAIN.get(positive.__class__)
    found = positive if write is None else write(positive, place)
    return _turned(opposite(found) if leaf.negated else found, place)


def opposite(condition: Condition) -> Condition:
    """Return the complement of a condition in negation normal form, in that form."""
    match condition:
        case Always(value=value):
            return evolve(condition, value=not value)
        case All(parts=parts):
            return AnyOf(tuple(map(opposite, parts)), span=condition.span)
        case AnyOf(parts=parts):
            return All(tuple(map(opposite, parts)), span=condition.span)
        case _:
            return evolve(condition, negated=not condition.negated)  # type: ignore[union-attr, arg-type]


# -- comparisons -------------------------------------------------------------------------------------------------


def _compare(leaf: Compare, place: Place) -> Condition:  # noqa: ARG001 - an entry of a table
    value, operand = leaf.value, leaf.operand
    if isinstance(value, bool):
        return leaf if value else _is_false(leaf)
    if isinstance(value, str) or (isinstance(operand, AggregateOf) and operand.function is Function.AVG):
        return leaf
    if leaf.order is Order.LESS:
        leaf = _ordered(leaf, Order.LESS_OR_EQUAL, value - 1)
    elif leaf.order is Order.GREATER:
        leaf = _ordered(leaf, Order.GREATER_OR_EQUAL, value + 1)
    if isinstance(operand, AggregateOf) and operand.function in COUNTS:
        return _counted(leaf, operand, int(leaf.value))
    return leaf


def _ordered(leaf: Compare, order: Order, value: int) -> Compare:
    return Compare(leaf.operand, order, value, leaf.folded, leaf.currency, leaf.negated, span=leaf.span)


def _is_false(leaf: Compare) -> Condition:
    """Return that a field is set and not true."""
    is_true = evolve(leaf, value=True, negated=True)
    return All((is_true, Missing(leaf.operand, negated=True, span=leaf.span)), span=leaf.span)


def _counted(leaf: Compare, count: AggregateOf, number: int) -> Condition:
    """Return a comparison of a count, which is never negative."""
    if number < 0 or (number == 0 and leaf.order is not Order.EQUAL and leaf.order is not Order.LESS_OR_EQUAL):
        return Always(leaf.order is Order.GREATER_OR_EQUAL, span=leaf.span)
    if count.function is Function.COUNT:
        if number == 0:
            return SomeRow(count.collection, count.where, negated=True, span=leaf.span)
        if number == 1 and leaf.order is Order.GREATER_OR_EQUAL:
            return SomeRow(count.collection, count.where, span=leaf.span)
    if number == 0:
        return evolve(leaf, order=Order.LESS_OR_EQUAL, value=0)
    return leaf


def _among(leaf: Among, place: Place) -> Condition:  # noqa: ARG001 - an entry of a table
    if len(leaf.values) == 1:
        return Compare(leaf.operand, Order.EQUAL, leaf.values[0], leaf.folded, leaf.currency, span=leaf.span)
    return leaf


def _compare_operands(leaf: CompareOperands, place: Place) -> Condition:
    if operand_key(leaf.left, place.zone) > operand_key(leaf.right, place.zone):
        leaf = evolve(leaf, left=leaf.right, right=leaf.left, order=FLIPPED[leaf.order])
    if leaf.left == leaf.right:
        if leaf.order in (Order.LESS, Order.GREATER):
            return Always(False, span=leaf.span)
        return _missing(Missing(leaf.left, span=leaf.span), place, negated=True)
    return leaf


# -- text and tags -----------------------------------------------------------------------------------------------


def _contains(leaf: Contains, place: Place) -> Condition:
    if leaf.look is not Look.GLOB:
        return leaf
    needle = leaf.needle
    while "**" in needle:
        needle = needle.replace("**", "*")
    inner = needle.strip("*")
    if "?" in inner or "*" in inner:
        return evolve(leaf, needle=needle)
    if not inner:  # every text that is kept has a character
        return _missing(Missing(leaf.operand, span=leaf.span), place, negated=True)
    match needle.startswith("*"), needle.endswith("*"):
        case False, False:
            return Compare(leaf.operand, Order.EQUAL, inner, leaf.folded, span=leaf.span)
        case starts, ends:
            look = Look.CONTAINS if starts and ends else Look.ENDS if starts else Look.STARTS
            return evolve(leaf, look=look, needle=inner)


def _has_tags(leaf: HasTags, place: Place) -> Condition:  # noqa: ARG001 - an entry of a table
    each = [evolve(leaf, tags=(tag,), every=False) for tag in leaf.tags]
    if len(each) == 1:
        return each[0]
    return All(tuple(each), span=leaf.span) if leaf.every else AnyOf(tuple(each), span=leaf.span)


# -- presence and time -------------------------------------------------------------------------------------------


def _presence(leaf: Missing, place: Place) -> Condition:
    return _missing(leaf, place, negated=False)


def _missing(leaf: Missing, place: Place, *, negated: bool) -> Condition:
    if not place.may_lack(leaf.operand):
        return Always(negated, span=leaf.span)
    return evolve(leaf, negated=negated)


def _within(leaf: Within, place: Place) -> Condition:
    low, high = _plain(leaf.low), _plain(leaf.high)
    if low is None and high is None:
        return _missing(Missing(leaf.operand, span=leaf.span), place, negated=True)
    match low, high:
        case (FixedDay(day=first), FixedDay(day=last)) | (FixedInstant(micros=first), FixedInstant(micros=last)):
            if first >= last:
                return Always(False, span=leaf.span)
        case _:
            pass
    return leaf if low is leaf.low and high is leaf.high else evolve(leaf, low=low, high=high)


def _plain(bound: Bound | None) -> Bound | None:
    return None if bound is None else plain_bound(bound)


def _anniversary(leaf: HasAnniversary, place: Place) -> Condition:  # noqa: ARG001 - an entry of a table
    return evolve(leaf, low=plain_bound(leaf.low), high=plain_bound(leaf.high))


# -- rows --------------------------------------------------------------------------------------------------------


def _some_row(leaf: SomeRow, place: Place) -> Condition:  # noqa: ARG001 - an entry of a table
    return Always(False, span=leaf.span) if leaf.where == Always(False) else leaf


_PLAIN: Final[Mapping[type[Any], Callable[[Any, Place], Condition]]] = MappingProxyType(
    {
        Compare: _compare,
        Among: _among,
        CompareOperands: _compare_operands,
        Contains: _contains,
        HasTags: _has_tags,
        Missing: _presence,
        Within: _within,
        HasAnniversary: _anniversary,
        SomeRow: _some_row,
    }
)


# -- turning round -----------------------------------------------------------------------------------------------


def _turned(condition: Condition, place: Place) -> Condition:
    """Return a negated comparison of what is never missing with its order turned round."""
    match condition:
        case All(parts=parts) | AnyOf(parts=parts):
            return evolve(condition, parts=tuple(_turned(part, place) for part in parts))
        case Missing():
            return _presence(condition, place) if not condition.negated else _missing(condition, place, negated=True)
        case Compare(order=order, negated=True, currency=None, operand=operand) if order is not Order.EQUAL:
            if place.may_lack(operand):
                return condition
            return _compare(evolve(condition, order=_COMPLEMENT[order], negated=False), place)
        case CompareOperands(order=order, left=left, right=right, negated=True) if order is not Order.EQUAL:
            if place.may_lack(left) or place.may_lack(right) or _of_money(left):
                return condition
            return evolve(condition, order=_COMPLEMENT[order], negated=False)
        case Within(low=low, high=high, negated=True, operand=operand) if low is None or high is None:
            return condition if place.may_lack(operand) else evolve(condition, low=high, high=low, negated=False)
        case _:
            return condition


def _of_money(operand: Operand) -> bool:
    return operand.field is not None and operand.field.kind is Kind.MONEY
