"""Stored lists of addresses, keys or codes that rules look up."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from attrs import frozen
from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

from kohorte.core.access.permissions import Permission
from kohorte.core.lists.commands import AddEntries, CreateList, DeleteList, EntriesAdded, RenameList
from kohorte.core.lists.model import StoredList
from kohorte.core.lists.queries import show_list
from kohorte.entrypoints.http.asking import Asked, needs
from kohorte.entrypoints.http.idempotency import IdempotencyKey, once
from kohorte.entrypoints.views.lists import (
    EntriesAddedView,
    ListView,
    ShownListView,
    entries_added_view,
    list_view,
    shown_list_view,
)

Name = Annotated[str, PathParameter(description="The name of a list.")]


@frozen
class ListBody:
    """The name of a list."""

    name: str


@frozen
class RenamedListBody(ListBody):
    """The new name of a list; `rewrite` lets the rules that use it follow."""

    rewrite: bool = False


@frozen
class EntriesBody:
    """Entries of a list."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"entries": ["ann@example.com"]}
    entries: tuple[str, ...]


@post("/", opt=needs(Permission.LISTS_WRITE), status_code=HTTP_201_CREATED, sync_to_thread=True)
def create_list(
    data: JSONBody[ListBody], asked: NamedDependency[Asked], idempotency_key: IdempotencyKey = None
) -> Response[ListView]:
    """Make an empty list."""
    return once(asked, idempotency_key, CreateList(data.name), _made)


@get("/", opt=needs(Permission.SEGMENTS_READ), sync_to_thread=True)
def read_lists(asked: NamedDependency[Asked]) -> list[ListView]:
    """List all lists by name."""
    return [list_view(each) for each in asked.read(lambda ports: ports.work.lists.all())]


@get("/{name:str}", opt=needs(Permission.LISTS_READ), sync_to_thread=True)
def read_list(
    name: Name,
    asked: NamedDependency[Asked],
    limit: Annotated[int, QueryParameter(ge=0, le=10_000, description="How many entries to show.")] = 20,
) -> ShownListView:
    """Read a list with its first entries."""
    return shown_list_view(asked.read(lambda ports: show_list(ports.work, name, entries=limit)))


@post("/{name:str}/entries", opt=needs(Permission.LISTS_WRITE), status_code=HTTP_200_OK, sync_to_thread=True)
def add_entries(
    name: Name, data: JSONBody[EntriesBody], asked: NamedDependency[Asked], idempotency_key: IdempotencyKey = None
) -> Response[EntriesAddedView]:
    """Add entries to a list, each kept once; a bad one never spoils the rest."""

    def told(added: EntriesAdded) -> Response[EntriesAddedView]:
        return Response(entries_added_view(added, asked.language), status_code=HTTP_200_OK)

    return once(asked, idempotency_key, AddEntries(name, data.entries), told)


@patch("/{name:str}", opt=needs(Permission.LISTS_WRITE), sync_to_thread=True)
def rename_list(name: Name, data: JSONBody[RenamedListBody], asked: NamedDependency[Asked]) -> ListView:
    """Give a list another name; refused while rules use it, unless they shall follow."""
    return list_view(asked.run(RenameList(name, data.name, data.rewrite)))


@delete("/{name:str}", opt=needs(Permission.LISTS_WRITE), sync_to_thread=True)
def delete_list(name: Name, asked: NamedDependency[Asked]) -> None:
    """Delete a list that no segment uses."""
    asked.run(DeleteList(name))


def _made(stored: StoredList) -> Response[ListView]:
    return Response(list_view(stored), status_code=HTTP_201_CREATED)


ROUTES: Sequence[HTTPRouteHandler] = (create_list, read_lists, read_list, add_entries, rename_list, delete_list)
