"""Members of a segment as a file: CSV, JSON, JSON Lines, a workbook for Excel, or a format of the tenant's own."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from tempfile import TemporaryFile
from typing import IO, Annotated, Any, ClassVar, Final
from uuid import UUID

from attrs import frozen
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, QueryParameter
from litestar.response import Stream
from litestar.status_codes import HTTP_202_ACCEPTED

from kohorte.adapters.files.exports import pieces
from kohorte.core.access.permissions import Permission
from kohorte.core.exports.formats import EXPORTED, ExportFormat
from kohorte.core.jobs.commands import StartExport
from kohorte.entrypoints.exporting import write_members
from kohorte.entrypoints.http.api.jobs import JobDetails, accepted
from kohorte.entrypoints.http.api.segments import SegmentId
from kohorte.entrypoints.http.asking import Asked, needs
from kohorte.entrypoints.http.idempotency import IdempotencyKey, once
from kohorte.entrypoints.http.instants import At
from kohorte.entrypoints.http.links import file_headers

COLUMNS: Final = ",".join(EXPORTED)


@frozen
class ExportBody:
    """What to write: `columns` are fields as rules name them, and `entered_at`; a `template` says itself what it needs.

    Without an instant, members are those of when the file is written.
    """

    format: ExportFormat = ExportFormat.CSV
    columns: tuple[str, ...] = EXPORTED
    safe: bool = True
    template: str | None = None
    at: datetime | None = None


@frozen
class ExportsBody:
    """Segments, by their ids, from 1 to 1,000, and what to write of the members of each, as for a single one."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "ids": ["0192f0c1-2b3c-7d4e-8f90-1a2b3c4d5e6f"],
        "format": "csv",
        "columns": ["contact.key", "contact.email"],
    }
    ids: tuple[UUID, ...]
    format: ExportFormat = ExportFormat.CSV
    columns: tuple[str, ...] = EXPORTED
    safe: bool = True
    template: str | None = None
    at: datetime | None = None


@get(
    "/{segment_id:uuid}/export",
    opt=needs(Permission.MEMBERS_READ, unhurried=True),
    media_type="*/*",  # the format and the template say which
    sync_to_thread=True,
)
def export_segment(
    segment_id: SegmentId,
    asked: NamedDependency[Asked],
    format: Annotated[ExportFormat, QueryParameter(description="The form of the file.")] = ExportFormat.CSV,
    columns: Annotated[
        str,
        QueryParameter(max_length=10_000, description="Fields as rules name them, and `entered_at`, parted by commas."),
    ] = COLUMNS,
    safe: Annotated[
        bool, QueryParameter(description="Let no cell of a CSV file be run as a formula; false leaves all as it is.")
    ] = True,
    template: Annotated[
        str | None, QueryParameter(max_length=200, description="An export template, instead of a format and columns.")
    ] = None,
    at: At = None,
) -> Stream:
    """Write all members to a file, however many: now, or at a past instant.

    The file is finished before the first byte is sent: whoever gets it has it whole.
    """
    wanted = tuple(part.strip() for part in columns.split(",") if part.strip())
    file = TemporaryFile()  # noqa: SIM115 - closed when the last byte is sent
    try:
        with asked.application.bus.ports(asked.tenant, reading=True) as ports:
            written = write_members(ports, StartExport((segment_id,), format, wanted, safe, template, at), file)
    except BaseException:
        file.close()
        raise
    return Stream(_closing(file), headers=file_headers(written.name, written.media_type, file.tell()))


@post(
    "/{segment_id:uuid}/export",
    opt=needs(Permission.MEMBERS_READ),
    status_code=HTTP_202_ACCEPTED,
    sync_to_thread=True,
)
def start_export(
    segment_id: SegmentId,
    asked: NamedDependency[Asked],
    data: JSONBody[ExportBody | None] = None,
    idempotency_key: IdempotencyKey = None,
) -> Response[JobDetails]:
    """Let a worker write all members to a file, as a job: `Location` says where that is followed."""
    body = data or ExportBody()
    command = StartExport((segment_id,), body.format, body.columns, body.safe, body.template, body.at)
    return once(asked, idempotency_key, command, accepted(asked))


@post("/export", opt=needs(Permission.MEMBERS_READ), status_code=HTTP_202_ACCEPTED, sync_to_thread=True)
def start_exports(
    data: JSONBody[ExportsBody], asked: NamedDependency[Asked], idempotency_key: IdempotencyKey = None
) -> Response[JobDetails]:
    """Let a worker write the members of several segments, each to a file of one ZIP archive, as a job.

    All are as of one moment. `Location` says where the job is followed; it tells a link to the archive in the end.
    """
    command = StartExport(data.ids, data.format, data.columns, data.safe, data.template, data.at, packed=True)
    return once(asked, idempotency_key, command, accepted(asked))


def _closing(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        yield from pieces(file)


ROUTES: Sequence[HTTPRouteHandler] = (export_segment, start_export, start_exports)
