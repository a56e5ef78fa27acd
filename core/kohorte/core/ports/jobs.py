"""Work that is done later: by a worker, after a failure, or at an instant."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from attrs import frozen


@frozen
class Job:
    """One piece of work: what to do (``kind``), with what (``data``, JSON values), and how often it was tried."""

    id: UUID
    kind: str
    data: Mapping[str, object]
    due_at: datetime
    attempts: int = 0
    error: str = ""


class Jobs(Protocol):
    """A queue inside the tenant's storage: a job exists exactly when the transaction that made it commits.

    Delivery is at least once: a job whose worker died is handed out again when its lease ends. Who comes late with a
    job that was handed out again meanwhile changes nothing: ``attempts`` tells the two apart.
    """

    def add(self, kind: str, data: Mapping[str, object], *, due_at: datetime, unique: str | None = None) -> UUID | None:
        """Add a job; with ``unique``, return None where a job of that kind and mark still waits or is being done."""
        ...

    def claim(self, *, now: datetime, lease: timedelta, kinds: Sequence[str] = (), limit: int = 1) -> Sequence[Job]:
        """Take due jobs, the longest due first, for the time of the lease; no ``kinds`` means all.

        Two workers never hold the same job at once. ``attempts`` counts this attempt.
        """
        ...

    def extend(self, job: Job, *, until: datetime) -> bool:
        """Lengthen the lease of a claimed job; return False where it was lost, and the work must be dropped."""
        ...

    def done(self, job: Job) -> None:
        """Forget a finished job; do nothing where it was lost."""
        ...

    def failed(self, job: Job, error: str, *, retry_at: datetime | None) -> None:
        """Keep the error; hand the job out again at ``retry_at``, or never where it is None (it stays listed).

        A job that is given up no longer holds its ``unique`` mark. Do nothing where the job was lost.
        """
        ...

    def unfinished(self) -> Sequence[Job]:
        """Return all jobs that are not done, the longest due first."""
        ...
