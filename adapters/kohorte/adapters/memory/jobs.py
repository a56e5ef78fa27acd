"""The queue of jobs."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from attrs import define, evolve

from kohorte.adapters.memory.state import KeptJob, Transaction
from kohorte.core.ports.jobs import Job


@define
class MemoryJobs:
    """Work that is done later."""

    _transaction: Transaction

    def add(self, kind: str, data: Mapping[str, object], *, due_at: datetime, unique: str | None = None) -> UUID | None:
        """Add a job."""
        state = self._transaction.written
        if unique is not None and any(
            each.unique == unique and each.job.kind == kind and not each.given_up for each in state.jobs.values()
        ):
            return None
        job = Job(self._transaction.ids.new(), kind, json.loads(json.dumps(data)), due_at)
        state.jobs[job.id] = KeptJob(job, unique)
        return job.id

    def claim(self, *, now: datetime, lease: timedelta, kinds: Sequence[str] = (), limit: int = 1) -> Sequence[Job]:
        """Take due jobs for the time of the lease."""
        state = self._transaction.written
        due = [each for each in state.jobs.values() if _is_due(each, now) and (not kinds or each.job.kind in kinds)]
        claimed = [
            evolve(each, job=evolve(each.job, attempts=each.job.attempts + 1), leased_until=now + lease)
            for each in sorted(due, key=_by_due_time)[:limit]
        ]
        state.jobs.update({each.job.id: each for each in claimed})
        return [each.job for each in claimed]

    def extend(self, job: Job, *, until: datetime) -> bool:
        """Lengthen the lease."""
        held = self._held(job)
        if held is not None:
            self._transaction.written.jobs[job.id] = evolve(held, leased_until=until)
        return held is not None

    def done(self, job: Job) -> None:
        """Forget a finished job."""
        if self._held(job) is not None:
            del self._transaction.written.jobs[job.id]

    def failed(self, job: Job, error: str, *, retry_at: datetime | None) -> None:
        """Keep the error; hand the job out again, or never."""
        held = self._held(job)
        if held is not None:
            kept = evolve(held.job, error=error, due_at=retry_at or held.job.due_at)
            failed = evolve(held, job=kept, leased_until=None, given_up=retry_at is None)
            self._transaction.written.jobs[job.id] = failed

    def unfinished(self) -> Sequence[Job]:
        """Return all jobs that are not done, the longest due first."""
        return [each.job for each in sorted(self._transaction.seen.jobs.values(), key=_by_due_time)]

    def _held(self, job: Job) -> KeptJob | None:
        """Return the job if the caller still has it."""
        kept = self._transaction.written.jobs.get(job.id)
        lost = kept is None or kept.leased_until is None or kept.job.attempts != job.attempts
        return None if lost else kept


def _is_due(kept: KeptJob, now: datetime) -> bool:
    free = kept.leased_until is None or kept.leased_until <= now
    return free and not kept.given_up and kept.job.due_at <= now


def _by_due_time(kept: KeptJob) -> tuple[datetime, UUID]:
    return kept.job.due_at, kept.job.id
