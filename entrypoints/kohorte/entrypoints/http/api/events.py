"""The feed of events: what happened, as CloudEvents, from any place on."""

from collections.abc import Sequence
from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from kohorte.core.access.permissions import Permission
from kohorte.core.event_feed import MOST, START, Cursor, read_events
from kohorte.entrypoints.http.asking import Asked, needs
from kohorte.entrypoints.views.events import EventsView, events_view


@get("/", opt=needs(Permission.EVENTS_READ), sync_to_thread=True)
def read_feed(
    asked: NamedDependency[Asked],
    after: Annotated[
        str | None,
        QueryParameter(
            max_length=100, description="Go on after this event: its sequence, or `after` of the page before."
        ),
    ] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=MOST, description="How many at most.")] = 100,
) -> EventsView:
    """List events in the order in which they happened; members that enter or leave a segment are events of their own.

    Each comes at least once; its id tells whether it was seen before.
    """
    begin = START if after is None else Cursor.of(after)
    return events_view(asked.read(lambda ports: read_events(ports, begin, limit)), asked.tenant.id)


ROUTES: Sequence[HTTPRouteHandler] = (read_feed,)
