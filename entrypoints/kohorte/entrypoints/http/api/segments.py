"""Segments: make, list, read, change and delete them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar, TypeVar
from uuid import UUID

from attrs import field, frozen
from litestar import Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body, JSONBody, PathParameter, QueryParameter
from litestar.status_codes import HTTP_201_CREATED

from kohorte.core.access.permissions import Permission
from kohorte.core.errors import InvalidValue
from kohorte.core.segments.commands import ChangeSegment, CreateSegment
from kohorte.core.segments.lifecycle import DeleteSegment
from kohorte.core.segments.listing import IN_USE, ListSegments, SegmentSort
from kohorte.core.segments.model import Example, Segment, SegmentStatus, SegmentType
from kohorte.core.segments.queries import page_segments, show_segment
from kohorte.entrypoints.http.asking import Asked, needs
from kohorte.entrypoints.http.bodies import ABSENT, InvalidBody, Misfit
from kohorte.entrypoints.http.idempotency import IdempotencyKey, once
from kohorte.entrypoints.http.paging import USUAL, CursorText, Limit, Page, cursor_of, place_of
from kohorte.entrypoints.http.versions import IfMatch, checking, etag
from kohorte.entrypoints.schedules import read_every
from kohorte.entrypoints.views.segments import SegmentView, ShownSegmentView, segment_view, shown_segment_view

T = TypeVar("T")


@frozen
class ExampleBody:
    """A contact, by key, that the rule must select or must not; without an instant, whenever it is saved."""

    contact: str
    is_member: bool
    at: datetime | None = None

    @property
    def example(self) -> Example:
        """Return it as the core has it."""
        return Example(self.contact, self.is_member, self.at)


@frozen
class SegmentBody:
    """All that one decides about a segment. A static one has no rule; `note` says what the rule's version is for.

    `every` is how often it is calculated whole besides being kept up to date: 30m, 6h, 2d. With `leave_when`, a second
    rule, members leave only where it selects them. Nobody leaves before `minimum_stay_days` of 24 hours are over.
    """

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "name": "lapsed buyers",
        "rule": "purchases.count >= 3 and no purchases(last 90 days)",
        "tags": ["win back"],
        "examples": [{"contact": "C-17", "is_member": True}],
    }
    name: str
    rule: str | None = None
    type: SegmentType = SegmentType.DYNAMIC
    description: str | None = None
    tags: tuple[str, ...] = ()
    examples: tuple[ExampleBody, ...] = ()
    note: str | None = None
    every: str | None = None
    leave_when: str | None = None
    minimum_stay_days: int = 0


@frozen
class ReplacedSegmentBody(SegmentBody):
    """All that one decides about a segment, in the place of what was decided before.

    `rewrite` lets the rules of segments that name it follow a new name.
    """

    rewrite: bool = False


@frozen
class ChangedSegmentBody:
    """What is to be different about a segment; what is not named stays, and null takes it away."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"tags": ["win back"], "description": None}
    name: str = field(default=ABSENT)
    rule: str = field(default=ABSENT)
    type: SegmentType = field(default=ABSENT)
    description: str | None = field(default=ABSENT)
    tags: tuple[str, ...] = field(default=ABSENT)
    examples: tuple[ExampleBody, ...] = field(default=ABSENT)
    every: str | None = field(default=ABSENT)
    leave_when: str | None = field(default=ABSENT)
    minimum_stay_days: int = field(default=ABSENT)
    note: str | None = None
    rewrite: bool = False


SegmentId = Annotated[UUID, PathParameter(description="The id of a segment.")]


@post("/", status_code=HTTP_201_CREATED, opt=needs(Permission.SEGMENTS_WRITE), sync_to_thread=True)
def create_segment(
    data: Annotated[SegmentBody, Body(description="The segment.")],
    asked: NamedDependency[Asked],
    idempotency_key: IdempotencyKey = None,
) -> Response[SegmentView]:
    """Make a segment. It has members once it is calculated, and those of a static one are put in."""
    command = CreateSegment(
        data.name,
        data.rule,
        data.description,
        data.tags,
        data.note,
        tuple(each.example for each in data.examples),
        data.type,
        read_every(data.every),
        data.leave_when or None,
        data.minimum_stay_days,
    )
    return once(asked, idempotency_key, command, _made)


def _made(segment: Segment) -> Response[SegmentView]:
    headers = {"Location": f"/api/segments/{segment.id}", **etag(segment.version)}
    return Response(segment_view(segment), status_code=HTTP_201_CREATED, headers=headers)


@get("/", opt=needs(Permission.SEGMENTS_READ), sync_to_thread=True)
def read_segments(
    asked: NamedDependency[Asked],
    status: Annotated[
        list[SegmentStatus] | None, QueryParameter(description="Of these; without it, all but archived ones.")
    ] = None,
    type: Annotated[list[SegmentType] | None, QueryParameter(description="Of these types.")] = None,
    tag: Annotated[list[str] | None, QueryParameter(description="With all of these tags.")] = None,
    search: Annotated[
        str, QueryParameter(max_length=200, description="With this in its name, description or a tag.")
    ] = "",
    sort: Annotated[
        SegmentSort, QueryParameter(description="The order; those without a value come last.")
    ] = SegmentSort.NAME,
    descending: Annotated[bool, QueryParameter(description="The other way round.")] = False,
    limit: Limit = USUAL,
    cursor: CursorText = None,
) -> Page[SegmentView]:
    """List segments."""
    question = {
        "status": status and sorted(each.value for each in status),
        "type": type and sorted(each.value for each in type),
        "tag": tag and sorted(tag),
        "search": search,
        "sort": sort.value,
        "descending": descending,
    }
    query = ListSegments(
        statuses=frozenset(status or IN_USE),
        types=frozenset(type or SegmentType),
        tags=tuple(tag or ()),
        text=search,
        sort=sort,
        descending=descending,
        after=place_of(cursor, question, asked),
        limit=limit,
    )
    found = asked.read(lambda ports: page_segments(ports, query))
    return Page([segment_view(each) for each in found.rows], found.count, cursor_of(found.after, question, asked))


@get("/{segment_id:uuid}", opt=needs(Permission.SEGMENTS_READ), sync_to_thread=True)
def read_segment(segment_id: SegmentId, asked: NamedDependency[Asked]) -> Response[ShownSegmentView]:
    """Read a segment, with the versions of its rule and the segments on either side of it."""
    shown = asked.read(lambda ports: show_segment(ports, segment_id))
    return Response(shown_segment_view(shown), headers=etag(shown.segment.version))


@put("/{segment_id:uuid}", opt=needs(Permission.SEGMENTS_WRITE), sync_to_thread=True)
def replace_segment(
    segment_id: SegmentId, data: JSONBody[ReplacedSegmentBody], asked: NamedDependency[Asked], if_match: IfMatch = None
) -> Response[SegmentView]:
    """Replace all that is decided about a segment; its members follow a new rule at the next calculation."""
    if data.rule is None and data.type is not SegmentType.STATIC:
        raise InvalidBody(
            (Misfit("/rule", InvalidValue("This is missing.", hint="Only static segments have no rule.")),)
        )
    with checking(if_match) as version:
        changed = asked.run(
            ChangeSegment(
                segment_id,
                rule=data.rule,
                new_name=data.name,
                description=data.description or "",
                tags=data.tags,
                note=data.note,
                examples=tuple(each.example for each in data.examples),
                rewrite=data.rewrite,
                version=version,
                type=data.type,
                every=read_every(data.every or "never"),
                leave_when=data.leave_when or "",
                minimum_stay_days=data.minimum_stay_days,
            )
        )
    return _changed(changed)


@patch("/{segment_id:uuid}", opt=needs(Permission.SEGMENTS_WRITE), sync_to_thread=True)
def change_segment(
    segment_id: SegmentId, data: JSONBody[ChangedSegmentBody], asked: NamedDependency[Asked], if_match: IfMatch = None
) -> Response[SegmentView]:
    """Change some of what is decided about a segment (JSON Merge Patch, RFC 7396)."""
    with checking(if_match) as version:
        changed = asked.run(
            ChangeSegment(
                segment_id,
                rule=_given(data.rule),
                new_name=_given(data.name),
                description=None if data.description is ABSENT else data.description or "",
                tags=_given(data.tags),
                note=data.note,
                examples=None if data.examples is ABSENT else tuple(each.example for each in data.examples),
                rewrite=data.rewrite,
                version=version,
                type=_given(data.type),
                every=None if data.every is ABSENT else read_every(data.every or "never"),
                leave_when=None if data.leave_when is ABSENT else data.leave_when or "",
                minimum_stay_days=_given(data.minimum_stay_days),
            )
        )
    return _changed(changed)


@delete("/{segment_id:uuid}", opt=needs(Permission.SEGMENTS_WRITE), sync_to_thread=True)
def delete_segment(segment_id: SegmentId, asked: NamedDependency[Asked], if_match: IfMatch = None) -> None:
    """Delete a segment that no other refers to, with its rules and its members, the past ones too."""
    with checking(if_match) as version:
        asked.run(DeleteSegment(segment_id, version=version))


def _changed(segment: Segment) -> Response[SegmentView]:
    return Response(segment_view(segment), headers=etag(segment.version))


def _given(value: T) -> T | None:
    return None if value is ABSENT else value


ROUTES: Sequence[HTTPRouteHandler] = (
    create_segment,
    read_segments,
    read_segment,
    replace_segment,
    change_segment,
    delete_segment,
)
