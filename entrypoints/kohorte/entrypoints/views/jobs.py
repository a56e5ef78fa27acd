"""Jobs, as programs read them."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from attrs import asdict, frozen

from kohorte.core.files.model import StoredFile
from kohorte.core.jobs.model import JobKind, JobRun, JobStatus
from kohorte.core.jobs.queries import ShownJob
from kohorte.entrypoints.views.rules import ErrorView


@frozen
class JobStateView:
    """How far a job is.

    ``done`` and ``total`` count members of an export, bytes of an import, segments of a calculation. ``total`` is None
    while nobody knows it. ``counts`` says by name what the job came to.
    """

    id: UUID
    kind: JobKind
    status: JobStatus
    done: int
    total: int | None
    counts: Mapping[str, int]
    cancel_asked: bool
    created_at: datetime
    created_by: str
    started_at: datetime | None
    finished_at: datetime | None


@frozen
class JobView(JobStateView):
    """A job, with why it failed, where it has."""

    error: ErrorView | None


@frozen
class FileView:
    """A file that can be fetched until it is forgotten; ``size`` counts bytes."""

    name: str
    size: int
    expires_at: datetime


@frozen
class ShownJobView(JobView):
    """A job with its file: members of an export, rejected rows of an import; None where there is none, or no longer."""

    file: FileView | None


def job_state(run: JobRun) -> JobStateView:
    """Return how far a job is for programs."""
    return JobStateView(
        id=run.id,
        kind=run.kind,
        status=run.status,
        done=run.done,
        total=run.total,
        counts=run.result.counts,
        cancel_asked=run.cancel_asked,
        created_at=run.created_at,
        created_by=run.created_by,
        started_at=run.started_at,
        finished_at=run.finished_at,
    )


def job_view(run: JobRun) -> JobView:
    """Return a job for programs."""
    kept = run.error
    error = None if kept is None else ErrorView(kept.code, kept.error.text(), kept.error.advice())
    return JobView(**asdict(job_state(run), recurse=False), error=error)


def shown_job_view(shown: ShownJob) -> ShownJobView:
    """Return a job with its file for programs."""
    file = None if shown.file is None else file_view(shown.file)
    return ShownJobView(**asdict(job_view(shown.run), recurse=False), file=file)


def file_view(file: StoredFile) -> FileView:
    """Return a file for programs."""
    return FileView(file.name, file.size, file.expires_at)
