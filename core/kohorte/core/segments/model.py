"""A segment: contacts selected by a rule, with the rule's versions."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from uuid import UUID

from attrs import define, field, frozen

from kohorte.core.errors import InvalidValue, NotAllowed
from kohorte.core.values import clean_text


class CalculatedLater(NotAllowed):
    """A segment was calculated for a later instant already: its history is written from there on."""

    def __init__(self, name: str, calculated_at: datetime) -> None:
        super().__init__(
            'The segment "{name}" was calculated for {calculated_at} already.',
            hint="Its members at an earlier instant can be read, and its rule can be previewed there.",
            name=name,
            calculated_at=calculated_at.isoformat(),
        )


class SegmentType(Enum):
    """How members come about."""

    DYNAMIC = "dynamic"  # by its rule alone


class SegmentStatus(Enum):
    """Life of a segment: active → archived → active."""

    ACTIVE = "active"  # calculated
    ARCHIVED = "archived"  # kept with its history, no longer calculated nor offered


@frozen
class SegmentRule:
    """One version of a segment's rule: the text as formatted, and its syntax with segments and lists by id."""

    version: int
    text: str
    tree: Mapping[str, object]
    segments: frozenset[UUID]
    lists: frozenset[UUID]
    fields: frozenset[str]
    created_at: datetime


@define
class Segment:
    """A named selection of contacts. ``version`` is the optimistic lock: 0 means not stored yet.

    ``member_count`` and ``calculated_at`` tell of the last calculation; None means that there was none. Calculations
    note them themselves (``Audiences.calculate``): who edits a segment need not start again because of one.
    """

    id: UUID
    name: str
    rule: SegmentRule
    created_at: datetime
    changed_at: datetime
    description: str | None = None
    type: SegmentType = SegmentType.DYNAMIC
    status: SegmentStatus = SegmentStatus.ACTIVE
    member_count: int | None = None
    calculated_at: datetime | None = None
    version: int = field(default=0)

    def rename(self, name: str, at: datetime) -> None:
        """Give it another name."""
        self.name = segment_name(name)
        self.changed_at = at

    def describe(self, description: str | None, at: datetime) -> None:
        """Say what it is for."""
        self.description = clean_text(description, long=True, limit=4000) if description else None
        self.changed_at = at

    def follow(self, rule: SegmentRule, at: datetime) -> None:
        """Select by another rule from now on; members follow at the next calculation."""
        self.refuse_archived()
        self.rule = rule
        self.changed_at = at

    def archive(self, at: datetime) -> None:
        """Take it out of use; its members and history stay readable."""
        self.refuse_archived()
        self.status = SegmentStatus.ARCHIVED
        self.changed_at = at

    def refuse_archived(self) -> None:
        """Raise ``NotAllowed`` where it is out of use."""
        if self.status is SegmentStatus.ARCHIVED:
            raise NotAllowed(
                'The segment "{name}" is archived.', hint="Create a new one with the same rule.", name=self.name
            )


def segment_name(name: str) -> str:
    """Return a cleaned name; raise ``InvalidValue`` for an empty or overlong one."""
    cleaned = clean_text(name, limit=120)
    if cleaned is None:
        raise InvalidValue("A segment needs a name.", hint='Give it one, such as "lapsed buyers".')
    return cleaned
