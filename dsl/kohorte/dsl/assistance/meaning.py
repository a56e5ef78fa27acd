"""What the checker knows of a place: what an operand is, and which others go with it."""

from collections.abc import Mapping

from kohorte.core.fields import Catalogue, Collection
from kohorte.core.ports.rules import References
from kohorte.dsl.checker.compare import compare
from kohorte.dsl.checker.constants import constant
from kohorte.dsl.checker.operands import compare_operands
from kohorte.dsl.checker.references import Segments
from kohorte.dsl.checker.rule import CONDITION_TABLE, OPERAND_TABLE
from kohorte.dsl.checker.scope import Enough, Scope, Work
from kohorte.dsl.errors import Refusal
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.ast import NOWHERE
from kohorte.dsl.syntax.parser import parse
from kohorte.dsl.typed import AggregateOf, Checked, FieldOf, Operand, Order

_HERE = ast.Path(("", ""))


def scope_of(
    catalogue: Catalogue, references: References, row: Collection | None, lets: Mapping[str, ast.Operand]
) -> Scope:
    """Return a scope in which parts of a rule are checked by themselves; what they report is dropped with it."""
    segments = Segments(lambda _name: None, parse, _unread)
    work = Work("", catalogue, references, segments, CONDITION_TABLE, OPERAND_TABLE)
    scope = Scope(work, row)
    for name, value in lets.items():
        try:
            work.parameters[name] = constant(value, scope)
        except Refusal:
            work.parameters[name] = None
    return scope


def _unread(_rule: ast.Rule, text: str) -> tuple[Checked, int, int]:
    raise AssertionError(text)  # no segment is ever found


def operand_of(node: object, scope: Scope) -> Operand | None:
    """Return what a node stands for; None for a constant, or what makes no sense."""
    understand = OPERAND_TABLE.get(node.__class__)
    try:
        found = understand(node, scope, None) if understand else None
    except (Refusal, Enough):
        return None
    return found if isinstance(found, FieldOf | AggregateOf) else None


def goes_with(left: Operand, order: Order, right: Operand, scope: Scope) -> bool:
    """Say whether two operands may be compared."""
    try:
        compare_operands(left, _HERE, order, right, _HERE, NOWHERE, scope)
    except Refusal:
        return False
    return True


def takes(left: Operand, order: Order, value: ast.Operand, scope: Scope) -> bool:
    """Say whether an operand may be compared with a constant."""
    try:
        compare(left, order, constant(value, scope), _HERE, NOWHERE, scope)
    except Refusal:
        return False
    return True
