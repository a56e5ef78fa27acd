"""Jobs: long work that a worker does, how far it has come, and the files that it wrote."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from attrs import asdict, frozen
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import HeaderParameter, PathParameter
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED

from kohorte.core.access.permissions import Permission
from kohorte.core.files.model import StoredFile
from kohorte.core.jobs.commands import CancelJob
from kohorte.core.jobs.listing import ListJobs
from kohorte.core.jobs.model import JobKind, JobRun
from kohorte.core.jobs.queries import ShownJob, list_jobs, show_job
from kohorte.entrypoints.http.api.records import RecordsPage
from kohorte.entrypoints.http.asking import Asked, needs
from kohorte.entrypoints.http.examples import answer
from kohorte.entrypoints.http.links import link_to
from kohorte.entrypoints.http.paging import USUAL, CursorText, Limit, cursor_of, place_of
from kohorte.entrypoints.http.problems import ProblemDetails, details_of_kept
from kohorte.entrypoints.views.jobs import FileView, JobStateView, file_view, job_state

LINKED_FOR: Final = timedelta(hours=1)
"""For so long a link to a file is good."""

NEEDED: Final = {
    JobKind.EXPORT: Permission.MEMBERS_READ,
    JobKind.IMPORT: Permission.IMPORTS_RUN,
    JobKind.CALCULATE: Permission.SEGMENTS_WRITE,
}
"""What a caller needs to start a job, to cancel it, and to be told where its file is."""

JobId = Annotated[UUID, PathParameter(description="The id of a job.")]
Prefer = Annotated[
    str | None,
    HeaderParameter(
        name="Prefer",
        max_length=200,
        description="`respond-async` (RFC 7240): let a worker do it as a job, and answer at once where that is found.",
    ),
]
_APPLIED: Final = {"Preference-Applied": "respond-async"}


@frozen
class FileLinkView(FileView):
    """A file, and the address where it is fetched without a key until the link expires; the next one is as good."""

    href: str
    link_expires_at: datetime


@frozen
class JobDetails(JobStateView):
    """A job, with the problem that it failed of."""

    error: ProblemDetails | None


@frozen
class ShownJobDetails(JobDetails):
    """A job with its file: the members of an export, or the rows that an import rejected.

    It is null where there is none, it was forgotten, or the key may not start such a job.
    """

    file: FileLinkView | None


ACCEPTED: Final = {HTTP_202_ACCEPTED: answer(JobDetails, "A worker will do it: `Location` says where it is followed.")}
"""How operations are described that a worker may do later."""


@get("/", opt=needs(Permission.SEGMENTS_READ), sync_to_thread=True)
def read_jobs(
    asked: NamedDependency[Asked], limit: Limit = USUAL, cursor: CursorText = None
) -> RecordsPage[JobDetails]:
    """List jobs, the newest first."""
    question = {"jobs": "newest"}
    query = ListJobs(place_of(cursor, question, asked), limit)
    found = asked.read(lambda ports: list_jobs(ports, query))
    return RecordsPage([_details(each, asked) for each in found.rows], cursor_of(found.after, question, asked))


@get("/{job_id:uuid}", opt=needs(Permission.SEGMENTS_READ), sync_to_thread=True)
def read_job(job_id: JobId, asked: NamedDependency[Asked]) -> ShownJobDetails:
    """Read how far a job has come, how it ended, and where its file is."""
    return _shown(asked.read(lambda ports: show_job(ports, job_id)), asked)


@post("/{job_id:uuid}/cancel", opt=needs(Permission.SEGMENTS_READ), status_code=HTTP_200_OK, sync_to_thread=True)
def cancel_job(job_id: JobId, asked: NamedDependency[Asked]) -> JobDetails:
    """Cancel a job that the key may start: at once where nobody has begun, or else between two of its steps."""
    run = asked.read(lambda ports: show_job(ports, job_id)).run
    asked.caller.require(NEEDED[run.kind])
    return _details(asked.run(CancelJob(job_id)), asked)


def accepted(asked: Asked, *, preferred: bool = False) -> Callable[[JobRun], Response[JobDetails]]:
    """Return what answers that a worker will do it: because it always does, or because that is preferred."""

    def respond(run: JobRun) -> Response[JobDetails]:
        headers = {"Location": f"/api/jobs/{run.id}", **(_APPLIED if preferred else {})}
        return Response(_details(run, asked), status_code=HTTP_202_ACCEPTED, headers=headers)

    return respond


def is_preferred_later(prefer: str | None) -> bool:
    """Tell whether a caller would rather not wait."""
    return any(each.split(";")[0].strip().lower() == "respond-async" for each in (prefer or "").split(","))


def _details(run: JobRun, asked: Asked) -> JobDetails:
    error = None if run.error is None else details_of_kept(run.error, asked.language)
    return JobDetails(**asdict(job_state(run), recurse=False), error=error)


def _shown(shown: ShownJob, asked: Asked) -> ShownJobDetails:
    file, may_fetch = shown.file, NEEDED[shown.run.kind] in asked.caller.permissions
    link = _link(file, asked) if file is not None and may_fetch else None
    return ShownJobDetails(**asdict(_details(shown.run, asked), recurse=False), file=link)


def _link(file: StoredFile, asked: Asked) -> FileLinkView:
    end = min(asked.application.clock.now() + LINKED_FOR, file.expires_at)
    href = link_to(asked.application, asked.tenant, file, end)
    return FileLinkView(**asdict(file_view(file)), href=href, link_expires_at=end)


ROUTES: Sequence[HTTPRouteHandler] = (read_jobs, read_job, cancel_job)
