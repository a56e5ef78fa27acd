"""JSON to syntax tree: the shape of nodes, what they came from, and the comments on them.

How each kind of value and condition is read stands in ``values`` and ``conditions``.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, TypeVar, cast

from attrs import define, field

from kohorte.dsl.errors import shortened
from kohorte.dsl.json_tree.plain import Json, comment, known, names, parameter, refuse, signed, text, unit_of, whole
from kohorte.dsl.syntax import ast, limits
from kohorte.dsl.syntax.canonical import CALENDAR_UNITS, negation
from kohorte.dsl.syntax.comments import Placed

Made = TypeVar("Made", bound=ast.Node)
ReadNode = Callable[["Reader", Json, str], Any]

VALUES: Final = 20_000
"""More JSON values than any rule within the limits is written with."""

_OF_BUILDERS: Final = frozenset({"id", "order", "comments"})
"""Keys that any node may have; ``order`` says nothing that the list does not."""


@define
class Reader:
    """Read nodes, and keep where each came from and which comments belong to it."""

    segment_names: Mapping[str, str]
    list_names: Mapping[str, str]
    _value_readers: Mapping[str, "ReadNode"]
    _condition_readers: Mapping[str, "ReadNode"]
    placed: Placed = field(factory=Placed)
    paths: dict[int, str] = field(factory=dict[int, str])
    _values: int = 0

    # -- nodes --

    def condition(self, value: object, path: str) -> ast.Condition:
        """Return a condition or a group of conditions."""
        node = self.mapping(value, path)
        if "logical_operator" in node:
            return self.made(self._group(node, path), node, path)
        operator = known(node.get("operator"), self._condition_readers, f"{path}.operator")[0]
        condition: ast.Condition = self._condition_readers[operator](self, node, path)
        return self.made(condition, node, path)

    def conditions(self, value: object, path: str) -> tuple[ast.Condition, ...]:
        """Return a list of conditions."""
        return tuple(self.condition(each, f"{path}[{at}]") for at, each in enumerate(self.sequence(value, path)))

    def let(self, value: object, path: str) -> ast.Let:
        """Return a parameter of the header."""
        node = self.mapping(value, path, {"name", "value"})
        let = ast.Let(parameter(node["name"], f"{path}.name"), self.choices(node["value"], f"{path}.value"))
        return self.made(let, node, path)

    def value(self, value: object, path: str) -> ast.Operand:
        """Return a value."""
        self._count(path)
        if isinstance(value, str):
            return self.made(ast.Text(text(value, path)), {}, path)
        if isinstance(value, bool):
            return self.made(ast.Truth(value), {}, path)
        if isinstance(value, int | float):
            return self.made(signed(value, path, ast.Number), {}, path)
        node = self.mapping(value, path)
        kind = next((key for key in self._value_readers if key in node), None)
        if kind is None:
            hint = "It is a text, a number, true, false, or an object with one of: {kinds}."
            refuse(path, "{path}: this is not a value.", hint, kinds=", ".join(self._value_readers))
        operand: ast.Operand = self._value_readers[kind](self, node, path)
        return self.made(operand, node, path)

    def values(self, value: object, path: str) -> tuple[ast.Operand, ...]:
        """Return a list of values."""
        return tuple(self.value(each, f"{path}[{at}]") for at, each in enumerate(self.sequence(value, path)))

    def choices(self, value: object, path: str) -> ast.Operand:
        """Return a value or a list of values."""
        if not isinstance(value, list):
            return self.value(value, path)
        return self.made(ast.ListOf(self.values(value, path)), {}, path)  # pyright: ignore[reportUnknownArgumentType]

    def field(self, value: object, path: str) -> ast.Operand:
        """Return what a condition is about; a plain text is the path of a field."""
        return self.made(ast.Path(names(value, path)), {}, path) if isinstance(value, str) else self.value(value, path)

    def period(self, value: object, path: str) -> ast.Period:
        """Return a rolling or a calendar period."""
        node = self.mapping(value, path)
        if "calendar" in node:
            self.only(node, path, {"calendar", "unit"})
            which = known(node["calendar"], {each.value: each for each in ast.Which}, f"{path}.calendar")[1]
            unit = known(
                node["unit"], {each.value: each for each in ast.Unit if each.value in CALENDAR_UNITS}, f"{path}.unit"
            )
            return self.made(ast.Calendar(which, unit[1]), node, path)
        key = "next" if "next" in node else "last"
        self.only(node, path, {key, "unit"})
        return self.made(ast.Rolling(key == "next", whole(node[key], f"{path}.{key}"), unit_of(node, path)), node, path)

    def _group(self, node: Json, path: str) -> ast.Condition:
        self.only(node, path, {"logical_operator", "rules"})
        kinds = {"and": ast.And, "or": ast.Or, "not": ast.Not}
        word = known(node["logical_operator"], kinds, f"{path}.logical_operator")[0]
        parts = self.conditions(node["rules"], f"{path}.rules")
        if word == "not":
            if len(parts) != 1:
                refuse(f"{path}.rules", "{path}: not has exactly one condition.")
            return negation(parts[0])
        if len(parts) < 2:
            refuse(f"{path}.rules", "{path}: {word} joins at least two conditions.", word=word)
        return ast.And(parts) if word == "and" else ast.Or(parts)

    # -- the shape of JSON --

    def mapping(self, value: object, path: str, keys: Collection[str] | None = None) -> dict[str, Any]:
        """Return an object with exactly the keys, if they are given."""
        self._count(path)
        if not isinstance(value, dict):
            refuse(path, "{path}: an object is expected here.")
        node = cast("dict[str, Any]", value)
        if keys is not None:
            self.only(node, path, keys)
        return node

    def only(self, node: Json, path: str, required: Collection[str], optional: Collection[str] = ()) -> None:
        """Refuse missing and unknown keys."""
        for key in required:
            if key not in node:
                refuse(path, "{path}: {key} is missing.", key=key)
        for key in node:
            if key not in required and key not in optional and key not in _OF_BUILDERS:
                allowed = ", ".join([*required, *optional])
                refuse(
                    path,
                    "{path}: {key} has no meaning here.",
                    "Known are: {allowed}.",
                    key=shortened(str(key)),
                    allowed=allowed,
                )

    def sequence(self, value: object, path: str) -> list[Any]:
        """Return a list."""
        self._count(path)
        if not isinstance(value, list):
            refuse(path, "{path}: a list is expected here.")
        return value  # pyright: ignore[reportUnknownVariableType]

    def made(self, node: Made, written: Json, path: str) -> Made:
        """Keep where a node came from, and its comments."""
        self.paths[id(node)] = path
        comments = written.get("comments")
        if comments is not None:
            self._comments(node, self.mapping(comments, f"{path}.comments"), f"{path}.comments")
        return node

    def _comments(self, node: ast.Node, comments: Json, path: str) -> None:
        self.only(comments, path, (), ("before", "at_end", "after"))
        for place, lines in (("before", self.placed.before), ("after", self.placed.after)):
            if place in comments:
                given = self.sequence(comments[place], f"{path}.{place}")
                lines[id(node)] = [comment(each, f"{path}.{place}[{at}]") for at, each in enumerate(given)]
        if "at_end" in comments:
            self.placed.at_end[id(node)] = comment(comments["at_end"], f"{path}.at_end")

    def _count(self, path: str) -> None:
        self._values += 1
        if self._values > VALUES or path.count(".") > limits.TREE_DEPTH:
            refuse(path, "{path}: the rule is too large.", "Make parts of it segments of their own.")
