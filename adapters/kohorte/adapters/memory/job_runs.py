"""Jobs as people see them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from attrs import define, evolve

from kohorte.adapters.memory.state import Transaction
from kohorte.core.errors import NotFound
from kohorte.core.jobs.listing import ListJobs, place_of
from kohorte.core.jobs.model import JobRun
from kohorte.core.paging import Page, paged


@define
class MemoryJobRuns:
    """The tenant's jobs."""

    _transaction: Transaction

    def save(self, run: JobRun) -> None:
        """Insert or update a job."""
        self._transaction.written.job_runs[run.id] = evolve(run)

    def by_id(self, run_id: UUID) -> JobRun:
        """Return a job."""
        found = self._transaction.seen.job_runs.get(run_id)
        if found is None:
            raise NotFound("There is no job {id}.", hint="Check its id.", id=run_id)
        return evolve(found)

    def lock(self, run_id: UUID) -> JobRun:
        """Return a job; whoever writes is alone."""
        _ = self._transaction.written
        return self.by_id(run_id)

    def page(self, query: ListJobs) -> Page[JobRun]:
        """Return a page of jobs, the newest first."""
        kept, after = self._transaction.seen.job_runs, query.after
        ids = sorted((each for each in kept if after is None or each < after.id), reverse=True)
        return paged((evolve(kept[each]) for each in ids), query.limit, lambda last: place_of(last.id))

    def has_unended(self) -> bool:
        """Tell whether a job waits, or is under way."""
        return any(not each.has_ended for each in self._transaction.seen.job_runs.values())

    def has_ended(self, by: datetime) -> bool:
        """Tell whether a job ended at an instant or before."""
        return bool(self._ended(by))

    def forget(self, by: datetime) -> int:
        """Forget the jobs that ended at an instant or before."""
        ended = self._ended(by)
        for run_id in ended:
            del self._transaction.written.job_runs[run_id]
        return len(ended)

    def _ended(self, by: datetime) -> Sequence[UUID]:
        kept = self._transaction.seen.job_runs
        return [each for each, run in kept.items() if run.finished_at is not None and run.finished_at <= by]
