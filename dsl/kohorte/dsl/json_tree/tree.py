"""The rule as JSON values, as the visual builder and the interface speak it, there and back without loss.

``{"rule": {...}, "zone": "Europe/Berlin", "lets": [{"name": "min", "value": ...}]}``; a group is
``{"logical_operator": "and" | "or" | "not", "rules": [...]}``, a condition ``{"field": "contact.country", "operator":
"equals", "value": "DE"}``. Plain values are written as they are, others as an object whose key names the kind:
``{"amount": "500", "currency": "EUR"}``, ``{"date": "2024-02-29"}``, ``{"field": "customer.city"}``. Any node may carry
``comments``, and for builders ``id`` and ``order``, which mean nothing here.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from kohorte.core.ports.rules import RuleRefused
from kohorte.dsl.errors import Refusal
from kohorte.dsl.json_tree.conditions import CONDITION_READERS
from kohorte.dsl.json_tree.plain import InvalidTree, refuse, text
from kohorte.dsl.json_tree.reader import Reader
from kohorte.dsl.json_tree.values import VALUE_READERS
from kohorte.dsl.json_tree.writer import Writer
from kohorte.dsl.syntax import ast, limits
from kohorte.dsl.syntax.comments import hold, place
from kohorte.dsl.syntax.parser import parse
from kohorte.dsl.syntax.printer import laid_out, zone_line

__all__ = ["InvalidTree", "from_json", "to_json"]

_NONE: Final[Mapping[str, str]] = MappingProxyType({})


def to_json(
    rule: ast.Rule, *, segment_ids: Mapping[str, str] = _NONE, list_ids: Mapping[str, str] = _NONE
) -> dict[str, Any]:
    """Return the rule as JSON values.

    Segments and stored lists whose ids are given by name are written as ``{"id": ..., "name": ...}``.
    """
    zone = zone_line(rule)
    units = [*([zone] if zone else []), *rule.lets, rule.condition]
    writer = Writer(place(rule.comments, units), segment_ids, list_ids)
    return {
        "rule": writer.condition(rule.condition),
        "zone": writer.zone(zone) if zone else None,
        "lets": [writer.let(let) for let in rule.lets],
    }


def from_json(
    tree: object, *, segment_names: Mapping[str, str] = _NONE, list_names: Mapping[str, str] = _NONE
) -> ast.Rule:
    """Return the syntax tree of a rule given as JSON values; its spans point into its canonical text.

    Segments and stored lists given by id take the name that is known for it. Raise ``InvalidTree`` with the path of
    what is wrong; a rule that its text could not say is refused too.
    """
    reader = Reader(segment_names, list_names, VALUE_READERS, CONDITION_READERS)
    node = reader.mapping(tree, "$")
    reader.only(node, "$", ("rule",), ("zone", "lets"))
    zone = _zone(reader, node.get("zone"))
    lets = tuple(
        reader.let(each, f"lets[{at}]") for at, each in enumerate(reader.sequence(node.get("lets", []), "lets"))
    )
    rule = ast.Rule(reader.condition(node["rule"], "rule"), lets, zone.value if zone else None)
    _check(rule, reader)
    for unit in (*lets, rule.condition):
        hold(reader.placed, unit)
    source = laid_out(rule, zone, reader.placed)
    try:
        limits.check_text(source)
    except Refusal as refusal:
        refuse("$", "{path}: " + refusal.message.template, refusal.message.hint, **refusal.values)
    try:
        return parse(source)
    except RuleRefused as refused:  # the grammar has it otherwise: a bare period among filters
        problem = refused.problems[0]
        refuse("$", "{path}: " + problem.template, problem.hint, **problem.values)


def _zone(reader: Reader, value: object) -> ast.Text | None:
    if value is None:
        return None
    if isinstance(value, str):
        return ast.Text(text(value, "zone"))
    node = reader.mapping(value, "zone", ("name",))
    return reader.made(ast.Text(text(node["name"], "zone.name")), node, "zone")


def _check(rule: ast.Rule, reader: Reader) -> None:
    names: set[str] = set()
    for let in rule.lets:
        if let.name in names:
            refuse(reader.paths[id(let)], "{path}: the parameter {name} is given twice.", name=let.name)
        names.add(let.name)
    try:
        limits.check_tree(rule)
    except limits.BeyondLimits as beyond:
        path = reader.paths.get(id(beyond.node), "rule")
        refuse(path, "{path}: " + beyond.message.template, beyond.message.hint, **beyond.values)
