"""Comparisons by signs and words, and ranges."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from kohorte.core.fields import Kind
from kohorte.dsl.checker import messages
from kohorte.dsl.checker.constants import single
from kohorte.dsl.checker.literals import Stored, stored
from kohorte.dsl.checker.operands import compare_operands, counted, in_currency
from kohorte.dsl.checker.scope import ORDERED, TIMES, InstantValue, Scope, Value, about
from kohorte.dsl.checker.times import between_times, compare_time, day_of, subject
from kohorte.dsl.errors import Refusal
from kohorte.dsl.operands import is_of_one_row
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.ast import Comparator, Relation, Span
from kohorte.dsl.typed import (
    AggregateOf,
    All,
    Compare,
    Condition,
    FieldOf,
    Function,
    Negation,
    Operand,
    Order,
)

_ORDERS: Final[Mapping[Comparator, Order]] = MappingProxyType(
    {sign: Order.EQUAL if sign is Comparator.UNEQUAL else Order(sign.value) for sign in Comparator}
)
_FLIPPED: Final[Mapping[Order, Order]] = MappingProxyType(
    {
        Order.EQUAL: Order.EQUAL,
        Order.LESS: Order.GREATER,
        Order.LESS_OR_EQUAL: Order.GREATER_OR_EQUAL,
        Order.GREATER: Order.LESS,
        Order.GREATER_OR_EQUAL: Order.LESS_OR_EQUAL,
    }
)
RELATIONS: Final[Mapping[Relation, Order]] = MappingProxyType(
    {
        Relation.BEFORE: Order.LESS,
        Relation.AFTER: Order.GREATER,
        Relation.ON: Order.EQUAL,
        Relation.ON_OR_BEFORE: Order.LESS_OR_EQUAL,
        Relation.ON_OR_AFTER: Order.GREATER_OR_EQUAL,
    }
)


# -- signs -------------------------------------------------------------------------------------------------------


def comparison(node: ast.Comparison, scope: Scope) -> Condition:
    """Check ``left < right``."""
    scope.count()
    one, other = _both(node.left, node.right, scope)
    _refuse_empty_text(node, one, other)
    order = _ORDERS[node.sign]
    if isinstance(one, Operand):
        compared = _relate(one, node.left, order, other, node.right, node.span, scope)
    elif isinstance(other, Operand):
        compared = compare(other, _FLIPPED[order], one, node.right, node.span, scope)
    else:
        raise Refusal(messages.TWO_CONSTANTS, node.span)
    return Negation(compared, span=node.span) if node.sign is Comparator.UNEQUAL else compared


def day_test(node: ast.DayTest, scope: Scope) -> Condition:
    """Check ``operand before day``."""
    scope.count()
    left = subject(node.operand, scope)
    if about(left).kind not in TIMES:
        raise Refusal(messages.NOT_A_TIME, node.operand.span, name=scope.quote(node.operand.span))
    right = scope.operand(node.day)
    if not isinstance(right, Operand):
        refuse_on_instant(node.relation, right, scope)
    return _relate(left, node.operand, RELATIONS[node.relation], right, node.day, node.span, scope)


def refuse_on_instant(relation: Relation, value: Value, scope: Scope) -> None:
    """Refuse ``on`` with an instant, which nothing but that microsecond would match."""
    if relation is Relation.ON and isinstance(instant := single(value, scope), InstantValue):
        raise Refusal.writing(messages.ON_AN_INSTANT, value.span, *day_of(instant))


def _relate(
    one: Operand,
    left: ast.Operand,
    order: Order,
    other: Operand | Value,
    right: ast.Operand,
    span: Span,
    scope: Scope,
) -> Condition:
    """Compare what stands at ``left``, an operand, with what stands at ``right``."""
    if isinstance(other, Operand):
        return compare_operands(one, left, order, other, right, span, scope)
    return compare(one, order, other, left, span, scope)


def _refuse_empty_text(node: ast.Comparison, one: Operand | Value, other: Operand | Value) -> None:
    """Refuse ``contact.city = ""``, whose author asks whether the city is known."""
    if isinstance(one, FieldOf) and isinstance(other, ast.Text) and not other.value.strip():
        asked = {Comparator.EQUAL: " is empty", Comparator.UNEQUAL: " is set"}.get(node.sign)
        if asked is not None and about(one).kind in {Kind.TEXT, Kind.CODE}:
            after = Span(node.left.span.end, node.span.end)
            raise Refusal.writing(messages.EMPTY_TEXT, other.span, asked, instead_of=after)


def _both(left: ast.Operand, right: ast.Operand, scope: Scope) -> tuple[Operand | Value, Operand | Value]:
    """Return both sides; where the left is wrong, what is wrong on the right is reported too."""
    try:
        one = scope.operand(left)
    except Refusal:
        if not (isinstance(right, ast.Path) and len(right.names) == 1):
            with scope.reporting():
                scope.operand(right)
        raise
    return one, scope.operand(right, about(one) if isinstance(one, Operand) else None)


def compare(left: Operand, order: Order, value: Value, node: ast.Operand, span: Span, scope: Scope) -> Condition:
    """Return the comparison of an operand, which stands at ``node``, with a constant."""
    field = about(left)
    if field.kind in TIMES:
        return compare_time(left, order, value, span, scope)
    if order is not Order.EQUAL and field.kind not in ORDERED:
        raise Refusal(messages.NOT_ORDERED, span, name=scope.quote(node.span), sign=order.value)
    constant_ = stored(value, field, scope)
    if isinstance(left, AggregateOf) and left.function is Function.COUNT:
        return counted(left, order, constant_.value, span)
    return _compared(left, order, constant_, value.span, span)


def _compared(left: Operand, order: Order, value: Stored, at: Span, span: Span) -> Compare:
    if value.currency is None or not isinstance(left, AggregateOf) or is_of_one_row(left):
        return Compare(left, order, value.value, value.folded, value.currency, span=span)
    return Compare(in_currency(left, value.currency, at), order, value.value, span=span)


# -- ranges ------------------------------------------------------------------------------------------------------


def between(node: ast.Between, scope: Scope) -> Condition:
    """Check ``operand [not] between low and high``."""
    scope.count()
    operand = subject(node.operand, scope)
    field = about(operand)
    if field.kind not in ORDERED:
        raise Refusal(messages.NOT_ORDERED, node.span, name=scope.quote(node.operand.span), sign="between")
    low, high = scope.operand(node.low, field), scope.operand(node.high, field)
    found: Condition
    if field.kind in TIMES and not isinstance(low, Operand) and not isinstance(high, Operand):
        found = between_times(operand, low, high, node.span, scope)
    else:
        parts = (
            _relate(operand, node.operand, Order.GREATER_OR_EQUAL, low, node.low, node.span, scope),
            _relate(operand, node.operand, Order.LESS_OR_EQUAL, high, node.high, node.span, scope),
        )
        _note_empty_range(parts, node.span, scope)
        found = All(parts, span=node.span)
    return Negation(found, span=node.span) if node.negated else found


def _note_empty_range(parts: Sequence[Condition], span: Span, scope: Scope) -> None:
    match parts:
        case Compare(operand=one, value=int() as low, currency=first), Compare(
            operand=other, value=int() as high, currency=second
        ):
            if first != second or one != other:
                raise Refusal(messages.TWO_CURRENCIES, span, one=_currency(parts[0]), other=_currency(parts[1]))
            if low > high:
                scope.note(messages.ENDS_BEFORE_START, span)
        case _:
            pass


def _currency(compared: Condition) -> str:
    if not isinstance(compared, Compare):
        return ""
    of_rows = compared.operand.currency if isinstance(compared.operand, AggregateOf) else None
    return compared.currency or of_rows or ""
