"""Pages of lists in memory: filter, sort, and go on behind a place, the plainest reading of what the ports promise."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from kohorte.core.paging import Place, Value
from kohorte.core.segments.listing import ListSegments, SegmentPage, SegmentSummary, page_of
from kohorte.core.segments.model import Segment
from kohorte.core.values import fold

R = TypeVar("R")


def page_of_segments(segments: Iterable[Segment], query: ListSegments) -> SegmentPage:
    """Return the page of those of these segments that are asked for."""
    found = [SegmentSummary.of(each) for each in segments if _is_listed(each, query)]
    rows = [(each.sorted_by(query.sort), each.id, each) for each in found]
    return page_of(behind(rows, query.after, descending=query.descending), query, len(found))


def behind(rows: Iterable[tuple[Value, UUID, R]], after: Place | None, *, descending: bool = False) -> Sequence[R]:
    """Return the rows behind a place, by value and id: those without a value last, of equals the least id first."""
    if after is None:
        return [row for _, _, row in _in_order(rows, descending=descending)]
    place: tuple[Value, UUID, Any] = (after.value, after.id, None)
    others = [row for row in rows if row[:2] != place[:2]]
    ordered = _in_order([place, *others], descending=descending)
    begin = next(number for number, row in enumerate(ordered, 1) if row is place)
    return [row for _, _, row in ordered[begin:]]


def _in_order(rows: Iterable[tuple[Value, UUID, R]], *, descending: bool) -> Sequence[tuple[Value, UUID, R]]:
    by_id = sorted(rows, key=lambda row: row[1])
    with_value: list[tuple[Any, UUID, R]] = [row for row in by_id if row[0] is not None]
    with_value.sort(key=lambda row: row[0], reverse=descending)
    return [*with_value, *(row for row in by_id if row[0] is None)]


def _is_listed(segment: Segment, query: ListSegments) -> bool:
    texts = (segment.name, segment.description or "", *segment.tags)
    return (
        (query.among is None or segment.id in query.among)
        and segment.status in query.statuses
        and segment.type in query.types
        and set(query.tags) <= set(segment.tags)
        and any(query.text in fold(each) for each in texts)
    )
