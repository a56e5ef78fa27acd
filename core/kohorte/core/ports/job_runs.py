"""Jobs as people see them: asked for, under way, or ended."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from kohorte.core.jobs.listing import ListJobs
from kohorte.core.jobs.model import JobRun
from kohorte.core.paging import Page


class JobRuns(Protocol):
    """The tenant's jobs. Returned ones are the caller's own copies.

    What waits for a worker is in the queue (``Jobs``) as well; this is what stays when it has left that.
    """

    def save(self, run: JobRun) -> None:
        """Insert or update a job by its id. Whoever updates one has locked it."""
        ...

    def by_id(self, run_id: UUID) -> JobRun:
        """Return a job; raise ``NotFound``."""
        ...

    def lock(self, run_id: UUID) -> JobRun:
        """Return a job that nobody else locks until this transaction ends; raise ``NotFound``."""
        ...

    def page(self, query: ListJobs) -> Page[JobRun]:
        """Return a page of jobs, the newest first; the query is as ``ListJobs.cleaned`` has it."""
        ...

    def has_unended(self) -> bool:
        """Tell whether a job waits, or is under way."""
        ...

    def has_ended(self, by: datetime) -> bool:
        """Tell whether a job ended at an instant or before."""
        ...

    def forget(self, by: datetime) -> int:
        """Forget the jobs that ended at an instant or before; return how many there were."""
        ...
