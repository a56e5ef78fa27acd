"""Lists of segments: filtered, sorted, and read page by page, without the trees of their rules."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from enum import Enum
from typing import Final
from uuid import UUID

from attrs import evolve, field, frozen

from kohorte.core.paging import Page, Place, paged, refuse_limit, searched
from kohorte.core.segments.model import Example, Failure, Segment, SegmentStatus, SegmentType, segment_tags
from kohorte.core.values import fold, to_micros

IN_USE: Final = (SegmentStatus.ACTIVE, SegmentStatus.INACTIVE)
"""The statuses that are listed unless others are asked for."""


class SegmentSort(Enum):
    """What a list of segments is sorted by; those without such a value come last, and of equals the older id first."""

    NAME = "name"  # folded
    MEMBERS = "members"
    CALCULATED = "calculated"
    CHANGED = "changed"
    CREATED = "created"


@frozen
class ListSegments:
    """Ask for a page of segments.

    ``statuses`` and ``types`` name what is listed, and ``among`` by their ids. A listed segment has every one of the
    ``tags``, and the ``text`` in its name, its description or a tag, whatever the case. ``after`` is where the page
    before ended.
    """

    statuses: tuple[SegmentStatus, ...] = field(default=IN_USE, converter=tuple[SegmentStatus, ...])
    types: tuple[SegmentType, ...] = field(default=tuple(SegmentType), converter=tuple[SegmentType, ...])
    tags: tuple[str, ...] = field(default=(), converter=tuple[str, ...])
    text: str = ""
    among: Collection[UUID] | None = None
    sort: SegmentSort = SegmentSort.NAME
    descending: bool = False
    after: Place | None = None
    limit: int = 100

    def cleaned(self) -> "ListSegments":
        """Return it as storages are asked: tags as they are kept, and the text folded.

        Raise ``InvalidInput`` for a limit that no page has, a place in another list, or a text that is too long, and
        ``InvalidValue`` for a text or a tag that no segment can have.
        """
        refuse_limit(self.limit)
        if self.after is not None:
            self.after.refuse_outside(self.sort.value, texts=self.sort is SegmentSort.NAME)
        return evolve(self, tags=segment_tags(self.tags), text=searched(self.text))


@frozen
class SegmentSummary:
    """A segment as lists show it: with the texts of its rules alone. All else is as ``Segment`` has it."""

    id: UUID
    name: str
    description: str | None
    type: SegmentType
    status: SegmentStatus
    rule: str | None
    rule_version: int
    leave_when: str | None
    minimum_stay_days: int
    tags: tuple[str, ...]
    examples: tuple[Example, ...]
    member_count: int | None
    calculated_at: datetime | None
    moved_at: datetime | None
    stale: bool
    failure: Failure | None
    every: timedelta | None
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
            leave_when=segment.leaving.text,
            minimum_stay_days=segment.leaving.minimum_stay_days,
            tags=segment.tags,
            examples=segment.examples,
            member_count=segment.member_count,
            calculated_at=segment.calculated_at,
            moved_at=segment.moved_at,
            stale=segment.stale,
            failure=segment.failure,
            every=segment.every,
            created_at=segment.created_at,
            created_by=segment.created_by,
            changed_at=segment.changed_at,
            changed_by=segment.changed_by,
            version=segment.version,
        )

    def sorted_by(self, sort: SegmentSort) -> str | int | None:
        """Return what it is sorted by; instants as microseconds since 1970."""
        match sort:
            case SegmentSort.NAME:
                return fold(self.name)
            case SegmentSort.MEMBERS:
                return self.member_count
            case SegmentSort.CALCULATED:
                return None if self.calculated_at is None else to_micros(self.calculated_at)
            case SegmentSort.CHANGED:
                return to_micros(self.changed_at)
            case SegmentSort.CREATED:
                return to_micros(self.created_at)


@frozen
class SegmentPage(Page[SegmentSummary]):
    """A page of segments, and how many there are on all pages."""

    count: int = 0


def page_of(found: Iterable[SegmentSummary], query: ListSegments, count: int) -> SegmentPage:
    """Return segments as ``paged`` does, with how many there are on all pages."""
    page = paged(found, query.limit, lambda last: Place(query.sort.value, last.sorted_by(query.sort), last.id))
    return SegmentPage(page.rows, page.after, count)
