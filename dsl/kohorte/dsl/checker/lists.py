"""Lists of values."""

from collections.abc import Iterable

from kohorte.core.fields import Kind
from kohorte.dsl.checker import messages
from kohorte.dsl.checker.constants import constant
from kohorte.dsl.checker.literals import Stored, stored
from kohorte.dsl.checker.operands import in_currency
from kohorte.dsl.checker.scope import TIMES, Scope, Value, about
from kohorte.dsl.checker.times import extent, subject
from kohorte.dsl.errors import Refusal
from kohorte.dsl.operands import is_of_one_row
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.limits import LIST_ENTRIES
from kohorte.dsl.syntax.phrases import literal
from kohorte.dsl.typed import (
    AggregateOf,
    Among,
    AnyOf,
    Compare,
    Condition,
    Constant,
    Negation,
    Operand,
    Order,
    Within,
)


def one_of(node: ast.OneOf, scope: Scope) -> Condition:
    """Check ``operand [not] in (…)``."""
    operand = subject(node.operand, scope)
    field = about(operand)
    values = listed_values(node.choices, scope)
    if field.kind in TIMES:
        scope.count(max(1, len(values)))
        parts = [_within(operand, value, scope) for value in values]
        found: Condition = AnyOf(tuple(parts), span=node.span)
    else:
        scope.count()
        found = among(operand, _each_stored(operand, values, scope), node)
    return Negation(found, span=node.span) if node.negated else found


def _within(operand: Operand, value: Value, scope: Scope) -> Condition:
    low, high = extent(value, about(operand), scope)
    return Within(operand, low, high, span=value.span)


def listed_values(choices: ast.ListOf | ast.Parameter, scope: Scope) -> list[Value]:
    """Return the constants of a list, or of a parameter that holds one; raise ``Refusal`` for anything else."""
    found = constant(choices, scope)
    if not isinstance(found, ast.ListOf):
        if isinstance(choices, ast.Parameter):
            return [found]
        raise Refusal(messages.NOT_A_LIST, choices.span)
    if len(found.items) > LIST_ENTRIES:
        raise Refusal(messages.TOO_LONG_A_LIST, choices.span, count=len(found.items), limit=LIST_ENTRIES)
    values: list[Value] = []
    for item in found.items:
        with scope.reporting():
            values.append(_member(item, scope))
    return values


def _member(item: ast.Operand, scope: Scope) -> Value:
    if isinstance(item, ast.Path | ast.Aggregate):
        if isinstance(item, ast.Path) and len(item.names) == 1:
            raise Refusal.writing(messages.NAME_IN_LIST, item.span, literal(item.names[0]), name=item.names[0])
        raise Refusal(messages.FIELD_IN_LIST, item.span)
    return constant(item, scope)


def _each_stored(operand: Operand, values: Iterable[Value], scope: Scope) -> list[Stored]:
    found: list[Stored] = []
    for value in values:
        with scope.reporting():
            found.append(stored(value, about(operand), scope))
    return found


def among(operand: Operand, values: Iterable[Stored], node: ast.OneOf) -> Condition:
    """Return that an operand equals one of the values: one condition for each currency, exact ones apart."""
    groups: dict[tuple[bool, str | None], set[Constant]] = {}
    for value in values:
        groups.setdefault((value.folded, value.currency), set()).add(value.value)
    computed = not is_of_one_row(operand)
    if computed and len(groups) > 1:
        currencies = [currency or "" for _, currency in groups]
        raise Refusal(messages.TWO_CURRENCIES, node.choices.span, one=currencies[0], other=currencies[1])
    parts: list[Condition] = []
    for (folded, currency), members in groups.items():
        if isinstance(operand, AggregateOf) and computed and currency is not None:
            operand = in_currency(operand, currency, node.choices.span)
            currency = None  # noqa: PLW2901 - it has moved into the aggregate
        if len(members) == 1 or about(operand).kind is Kind.BOOLEAN:
            parts += [Compare(operand, Order.EQUAL, each, folded, currency, span=node.span) for each in members]
        else:
            chosen = tuple(sorted(members, key=lambda each: (isinstance(each, str), each)))
            parts.append(Among(operand, chosen, folded, currency, span=node.span))
    return parts[0] if len(parts) == 1 else AnyOf(tuple(parts), span=node.span)
