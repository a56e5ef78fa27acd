"""The rule language as others use it: ``Language`` for embedders, ``RuleLanguage`` for the core's port.

Five lines for records of one's own::

    from datetime import UTC, datetime
    from kohorte.dsl import Language

    language = Language.of({"contact": {"country": "code", "score": "integer"}, "purchases": [{"at": "instant"}]})
    rule = language.rule('contact.country = "DE" and purchases(last 90 days).count >= 3')
    matches = rule.predicate(datetime.now(UTC))  # then matches(record) for a dict or an object
"""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid5

from attrs import field, frozen

from kohorte.core.fields import Catalogue
from kohorte.core.ports.rule_nodes import EditedRule, LogicalOperator, RulePart
from kohorte.core.ports.rules import ListReference, References, SegmentReference
from kohorte.dsl.checker.rule import check
from kohorte.dsl.compiled import CompiledRule
from kohorte.dsl.declared import catalogue_of
from kohorte.dsl.json_tree.renaming import rename_fields
from kohorte.dsl.json_tree.tree import from_json
from kohorte.dsl.nodes import editing
from kohorte.dsl.nodes.listing import nodes_of
from kohorte.dsl.syntax.parser import parse
from kohorte.dsl.syntax.printer import format_rule

if TYPE_CHECKING:
    from kohorte.core.ports.known_values import KnownValues
    from kohorte.dsl.assistance.knowledge import Knowledge
    from kohorte.dsl.index.segments import SegmentIndex

_NAMESPACE: Final = UUID("5a0b6d9e-5d0c-5c41-9f6f-2f3a0f5c8f11")


@frozen
class RuleLanguage:
    """The core's port ``Rules``."""

    def check(self, text: str, catalogue: Catalogue, references: References) -> CompiledRule:
        """Return the checked rule; raise ``RuleRefused`` with every problem, or ``ReferenceCycle`` with the path."""
        syntax = parse(text)
        return CompiledRule(syntax, check(syntax, text, catalogue, references), catalogue)

    def index(self) -> "SegmentIndex":
        """Return an index without rules."""
        from kohorte.dsl.index.segments import SegmentIndex  # noqa: PLC0415 - loaded at first use

        return SegmentIndex()

    def text_of(self, tree: object, segments: Mapping[UUID, str], lists: Mapping[UUID, str]) -> str:
        """Return the canonical text of a checked rule's tree, with the names given for segments and lists."""
        return format_rule(from_json(tree, segment_names=_named(segments), list_names=_named(lists)))

    def rename_fields(self, tree: object, names: Mapping[str, str], catalogue: Catalogue) -> object:
        """Return a checked rule's tree in which fields have other names, as in ``{"contact.score": "points"}``."""
        return rename_fields(tree, names, catalogue)

    def format(self, text: str) -> str:
        """Return the canonical text with its comments; raise ``RuleRefused`` where the syntax is wrong."""
        return format_rule(parse(text))

    def nodes(self, text: str) -> Sequence[RulePart]:
        """Return the nodes of a rule; raise ``RuleRefused`` where the syntax is wrong."""
        return nodes_of(parse(text))

    def add_node(
        self, text: str, to: int, part: str, *, at: int | None = None, operator: LogicalOperator | None = None
    ) -> EditedRule:
        """Add a part, given as text, to a group."""
        return editing.add(text, to, part, at, operator)

    def change_node(self, text: str, node: int, part: str) -> EditedRule:
        """Put a part, given as text, in the place of a node."""
        return editing.change(text, node, part)

    def move_node(
        self, text: str, node: int, to: int, *, at: int | None = None, operator: LogicalOperator | None = None
    ) -> EditedRule:
        """Move a node to a group."""
        return editing.move(text, node, to, at, operator)

    def remove_node(self, text: str, node: int) -> EditedRule:
        """Remove a node."""
        return editing.remove(text, node)


@frozen
class Language:
    """Rules over one catalogue, for records and tables of one's own.

    ``zone`` is the IANA zone of rules that state none. ``segments`` names what ``in segment "…"`` may refer to: the
    text of a rule, or the keys of the records that belong to it; ``key`` is the field by which a record is found among
    them, and drawn into samples. ``lists`` names what ``in list "…"`` may refer to.
    """

    catalogue: Catalogue
    zone: str = "UTC"
    segments: Mapping[str, str | Collection[Any]] = field(factory=dict[str, "str | Collection[Any]"])
    lists: Mapping[str, Collection[str]] = field(factory=dict[str, Collection[str]])
    key: str | None = None

    @classmethod
    def of(
        cls,
        declared: Mapping[str, Any],
        *,
        verbs: Mapping[str, str] | None = None,
        zone: str = "UTC",
        segments: Mapping[str, str | Collection[Any]] | None = None,
        lists: Mapping[str, Collection[str]] | None = None,
        key: str | None = None,
    ) -> "Language":
        """Return the language over a catalogue that is declared by plain mappings (see ``declared``).

        Raise ``InvalidInput`` for a declaration that cannot be understood.
        """
        return cls(catalogue_of(declared, verbs), zone, segments or {}, lists or {}, key)

    def rule(self, text: str) -> CompiledRule:
        """Return a rule; raise ``RuleRefused`` with every problem, or ``ReferenceCycle`` with the path.

        ``kohorte.dsl.errors.render`` shows a problem with its line, a caret, and what to do.
        """
        syntax = parse(text)
        outcome = check(syntax, text, self.catalogue, _Names(self))
        members = {_id("segment", name): keys for name, keys in self.segments.items() if not isinstance(keys, str)}
        entries = {_id("list", name): listed for name, listed in self.lists.items()}
        return CompiledRule(syntax, outcome, self.catalogue, self.key, members, entries)

    def from_tree(self, tree: object) -> CompiledRule:
        """Return the rule of a JSON tree (``CompiledRule.tree``, or a visual builder's; see ``json_tree``).

        Segments and lists are found by their ids where the tree has them. Raise ``InvalidTree`` with the path of what
        is no tree, and as ``rule`` does for what the rule then says.
        """
        segments = {str(_id("segment", name)): name for name in self.segments}
        lists = {str(_id("list", name)): name for name in self.lists}
        return self.rule(format_rule(from_json(tree, segment_names=segments, list_names=lists)))

    def format(self, text: str) -> str:
        """Return the canonical text with its comments; raise ``RuleRefused`` where the syntax is wrong."""
        return format_rule(parse(text))

    def knowledge(self, values: "KnownValues | None" = None) -> "Knowledge":
        """Return what help for those who write rules may speak of: completion, hover, fixes (see ``assistance``).

        ``values`` tells which values occur in the data; without it none are offered.
        """
        from kohorte.dsl.assistance.knowledge import Knowledge  # noqa: PLC0415 - loaded at first use

        return Knowledge(self.catalogue, _Names(self), values)


@frozen
class _Names:
    """What a language's rules may name: the core's port ``References``."""

    language: Language

    @property
    def zone(self) -> str:
        return self.language.zone

    def segment(self, name: str) -> SegmentReference | None:
        found = self.language.segments.get(name)
        if found is None:
            return None
        return SegmentReference(_id("segment", name), name, found if isinstance(found, str) else None)

    def segment_names(self) -> Sequence[str]:
        return [*self.language.segments]

    def stored_list(self, name: str) -> ListReference | None:
        return ListReference(_id("list", name), name) if name in self.language.lists else None

    def stored_list_names(self) -> Sequence[str]:
        return [*self.language.lists]

    def currencies(self) -> Sequence[str]:
        return ()


def _named(names: Mapping[UUID, str]) -> dict[str, str]:
    return {str(each): name for each, name in names.items()}


def _id(kind: str, name: str) -> UUID:
    """Return the id by which a named segment or list goes: the same in every process."""
    return uuid5(_NAMESPACE, f"{kind} {name}")
