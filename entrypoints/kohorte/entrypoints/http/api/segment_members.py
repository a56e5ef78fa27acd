"""Members of a segment: who is in it, put in and kept out by hand, why, and written to a file."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar
from uuid import UUID

from attrs import frozen
from litestar import Response, delete, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter
from litestar.status_codes import HTTP_200_OK

from kohorte.core.access.permissions import Permission
from kohorte.core.segments.pins import AddMembers, MovedMembers, ReleaseMembers, RemoveMembers, list_pins
from kohorte.core.segments.queries import list_members
from kohorte.entrypoints.http.api.segments import SegmentId
from kohorte.entrypoints.http.asking import Asked, needs
from kohorte.entrypoints.http.idempotency import IdempotencyKey, once
from kohorte.entrypoints.http.instants import At
from kohorte.entrypoints.http.paging import USUAL, CursorText, Limit, Page, cursor_of, id_of
from kohorte.entrypoints.views.segments import MemberView, MovedView, PinView, member_view, moved_view, pin_view


@frozen
class ContactsBody:
    """Contacts, by their keys or by their ids."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"keys": ["C-17", "C-18"]}
    keys: tuple[str, ...] = ()
    ids: tuple[UUID, ...] = ()


ContactId = Annotated[UUID, PathParameter(description="The id of a contact.")]


@get("/{segment_id:uuid}/members", opt=needs(Permission.MEMBERS_READ), sync_to_thread=True)
def read_members(
    segment_id: SegmentId, asked: NamedDependency[Asked], at: At = None, limit: Limit = USUAL, cursor: CursorText = None
) -> Page[MemberView]:
    """List members in the order of their ids: now, or at a past instant."""
    question = {"members": segment_id, "at": at}
    found = asked.read(
        lambda ports: list_members(ports, segment_id, at=at, after=id_of(cursor, question, asked), limit=limit)
    )
    return Page([member_view(each) for each in found.members], found.count, cursor_of(found.after, question, asked))


@post("/{segment_id:uuid}/members", opt=needs(Permission.SEGMENTS_WRITE), status_code=HTTP_200_OK, sync_to_thread=True)
def add_members(
    segment_id: SegmentId,
    data: JSONBody[ContactsBody],
    asked: NamedDependency[Asked],
    idempotency_key: IdempotencyKey = None,
) -> Response[MovedView]:
    """Put contacts into a static or hybrid segment; they stay in it whatever its rule says."""
    return once(asked, idempotency_key, AddMembers(segment_id, data.keys, ids=data.ids), _moved)


@delete(
    "/{segment_id:uuid}/members/{member_id:uuid}",
    opt=needs(Permission.SEGMENTS_WRITE),
    status_code=HTTP_200_OK,
    sync_to_thread=True,
)
def remove_member(segment_id: SegmentId, member_id: ContactId, asked: NamedDependency[Asked]) -> MovedView:
    """Take a contact out of a static or hybrid segment; whatever its rule says, it stays out."""
    return moved_view([asked.run(RemoveMembers(segment_id, (), ids=(member_id,)))])


@post(
    "/{segment_id:uuid}/members/remove",
    opt=needs(Permission.SEGMENTS_WRITE),
    status_code=HTTP_200_OK,
    sync_to_thread=True,
)
def remove_members(
    segment_id: SegmentId,
    data: JSONBody[ContactsBody],
    asked: NamedDependency[Asked],
    idempotency_key: IdempotencyKey = None,
) -> Response[MovedView]:
    """Take contacts out of a static or hybrid segment; whatever its rule says, they stay out."""
    return once(asked, idempotency_key, RemoveMembers(segment_id, data.keys, ids=data.ids), _moved)


@post(
    "/{segment_id:uuid}/members/release",
    opt=needs(Permission.SEGMENTS_WRITE),
    status_code=HTTP_200_OK,
    sync_to_thread=True,
)
def release_members(
    segment_id: SegmentId,
    data: JSONBody[ContactsBody],
    asked: NamedDependency[Asked],
    idempotency_key: IdempotencyKey = None,
) -> Response[MovedView]:
    """Leave contacts to the rule again that were put into a hybrid segment or kept out of it."""
    return once(asked, idempotency_key, ReleaseMembers(segment_id, data.keys, ids=data.ids), _moved)


@get("/{segment_id:uuid}/pins", opt=needs(Permission.MEMBERS_READ), sync_to_thread=True)
def read_pins(
    segment_id: SegmentId, asked: NamedDependency[Asked], limit: Limit = USUAL, cursor: CursorText = None
) -> Page[PinView]:
    """List who was put in or is kept out by hand, in the order of their ids."""
    question = {"pins": segment_id}
    found = asked.read(lambda ports: list_pins(ports, segment_id, after=id_of(cursor, question, asked), limit=limit))
    return Page([pin_view(each) for each in found.pins], found.count, cursor_of(found.after, question, asked))


def _moved(moved: MovedMembers) -> Response[MovedView]:
    return Response(moved_view([moved]), status_code=HTTP_200_OK)


ROUTES: Sequence[HTTPRouteHandler] = (
    read_members,
    add_members,
    remove_member,
    remove_members,
    release_members,
    read_pins,
)
