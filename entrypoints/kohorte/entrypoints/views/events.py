"""The feed of events, as programs read it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from attrs import frozen

from kohorte.core.event_feed import EventPage, envelope


@frozen
class EventsView:
    """A page of events in their order, each as CloudEvents 1.0 has it in JSON; ``after`` goes on behind them."""

    events: Sequence[Mapping[str, Any]]
    after: str


@frozen
class ForgottenEventsView:
    """How many events were forgotten."""

    forgotten: int


def events_view(page: EventPage, tenant_id: UUID) -> EventsView:
    """Return a page of a tenant's events for programs."""
    return EventsView([envelope(each, tenant_id) for each in page.events], str(page.after))
