"""Events in the order of their commits, written with the transaction that they tell of.

A tenant's events are counted by one row, which whoever records some holds from then until the commit, so that no event
becomes visible after one with a higher number. They are written last, just before the commit: nobody waits for work.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from attrs import frozen
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from kohorte.adapters.storage.schema import event_counters, outbox
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.messages import Event, message_data
from kohorte.core.ports.events import StoredEvent
from kohorte.core.values import from_micros, to_micros


@frozen
class StorageEvents:
    """The tenant's events."""

    transaction: Transaction

    def add(self, events: Sequence[Event]) -> None:
        """Write events as the next ones; nobody else does until the transaction ends."""
        if not events:
            return
        at, last = to_micros(self.transaction.clock.now()), self._count(len(events))
        first = last - len(events) + 1
        rows = [self._to_row(event, first + place, at) for place, event in enumerate(events)]
        self.transaction.connection.execute(insert(outbox), rows)

    def after(self, sequence: int, limit: int) -> Sequence[StoredEvent]:
        """Return events in their order, from the one after ``sequence`` on."""
        own = self.transaction.own(outbox), outbox.c.sequence > sequence
        found = select(outbox).where(*own).order_by(outbox.c.sequence).limit(limit)
        return [
            StoredEvent(row.sequence, row.event_id, row.type, row.about, from_micros(row.at), row.data)
            for row in self.transaction.connection.execute(found)
        ]

    def forget(self, before: datetime) -> int:
        """Forget the events recorded before an instant: all up to the last of them, as clocks may differ a little."""
        old = self.transaction.own(outbox), outbox.c.at < to_micros(before)
        last = self.transaction.connection.scalar(select(func.max(outbox.c.sequence)).where(*old))
        if last is None:
            return 0
        counter = self.transaction.own(event_counters)
        self.transaction.connection.execute(update(event_counters).where(counter).values(forgotten=last))
        gone = delete(outbox).where(self.transaction.own(outbox), outbox.c.sequence <= last)
        return self.transaction.connection.execute(gone).rowcount

    def forgotten(self) -> int:
        """Return the number of the last event that was forgotten."""
        known = select(event_counters.c.forgotten).where(self.transaction.own(event_counters))
        return self.transaction.connection.scalar(known) or 0

    def _count(self, new: int) -> int:
        """Count so many more events; return the number of the last of them."""
        written = (sqlite if self.transaction.dialect == "sqlite" else postgresql).insert(event_counters)
        counted = written.values(tenant_id=self.transaction.tenant.id, recorded=new, forgotten=0)
        counted = counted.on_conflict_do_update(
            index_elements=["tenant_id"], set_={"recorded": event_counters.c.recorded + new}
        )
        last: int = self.transaction.connection.execute(counted.returning(event_counters.c.recorded)).scalar_one()
        return last

    def _to_row(self, event: Event, sequence: int, at: int) -> dict[str, object]:
        data = message_data(event)
        about: UUID = event.about
        del data["about"]  # it has a column of its own
        return {
            "tenant_id": self.transaction.tenant.id,
            "sequence": sequence,
            "event_id": self.transaction.ids.new(),
            "type": event.type,
            "about": about,
            "at": at,
            "data": data,
        }
