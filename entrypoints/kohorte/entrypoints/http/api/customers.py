"""Customers: companies and households."""

from collections.abc import Sequence
from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from kohorte.core.access.permissions import Permission
from kohorte.core.customers.commands import SaveCustomer
from kohorte.core.ports.record_pages import ListCustomers
from kohorte.core.ports.records import RecordKind
from kohorte.core.record_pages import list_customers
from kohorte.entrypoints.http.api.records import RecordsPage, Subject, routes_of
from kohorte.entrypoints.http.asking import Asked, needs
from kohorte.entrypoints.http.paging import USUAL, CursorText, Limit, cursor_of, place_of
from kohorte.entrypoints.views.records import CustomerView, customer_view

SUBJECT = Subject(
    "a customer",
    RecordKind.CUSTOMERS,
    find=lambda ports, key: ports.work.customers.by_key(key),
    view=customer_view,
    shown=CustomerView,
    save=lambda key, values, _, version: SaveCustomer(key, values, version),
)


@get("/", opt=needs(Permission.CONTACTS_READ), sync_to_thread=True)
def read_customers(
    asked: NamedDependency[Asked],
    search: Annotated[str, QueryParameter(max_length=200, description="Those whose key or name begins with it.")] = "",
    limit: Limit = USUAL,
    cursor: CursorText = None,
) -> RecordsPage[CustomerView]:
    """List customers in the order of their keys: all, or those that a text begins."""
    question = {"customers": search}
    query = ListCustomers(text=search, after=place_of(cursor, question, asked), limit=limit)
    found = asked.read(lambda ports: list_customers(ports, query))
    return RecordsPage([customer_view(each) for each in found.rows], cursor_of(found.after, question, asked))


ROUTES: Sequence[HTTPRouteHandler] = (read_customers, *routes_of(SUBJECT))
