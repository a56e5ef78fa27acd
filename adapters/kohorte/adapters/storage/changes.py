"""What has changed since members were brought up to date, one row for each change of a contact or a list.

Rows are only ever added and taken away, never shared: whoever deals with one change cannot take away another one of the
same contact that is not committed yet. A batch of very many leaves one row that stands for everybody; very many who
enter or leave a segment leave one that names it, and concerns those alone that refer to it.
"""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from attrs import frozen
from sqlalchemy import delete, insert, select

from kohorte.adapters.storage.schema import contact_changes, contacts, external_keys
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.ports.changes import Changed
from kohorte.core.ports.records import RecordKind

MANY: Final = 1_000
"""Above so many contacts at once nobody is named: asking for each costs more than calculating for all."""


@frozen
class StorageChanges:
    """The tenant's changes."""

    transaction: Transaction

    # -- dealing with them -----------------------------------------------------------------------------------------

    def read(self, limit: int) -> Changed:
        """Return changes, the oldest first."""
        its = select(contact_changes).where(self.transaction.own(contact_changes))
        rows = self.transaction.connection.execute(its.order_by(contact_changes.c.change_id).limit(limit)).all()
        return Changed(
            frozenset(row.contact_id for row in rows if row.contact_id is not None),
            frozenset(row.list_id for row in rows if row.list_id is not None),
            any(row.contact_id is None and row.list_id is None and row.segment_id is None for row in rows),
            frozenset(row.segment_id for row in rows if row.segment_id is not None),
            [row.change_id for row in rows],
        )

    def forget(self, changed: Changed) -> bool:
        """Forget changes that were dealt with; return False where some were forgotten already."""
        forgotten = 0
        for start in range(0, len(changed.marks), MANY):
            done = contact_changes.c.change_id.in_(changed.marks[start : start + MANY])
            gone = delete(contact_changes).where(self.transaction.own(contact_changes), done)
            forgotten += self.transaction.connection.execute(gone).rowcount
        return forgotten == len(changed.marks)

    # -- recording them --------------------------------------------------------------------------------------------

    def of_contacts(self, contact_ids: Iterable[UUID | None]) -> None:
        """Record that contacts have changed."""
        changed = sorted({each for each in contact_ids if each is not None})
        if len(changed) > MANY:
            self.of_everybody()
        else:
            self._record([{"contact_id": each} for each in changed])

    def of_list(self, list_id: UUID) -> None:
        """Record that a stored list has changed."""
        self._record([{"list_id": list_id}])

    def of_members(self, segment_id: UUID, moved: Sequence[UUID]) -> None:
        """Record that contacts have entered or left a segment; of very many, some more than ``MANY`` tell that."""
        if len(moved) > MANY:
            self._record([{"segment_id": segment_id}])
        else:
            self.of_contacts(moved)

    def of_everybody(self) -> None:
        """Record that any contact may have changed."""
        self._record([{}])

    def contacts_of(self, kind: RecordKind, keys: Sequence[str]) -> Sequence[UUID | None]:
        """Return the contacts that records belong to; of some customers no more than tells that they are many."""
        its = self.transaction.own(external_keys), external_keys.c.kind == kind.value, external_keys.c.key.in_(keys)
        if kind is not RecordKind.CUSTOMERS:
            return self.transaction.connection.scalars(select(external_keys.c.contact_id).where(*its).distinct()).all()
        customers = select(external_keys.c.id).where(*its)
        theirs = self.transaction.own(contacts), contacts.c.customer_id.in_(customers)
        return self.transaction.connection.scalars(select(contacts.c.contact_id).where(*theirs).limit(MANY + 1)).all()

    def _record(self, rows: Sequence[dict[str, UUID]]) -> None:
        named = {"tenant_id": self.transaction.tenant.id, "contact_id": None, "list_id": None, "segment_id": None}
        if rows:
            self.transaction.connection.execute(
                insert(contact_changes), [{**named, "change_id": self.transaction.ids.new(), **row} for row in rows]
            )
