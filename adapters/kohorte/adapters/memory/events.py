"""Events in the order of their commits."""

from collections.abc import Sequence
from datetime import datetime

from attrs import define

from kohorte.adapters.memory.state import Transaction
from kohorte.core.ports.events import StoredEvent


@define
class MemoryEvents:
    """The tenant's events."""

    _transaction: Transaction

    def after(self, sequence: int, limit: int) -> Sequence[StoredEvent]:
        """Return events in their order, from the one after ``sequence`` on."""
        kept = self._transaction.seen.outbox
        return [each.stored for each in kept if each.stored.sequence > sequence][:limit]

    def forget(self, before: datetime) -> int:
        """Forget the events recorded before an instant."""
        state = self._transaction.written
        last = max((each.stored.sequence for each in state.outbox if each.stored.at < before), default=0)
        kept = [each for each in state.outbox if each.stored.sequence > last]
        count = len(state.outbox) - len(kept)
        state.outbox, state.forgotten = kept, max(state.forgotten, last)
        return count

    def forgotten(self) -> int:
        """Return the number of the last event that was forgotten."""
        return self._transaction.seen.forgotten
