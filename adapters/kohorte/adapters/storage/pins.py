"""Contacts that were put into segments, or are kept out of them, by hand."""

from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from attrs import frozen
from sqlalchemy import ColumnElement, Row, and_, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from kohorte.adapters.storage.schema import contacts, external_keys, segment_pins
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.ports.audiences import Person
from kohorte.core.ports.pins import Pin, Side
from kohorte.core.ports.records import RecordKind
from kohorte.core.values import from_micros, to_micros

_AT_ONCE: Final = 1_000
"""So many values go into one statement."""


@frozen
class StoragePins:
    """The pins of all segments."""

    transaction: Transaction

    def find(self, keys: Sequence[str]) -> Mapping[str, UUID]:
        """Return the ids of contacts by their keys."""
        its = self.transaction.own(external_keys), external_keys.c.kind == RecordKind.CONTACTS.value
        found: dict[str, UUID] = {}
        for some in _batches(keys):
            named = select(external_keys.c.key, external_keys.c.id).where(*its, external_keys.c.key.in_(some))
            found.update((key, contact_id) for key, contact_id in self.transaction.connection.execute(named))
        return found

    def known(self, contact_ids: Sequence[UUID]) -> Set[UUID]:
        """Return the ids that contacts have."""
        own, found = self.transaction.own(contacts), set[UUID]()
        for some in _batches(contact_ids):
            asked = select(contacts.c.contact_id).where(own, contacts.c.contact_id.in_(some))
            found.update(self.transaction.connection.scalars(asked))
        return found

    def put(self, segment_id: UUID, contact_ids: Sequence[UUID], side: Side, *, by: str, at: datetime) -> None:
        """Put contacts on a side of a segment."""
        insert = sqlite.insert if self.transaction.dialect == "sqlite" else postgresql.insert
        told = {"side": side.value, "added_by": by, "added_at": to_micros(at)}
        written = insert(segment_pins)
        written = written.on_conflict_do_update(
            index_elements=["tenant_id", "segment_id", "contact_id"],
            set_={name: written.excluded[name] for name in told},
            where=segment_pins.c.side != written.excluded.side,
        )
        key = {"tenant_id": self.transaction.tenant.id, "segment_id": segment_id}
        rows = [{**key, "contact_id": each, **told} for each in contact_ids]
        if rows:
            self.transaction.connection.execute(written, rows)

    def release(self, segment_id: UUID, contact_ids: Sequence[UUID]) -> None:
        """Leave contacts to the rule again."""
        for some in _batches(contact_ids):
            gone = delete(segment_pins).where(*self._of(segment_id), segment_pins.c.contact_id.in_(some))
            self.transaction.connection.execute(gone)

    def page(self, segment_id: UUID, *, after: UUID | None = None, limit: int = 100) -> Sequence[Pin]:
        """Return a page of contacts in the order of their ids."""
        pins = segment_pins.c
        same = and_(pins.tenant_id == contacts.c.tenant_id, pins.contact_id == contacts.c.contact_id)
        person = contacts.c.contact_id, contacts.c.key, contacts.c.email, contacts.c.name
        page = (
            select(*person, pins.side, pins.added_by, pins.added_at)
            .join(segment_pins, same)
            .where(*self._of(segment_id), *(() if after is None else (pins.contact_id > after,)))
            .order_by(pins.contact_id)
            .limit(limit)
        )
        return [_pin(row) for row in self.transaction.connection.execute(page)]

    def count(self, segment_id: UUID) -> int:
        """Return how many contacts are put in or kept out."""
        counted = select(func.count()).select_from(segment_pins).where(*self._of(segment_id))
        return self.transaction.connection.scalar(counted) or 0

    def _of(self, segment_id: UUID) -> tuple[ColumnElement[bool], ...]:
        return self.transaction.own(segment_pins), segment_pins.c.segment_id == segment_id


def _batches(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]


def _pin(row: Row[*tuple[Any, ...]]) -> Pin:
    person = Person(row.contact_id, row.key, row.email, row.name)
    return Pin(person, Side(row.side), row.added_by, from_micros(row.added_at))
