"""Counts, the currencies of aggregates, and operands beside each other."""

from typing import Final

from attrs import evolve

from kohorte.core.fields import Kind
from kohorte.dsl.checker import messages
from kohorte.dsl.checker.scope import ORDERED, Scope, about
from kohorte.dsl.errors import Refusal
from kohorte.dsl.operands import is_of_one_row
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.ast import Span
from kohorte.dsl.typed import (
    AggregateOf,
    Always,
    Compare,
    CompareOperands,
    Condition,
    Constant,
    FieldOf,
    Function,
    Negation,
    Operand,
    Order,
    SomeRow,
)

NEVER_MISSING: Final = frozenset({Function.COUNT, Function.COUNT_DISTINCT, Function.SUM})
"""What is a number even of no rows."""


# -- counts ------------------------------------------------------------------------------------------------------


def counted(count: AggregateOf, order: Order, value: Constant, span: Span) -> Condition:
    """Return a comparison of a count: whether there is a row at all is asked as such, which is faster."""
    number = int(value)
    match order:
        case Order.EQUAL if number > 0:
            return Compare(count, order, number, span=span)
        case Order.EQUAL:
            return _negation(at_least(count, 1, span)) if number == 0 else Always(False, span=span)
        case Order.GREATER_OR_EQUAL:
            return at_least(count, number, span)
        case Order.GREATER:
            return at_least(count, number + 1, span)
        case Order.LESS:
            return _negation(at_least(count, number, span))
        case Order.LESS_OR_EQUAL:
            return _negation(at_least(count, number + 1, span))


def at_least(count: AggregateOf, number: int, span: Span) -> Condition:
    """Return that there are at least so many rows."""
    if number <= 0:
        return Always(True, span=span)
    if number == 1:
        return SomeRow(count.collection, count.where, span=span)
    return Compare(count, Order.GREATER_OR_EQUAL, number, span=span)


def _negation(condition: Condition) -> Condition:
    return Negation(condition, span=condition.span)


# -- two operands ------------------------------------------------------------------------------------------------


def compare_operands(
    left: Operand,
    left_node: ast.Operand,
    order: Order,
    right: Operand,
    right_node: ast.Operand,
    span: Span,
    scope: Scope,
) -> Condition:
    """Return the comparison of two operands, of which each stands at its node; raise ``Refusal`` for unlike ones."""
    one, other = about(left), about(right)
    first, second = scope.quote(left_node.span), scope.quote(right_node.span)
    if {one.kind, other.kind} == {Kind.DATE, Kind.INSTANT}:
        raise Refusal(messages.DATE_BESIDE_INSTANT, span, one=first, other=second)
    if one.kind is not other.kind or one.kind is Kind.TAGS:
        raise Refusal(messages.DIFFERENT_KINDS, span, one=first, other=second)
    if order is not Order.EQUAL and one.kind not in ORDERED:
        raise Refusal(messages.NOT_ORDERED, span, name=first, sign=order.value)
    for operand in (left, right):
        if isinstance(operand, AggregateOf) and operand.function is Function.AVG:
            raise Refusal(messages.AVERAGE_COMPARED, span)
    if one.kind is Kind.MONEY:
        left, right = _same_currency(left, left_node, right, right_node, scope)
    return CompareOperands(left, order, right, folded=one.kind is Kind.TEXT, span=span)


def _same_currency(
    left: Operand, left_node: ast.Operand, right: Operand, right_node: ast.Operand, scope: Scope
) -> tuple[Operand, Operand]:
    """Let the side that names no currency take the other's."""
    if isinstance(left, AggregateOf) and isinstance(right, AggregateOf) and not any(map(is_of_one_row, (left, right))):
        if left.currency is None and right.currency is not None:
            left = evolve(left, currency=right.currency)
        elif left.currency is not None:
            right = in_currency(right, left.currency, right_node.span)
    return settled(left, left_node, scope), settled(right, right_node, scope)


def in_currency(operand: AggregateOf, currency: str, span: Span) -> AggregateOf:
    """Return an aggregate over the rows in a currency; raise ``Refusal`` where it names another."""
    if operand.currency not in {None, currency}:
        raise Refusal(messages.TWO_CURRENCIES, span, one=operand.currency, other=currency)
    return evolve(operand, currency=currency)


def settled(operand: Operand, node: ast.Operand, scope: Scope) -> Operand:
    """Return an operand whose currency is known; raise ``Refusal`` for a money aggregate that has none."""
    if isinstance(operand, FieldOf) or is_of_one_row(operand):
        return operand
    if about(operand).kind is not Kind.MONEY or operand.currency is not None:
        return operand
    known = [*scope.references.currencies()][:3] or ["EUR"]
    named = node.arguments[-1] if isinstance(node, ast.Aggregate) and node.arguments else None
    texts = [f"{scope.quote(named.span)}, {each}" for each in known] if named else []
    at = named.span if named else None
    raise Refusal.writing(messages.SUM_WITHOUT_CURRENCY, node.span, *texts, instead_of=at, example=known[0])
