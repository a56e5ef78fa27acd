"""Items: the lines of a purchase, one at a time. The version that an ETag names is that of the purchase."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any
from urllib.parse import quote

from litestar import Response, delete, get, patch, put
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Body, PathParameter
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

from kohorte.core.access.permissions import Permission
from kohorte.core.errors import NotFound
from kohorte.core.ports.records import RecordKind
from kohorte.core.purchases.commands import SavePurchase
from kohorte.core.purchases.model import Purchase, PurchaseItem
from kohorte.core.saving import InvalidFields
from kohorte.entrypoints.http.api.records import Key, replaced_fields
from kohorte.entrypoints.http.asking import Asked, needs
from kohorte.entrypoints.http.cells import texts_of
from kohorte.entrypoints.http.examples import answer
from kohorte.entrypoints.http.versions import IfMatch, checking, etag
from kohorte.entrypoints.views.records import ItemView, item_view

ItemKey = Annotated[str, PathParameter(max_length=200, description="The key of an item.")]
ItemValues = Annotated[
    dict[str, Any], Body(description="Values by field, the tenant's own fields among them. Decimals are texts.")
]
_MADE: Mapping[int, ResponseSpec] = {HTTP_201_CREATED: answer(ItemView, "It is new.")}


@get("/{key:str}/items", opt=needs(Permission.CONTACTS_READ), sync_to_thread=True)
def read_items(key: Key, asked: NamedDependency[Asked]) -> Response[list[ItemView]]:
    """List the items of a purchase by their keys."""
    purchase = _purchase(key, asked)
    return Response([item_view(each) for each in purchase.items], headers=etag(purchase.version))


@get("/{key:str}/items/{item_key:str}", opt=needs(Permission.CONTACTS_READ), sync_to_thread=True)
def read_item(key: Key, item_key: ItemKey, asked: NamedDependency[Asked]) -> Response[ItemView]:
    """Read an item of a purchase."""
    purchase = _purchase(key, asked)
    return Response(item_view(_item(purchase, item_key)), headers=etag(purchase.version))


@put(
    "/{key:str}/items/{item_key:str}", opt=needs(Permission.CONTACTS_WRITE), responses=dict(_MADE), sync_to_thread=True
)
def replace_item(
    key: Key, item_key: ItemKey, data: ItemValues, asked: NamedDependency[Asked], if_match: IfMatch = None
) -> Response[ItemView]:
    """Make an item of a purchase, or replace all that is known of it: fields that are not named are cleared."""
    empty: dict[str, Any] = dict.fromkeys(asked.read(lambda ports: replaced_fields(RecordKind.ITEMS, ports)))
    purchase = _purchase(key, asked)
    is_new = all(each.key != item_key for each in purchase.items)
    saved = _saved(purchase, item_key, {**empty, **data}, asked, if_match)
    if not is_new:
        return saved
    headers = {**saved.headers, "Location": f"/api/purchases/{quote(key, safe='')}/items/{quote(item_key, safe='')}"}
    return Response(saved.content, status_code=HTTP_201_CREATED, headers=headers)


@patch("/{key:str}/items/{item_key:str}", opt=needs(Permission.CONTACTS_WRITE), sync_to_thread=True)
def change_item(
    key: Key, item_key: ItemKey, data: ItemValues, asked: NamedDependency[Asked], if_match: IfMatch = None
) -> Response[ItemView]:
    """Change some fields of an item; those that are not named stay, null clears one."""
    purchase = _purchase(key, asked)
    _item(purchase, item_key)
    return _saved(purchase, item_key, data, asked, if_match)


@delete("/{key:str}/items/{item_key:str}", opt=needs(Permission.CONTACTS_WRITE), sync_to_thread=True)
def remove_item(key: Key, item_key: ItemKey, asked: NamedDependency[Asked], if_match: IfMatch = None) -> None:
    """Take an item out of a purchase."""
    purchase = _purchase(key, asked)
    _item(purchase, item_key)
    with checking(if_match) as version:
        asked.run(SavePurchase(key, {}, _others(purchase, item_key), version or purchase.version))


def _saved(
    purchase: Purchase, item_key: str, data: Mapping[str, Any], asked: Asked, if_match: str | None
) -> Response[ItemView]:
    """Save an item beside the others as they were seen: whoever changed the purchase meanwhile was faster."""
    values = texts_of({name: value for name, value in data.items() if name not in {"key", "purchase"}})
    items = [*_others(purchase, item_key), {**values, "key": item_key}]
    with checking(if_match) as version, _of_the_item_alone():
        asked.run(SavePurchase(purchase.key, {}, items, version or purchase.version))
    changed = _purchase(purchase.key, asked)
    return Response(item_view(_item(changed, item_key)), status_code=HTTP_200_OK, headers=etag(changed.version))


@contextmanager
def _of_the_item_alone() -> Generator[None]:
    """Let what is wrong with an item of the purchase (``items.3.quantity``) be wrong with the body (``quantity``)."""
    try:
        yield
    except InvalidFields as wrong:
        raise InvalidFields({name.rpartition(".")[2]: each for name, each in wrong.problems.items()}) from wrong


def _others(purchase: Purchase, item_key: str) -> Sequence[Mapping[str, str | None]]:
    """Return the other items, each to stay as it is."""
    return [{"key": each.key} for each in purchase.items if each.key != item_key]


def _purchase(key: str, asked: Asked) -> Purchase:
    return asked.read(lambda ports: ports.work.purchases.by_key(key))


def _item(purchase: Purchase, item_key: str) -> PurchaseItem:
    found = next((each for each in purchase.items if each.key == item_key), None)
    if found is None:
        raise NotFound(
            'The purchase "{key}" has no item "{item}".',
            hint="See which it has: GET /api/purchases/KEY/items",
            key=purchase.key,
            item=item_key[:80],
        )
    return found


ROUTES: Sequence[HTTPRouteHandler] = (read_items, read_item, replace_item, change_item, remove_item)
