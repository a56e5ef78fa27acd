"""Jobs: a queue in a table. Workers pass over rows that others are taking (PostgreSQL), or queue up (SQLite)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from attrs import frozen
from sqlalchemy import ColumnElement, Row, delete, select, update

from kohorte.adapters.storage.schema import jobs
from kohorte.adapters.storage.stored_form import micros
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.ports.jobs import Job
from kohorte.core.values import from_micros, to_micros


@frozen
class StorageJobs:
    """The tenant's jobs."""

    transaction: Transaction

    def add(self, kind: str, data: Mapping[str, object], *, due_at: datetime, unique: str | None = None) -> UUID | None:
        """Add a job; with ``unique``, return None where a job of that kind and mark still waits or is being done."""
        job_id = self.transaction.ids.new()
        due = to_micros(due_at)
        row = {"job_id": job_id, "kind": kind, "mark": unique, "data": dict(data), "due_at": due, "free_at": due}
        return job_id if self.transaction.insert(jobs, row | {"attempts": 0, "error": ""}) else None

    def claim(self, *, now: datetime, lease: timedelta, kinds: Sequence[str] = (), limit: int = 1) -> Sequence[Job]:
        """Take due jobs, the longest due first, for the time of the lease; no ``kinds`` means all."""
        own = self.transaction.own(jobs)
        free = select(jobs.c.job_id).where(own, jobs.c.free_at <= to_micros(now))
        if kinds:
            free = free.where(jobs.c.kind.in_(kinds))
        free = free.order_by(*_ORDER).limit(limit).with_for_update(skip_locked=True)
        taken = update(jobs).where(own, jobs.c.job_id.in_(free)).returning(jobs)
        values = {"attempts": jobs.c.attempts + 1, "free_at": to_micros(now + lease)}
        rows = self.transaction.connection.execute(taken.values(values)).all()
        return [_from_row(row) for row in sorted(rows, key=lambda row: (row.due_at, row.job_id))]

    def extend(self, job: Job, *, until: datetime) -> bool:
        """Lengthen the lease of a claimed job; return False where it was lost, and the work must be dropped."""
        extended = update(jobs).where(*self._held(job)).values(free_at=to_micros(until))
        return self.transaction.connection.execute(extended).rowcount > 0

    def done(self, job: Job) -> None:
        """Forget a finished job; do nothing where it was lost."""
        self.transaction.connection.execute(delete(jobs).where(*self._held(job)))

    def failed(self, job: Job, error: str, *, retry_at: datetime | None) -> None:
        """Keep the error; hand the job out again at ``retry_at``, or never where it is None (it stays listed)."""
        values: dict[str, object] = {"error": error, "free_at": micros(retry_at)}
        if retry_at is not None:
            values["due_at"] = to_micros(retry_at)
        self.transaction.connection.execute(update(jobs).where(*self._held(job)).values(values))

    def unfinished(self) -> Sequence[Job]:
        """Return all jobs that are not done, the longest due first."""
        found = select(jobs).where(self.transaction.own(jobs)).order_by(*_ORDER)
        return [_from_row(row) for row in self.transaction.connection.execute(found)]

    def _held(self, job: Job) -> tuple[ColumnElement[bool], ...]:
        """Return the condition that a claimed job was neither given back nor taken over.

        A lease ends later than the job was due; whatever is given back is free when it is due, or never.
        """
        own = self.transaction.own(jobs)
        return own, jobs.c.job_id == job.id, jobs.c.attempts == job.attempts, jobs.c.free_at > jobs.c.due_at


# Ids sort by the time at which they were made.
_ORDER = (jobs.c.due_at, jobs.c.job_id)


def _from_row(row: Row[Any]) -> Job:
    return Job(row.job_id, row.kind, row.data, from_micros(row.due_at), row.attempts, row.error)
