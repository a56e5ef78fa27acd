"""The rule language as the core sees it: text goes in, a checked rule or a list of problems comes out."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from attrs import field, frozen

from kohorte.core.errors import KohorteError, Translate, as_written, filled
from kohorte.core.fields import Catalogue
from kohorte.core.ports.rule_nodes import RuleNodes

if TYPE_CHECKING:
    from kohorte.core.ports.rule_index import RuleIndex


class Severity(Enum):
    """How much a finding matters."""

    ERROR = "error"  # the rule cannot be used
    WARNING = "warning"  # it can be used, and probably says something else than was meant
    HINT = "hint"


@frozen
class Edit:
    """Replace the source from ``start`` to ``end`` (character offsets) by ``text``."""

    start: int
    end: int
    text: str


@frozen
class Fix:
    """A named change of the source that mends a problem. ``title`` is a template over the problem's values."""

    title: str
    edits: tuple[Edit, ...]


@frozen
class Problem:
    """One finding about a rule's text.

    ``template`` and ``hint`` are ``str.format`` templates over ``values``; ``start`` and ``end`` are character offsets,
    ``line`` and ``column`` count from 1 (columns in characters).
    """

    code: str
    template: str
    start: int
    end: int
    line: int
    column: int
    values: Mapping[str, object] = field(factory=dict[str, object])
    hint: str = ""
    severity: Severity = Severity.ERROR
    fixes: tuple[Fix, ...] = ()

    def text(self, translate: Translate = as_written) -> str:
        """Return what was wrong, in the language of ``translate``."""
        return filled(self.template, self.values, translate)

    def advice(self, translate: Translate = as_written) -> str:
        """Return what to do about it, or an empty text."""
        return filled(self.hint, self.values, translate) if self.hint else ""


class RuleRefused(KohorteError, ValueError):
    """A rule cannot be used; ``problems`` holds every error that was found, in the order of the text."""

    code = "rule_refused"

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        super().__init__(
            "The rule has {count} problem(s). Line {line}, column {column}: {first}",
            count=len(self.problems),
            line=self.problems[0].line,
            column=self.problems[0].column,
            first=self.problems[0].text(),
        )


@frozen
class SegmentReference:
    """A segment that rules may refer to: its rule text, read in its own zone.

    ``rule`` is None for segments whose stored membership answers.
    """

    id: UUID
    name: str
    rule: str | None


@frozen
class ListReference:
    """A stored list that rules may refer to."""

    id: UUID
    name: str


class References(Protocol):
    """What a rule may name besides fields: the tenant's segments and lists, its zone and its currencies."""

    @property
    def zone(self) -> str:
        """Return the IANA zone of rules that state none."""
        ...

    def segment(self, name: str) -> SegmentReference | None:
        """Return the segment of that name."""
        ...

    def segment_names(self) -> Sequence[str]:
        """Return all names, for suggestions."""
        ...

    def stored_list(self, name: str) -> ListReference | None:
        """Return the stored list of that name."""
        ...

    def stored_list_names(self) -> Sequence[str]:
        """Return all names, for suggestions."""
        ...

    def currencies(self) -> Sequence[str]:
        """Return the currencies that occur in the data, the commonest first; empty where nobody knows."""
        ...


@frozen
class Facts:
    """What a rule reads of one contact, as the rule's language prepared it.

    ``record`` holds the fields and rows that the rule reads; ``members`` the contact's id for each segment whose stored
    membership the rule asks for and to which it belongs; ``entries`` those of the stored lists that the rule reads.
    """

    contact_id: UUID
    record: Mapping[str, Any] = field(repr=False)
    members: Mapping[UUID, Collection[UUID]] = field(repr=False)
    entries: Mapping[UUID, Collection[str]] = field(repr=False)


class CheckedRule(Protocol):
    """A rule that was understood. Back ends know more about it; the core only passes it on."""

    @property
    def text(self) -> str:
        """Return the canonical text, comments kept."""
        ...

    @property
    def tree(self) -> Mapping[str, object]:
        """Return the syntax as JSON values, in which segments and lists are named by id and name."""
        ...

    @property
    def segments(self) -> frozenset[UUID]:
        """Return the segments it refers to directly."""
        ...

    @property
    def lists(self) -> frozenset[UUID]:
        """Return the stored lists it reads."""
        ...

    @property
    def fields(self) -> frozenset[str]:
        """Return the fields it reads, as rules write them outside filters (``contact.country``, ``items.quantity``)."""
        ...

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """Return what may be meant otherwise."""
        ...

    def holds_for(self, facts: Facts, at: datetime) -> bool:
        """Tell whether the rule selects the contact of facts that a storage found for it, at an instant (aware)."""
        ...


class Rules(RuleNodes, Protocol):
    """Understand rules."""

    def check(self, text: str, catalogue: Catalogue, references: References) -> CheckedRule:
        """Return the checked rule; raise ``RuleRefused`` with every problem, or ``ReferenceCycle`` with the path.

        The answer depends on the arguments alone. Hostile text is refused within 50 ms.
        """
        ...

    def index(self) -> "RuleIndex":
        """Return an index without rules, for rules that were checked here."""
        ...

    def text_of(self, tree: object, segments: Mapping[UUID, str], lists: Mapping[UUID, str]) -> str:
        """Return the canonical text of a checked rule's tree, with the names that are given for segments and lists.

        What no name is given for keeps the one that it has in the tree.
        """
        ...

    def rename_fields(self, tree: object, names: Mapping[str, str], catalogue: Catalogue) -> object:
        """Return a checked rule's tree in which fields of the catalogue's owners and collections have other names.

        ``names`` goes from the names as rules write them outside filters to the new ones alone: ``contact.score`` to
        ``points``. All are changed at once, so that two fields may swap names. Comments stay.
        """
        ...

    def format(self, text: str) -> str:
        """Return the canonical text with its comments; raise ``RuleRefused`` where the syntax is wrong."""
        ...
