"""Why a contact is in or not: by a rule, or in a segment with its history."""

from collections.abc import Sequence
from typing import Annotated

from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK

from kohorte.core.access.permissions import Permission
from kohorte.entrypoints.compiling import compiled_rule
from kohorte.entrypoints.explaining import explain, explain_membership, membership_view
from kohorte.entrypoints.http.api.rules import DatedRuleBody
from kohorte.entrypoints.http.api.segments import SegmentId
from kohorte.entrypoints.http.asking import Asked, needs
from kohorte.entrypoints.http.instants import At
from kohorte.entrypoints.views.explanations import (
    ExplanationView,
    KeptView,
    MembershipExplanationView,
    explanation_view,
)

ContactKey = Annotated[str, QueryParameter(name="contact", max_length=200, description="The key of a contact.")]


@post("/explain", opt=needs(Permission.MEMBERS_READ), status_code=HTTP_200_OK, sync_to_thread=True)
def explain_rule(data: JSONBody[DatedRuleBody], contact: ContactKey, asked: NamedDependency[Asked]) -> ExplanationView:
    """Explain why a rule selects a contact or not: every condition with what it saw, what suffices, until when."""
    at = data.at or asked.application.clock.now()
    return explanation_view(asked.read(lambda ports: explain(compiled_rule(data.rule, ports), ports, contact, at)))


@get("/{segment_id:uuid}/explain", opt=needs(Permission.MEMBERS_READ), sync_to_thread=True)
def explain_segment(
    segment_id: SegmentId, contact: ContactKey, asked: NamedDependency[Asked], at: At = None
) -> MembershipExplanationView | KeptView:
    """Explain why a contact is in a segment or not: now, or at a past instant by the rule of that time."""
    return membership_view(asked.read(lambda ports: explain_membership(ports, segment_id, contact, at)))


OF_RULES: Sequence[HTTPRouteHandler] = (explain_rule,)
ROUTES: Sequence[HTTPRouteHandler] = (explain_segment,)
