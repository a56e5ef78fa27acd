"""Activities: calls, meetings, visits and mails with contacts."""

from collections.abc import Sequence
from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from kohorte.core.access.permissions import Permission
from kohorte.core.activities.commands import SaveActivity
from kohorte.core.ports.record_pages import ListActivities
from kohorte.core.ports.records import RecordKind
from kohorte.core.record_pages import list_activities
from kohorte.entrypoints.http.api.records import RecordsPage, Subject, routes_of
from kohorte.entrypoints.http.asking import Asked, needs
from kohorte.entrypoints.http.paging import USUAL, CursorText, Limit, cursor_of, place_of
from kohorte.entrypoints.views.records import ActivityView, activity_view

SUBJECT = Subject(
    "an activity",
    RecordKind.ACTIVITIES,
    find=lambda ports, key: ports.work.activities.by_key(key),
    view=activity_view,
    shown=ActivityView,
    save=lambda key, values, _, version: SaveActivity(key, values, version),
)


@get("/", opt=needs(Permission.CONTACTS_READ), sync_to_thread=True)
def read_activities(
    asked: NamedDependency[Asked],
    contact: Annotated[str | None, QueryParameter(max_length=200, description="Those of a contact, by key.")] = None,
    limit: Limit = USUAL,
    cursor: CursorText = None,
) -> RecordsPage[ActivityView]:
    """List activities in the order of their keys, or those of a contact, the newest first."""
    question = {"activities": contact}
    query = ListActivities(contact=contact, after=place_of(cursor, question, asked), limit=limit)
    found = asked.read(lambda ports: list_activities(ports, query))
    return RecordsPage([activity_view(each) for each in found.rows], cursor_of(found.after, question, asked))


ROUTES: Sequence[HTTPRouteHandler] = (read_activities, *routes_of(SUBJECT))
