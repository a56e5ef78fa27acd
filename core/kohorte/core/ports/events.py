"""Events that were recorded: kept in the order of their commits, to be read from any place on."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from attrs import frozen


@frozen
class StoredEvent:
    """An event as it is kept; ``data`` are its attributes but ``about``, as JSON values.

    ``sequence`` counts the events of a tenant from 1 on. ``at`` is when it was committed.
    """

    sequence: int
    id: UUID
    type: str
    about: UUID
    at: datetime
    data: Mapping[str, Any]


class Events(Protocol):
    """The tenant's events.

    Their numbers follow the order of the commits: who has read an event has missed none before it, and whatever is
    recorded later has a higher number.
    """

    def after(self, sequence: int, limit: int) -> Sequence[StoredEvent]:
        """Return events in their order, from the one after ``sequence`` on; 0 stands before the first."""
        ...

    def forget(self, before: datetime) -> int:
        """Forget the events recorded before an instant; return how many there were."""
        ...

    def forgotten(self) -> int:
        """Return the number of the last event that was forgotten; 0 where none was."""
        ...
