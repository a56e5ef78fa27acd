"""Jobs as people see them: a row each, which stays when the queue has forgotten the job."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from attrs import asdict, frozen
from sqlalchemy import ColumnElement, Row, Select, delete, exists, select, update

from kohorte.adapters.storage.schema import job_runs
from kohorte.adapters.storage.stored_form import instant, micros
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.errors import KeptError, NotFound
from kohorte.core.jobs.listing import ListJobs, place_of
from kohorte.core.jobs.model import BECOMES, JobKind, JobResult, JobRun, JobStatus
from kohorte.core.paging import Page, paged
from kohorte.core.values import from_micros, to_micros

_UNENDED: Final = [status.value for status in JobStatus if BECOMES[status]]


@frozen
class StorageJobRuns:
    """The tenant's jobs."""

    transaction: Transaction

    def save(self, run: JobRun) -> None:
        """Insert or update a job by its id."""
        row = _to_row(run)
        if not self.transaction.insert(job_runs, row):
            self.transaction.connection.execute(update(job_runs).where(*self._is(run.id)).values(row))

    def by_id(self, run_id: UUID) -> JobRun:
        """Return a job; raise ``NotFound``."""
        return self._one(run_id, select(job_runs))

    def lock(self, run_id: UUID) -> JobRun:
        """Return a job that nobody else locks until this transaction ends; raise ``NotFound``."""
        return self._one(run_id, select(job_runs).with_for_update())

    def page(self, query: ListJobs) -> Page[JobRun]:
        """Return a page of jobs, the newest first: ids sort by the time at which they were made."""
        found = select(job_runs).where(self.transaction.own(job_runs)).order_by(job_runs.c.run_id.desc())
        if query.after is not None:
            found = found.where(job_runs.c.run_id < query.after.id)
        rows = self.transaction.connection.execute(found.limit(query.limit + 1))
        return paged(map(_from_row, rows), query.limit, lambda last: place_of(last.id))

    def has_unended(self) -> bool:
        """Tell whether a job waits, or is under way."""
        unended = exists().where(self.transaction.own(job_runs), job_runs.c.status.in_(_UNENDED))
        return bool(self.transaction.connection.scalar(select(unended)))

    def has_ended(self, by: datetime) -> bool:
        """Tell whether a job ended at an instant or before."""
        return bool(self.transaction.connection.scalar(select(exists().where(*self._ended(by)))))

    def forget(self, by: datetime) -> int:
        """Forget the jobs that ended at an instant or before."""
        return self.transaction.connection.execute(delete(job_runs).where(*self._ended(by))).rowcount

    def _ended(self, by: datetime) -> tuple[ColumnElement[bool], ...]:
        return self.transaction.own(job_runs), job_runs.c.finished_at <= to_micros(by)

    def _one(self, run_id: UUID, found: Select[Any]) -> JobRun:
        row = self.transaction.connection.execute(found.where(*self._is(run_id))).one_or_none()
        if row is None:
            raise NotFound("There is no job {id}.", hint="See all with: kohorte job list", id=run_id)
        return _from_row(row)

    def _is(self, run_id: UUID) -> tuple[ColumnElement[bool], ...]:
        return self.transaction.own(job_runs), job_runs.c.run_id == run_id


def _to_row(run: JobRun) -> dict[str, object]:
    file = run.result.file
    return {
        "run_id": run.id,
        "kind": run.kind.value,
        "parameters": dict(run.parameters),
        "status": run.status.value,
        "done": run.done,
        "total": run.total,
        "result": {"counts": dict(run.result.counts), "file": None if file is None else str(file)},
        "error": {} if run.error is None else asdict(run.error),
        "created_at": to_micros(run.created_at),
        "created_by": run.created_by,
        "started_at": micros(run.started_at),
        "finished_at": micros(run.finished_at),
        "cancel_asked": run.cancel_asked,
    }


def _from_row(row: Row[Any]) -> JobRun:
    return JobRun(
        id=row.run_id,
        kind=JobKind(row.kind),
        parameters=row.parameters,
        created_at=from_micros(row.created_at),
        created_by=row.created_by,
        status=JobStatus(row.status),
        done=row.done,
        total=row.total,
        result=_result(row.result),
        error=KeptError(**row.error) if row.error else None,
        started_at=instant(row.started_at),
        finished_at=instant(row.finished_at),
        cancel_asked=bool(row.cancel_asked),
    )


def _result(stored: Mapping[str, Any]) -> JobResult:
    return JobResult(stored["counts"], UUID(stored["file"]) if stored["file"] else None)
