"""What a template may say: a list of what is let through, node by node; anything else is refused with its line.

There are no functions, no methods, no attributes but the fields, no assignments, no macros, no blocks, no other
templates, no loops within loops and no powers. So nothing outside its values can be reached, nothing can call itself,
and no text can grow out of itself: what a template does is bounded by its length and the lists that it goes through.
"""

from collections.abc import Collection, Mapping, Set
from typing import Final

from attrs import define, field
from jinja2 import nodes

from kohorte.adapters.rendering.filters import FILTERS
from kohorte.core.ports.rendering import Part, ReadColumn, TemplateRefused

DEEPEST: Final = 40
"""So deep may conditions and parentheses stand in each other, and so many times may "elif" follow an "if"."""

FIELDS: Final = ("contact", "customer")
"""Whose fields a row reads."""

_ABOUT: Final = frozenset({"segment", "at"})
_NAMES: Final[Mapping[Part, Set[str]]] = {
    Part.HEADER: _ABOUT,
    Part.ROW: _ABOUT | {*FIELDS, "entered_at", "number"},
    Part.FOOTER: _ABOUT | {"count"},
}
_ATTRIBUTES: Final[Mapping[str, Set[str]]] = {
    "segment": {"name"},
    "loop": {"index", "index0", "first", "last", "length"},
}
_TESTS: Final = frozenset({"none"})
_PLAIN: Final = (
    nodes.TemplateData,
    nodes.Output,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Concat,
    nodes.Add,
    nodes.Sub,
    nodes.Mul,
    nodes.Div,
    nodes.FloorDiv,
    nodes.Mod,
    nodes.Neg,
    nodes.Pos,
    nodes.List,
    nodes.Tuple,
    nodes.Keyword,
)
"""Nodes that are harmless as far as what stands in them is."""


@define
class Reading:
    """Read the tree of a part; note the columns that it reads, and refuse what none may say."""

    part: Part
    columns: dict[str, ReadColumn] = field(factory=dict[str, ReadColumn], init=False)
    _loop: str | None = field(default=None, init=False)
    """The name for each of a list, within a loop over it."""

    def read(self, tree: nodes.Template) -> None:
        """Read a whole tree; raise ``TemplateRefused``."""
        for node in tree.body:
            self._node(node, 1)

    def _node(self, node: nodes.Node, depth: int) -> None:
        if depth > DEEPEST or (isinstance(node, nodes.If) and len(node.elif_) > DEEPEST):
            raise self._refused(node, TemplateRefused("It is nested too deeply.", hint="Make it simpler."))
        match node:
            case nodes.Getattr():
                self._attribute(node)
            case nodes.Name():
                self._name(node)
            case nodes.Const():
                self._constant(node)
            case nodes.For():
                self._for(node, depth)
            case nodes.Filter() | nodes.Test():
                self._named(node)
                self._children(node, depth)
            case _ if isinstance(node, _PLAIN):
                self._children(node, depth)
            case _:
                raise self._forbidden(node)

    def _children(self, node: nodes.Node, depth: int) -> None:
        for child in node.iter_child_nodes():
            self._node(child, depth + 1)

    def _attribute(self, node: nodes.Getattr) -> None:
        """Let fields through, and what is known of the segment and of a loop."""
        owner = node.node.name if isinstance(node.node, nodes.Name) else None
        if owner in FIELDS and owner in _NAMES[self.part] and not node.attr.startswith("_"):
            self._column(f"{owner}.{node.attr}", node)
        elif owner is None or node.attr not in self._attributes(owner):
            raise self._refused(
                node,
                TemplateRefused(
                    'A template cannot say ".{name}" here.',
                    hint="Only fields are read so, in the row: contact.email, customer.category; and segment.name.",
                    name=node.attr[:80],
                ),
            )

    def _attributes(self, owner: str) -> Set[str]:
        if owner == "loop" and self._loop is None:
            return frozenset()
        return _ATTRIBUTES.get(owner, frozenset())

    def _name(self, node: nodes.Name) -> None:
        if node.name == "entered_at" and self.part is Part.ROW:
            self._column(node.name, node)
        elif node.name in (*FIELDS, "segment", "loop"):
            raise self._refused(
                node,
                TemplateRefused('"{name}" is no value.', hint="Say which field of it: contact.email.", name=node.name),
            )
        elif node.name not in _NAMES[self.part] and node.name != self._loop:
            raise self._refused(
                node,
                TemplateRefused(
                    'There is no "{name}" here.',
                    hint="Known are: {known}.",
                    name=node.name[:80],
                    known=", ".join(sorted(_NAMES[self.part])),
                ),
            )

    def _column(self, name: str, node: nodes.Node) -> None:
        self.columns.setdefault(name, ReadColumn(name, node.lineno))

    def _constant(self, node: nodes.Const) -> None:
        if isinstance(node.value, str) and not _is_unicode(node.value):
            raise self._refused(
                node, TemplateRefused("A text has half of a character in it.", hint="Write the character itself.")
            )

    def _for(self, node: nodes.For, depth: int) -> None:
        if self._loop is not None or node.recursive or not isinstance(node.target, nodes.Name):
            raise self._refused(
                node,
                TemplateRefused("A loop goes through one list, and not within another loop.", hint="Make it simpler."),
            )
        name = node.target.name
        if name in {*_NAMES[self.part], *FIELDS, "loop"} or name.startswith("_"):
            raise self._refused(
                node, TemplateRefused('"{name}" cannot be the name in a loop.', hint="Choose another.", name=name)
            )
        self._node(node.iter, depth + 1)
        for each in node.else_:
            self._node(each, depth + 1)
        self._loop = name
        for each in (*([node.test] if node.test else []), *node.body):
            self._node(each, depth + 1)
        self._loop = None

    def _named(self, node: nodes.Filter | nodes.Test) -> None:
        known: Collection[str] = FILTERS if isinstance(node, nodes.Filter) else _TESTS
        if node.name not in known or node.node is None:
            raise self._refused(
                node,
                TemplateRefused(
                    'There is no filter or test "{name}".',
                    hint="Known are: {known}.",
                    name=node.name[:80],
                    known=", ".join(sorted(known)),
                ),
            )

        if node.dyn_args is not None or node.dyn_kwargs is not None:
            raise self._forbidden(node, "*")

    def _forbidden(self, node: nodes.Node, name: str = "") -> TemplateRefused:
        return self._refused(
            node,
            TemplateRefused(
                "A template cannot do this here ({name}).",
                hint="It has fields, filters, if, and for over a list; the documentation lists them.",
                name=name or _WORDS.get(type(node).__name__, type(node).__name__.lower()),
            ),
        )

    def _refused(self, node: nodes.Node, refusal: TemplateRefused) -> TemplateRefused:
        lines = (each.lineno for each in (node, *node.iter_child_nodes()) if each.lineno)
        return refusal.in_line(self.part, next(lines, 1))


_WORDS: Final = {
    "Assign": "set",
    "AssignBlock": "set",
    "Call": "f(…)",
    "CallBlock": "call",
    "Dict": "{…}",
    "FilterBlock": "filter",
    "FromImport": "from",
    "Getitem": "[…]",
    "Pow": "**",
    "Scope": "autoescape",
}
"""How what is refused looks in a template, where it does not look as its node is called."""


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= each <= "\udfff" for each in text)
