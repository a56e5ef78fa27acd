"""What becomes of segments: calculated, idle, archived and taken into use again, one or many at a time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import frozen
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from kohorte.core.access.permissions import Permission
from kohorte.core.errors import KohorteError
from kohorte.core.jobs.commands import StartCalculation
from kohorte.core.messages import Command
from kohorte.core.segments.commands import CalculatedSegment, CalculateSegments
from kohorte.core.segments.lifecycle import ActivateSegment, ArchiveSegment, DeactivateSegment
from kohorte.core.segments.model import Segment
from kohorte.entrypoints.http.api.jobs import ACCEPTED, Prefer, accepted, is_preferred_later
from kohorte.entrypoints.http.api.segments import SegmentId
from kohorte.entrypoints.http.asking import Asked, needs
from kohorte.entrypoints.http.idempotency import IdempotencyKey, once
from kohorte.entrypoints.http.versions import etag
from kohorte.entrypoints.views.rules import ErrorView, error_view
from kohorte.entrypoints.views.segments import CalculationView, SegmentView, calculation_view, segment_view


@frozen
class CalculationBody:
    """When to calculate for: an instant, or now."""

    at: datetime | None = None


@frozen
class SegmentsBody:
    """Segments, by their ids."""

    ids: tuple[UUID, ...]


@frozen
class CalculatedSegmentsBody(SegmentsBody):
    """Segments, by their ids (none: all of them), and an instant to calculate for (without it: now)."""

    ids: tuple[UUID, ...] = ()
    at: datetime | None = None


@frozen
class ArchivedView:
    """What became of a segment that was to be archived."""

    id: UUID
    error: ErrorView | None


@post(
    "/{segment_id:uuid}/calculate",
    opt=needs(Permission.SEGMENTS_WRITE, unhurried=True),
    status_code=HTTP_200_OK,
    sync_to_thread=True,
)
def calculate_segment(
    segment_id: SegmentId,
    asked: NamedDependency[Asked],
    data: JSONBody[CalculationBody | None] = None,
    idempotency_key: IdempotencyKey = None,
) -> Response[list[CalculationView]]:
    """Bring the members of a segment up to date, and of all that it refers to."""
    at = None if data is None else data.at
    return once(asked, idempotency_key, CalculateSegments((segment_id,), at), _calculated)


@post(
    "/calculate",
    opt=needs(Permission.SEGMENTS_WRITE, unhurried=True),
    status_code=HTTP_200_OK,
    responses=ACCEPTED,
    sync_to_thread=True,
)
def calculate_segments(
    data: JSONBody[CalculatedSegmentsBody],
    asked: NamedDependency[Asked],
    idempotency_key: IdempotencyKey = None,
    prefer: Prefer = None,
) -> Response[list[CalculationView]]:
    """Bring the members of several segments up to date, and of all that they refer to; without ids, of all.

    One that fails never stops the others: its error stands beside it.
    """
    if is_preferred_later(prefer):
        later: Any = accepted(asked, preferred=True)
        return once(asked, idempotency_key, StartCalculation(data.ids, data.at), later)
    return once(asked, idempotency_key, CalculateSegments(data.ids, data.at), _calculated)


@post("/{segment_id:uuid}/activate", opt=needs(Permission.SEGMENTS_WRITE), status_code=HTTP_200_OK, sync_to_thread=True)
def activate_segment(segment_id: SegmentId, asked: NamedDependency[Asked]) -> Response[SegmentView]:
    """Take a segment into use again that was inactive or archived."""
    return _became(asked.run(ActivateSegment(segment_id)))


@post(
    "/{segment_id:uuid}/deactivate", opt=needs(Permission.SEGMENTS_WRITE), status_code=HTTP_200_OK, sync_to_thread=True
)
def deactivate_segment(segment_id: SegmentId, asked: NamedDependency[Asked]) -> Response[SegmentView]:
    """Leave the members of a segment as they are until it is active again."""
    return _became(asked.run(DeactivateSegment(segment_id)))


@post("/{segment_id:uuid}/archive", opt=needs(Permission.SEGMENTS_WRITE), status_code=HTTP_200_OK, sync_to_thread=True)
def archive_segment(segment_id: SegmentId, asked: NamedDependency[Asked]) -> Response[SegmentView]:
    """Take a segment out of use that no other refers to; its members and its history stay readable."""
    return _became(asked.run(ArchiveSegment(segment_id)))


@post("/archive", opt=needs(Permission.SEGMENTS_WRITE), status_code=HTTP_200_OK, sync_to_thread=True)
def archive_segments(data: JSONBody[SegmentsBody], asked: NamedDependency[Asked]) -> list[ArchivedView]:
    """Take several segments out of use; where one cannot be, its error stands beside it."""
    return [ArchivedView(each, _error(asked, ArchiveSegment(each))) for each in data.ids]


def _error(asked: Asked, command: Command[Segment]) -> ErrorView | None:
    try:
        asked.run(command)
    except KohorteError as error:
        return error_view(error, asked.language)
    return None


def _calculated(results: Sequence[CalculatedSegment]) -> Response[list[CalculationView]]:
    return Response([calculation_view(each) for each in results], status_code=HTTP_200_OK)


def _became(segment: Segment) -> Response[SegmentView]:
    return Response(segment_view(segment), status_code=HTTP_200_OK, headers=etag(segment.version))


ROUTES: Sequence[HTTPRouteHandler] = (
    calculate_segment,
    calculate_segments,
    activate_segment,
    deactivate_segment,
    archive_segment,
    archive_segments,
)
