"""Stored lists of any size; names and entries are compared exactly."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final
from uuid import UUID

from attrs import frozen
from sqlalchemy import ColumnElement, Row, Table, delete, select, text, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import IntegrityError

from kohorte.adapters.storage.changes import StorageChanges
from kohorte.adapters.storage.schema import list_entries, lists
from kohorte.adapters.storage.transaction import COUNTED, Transaction
from kohorte.core.errors import AlreadyExists, NotFound
from kohorte.core.lists.model import StoredList
from kohorte.core.values import fold, from_micros, to_micros

_AT_ONCE: Final = 20_000


@frozen
class StorageLists:
    """The tenant's stored lists."""

    transaction: Transaction

    def add(self, stored: StoredList) -> None:
        """Store a new empty list; raise ``AlreadyExists`` where the name is taken."""
        row = {"list_id": stored.id, "name": stored.name, "size": 0, "created_at": to_micros(stored.created_at)}
        if not self.transaction.insert(lists, row):
            raise _taken(stored.name)

    def named(self, name: str) -> StoredList:
        """Return a list by name, with its number of entries; raise ``NotFound``."""
        own = self.transaction.own(lists)
        row = self.transaction.connection.execute(select(lists).where(own, lists.c.name == name)).one_or_none()
        if row is None:
            raise NotFound('There is no list "{name}".', hint="See all with: kohorte list show", name=name[:80])
        return _from_row(row)

    def all(self) -> Sequence[StoredList]:
        """Return all lists by name."""
        found = select(lists).where(self.transaction.own(lists)).order_by(lists.c.name)
        return [_from_row(row) for row in self.transaction.connection.execute(found)]

    def rename(self, list_id: UUID, name: str) -> None:
        """Give a list another name; raise ``AlreadyExists`` where it is taken."""
        renamed = update(lists).where(*self._of(lists, list_id)).values(name=name)
        try:
            with self.transaction.connection.begin_nested():
                self.transaction.connection.execute(renamed)
        except IntegrityError:
            raise _taken(name) from None

    def remove(self, list_id: UUID) -> None:
        """Delete a list with its entries."""
        for table in (list_entries, lists):
            self.transaction.connection.execute(delete(table).where(*self._of(table, list_id)))

    def add_entries(self, list_id: UUID, entries: Sequence[str]) -> int:
        """Add entries (cleaned text), each kept once as it is; return how many were new."""
        new = 0
        for start in range(0, len(entries), _AT_ONCE):
            new += self._add(list_id, entries[start : start + _AT_ONCE])
        counted = update(lists).where(*self._of(lists, list_id)).values(size=lists.c.size + new)
        self.transaction.connection.execute(counted)
        if new:
            StorageChanges(self.transaction).of_list(list_id)
        return new

    def entries(self, list_id: UUID, limit: int) -> Sequence[str]:
        """Return the first entries in the order of their code points."""
        found = select(list_entries.c.entry).where(*self._of(list_entries, list_id))
        return self.transaction.connection.scalars(found.order_by(list_entries.c.entry).limit(limit)).all()

    def _add(self, list_id: UUID, entries: Sequence[str]) -> int:
        owner = {"tenant_id": self.transaction.tenant.id, "list_id": list_id}
        run = partial(self.transaction.connection.execute, execution_options=COUNTED)
        if self.transaction.dialect == "sqlite":
            rows = [owner | {"entry": entry, "entry_folded": fold(entry)} for entry in entries]
            return run(sqlite.insert(list_entries).on_conflict_do_nothing(), rows).rowcount
        folded = [fold(entry) for entry in entries]
        return run(_MANY, owner | {"entries": list(entries), "folded": folded}).rowcount

    def _of(self, table: Table, list_id: UUID) -> tuple[ColumnElement[bool], ...]:
        return self.transaction.own(table), table.c.list_id == list_id


# One statement for all entries: PostgreSQL pays for every statement.
_MANY: Final = text(
    "INSERT INTO list_entries (tenant_id, list_id, entry, entry_folded)"
    " SELECT :tenant_id, :list_id, entry, folded"
    " FROM unnest(CAST(:entries AS text[]), CAST(:folded AS text[])) AS new (entry, folded)"
    " ON CONFLICT DO NOTHING"
)


def _from_row(row: Row[Any]) -> StoredList:
    return StoredList(row.list_id, row.name, from_micros(row.created_at), row.size)


def _taken(name: str) -> AlreadyExists:
    return AlreadyExists('There is a list "{name}" already.', hint="Choose another name.", name=name)
