"""Contacts: people."""

from collections.abc import Sequence
from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from kohorte.core.access.permissions import Permission
from kohorte.core.contacts.commands import SaveContact
from kohorte.core.ports.record_pages import ListContacts
from kohorte.core.ports.records import RecordKind
from kohorte.core.record_pages import list_contacts
from kohorte.core.segments.queries import segments_of
from kohorte.entrypoints.http.api.records import Key, RecordsPage, Subject, routes_of
from kohorte.entrypoints.http.asking import Asked, needs
from kohorte.entrypoints.http.instants import At
from kohorte.entrypoints.http.paging import USUAL, CursorText, Limit, cursor_of, place_of
from kohorte.entrypoints.views.records import ContactView, contact_view
from kohorte.entrypoints.views.segments import MembershipView, membership_view

SUBJECT = Subject(
    "a contact",
    RecordKind.CONTACTS,
    find=lambda ports, key: ports.work.contacts.by_key(key),
    view=contact_view,
    shown=ContactView,
    save=lambda key, values, _, version: SaveContact(key, values, version),
)


@get("/", opt=needs(Permission.CONTACTS_READ), sync_to_thread=True)
def read_contacts(
    asked: NamedDependency[Asked],
    customer: Annotated[str | None, QueryParameter(max_length=200, description="Those of a customer, by key.")] = None,
    email: Annotated[str | None, QueryParameter(max_length=400, description="Those with this e-mail address.")] = None,
    search: Annotated[
        str, QueryParameter(max_length=200, description="Those whose key, e-mail address or last name begins with it.")
    ] = "",
    limit: Limit = USUAL,
    cursor: CursorText = None,
) -> RecordsPage[ContactView]:
    """List contacts in the order of their keys: all, or those of a customer, with an address, or that a text begins."""
    question = {"customer": customer, "email": email, "search": search}
    query = ListContacts(
        customer=customer, email=email, text=search, after=place_of(cursor, question, asked), limit=limit
    )
    found = asked.read(lambda ports: list_contacts(ports, query))
    return RecordsPage([contact_view(each) for each in found.rows], cursor_of(found.after, question, asked))


@get("/{key:str}/segments", opt=needs(Permission.MEMBERS_READ), sync_to_thread=True)
def read_segments_of(key: Key, asked: NamedDependency[Asked], at: At = None) -> list[MembershipView]:
    """List the segments that a contact is in: now, or at a past instant."""
    found = asked.read(lambda ports: segments_of(ports, key, at=at))
    return [membership_view(segment, stay) for segment, stay in found]


ROUTES: Sequence[HTTPRouteHandler] = (read_contacts, read_segments_of, *routes_of(SUBJECT))
