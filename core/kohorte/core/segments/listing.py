"""Lists of segments: filtered, sorted, and read page by page, without the trees of their rules."""

from datetime import datetime
from uuid import UUID

from attrs import frozen

from kohorte.core.segments.model import Example, Segment, SegmentStatus, SegmentType


@frozen
class SegmentSummary:
    """A segment as lists show it: with the text of its rule alone. All else is as ``Segment`` has it."""

    id: UUID
    name: str
    description: str | None
    type: SegmentType
    status: SegmentStatus
    rule: str | None
    rule_version: int
    tags: tuple[str, ...]
    examples: tuple[Example, ...]
    member_count: int | None
    calculated_at: datetime | None
    moved_at: datetime | None
    stale: bool
    created_at: datetime
    created_by: str
    changed_at: datetime
    changed_by: str
    version: int

    @classmethod
    def of(cls, segment: Segment) -> "SegmentSummary":
        """Return a segment as lists show it."""
        return cls(
            id=segment.id,
            name=segment.name,
            description=segment.description,
            type=segment.type,
            status=segment.status,
            rule=None if segment.rule is None else segment.rule.text,
            rule_version=segment.rule_number,
            tags=segment.tags,
            examples=segment.examples,
            member_count=segment.member_count,
            calculated_at=segment.calculated_at,
            moved_at=segment.moved_at,
            stale=segment.stale,
            created_at=segment.created_at,
            created_by=segment.created_by,
            changed_at=segment.changed_at,
            changed_by=segment.changed_by,
            version=segment.version,
        )
