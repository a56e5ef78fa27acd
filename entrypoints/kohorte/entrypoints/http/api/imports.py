"""Imports: records of a kind from a file that is sent, and what became of earlier ones."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final

from attrs import frozen
from litestar import Request, Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency, Provide
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter, QueryParameter
from litestar.status_codes import HTTP_200_OK

from kohorte.adapters.files.exports import pieces
from kohorte.adapters.files.rejects import reject_file
from kohorte.adapters.files.sources import file_rows
from kohorte.core.access.permissions import Permission
from kohorte.core.errors import InvalidInput, NotFound
from kohorte.core.files.commands import KeepFile
from kohorte.core.files.model import READ_WITHIN
from kohorte.core.imports.bulk import SavedRecords, SaveRecords
from kohorte.core.imports.commands import ImportFile
from kohorte.core.imports.numbers import DecimalStyle, decimal_style
from kohorte.core.imports.queries import import_state
from kohorte.core.jobs.commands import StartImport
from kohorte.core.ports.records import RecordKind
from kohorte.core.ports.rows import RowSource
from kohorte.entrypoints.http.api.jobs import ACCEPTED, JobDetails, Prefer, accepted, is_preferred_later
from kohorte.entrypoints.http.asking import Asked, needs
from kohorte.entrypoints.http.cells import texts_of
from kohorte.entrypoints.http.described import FILE
from kohorte.entrypoints.http.idempotency import IdempotencyKey, once
from kohorte.entrypoints.http.received import received
from kohorte.entrypoints.views.imports import (
    ImportedView,
    ImportStateView,
    SavedRowsView,
    import_state_view,
    imported_view,
    saved_rows_view,
)

MOST_BYTES: Final = 200_000_000
"""Bytes of a file that is sent; larger ones are for the command line."""
MOST_REJECTS: Final = 1_000_000
"""Signs of the rejected rows that an answer holds."""


_SENT: Final = {
    "text/csv": "key,email\nC-17,ann@example.com\n",
    "application/x-ndjson": '{"key": "C-17", "email": "ann@example.com"}\n',
    "application/octet-stream": "key;email\nC-17;ann@example.com\n",
}

Kind = Annotated[str, PathParameter(description="contacts, customers, purchases, items or activities.")]


@frozen
class RowsBody:
    """Records of one kind, each an object of values by field."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"rows": [{"key": "C-17", "country": "DE"}]}
    rows: tuple[dict[str, Any], ...]


@frozen
class ReceivedImportView:
    """What became of a file that was sent.

    `rejected_rows` is CSV: what was wrong with each row, and the row itself, to be mended and sent again; there are
    more of them where `rejected_rows_are_cut`.
    """

    imported: ImportedView
    rejected_rows: str
    rejected_rows_are_cut: bool


@get("/", opt=needs(Permission.IMPORTS_RUN), sync_to_thread=True)
def read_imports(
    asked: NamedDependency[Asked],
    limit: Annotated[int, QueryParameter(ge=1, le=10_000, description="How many of the keys that rows wait for.")] = 20,
) -> ImportStateView:
    """Tell what became of the latest imports, and what waits for a parent."""
    return import_state_view(asked.read(lambda ports: import_state(ports, parents=limit)))


@frozen
class FileReading:
    """How a file is read; what is None is detected."""

    mapping: Mapping[str, str]
    format: str | None
    delimiter: str | None
    encoding: str | None
    decimals: DecimalStyle | None
    dry_run: bool


def how_to_read(
    format: Annotated[
        str | None, QueryParameter(max_length=20, description="csv or jsonl; detected without it.")
    ] = None,
    delimiter: Annotated[
        str | None, QueryParameter(max_length=20, description="The sign between cells, or its name.")
    ] = None,
    encoding: Annotated[
        str | None, QueryParameter(max_length=40, description="Such as utf-8; detected without it.")
    ] = None,
    decimals: Annotated[
        str | None,
        QueryParameter(max_length=20, description="How decimals are written: 1234.50, 1,234.50 or 1.234,50."),
    ] = None,
    dry_run: Annotated[bool, QueryParameter(description="Read and check everything, store nothing.")] = False,
    columns: Annotated[
        list[str] | None,
        QueryParameter(name="map", description="COLUMN=FIELD reads a column as a field; - leaves it out."),
    ] = None,
) -> FileReading:
    """Return how a request wants its file to be read; raise ``InvalidInput``."""
    mapping = dict(_pair(each) for each in columns or ())
    return FileReading(mapping, format, delimiter, encoding, decimal_style(decimals) if decimals else None, dry_run)


@post(
    "/{kind:str}",
    opt={**needs(Permission.IMPORTS_RUN, unhurried=True), FILE: _SENT},
    status_code=HTTP_200_OK,
    request_max_body_size=MOST_BYTES,
    dependencies={"reading": Provide(how_to_read, sync_to_thread=False)},
    responses=ACCEPTED,
)
async def import_records(
    request: Request[Any, Any, Any],
    kind: Kind,
    asked: NamedDependency[Asked],
    reading: NamedDependency[FileReading],
    name: Annotated[
        str, QueryParameter(max_length=200, description="The file's name, as lists of imports show it.")
    ] = "",
    prefer: Prefer = None,
) -> Response[ReceivedImportView]:
    """Import records from the body: a CSV or JSON Lines file as it is, packed with gzip, xz or not at all.

    A bad row never stops the rest. Sent again, the same file changes nothing.
    """
    wanted, take = _kind(kind), _import_later if is_preferred_later(prefer) else _import_now
    async with received(request.stream(), name) as path:
        response: Response[Any] = await sync_to_thread(take, asked, wanted, path, reading)
    return response


def _import_now(asked: Asked, kind: RecordKind, path: Path, reading: FileReading) -> Response[ReceivedImportView]:
    rejects = path.with_name(f"{path.name}.rejects.csv")
    with reject_file(rejects, asked.language, source=path) as sink:
        command = ImportFile(kind, _rows(path, reading), sink, reading.mapping, reading.decimals, reading.dry_run)
        imported = asked.run(command)
    text = _beginning(rejects) if imported.run.rejected else ""
    told = ReceivedImportView(imported_view(imported, None), text[:MOST_REJECTS], len(text) > MOST_REJECTS)
    return Response(told, status_code=HTTP_200_OK)


def _import_later(asked: Asked, kind: RecordKind, path: Path, reading: FileReading) -> Response[JobDetails]:
    _rows(path, reading)  # what is said of the file is looked at before it waits for a worker
    with path.open("rb") as file:
        kept = asked.run(KeepFile(path.name, pieces(file), READ_WITHIN, MOST_BYTES))
    command = StartImport(
        kind,
        kept.id,
        reading.mapping,
        reading.format,
        reading.delimiter,
        reading.encoding,
        reading.decimals,
        reading.dry_run,
    )
    return accepted(asked, preferred=True)(asked.run(command))


def _rows(path: Path, reading: FileReading) -> RowSource:
    return file_rows(path, format=reading.format, encoding=reading.encoding, delimiter=reading.delimiter)


@post("/{kind:str}/rows", opt=needs(Permission.CONTACTS_WRITE), status_code=HTTP_200_OK, sync_to_thread=True)
def save_rows(
    kind: Kind, data: JSONBody[RowsBody], asked: NamedDependency[Asked], idempotency_key: IdempotencyKey = None
) -> Response[SavedRowsView]:
    """Save up to 10,000 records at once; a bad row takes no good one with it.

    Each row is an object of values by field, its `key` among them; fields that it does not name stay.
    """
    wanted = _kind(kind)
    rows = [texts_of(row, f"/rows/{number}") for number, row in enumerate(data.rows)]

    def told(saved: SavedRecords) -> Response[SavedRowsView]:
        return Response(saved_rows_view(saved, asked.language), status_code=HTTP_200_OK)

    return once(asked, idempotency_key, SaveRecords(wanted, rows), told)


def _kind(name: str) -> RecordKind:
    try:
        return RecordKind(name)
    except ValueError:
        raise NotFound(
            'There are no records of the kind "{name}".',
            hint="Known are: {known}.",
            name=name[:40],
            known=", ".join(each.value for each in RecordKind),
        ) from None


def _pair(text: str) -> tuple[str, str]:
    column, sign, field = text.rpartition("=")
    if not sign or not column.strip() or not field.strip():
        raise InvalidInput('"{text}" does not map a column.', hint="Write it like Customer No=key.", text=text[:80])
    return column.strip(), field.strip()


def _beginning(path: Path) -> str:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return file.read(MOST_REJECTS + 1)


ROUTES: Sequence[HTTPRouteHandler] = (read_imports, import_records, save_rows)
