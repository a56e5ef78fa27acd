"""Purchases, each with its items."""

from collections.abc import Sequence
from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from kohorte.core.access.permissions import Permission
from kohorte.core.ports.record_pages import ListPurchases
from kohorte.core.ports.records import RecordKind
from kohorte.core.purchases.commands import SavePurchase
from kohorte.core.record_pages import list_purchases
from kohorte.entrypoints.http.api.records import RecordsPage, Subject, routes_of
from kohorte.entrypoints.http.asking import Asked, needs
from kohorte.entrypoints.http.paging import USUAL, CursorText, Limit, cursor_of, place_of
from kohorte.entrypoints.views.records import PurchaseView, purchase_view

SUBJECT = Subject(
    "a purchase",
    RecordKind.PURCHASES,
    find=lambda ports, key: ports.work.purchases.by_key(key),
    view=purchase_view,
    shown=PurchaseView,
    save=SavePurchase,
)


@get("/", opt=needs(Permission.CONTACTS_READ), sync_to_thread=True)
def read_purchases(
    asked: NamedDependency[Asked],
    contact: Annotated[str | None, QueryParameter(max_length=200, description="Those of a contact, by key.")] = None,
    items: Annotated[bool, QueryParameter(description="With their items.")] = False,
    limit: Limit = USUAL,
    cursor: CursorText = None,
) -> RecordsPage[PurchaseView]:
    """List purchases in the order of their keys, or those of a contact, the newest first."""
    question = {"purchases": contact, "items": items}
    query = ListPurchases(contact=contact, items=items, after=place_of(cursor, question, asked), limit=limit)
    found = asked.read(lambda ports: list_purchases(ports, query))
    return RecordsPage(
        [purchase_view(each, items=items) for each in found.rows], cursor_of(found.after, question, asked)
    )


ROUTES: Sequence[HTTPRouteHandler] = (read_purchases, *routes_of(SUBJECT))
