"""Outbox: events in the order in which they were recorded, written with the transaction that they tell of.

Events about one thing lie in the order of the transactions that changed it: whoever changes it holds its row until the
commit. Events about different things may become visible in another order than that of their numbers, so that readers
take rows away (``delivered``) instead of remembering how far they came.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import frozen
from sqlalchemy import delete, func, insert, select

from kohorte.adapters.storage.schema import outbox
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.messages import Event, event_data
from kohorte.core.values import from_micros, to_micros


@frozen
class StoredEvent:
    """An event as it lies in the outbox; ``data`` are its attributes but ``about``, as JSON values."""

    sequence: int
    id: UUID
    type: str
    about: UUID
    at: datetime
    data: Mapping[str, Any]


@frozen
class Outbox:
    """The tenant's events that nobody has taken away yet."""

    transaction: Transaction

    def add(self, events: Sequence[Event]) -> None:
        """Write events."""
        at = to_micros(self.transaction.clock.now())
        rows = [{**self._to_row(event), "at": at} for event in events]
        if rows and self.transaction.dialect == "sqlite":  # one writer at a time may count; PostgreSQL has a sequence
            last = select(func.coalesce(func.max(outbox.c.sequence), 0)).where(self.transaction.own(outbox))
            start = self.transaction.connection.scalar(last) or 0
            rows = [{**row, "sequence": start + place} for place, row in enumerate(rows, 1)]
        for row in rows:
            self.transaction.connection.execute(insert(outbox), row)

    def read(self, limit: int = 1_000) -> Sequence[StoredEvent]:
        """Return the oldest events in order."""
        found = select(outbox).where(self.transaction.own(outbox)).order_by(outbox.c.sequence).limit(limit)
        return [
            StoredEvent(row.sequence, row.event_id, row.type, row.about, from_micros(row.at), row.data)
            for row in self.transaction.connection.execute(found)
        ]

    def delivered(self, events: Sequence[StoredEvent]) -> None:
        """Take events away."""
        sequences = [event.sequence for event in events]
        own = self.transaction.own(outbox)
        self.transaction.connection.execute(delete(outbox).where(own, outbox.c.sequence.in_(sequences)))

    def _to_row(self, event: Event) -> dict[str, object]:
        data = event_data(event)
        del data["about"]  # it has a column of its own
        return {
            "tenant_id": self.transaction.tenant.id,
            "event_id": self.transaction.ids.new(),
            "type": event.type,
            "about": event.about,
            "data": data,
        }
