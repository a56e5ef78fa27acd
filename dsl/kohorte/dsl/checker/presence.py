"""Whether a value is there, and operands that stand as conditions by themselves."""

from kohorte.core.fields import Collection, Kind
from kohorte.dsl.checker import messages
from kohorte.dsl.checker.constants import single
from kohorte.dsl.checker.operands import NEVER_MISSING, settled
from kohorte.dsl.checker.scope import Scope, about
from kohorte.dsl.checker.times import subject
from kohorte.dsl.errors import Refusal
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.ast import Span
from kohorte.dsl.typed import (
    AggregateOf,
    Always,
    Compare,
    Condition,
    FieldOf,
    Missing,
    Operand,
    Order,
)


def presence(node: ast.Presence, scope: Scope) -> Condition:
    """Check ``operand is set`` and ``operand is empty``."""
    scope.count()
    operand = subject(node.operand, scope)
    if isinstance(operand, AggregateOf) and operand.function in NEVER_MISSING:
        raise Refusal(messages.NUMBER_NEVER_MISSING, node.span, name=scope.quote(node.operand.span))
    operand = settled(operand, node.operand, scope)
    if isinstance(operand, FieldOf) and not operand.field.nullable and not _is_optional(operand.owner, scope):
        scope.note(messages.ALWAYS_SET, node.span, name=scope.quote(node.operand.span))
    return Missing(operand, negated=node.present, span=node.span)


def _is_optional(owner: str, scope: Scope) -> bool:
    holder = scope.catalogue.owners.get(owner)
    return holder is not None and holder.optional


def bare(node: ast.Bare, scope: Scope) -> Condition:
    """Check an operand that stands as a condition: a boolean field, ``true``, ``false``."""
    scope.count()
    if isinstance(node.operand, ast.Path) and len(node.operand.names) == 1:
        _refuse_rows_alone(node.operand, scope)
    found = scope.operand(node.operand)
    if not isinstance(found, Operand):
        if isinstance(value := single(found, scope), ast.Truth):
            return Always(value.value, span=node.span)
        raise Refusal(messages.CONSTANT_AS_SUBJECT, node.span, text=scope.quote(node.span))
    if about(found).kind is Kind.BOOLEAN:
        return Compare(found, Order.EQUAL, True, span=node.span)
    name, end = scope.quote(node.span), Span(node.span.end, node.span.end)
    if isinstance(found, AggregateOf) and found.function in NEVER_MISSING:
        more = [" > 0"] if about(found).kind is not Kind.MONEY else []
        raise Refusal.writing(messages.NUMBER_AS_CONDITION, node.span, *more, instead_of=end, name=name)
    settled(found, node.operand, scope)
    raise Refusal.writing(messages.NOT_A_CONDITION, node.span, " is set", instead_of=end, name=name)


def _refuse_rows_alone(path: ast.Path, scope: Scope) -> None:
    collection: Collection | None = scope.catalogue.collections.get(path.names[0])
    if collection is None or (scope.row is not None and path.names[0] in scope.row.fields):
        return
    name = path.names[0]
    raise Refusal.writing(messages.ROWS_ALONE, path.span, f"any {name}", f"no {name}", name=name)
