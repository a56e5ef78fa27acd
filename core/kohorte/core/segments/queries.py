"""What one may read about segments, their rules and their members."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from difflib import get_close_matches
from typing import Final
from uuid import UUID

from attrs import evolve, frozen

from kohorte.core.bus import Ports
from kohorte.core.custom_fields.queries import tenant_catalogue
from kohorte.core.errors import InvalidInput
from kohorte.core.paging import MOST
from kohorte.core.ports.audiences import Member, Person
from kohorte.core.ports.rules import Problem
from kohorte.core.segments.finding import find_segment
from kohorte.core.segments.listing import ListSegments, SegmentPage, SegmentSummary
from kohorte.core.segments.model import Segment, SegmentRule, SegmentStatus
from kohorte.core.segments.references import referring
from kohorte.core.segments.rules import check_rule

EXPORTED_BESIDES_FIELDS: Final = ("entered_at",)
"""What an export can have besides the fields of the contact and its customer."""


@frozen
class PreviewRule:
    """Ask whom a rule selects, at an instant or now, without saving anything; ``sample`` limits who is shown."""

    text: str
    at: datetime | None = None
    sample: int = 10


@frozen
class Preview:
    """Whom a rule selects: exactly how many, and the first of them by id. ``rule`` is the text as it would be kept."""

    rule: str
    at: datetime
    count: int
    sample: Sequence[Person]
    warnings: Sequence[Problem]


@frozen
class ShownSegment:
    """A segment with the history of its rule, the newest first, and the segments on either side of it, by name."""

    segment: Segment
    versions: Sequence[SegmentRule]
    refers_to: Sequence[Segment]
    referred_to_by: Sequence[Segment]


@frozen
class Members:
    """A page of members in the order of their ids. ``count`` is that of all; ``after`` begins the next page."""

    segment: Segment
    count: int
    members: Sequence[Member]
    after: UUID | None


@frozen
class Overlap:
    """How many are members of both of two segments, of the one alone, and of the other alone."""

    one: Segment
    other: Segment
    both: int
    one_alone: int
    other_alone: int

    @property
    def similarity(self) -> float:
        """Return the share of those in both among those in any (Jaccard's index); 0 where there is nobody."""
        union = self.both + self.one_alone + self.other_alone
        return self.both / union if union else 0.0


def preview_rule(query: PreviewRule, ports: Ports) -> Preview:
    """Preview a rule; raise ``RuleRefused`` or ``ReferenceCycle``."""
    at = query.at or ports.clock.now()
    rule = check_rule(query.text, ports)
    audiences = ports.work.audiences
    return Preview(rule.text, at, audiences.count(rule, at), audiences.sample(rule, at, query.sample), rule.warnings)


def list_segments(ports: Ports, *, archived: bool = False) -> Sequence[Segment]:
    """Return segments by name; archived ones only on request."""
    return ports.work.segments.all(archived=archived)


def page_segments(ports: Ports, query: ListSegments) -> SegmentPage:
    """Return a page of segments; raise as ``ListSegments.cleaned`` does."""
    return ports.work.segments.page(query.cleaned())


def each_segment(ports: Ports, query: ListSegments) -> Iterator[SegmentSummary]:
    """Yield the segments of all pages; raise as ``ListSegments.cleaned`` does."""
    page = page_segments(ports, evolve(query, limit=MOST))
    yield from page.rows
    while page.after is not None:
        page = page_segments(ports, evolve(query, limit=MOST, after=page.after))
        yield from page.rows


def show_segment(ports: Ports, segment: str | UUID) -> ShownSegment:
    """Return a segment with what belongs to it; raise ``NotFound``."""
    found = find_segment(ports.work, segment)
    refers_to = sorted(map(ports.work.segments.by_id, found.refers_to), key=lambda each: each.name)
    versions = ports.work.segments.rule_versions(found.id)
    return ShownSegment(found, versions, refers_to, referring(ports.work, found))


def list_members(
    ports: Ports, segment: str | UUID, *, at: datetime | None = None, after: UUID | None = None, limit: int = 100
) -> Members:
    """Return a page of a segment's members, now or at a past instant; raise ``NotFound``."""
    found = find_segment(ports.work, segment)
    page = ports.work.audiences.members(found.id, at=at, after=after, limit=limit)
    count = ports.work.audiences.member_count(found.id, at=at)
    return Members(found, count, page, page[-1].person.contact_id if 0 < limit == len(page) else None)


def segments_of(ports: Ports, key: str, *, at: datetime | None = None) -> Sequence[tuple[SegmentSummary, Member]]:
    """Return the segments that a contact is in, now or at a past instant, by name; raise ``NotFound``."""
    contact = ports.work.contacts.by_key(key)
    stays = ports.work.audiences.stays_of(contact.id, at=at)
    theirs = ListSegments(statuses=SegmentStatus, among=stays)
    return [(segment, stays[segment.id]) for segment in each_segment(ports, theirs)]


def compare_members(ports: Ports, one: str | UUID, other: str | UUID, *, at: datetime | None = None) -> Overlap:
    """Return how many two segments have in common, now or at a past instant; raise ``NotFound``."""
    segments = find_segment(ports.work, one), find_segment(ports.work, other)
    counts = [ports.work.audiences.member_count(each.id, at=at) for each in segments]
    both = ports.work.audiences.overlap(segments[0].id, segments[1].id, at=at)
    return Overlap(*segments, both, counts[0] - both, counts[1] - both)


def export_members(
    ports: Ports, segment: str | UUID, columns: Sequence[str], *, at: datetime | None = None
) -> Iterator[tuple[object, ...]]:
    """Return one row of values per member, in the order of their ids and with flat memory.

    Columns are fields as rules name them (``contact.email``, ``customer.category``) and ``entered_at``. Raise
    ``NotFound``, or ``InvalidInput`` for an unknown column, before the first row.
    """
    found = find_segment(ports.work, segment)
    refuse_unknown_columns(ports, columns)
    return ports.work.audiences.export(found.id, [_plain(column) for column in columns], at=at)


def refuse_unknown_columns(ports: Ports, columns: Sequence[str]) -> None:
    """Raise ``InvalidInput`` for a column that no export can have."""
    known = exportable_columns(ports)
    for column in columns:
        _refuse_unknown(column, known)


def exportable_columns(ports: Ports) -> Sequence[str]:
    """Return every column that an export can have."""
    owners = tenant_catalogue(ports.work).owners
    fields = [f"{owner.name}.{field}" for owner in owners.values() for field in owner.fields]
    return (*fields, *EXPORTED_BESIDES_FIELDS)


def _plain(column: str) -> str:
    """Return a column without the backquotes that rules put around unusual names."""
    return re.sub(r"`([^`]*)`", r"\1", column)


def _refuse_unknown(column: str, known: Sequence[str]) -> None:
    if _plain(column) in known:
        return
    near = [each for each in known if each.endswith(f".{column}")] or get_close_matches(column, known, n=3)
    raise InvalidInput(
        'There is no column "{column}".',
        hint="Did you mean {near}?"
        if near
        else "Name fields as rules do: contact.email, customer.category, entered_at.",
        column=column[:80],
        near=", ".join(near),
    )
