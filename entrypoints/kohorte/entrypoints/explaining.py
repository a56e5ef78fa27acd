"""Why a contact is in or not: asked of a rule, or of a segment with its history."""

from datetime import datetime
from uuid import UUID

from attrs import frozen

from kohorte.core.bus import Ports
from kohorte.core.errors import NotFound
from kohorte.core.ports.audiences import Member
from kohorte.core.ports.pins import Pin
from kohorte.core.segments.model import Segment, SegmentRule, SegmentType
from kohorte.core.segments.queries import show_segment
from kohorte.dsl.compiled import CompiledRule
from kohorte.entrypoints.compiling import compiled_rule
from kohorte.entrypoints.views.explanations import (
    Explained,
    KeptView,
    MembershipExplanationView,
    kept_view,
    membership_explanation_view,
)


@frozen
class ExplainedMembership:
    """Whether a contact is in a segment: its stay, where it was put by hand, and what the rule in force says.

    ``explained`` and ``version`` are None where the segment has no rule.
    """

    stay: Member | None
    pin: Pin | None
    explained: Explained | None = None
    version: SegmentRule | None = None


def explain(rule: CompiledRule, ports: Ports, contact: str, at: datetime) -> Explained:
    """Explain a rule's answer about a contact, by key, at an instant; raise ``NotFound``."""
    return Explained(rule, rule.explain_facts(ports.work.audiences.facts(rule, contact, at), at))


def explain_membership(ports: Ports, segment: str | UUID, contact: str, at: datetime | None) -> ExplainedMembership:
    """Explain whether a contact, by key, is in a segment now, or was at a past instant.

    The history tells whether it was a member; the rule that was in force then is asked about the data of today. Raise
    ``NotFound``.
    """
    shown = show_segment(ports, segment)
    stay, pin = _kept(shown.segment, contact, ports, at)
    if not shown.versions:
        return ExplainedMembership(stay, pin)
    instant = at or ports.clock.now()
    in_force = next((each for each in shown.versions if each.created_at <= instant), shown.versions[-1])
    return ExplainedMembership(
        stay, pin, explain(compiled_rule(in_force.text, ports), ports, contact, instant), in_force
    )


def membership_view(found: ExplainedMembership) -> KeptView | MembershipExplanationView:
    """Return an explained membership for programs."""
    if found.explained is None or found.version is None:
        return kept_view(found.stay, found.pin)
    return membership_explanation_view(found.explained, found.version, found.stay, found.pin)


def _kept(segment: Segment, contact: str, ports: Ports, at: datetime | None) -> tuple[Member | None, Pin | None]:
    contact_id = ports.work.pins.find([contact]).get(contact)
    if contact_id is None:
        raise NotFound(
            'There is no contact "{key}".', hint="Contacts go by the keys of their import.", key=contact[:80]
        )
    before = UUID(int=contact_id.int - 1)
    stays = ports.work.audiences.members(segment.id, at=at, after=before, limit=1)
    pins = ports.work.pins.page(segment.id, after=before, limit=1) if segment.type is SegmentType.HYBRID else ()
    stay = next((each for each in stays if each.person.contact_id == contact_id), None)
    return stay, next((each for each in pins if each.person.contact_id == contact_id), None)
