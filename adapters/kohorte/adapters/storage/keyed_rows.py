"""Rows of records: found by external key, saved under the optimistic lock, and joined by what waited for them."""

from collections.abc import Mapping
from typing import Any, Final, Protocol
from uuid import UUID

from attrs import frozen
from sqlalchemy import ColumnElement, FromClause, Row, Select, Table, and_, delete, exists, insert, select, update

from kohorte.adapters.storage.custom_fields import StorageCustomFields
from kohorte.adapters.storage.records import StorageRecords
from kohorte.adapters.storage.records_waiting import StorageWaiting
from kohorte.adapters.storage.schema import RECORD_TABLES, external_keys, waiting_rows
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.columns import OWNERS
from kohorte.core.errors import Conflict, NotFound
from kohorte.core.fields import Field
from kohorte.core.ports.records import RecordKind

IDS: Final[Mapping[RecordKind, str]] = {
    RecordKind.CUSTOMERS: "customer_id",
    RecordKind.CONTACTS: "contact_id",
    RecordKind.PURCHASES: "purchase_id",
    RecordKind.ITEMS: "item_id",
    RecordKind.ACTIVITIES: "activity_id",
}
"""The column that identifies a record of each kind."""


class Versioned(Protocol):
    """An aggregate, as far as saving it is concerned."""

    id: UUID
    key: str
    version: int


@frozen
class KeyedRows:
    """The tenant's rows of one kind of record."""

    transaction: Transaction
    kind: RecordKind

    @property
    def table(self) -> Table:
        """Return their table."""
        return RECORD_TABLES[self.kind]

    @property
    def custom(self) -> Mapping[str, Field]:
        """Return the tenant's custom fields of such records."""
        return StorageCustomFields(self.transaction).of(OWNERS[self.kind])

    def find(self, key: str) -> Row[Any]:
        """Return the row of a key, with its parent's key as ``parent``; raise ``NotFound``."""
        found = self.keyed(external_keys).where(*self._named(key))
        row = self.transaction.connection.execute(found).one_or_none()
        if row is None:
            raise self._not_found(key)
        return row

    def find_id(self, id: UUID) -> Row[Any]:
        """Return the row of an id, with its parent's key as ``parent``; raise ``NotFound``."""
        found = self.stored().where(self.table.c[IDS[self.kind]] == id)
        row = self.transaction.connection.execute(found).one_or_none()
        if row is None:
            raise self._not_found(str(id))
        return row

    def keyed(self, found: FromClause) -> Select[Any]:
        """Return the selection of the rows of keys that were found, with their parents' keys as ``parent``."""
        keys, table = found.c, self.table
        same = [*self._place(keys.id, keys.contact_id), table.c.tenant_id == keys.tenant_id]
        if self.kind is RecordKind.ITEMS:
            same.append(table.c.purchase_id == keys.purchase_id)
        return self._with_parent(found.join(table, and_(*same)))

    def keys(self) -> Select[Any]:
        """Return the selection of the keys of all rows."""
        return select(external_keys).where(*self._of_kind())

    def stored(self) -> Select[Any]:
        """Return the selection of all rows as they lie in their table, with their parents' keys as ``parent``."""
        return self._with_parent(self.table).where(self.transaction.own(self.table))

    def _with_parent(self, found: FromClause) -> Select[Any]:
        if self.kind.parent is None:
            return select(self.table).select_from(found)
        parent = RECORD_TABLES[self.kind.parent[1]]
        same = and_(*(column == self.table.c[column.name] for column in parent.primary_key))
        return select(self.table, parent.c.key.label("parent")).select_from(found.outerjoin(parent, same))

    def id_of(self, key: str) -> UUID:
        """Return the id of the record that another one names; raise ``NotFound``."""
        found: UUID | None = self.transaction.connection.scalar(select(external_keys.c.id).where(*self._named(key)))
        if found is None:
            raise self._not_found(key)
        return found

    def save(self, record: Versioned, values: Mapping[str, object], contact_id: UUID | None = None) -> UUID | None:
        """Insert (version 0) or update a record's row, and raise the record's version.

        ``contact_id`` is the contact that a purchase or an activity belongs to; return the one that it belonged to
        before. Raise ``Conflict`` where the key is taken, or the stored version is another.
        """
        before = contact_id
        if record.version == 0:
            self.transaction.lock_records(shared=True)
            self.take(record.key, record.id, contact_id)
            self._insert(record, values, contact_id)
        else:
            before = self._contact_before(record.key)
            if before == contact_id:
                self._update(record, values, contact_id)
            else:  # the key of a row never changes: whoever distributes rows by contact could not follow
                self._delete(record, before)
                self._insert(record, values, contact_id)
                self._move_key(record.key, contact_id)
        record.version += 1
        return before

    def take(self, key: str, id: UUID, contact_id: UUID | None, purchase_id: UUID | None = None) -> None:
        """Give a key to a new record; raise ``Conflict`` where it is taken."""
        contact = id if self.kind is RecordKind.CONTACTS else contact_id
        row = {"kind": self.kind.value, "key": key, "id": id, "contact_id": contact, "purchase_id": purchase_id}
        if not self.transaction.insert(external_keys, row):
            raise Conflict(
                'The key "{key}" is taken.', hint="Somebody else has just used it: read it and try again.", key=key[:80]
            )

    def release(self, key: str) -> None:
        """Forget the key of a record that is gone."""
        self.transaction.connection.execute(delete(external_keys).where(*self._named(key)))

    def forget_waiting(self, key: str) -> None:
        """Forget the row that waits under the key of a record which was stored as a whole."""
        StorageWaiting(self.transaction).forget(self.kind, [key])

    def join_waiting(self, key: str) -> None:
        """Let rows join that waited for a record."""
        waiting = waiting_rows.c
        own = self.transaction.own(waiting_rows)
        children = exists().where(own, waiting.parent_kind == self.kind.value, waiting.parent_key == key)
        if self.transaction.connection.scalar(select(children)):
            StorageRecords(self.transaction).join(self.kind, [key])

    # -- rows ------------------------------------------------------------------------------------------------------

    def _insert(self, record: Versioned, values: Mapping[str, object], contact_id: UUID | None) -> None:
        row = {"tenant_id": self.transaction.tenant.id, IDS[self.kind]: record.id, "key": record.key, **values}
        if contact_id is not None:
            row["contact_id"] = contact_id
        self.transaction.connection.execute(insert(self.table), row | {"version": record.version + 1})

    def _update(self, record: Versioned, values: Mapping[str, object], contact_id: UUID | None) -> None:
        changed = update(self.table).where(*self._at_version(record, contact_id))
        if not self.transaction.connection.execute(changed, {**values, "version": record.version + 1}).rowcount:
            raise _changed_meanwhile(record)

    def _delete(self, record: Versioned, contact_id: UUID | None) -> None:
        gone = delete(self.table).where(*self._at_version(record, contact_id))
        if not self.transaction.connection.execute(gone).rowcount:
            raise _changed_meanwhile(record)

    def _at_version(self, record: Versioned, contact_id: UUID | None) -> tuple[ColumnElement[bool], ...]:
        columns = self.table.c
        same = (columns.key == record.key, columns.version == record.version)
        return (self.transaction.own(self.table), *self._place(record.id, contact_id), *same)

    def _place(self, id: Any, contact_id: Any) -> tuple[ColumnElement[bool], ...]:
        """Return the condition that a row has an id, and the contact in its key."""
        same = self.table.c[IDS[self.kind]] == id
        of_contact = self.kind in (RecordKind.PURCHASES, RecordKind.ITEMS, RecordKind.ACTIVITIES)
        return (self.table.c.contact_id == contact_id, same) if of_contact else (same,)

    # -- keys ------------------------------------------------------------------------------------------------------

    def _contact_before(self, key: str) -> UUID | None:
        if self.kind not in (RecordKind.PURCHASES, RecordKind.ACTIVITIES):
            return None
        found: UUID | None = self.transaction.connection.scalar(
            select(external_keys.c.contact_id).where(*self._named(key))
        )
        return found

    def _move_key(self, key: str, contact_id: UUID | None) -> None:
        moved = update(external_keys).where(*self._named(key)).values(contact_id=contact_id)
        self.transaction.connection.execute(moved)

    def _named(self, key: str) -> tuple[ColumnElement[bool], ...]:
        return (*self._of_kind(), external_keys.c.key == key)

    def _of_kind(self) -> tuple[ColumnElement[bool], ...]:
        return self.transaction.own(external_keys), external_keys.c.kind == self.kind.value

    def _not_found(self, key: str) -> NotFound:
        return NotFound(
            'There is no record "{key}" among the {kind}.',
            hint="Import it first, or check the key.",
            key=key[:80],
            kind=self.kind.value,
        )


def _changed_meanwhile(record: Versioned) -> Conflict:
    return Conflict(
        'Somebody else changed "{key}" meanwhile.', hint="Read it again and repeat the change.", key=record.key[:80]
    )
