"""What has changed since members were brought up to date."""

from itertools import islice
from uuid import UUID

from attrs import define

from kohorte.adapters.memory.state import Transaction
from kohorte.core.ports.changes import Changed


@define
class MemoryChanges:
    """The tenant's changes."""

    _transaction: Transaction

    def read(self, limit: int) -> Changed:
        """Return changes, the oldest first."""
        some = list(islice(self._transaction.seen.changed.values(), limit))
        return Changed(
            frozenset[UUID]().union(*(each.contacts for each in some)),
            frozenset[UUID]().union(*(each.lists for each in some)),
            marks=[mark for each in some for mark in each.marks],
        )

    def forget(self, changed: Changed) -> bool:
        """Forget changes that were dealt with; return False where some were forgotten already."""
        state = self._transaction.written
        return None not in [state.changed.pop(mark, None) for mark in changed.marks]
