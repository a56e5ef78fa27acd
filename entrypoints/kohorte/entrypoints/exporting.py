"""Members of a segment written to a file: in a usual form, or by a template."""

from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any, Final

from attrs import frozen

from kohorte.adapters.files.exports import write_file
from kohorte.core.bus import Ports
from kohorte.core.exports.formats import ExportFormat
from kohorte.core.exports.queries import write_export
from kohorte.core.jobs.commands import StartExport
from kohorte.core.segments.finding import find_segment
from kohorte.core.segments.queries import export_members

MEDIA_TYPES: Final = {
    ExportFormat.CSV: "text/csv; charset=utf-8; header=present",
    ExportFormat.JSON: "application/json",
    ExportFormat.JSONL: "application/x-ndjson",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@frozen
class ExportedFile:
    """What an export is called, and what it is."""

    name: str
    media_type: str


def _tell_nobody(_done: int) -> None:
    """Take a progress report and drop it."""


def write_members(
    ports: Ports, asked: StartExport, file: IO[bytes], progress: Callable[[int], None] = _tell_nobody
) -> ExportedFile:
    """Write members to an open file, with flat memory; ``progress`` is told before each how many there were.

    Raise what ``start_export`` does before the first is written, and what a template raises while it is filled.
    """
    name = find_segment(ports.work, asked.segment).name
    if asked.template is not None:
        written = write_export(ports, asked.segment, asked.template, at=asked.at)
        file.writelines(text.encode() for text in _counted(written.texts, progress))
        return ExportedFile(f"{name}.{written.template.extension}", written.template.media_type)
    rows = export_members(ports, asked.segment, asked.columns, at=asked.at)
    write_file(asked.format, file, asked.columns, _counted(rows, progress), safe=asked.safe)
    return ExportedFile(f"{name}.{asked.format.value}", MEDIA_TYPES[asked.format])


def _counted(parts: Iterable[Any], progress: Callable[[int], None]) -> Iterator[Any]:
    for done, part in enumerate(parts):
        progress(done)
        yield part
