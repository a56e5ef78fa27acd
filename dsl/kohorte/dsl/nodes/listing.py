"""The nodes of a rule in the order of its text: groups with their operator, conditions with what they ask."""

from typing import Any, Final

from attrs import evolve

from kohorte.core.ports.rule_nodes import LogicalOperator, RulePart
from kohorte.dsl.json_tree.writer import Writer
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.comments import Placed
from kohorte.dsl.syntax.phrases import flat, flattened, path, said_when

_JOINING: Final[dict[type[ast.Node], LogicalOperator]] = {
    ast.And: LogicalOperator.AND,
    ast.Or: LogicalOperator.OR,
    ast.Not: LogicalOperator.NOT,
}


def nodes_of(rule: ast.Rule) -> tuple[RulePart, ...]:
    """Return the nodes of a rule, each group before its parts."""
    writer = Writer(Placed(), {}, {})
    found: list[RulePart] = []
    waiting: list[tuple[ast.Condition, int | None, int]] = [(rule.condition, None, 0)]
    while waiting:
        node, group, order = waiting.pop()
        place = len(found)
        found.append(RulePart(group, order, node.span.start, node.span.end, flat(node), **_told(node, writer)))
        waiting.extend(reversed([(part, place, at) for at, part in enumerate(_parts(node))]))
    return tuple(found)


def _parts(node: ast.Condition) -> tuple[ast.Condition, ...]:
    """Return the parts of a group; a condition has none, for what it asks of rows belongs to it."""
    if isinstance(node, ast.And | ast.Or):
        return node.parts
    return (node.part,) if isinstance(node, ast.Not) else ()


def _told(node: ast.Condition, writer: Writer) -> dict[str, Any]:
    """Return what is told of a node besides its place and text."""
    if node.__class__ in _JOINING:
        return {"logical_operator": _JOINING[node.__class__]}
    written = writer.condition(node)
    if isinstance(node, ast.Did):
        return _event(node, written)
    told = {"operator": written["operator"], "value": written.get("value")}
    if isinstance(node, ast.Exists):
        return told | _rows(node)
    about: ast.Operand | None = getattr(node, "left", None) or getattr(node, "operand", None)
    if isinstance(about, ast.Aggregate | ast.Latest):
        return told | _rows(about) | {"field": flat(evolve(about, filters=(), windows=()))}
    return told if about is None else told | {"field": flat(about)}


def _rows(node: ast.Aggregate | ast.Latest | ast.Exists) -> dict[str, Any]:
    return {
        "collection": path(node.collection),
        "filters": tuple(map(flat, node.filters)),
        "windows": tuple(map(flat, node.windows)),
    }


def _event(node: ast.Did, written: dict[str, Any]) -> dict[str, Any]:
    """Return what is told of an event: its verb is the field, how often and with what it happened the value."""
    return {
        "field": node.verb,
        "operator": written["operator"],
        "value": {key: written[key] for key in ("object", "object_name", "times") if key in written} or None,
        "filters": () if node.where is None else (flat(node.where),),
        "windows": () if node.when is None else (flattened(said_when(node.when)),),
    }
