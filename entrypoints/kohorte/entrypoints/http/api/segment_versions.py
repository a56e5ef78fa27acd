"""Versions of a segment's rule: what another rule would change, and the way back to an earlier one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar

from attrs import frozen
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter
from litestar.status_codes import HTTP_200_OK

from kohorte.core.access.permissions import Permission
from kohorte.core.segments.queries import show_segment
from kohorte.core.segments.versions import CompareRule, RestoreRule, compare_rule
from kohorte.entrypoints.http.api.rules import sample_size
from kohorte.entrypoints.http.api.segments import SegmentId
from kohorte.entrypoints.http.asking import Asked, needs
from kohorte.entrypoints.http.versions import IfMatch, checking, etag
from kohorte.entrypoints.views.segments import (
    DifferenceView,
    SegmentView,
    VersionView,
    difference_view,
    segment_view,
    version_view,
)

Number = Annotated[int, PathParameter(ge=1, le=1_000_000_000, description="The number of a version.")]


@frozen
class OtherRuleBody:
    """A rule that a segment might have: a text, or an earlier version; at an instant, or now.

    What is null is as the segment has it; an empty ``leave_when`` is none.
    """

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"rule": "no purchases(last 120 days)", "sample": 5}
    rule: str | None = None
    version: int | None = None
    at: datetime | None = None
    sample: int = 10
    leave_when: str | None = None
    minimum_stay_days: int | None = None


@frozen
class NoteBody:
    """What a version of a rule is for."""

    note: str | None = None


@get("/{segment_id:uuid}/versions", opt=needs(Permission.SEGMENTS_READ), sync_to_thread=True)
def read_versions(segment_id: SegmentId, asked: NamedDependency[Asked]) -> list[VersionView]:
    """List the versions of a segment's rule, the newest first."""
    return [version_view(each) for each in asked.read(lambda ports: show_segment(ports, segment_id)).versions]


@post("/{segment_id:uuid}/difference", opt=needs(Permission.MEMBERS_READ), status_code=HTTP_200_OK, sync_to_thread=True)
def read_difference(
    segment_id: SegmentId, data: JSONBody[OtherRuleBody], asked: NamedDependency[Asked]
) -> DifferenceView:
    """Tell whom another rule would add and remove, exactly, with some of each; nothing is saved."""
    leaving = data.leave_when, data.minimum_stay_days
    query = CompareRule(segment_id, data.rule, data.version, data.at, sample_size(data.sample), *leaving)
    return difference_view(asked.read(lambda ports: compare_rule(query, ports)))


@post(
    "/{segment_id:uuid}/versions/{number:int}/restore",
    opt=needs(Permission.SEGMENTS_WRITE),
    status_code=HTTP_200_OK,
    sync_to_thread=True,
)
def restore_version(
    segment_id: SegmentId,
    number: Number,
    asked: NamedDependency[Asked],
    data: JSONBody[NoteBody | None] = None,
    if_match: IfMatch = None,
) -> Response[SegmentView]:
    """Let a segment follow an earlier version of its rule again, as a new version."""
    with checking(if_match) as version:
        restored = asked.run(RestoreRule(segment_id, number, None if data is None else data.note, version))
    return Response(segment_view(restored), status_code=HTTP_200_OK, headers=etag(restored.version))


ROUTES: Sequence[HTTPRouteHandler] = (read_versions, read_difference, restore_version)
