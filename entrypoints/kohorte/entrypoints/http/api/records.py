"""What the routes of contacts, customers, purchases and activities share: each record goes by its key."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, Final, Generic, TypeVar
from urllib.parse import quote
from uuid import UUID

from attrs import frozen
from litestar import Response, get, patch, post, put
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body, PathParameter
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

from kohorte.core.access.permissions import Permission
from kohorte.core.bus import Ports
from kohorte.core.columns import Reading, columns
from kohorte.core.errors import InvalidInput, NotFound
from kohorte.core.messages import Command
from kohorte.core.ports.records import RecordKind
from kohorte.core.saving import Saved
from kohorte.entrypoints.http.asking import Asked, needs
from kohorte.entrypoints.http.cells import texts_of
from kohorte.entrypoints.http.examples import answer
from kohorte.entrypoints.http.idempotency import IdempotencyKey, once
from kohorte.entrypoints.http.versions import IfMatch, checking, etag

V = TypeVar("V")
Key = Annotated[str, PathParameter(max_length=200, description="The key of the record.")]
Values = Annotated[
    dict[str, Any],
    Body(
        description="Values by field, the tenant's own fields among them, as imports name them. Decimals are texts."
        " An item of a purchase is an object of its own values, its `key` among them."
    ),
]
ITEMS: Final = "items"


class UnknownParent(InvalidInput):
    """A record names a customer or a contact that does not exist."""

    code = "unknown_parent"


@frozen
class RecordsPage(Generic[V]):
    """Some of what was asked for; `next` is the cursor of the page behind it, None at the end."""

    items: Sequence[V]
    next: str | None


@frozen
class SavedView:
    """What was saved: its id, its version from now on, whether it is new, and which fields have changed."""

    id: UUID
    version: int
    created: bool
    fields: Sequence[str]


_MADE: Final = answer(SavedView, "It is new.")


@frozen
class Subject:
    """A kind of record: how one of it is called, found, shown and saved.

    ``save`` makes the command of a key, values, items (None: as they are) and the version that the caller has seen.
    """

    name: str
    kind: RecordKind
    find: Callable[[Ports, str], Any]
    view: Callable[[Any], Any]
    shown: type[Any]
    save: Callable[
        [str, Mapping[str, str | None], Sequence[Mapping[str, str | None]] | None, int | None], Command[Saved]
    ]


def routes_of(subject: Subject) -> Sequence[HTTPRouteHandler]:
    """Return the routes of a kind of record: create, read, replace and change one."""

    def create(
        data: Values, asked: NamedDependency[Asked], idempotency_key: IdempotencyKey = None
    ) -> Response[SavedView]:
        key = data.get("key")
        if not isinstance(key, str):
            raise InvalidInput("The record has no key.", hint="Give it one, as a text.")
        command = _command(subject, key, data, 0)
        with _naming_parents():
            return once(asked, idempotency_key, command, lambda saved: _saved(subject, saved))

    def read(key: Key, asked: NamedDependency[Asked]) -> Response[Any]:
        found: Any = asked.read(lambda ports: subject.find(ports, key))
        return Response(subject.view(found), headers=etag(found.version))

    def replace(key: Key, data: Values, asked: NamedDependency[Asked], if_match: IfMatch = None) -> Response[SavedView]:
        empty: dict[str, Any] = dict.fromkeys(asked.read(lambda ports: replaced_fields(subject.kind, ports)))
        items: dict[str, Any] = {ITEMS: []} if subject.kind is RecordKind.PURCHASES else {}
        with checking(if_match) as version, _naming_parents():
            saved = asked.run(_command(subject, key, {**empty, **items, **data}, version))
        return _saved(subject, saved)

    def change(key: Key, data: Values, asked: NamedDependency[Asked], if_match: IfMatch = None) -> Response[SavedView]:
        asked.read(lambda ports: subject.find(ports, key))  # who changes something knows that it is there
        with checking(if_match) as version, _naming_parents():
            saved = asked.run(_command(subject, key, data, version))
        return _saved(subject, saved)

    write, look = needs(Permission.CONTACTS_WRITE), needs(Permission.CONTACTS_READ)
    response: Any = Response
    read.__annotations__["return"] = response[subject.shown]  # the description of the operation shows it
    told = {
        create: f"Make {subject.name}; refused where its key is taken.",
        read: f"Read {subject.name} by its key.",
        replace: f"Make {subject.name}, or replace all that is known of it: fields that are not named are cleared.",
        change: f"Change some fields of {subject.name}; those that are not named stay, null clears one.",
    }
    for function, text in told.items():
        function.__doc__ = text
        function.__name__ += f"_{subject.name.split()[-1]}"
    return [
        post("/", status_code=HTTP_201_CREATED, opt=write, sync_to_thread=True)(create),
        get("/{key:str}", opt=look, sync_to_thread=True)(read),
        put("/{key:str}", opt=write, responses={HTTP_201_CREATED: _MADE}, sync_to_thread=True)(replace),
        patch("/{key:str}", opt=write, sync_to_thread=True)(change),
    ]


def _command(subject: Subject, key: str, data: Mapping[str, Any], version: int | None) -> Command[Saved]:
    own = {name: value for name, value in data.items() if name not in {"key", ITEMS}}
    items = data.get(ITEMS) if subject.kind is RecordKind.PURCHASES else None
    if items is not None and not (isinstance(items, list) and all(isinstance(each, dict) for each in items)):
        raise InvalidInput("The items must be a list of objects.", hint="Give each item its key and its values.")
    read = None if items is None else [texts_of(each, f"/{ITEMS}/{number}") for number, each in enumerate(items)]
    return subject.save(key, texts_of(own), read, version)


@contextmanager
def _naming_parents() -> Generator[None]:
    """Let what a command does not find be what the record belongs to."""
    try:
        yield
    except NotFound as missing:
        raise UnknownParent(missing.template, hint=missing.hint_template, **missing.values) from missing


def replaced_fields(kind: RecordKind, ports: Ports) -> Sequence[str]:
    """Return the fields that are cleared where nobody names them."""
    known = columns(kind, ports.work.custom_fields.all(), Reading.of(ports.tenant))
    return [name for name in known if name not in {"key", "created_at", "purchase"}]


def _saved(subject: Subject, saved: Saved) -> Response[SavedView]:
    view = SavedView(saved.id, saved.version, saved.created, saved.fields)
    headers = etag(saved.version)
    if saved.created:
        headers["Location"] = f"/api/{subject.kind.value}/{quote(saved.key, safe='')}"
    return Response(view, status_code=HTTP_201_CREATED if saved.created else HTTP_200_OK, headers=headers)
