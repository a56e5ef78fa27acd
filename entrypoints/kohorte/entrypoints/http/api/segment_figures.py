"""Figures about segments: how one fared over time, and what two have in common."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter, QueryParameter

from kohorte.core.access.permissions import Permission
from kohorte.core.segments.performance import Period, segment_performance
from kohorte.core.segments.queries import compare_members
from kohorte.entrypoints.http.api.segments import SegmentId
from kohorte.entrypoints.http.asking import Asked, needs
from kohorte.entrypoints.http.instants import At
from kohorte.entrypoints.views.segments import OverlapView, PerformanceView, overlap_view, performance_view


@get("/{segment_id:uuid}/performance", opt=needs(Permission.SEGMENTS_READ), sync_to_thread=True)
def read_performance(
    segment_id: SegmentId,
    asked: NamedDependency[Asked],
    by: Annotated[Period, QueryParameter(description="What is counted together; weeks begin on Monday.")] = Period.DAY,
    first: Annotated[
        date | None, QueryParameter(name="from", description="The first day; without it the latest periods are told.")
    ] = None,
    last: Annotated[date | None, QueryParameter(name="to", description="The last day; without it today.")] = None,
) -> list[PerformanceView]:
    """Tell how a segment fared: members, active ones (who bought or met in the 30 days before), who came and went."""
    _, found = asked.read(lambda ports: segment_performance(ports, segment_id, by, first=first, last=last))
    return [performance_view(each) for each in found]


@get("/{segment_id:uuid}/overlap/{other_id:uuid}", opt=needs(Permission.SEGMENTS_READ), sync_to_thread=True)
def read_overlap(
    segment_id: SegmentId,
    other_id: Annotated[UUID, PathParameter(description="The id of another segment.")],
    asked: NamedDependency[Asked],
    at: At = None,
) -> OverlapView:
    """Count whom two segments have in common: now, or at a past instant."""
    return overlap_view(asked.read(lambda ports: compare_members(ports, segment_id, other_id, at=at)))


ROUTES: Sequence[HTTPRouteHandler] = (read_performance, read_overlap)
