"""The parts of a segment's rule: conditions, and the groups that join them, each with an id that stays."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar
from uuid import UUID

from attrs import frozen
from litestar import Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

from kohorte.core.access.permissions import Permission
from kohorte.core.ports.rule_nodes import LogicalOperator
from kohorte.core.segments.model import Segment
from kohorte.core.segments.node_editing import (
    AddedNode,
    AddRuleNode,
    ChangeRuleNode,
    MoveRuleNode,
    RemoveRuleNode,
)
from kohorte.core.segments.nodes import rule_nodes
from kohorte.entrypoints.http.api.segments import SegmentId
from kohorte.entrypoints.http.asking import Asked, needs
from kohorte.entrypoints.http.idempotency import IdempotencyKey, once
from kohorte.entrypoints.http.versions import IfMatch, checking, etag
from kohorte.entrypoints.views.rule_nodes import RuleNodeView, rule_node_view
from kohorte.entrypoints.views.segments import SegmentView, segment_view

RuleId = Annotated[UUID, PathParameter(description="The id of a part of the segment's rule.")]


@frozen
class NewRuleBody:
    """A condition or a group, as text, to be added to a group of the rule (`to`, or else the outermost).

    Where that is none, or joins otherwise than by `operator`, a new group takes its place. `position` counts its parts
    from 0; without it, what is added comes last. `note` says what the new version of the rule is for.
    """

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"rule": 'contact.country = "DE"', "operator": "and"}
    rule: str
    to: UUID | None = None
    position: int | None = None
    operator: LogicalOperator | None = None
    note: str | None = None


@frozen
class ChangedRuleBody:
    """The condition or the group, as text, that takes the place of a part."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"rule": 'contact.country in ("DE", "AT")', "note": "Austria too"}
    rule: str
    note: str | None = None


@frozen
class MovedRuleBody:
    """Where a part is to be from now on: as for a new part, and `position` counts the others."""

    to: UUID | None = None
    position: int | None = None
    operator: LogicalOperator | None = None
    note: str | None = None


@frozen
class AddedRuleView:
    """The segment whose rule has a new part, and the id of that."""

    id: UUID
    segment: SegmentView


@get("/{segment_id:uuid}/rules", opt=needs(Permission.SEGMENTS_READ), sync_to_thread=True)
def read_rules(segment_id: SegmentId, asked: NamedDependency[Asked]) -> Response[list[RuleNodeView]]:
    """List the parts of a segment's rule in the order of its text, each group before its parts."""
    segment, nodes = asked.read(lambda ports: rule_nodes(ports, segment_id))
    return Response([rule_node_view(each) for each in nodes], headers=etag(segment.version))


@post(
    "/{segment_id:uuid}/rules", opt=needs(Permission.SEGMENTS_WRITE), status_code=HTTP_201_CREATED, sync_to_thread=True
)
def add_rule(
    segment_id: SegmentId,
    data: JSONBody[NewRuleBody],
    asked: NamedDependency[Asked],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response[AddedRuleView]:
    """Add a condition or a group to a segment's rule, as a new version of it."""
    with checking(if_match) as version:
        command = AddRuleNode(segment_id, data.rule, data.to, data.position, data.operator, data.note, version)
        return once(asked, idempotency_key, command, _added)


@put("/{segment_id:uuid}/rules/{rule_id:uuid}", opt=needs(Permission.SEGMENTS_WRITE), sync_to_thread=True)
def change_rule(
    segment_id: SegmentId,
    rule_id: RuleId,
    data: JSONBody[ChangedRuleBody],
    asked: NamedDependency[Asked],
    if_match: IfMatch = None,
) -> Response[SegmentView]:
    """Put another condition or group in the place of a part, which keeps its id."""
    with checking(if_match) as version:
        return _changed(asked.run(ChangeRuleNode(segment_id, rule_id, data.rule, data.note, version)))


@post(
    "/{segment_id:uuid}/rules/{rule_id:uuid}/move",
    opt=needs(Permission.SEGMENTS_WRITE),
    status_code=HTTP_200_OK,
    sync_to_thread=True,
)
def move_rule(
    segment_id: SegmentId,
    rule_id: RuleId,
    data: JSONBody[MovedRuleBody],
    asked: NamedDependency[Asked],
    if_match: IfMatch = None,
) -> Response[SegmentView]:
    """Move a part of a rule to another place or group."""
    with checking(if_match) as version:
        command = MoveRuleNode(segment_id, rule_id, data.to, data.position, data.operator, data.note, version)
        return _changed(asked.run(command))


@delete(
    "/{segment_id:uuid}/rules/{rule_id:uuid}",
    opt=needs(Permission.SEGMENTS_WRITE),
    status_code=HTTP_200_OK,
    sync_to_thread=True,
)
def remove_rule(
    segment_id: SegmentId, rule_id: RuleId, asked: NamedDependency[Asked], if_match: IfMatch = None
) -> Response[SegmentView]:
    """Remove a part from a segment's rule, with all that is in it; a rule never becomes empty."""
    with checking(if_match) as version:
        return _changed(asked.run(RemoveRuleNode(segment_id, rule_id, version=version)))


def _added(added: AddedNode) -> Response[AddedRuleView]:
    view = AddedRuleView(added.node, segment_view(added.segment))
    headers = {"Location": f"/api/segments/{added.segment.id}/rules/{added.node}", **etag(added.segment.version)}
    return Response(view, status_code=HTTP_201_CREATED, headers=headers)


def _changed(segment: Segment) -> Response[SegmentView]:
    return Response(segment_view(segment), status_code=HTTP_200_OK, headers=etag(segment.version))


ROUTES: Sequence[HTTPRouteHandler] = (read_rules, add_rule, change_rule, move_rule, remove_rule)
