"""What one may read about jobs."""

from uuid import UUID

from attrs import frozen

from kohorte.core.bus import Ports
from kohorte.core.errors import NotFound
from kohorte.core.files.model import StoredFile
from kohorte.core.jobs.listing import ListJobs
from kohorte.core.jobs.model import JobRun
from kohorte.core.paging import Page


@frozen
class ShownJob:
    """A job with the file that it wrote, as long as that is kept."""

    run: JobRun
    file: StoredFile | None


def list_jobs(ports: Ports, query: ListJobs) -> Page[JobRun]:
    """Return a page of jobs, the newest first; raise ``InvalidInput`` for what is no page."""
    return ports.work.job_runs.page(query.cleaned())


def show_job(ports: Ports, run_id: UUID) -> ShownJob:
    """Return a job; raise ``NotFound``."""
    run = ports.work.job_runs.by_id(run_id)
    return ShownJob(run, None if run.result.file is None else kept_file(ports, run.result.file))


def kept_file(ports: Ports, file_id: UUID) -> StoredFile | None:
    """Return a file that is there, and whose time is not over."""
    try:
        file = ports.work.files.by_id(file_id)
    except NotFound:
        return None
    return file if ports.clock.now() < file.expires_at else None
