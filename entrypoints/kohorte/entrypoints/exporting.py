"""Members of segments written to a file: in a usual form, or by a template; of several, as an archive."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from itertools import count as count_from
from pathlib import PurePath
from tempfile import TemporaryFile
from typing import IO, Any, Final
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from attrs import define, frozen

from kohorte.adapters.files.exports import pieces, write_file
from kohorte.core.bus import Ports
from kohorte.core.exports.formats import ExportFormat
from kohorte.core.exports.queries import write_export
from kohorte.core.files.model import file_name
from kohorte.core.jobs.commands import StartExport
from kohorte.core.segments.finding import find_segment
from kohorte.core.segments.queries import export_members

MEDIA_TYPES: Final = {
    ExportFormat.CSV: "text/csv; charset=utf-8; header=present",
    ExportFormat.JSON: "application/json",
    ExportFormat.JSONL: "application/x-ndjson",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
ARCHIVE: Final = "segments.zip"
ARCHIVE_TYPE: Final = "application/zip"


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

    Raise what ``start_export`` does before the first of a segment is written, and what a template raises while it is
    filled.
    """
    count = _Count(progress)
    if asked.is_archive:
        return _write_archive(ports, asked, file, count)
    (segment,) = asked.segments
    return _write_segment(ports, asked, segment, file, count)


def _write_archive(ports: Ports, asked: StartExport, file: IO[bytes], count: "_Count") -> ExportedFile:
    """Write a file for each segment into an archive: one at a time lies on the disk besides."""
    with ZipFile(file, "w") as archive:
        for segment in asked.segments:
            with TemporaryFile() as part:
                written = _write_segment(ports, asked, segment, part, count)
                with archive.open(_entry(written.name, archive, ports), "w", force_zip64=True) as entry:
                    entry.writelines(pieces(part))
    return ExportedFile(ARCHIVE, ARCHIVE_TYPE)


def _entry(name: str, archive: ZipFile, ports: Ports) -> ZipInfo:
    """Return a place of an archive under a name that no other has there, whatever the case of letters."""
    path, taken = PurePath(file_name(name)), {each.casefold() for each in archive.namelist()}
    names = chain([path.name], (f"{path.stem} ({number}){path.suffix}" for number in count_from(2)))
    free = next(each for each in names if each.casefold() not in taken)
    entry = ZipInfo(free, ports.clock.now().timetuple()[:6])
    entry.compress_type = ZIP_DEFLATED
    return entry


def _write_segment(ports: Ports, asked: StartExport, segment: UUID, file: IO[bytes], count: "_Count") -> ExportedFile:
    name = find_segment(ports.work, segment).name
    if asked.template is not None:
        written = write_export(ports, segment, asked.template, at=asked.at)
        file.writelines(text.encode() for text in count.each(written.texts))
        return ExportedFile(f"{name}.{written.template.extension}", written.template.media_type)
    rows = export_members(ports, segment, asked.columns, at=asked.at)
    write_file(asked.format, file, asked.columns, count.each(rows), safe=asked.safe)
    return ExportedFile(f"{name}.{asked.format.value}", MEDIA_TYPES[asked.format])


@define
class _Count:
    """How many members were written, of all segments."""

    progress: Callable[[int], None]
    done: int = 0

    def each(self, parts: Iterable[Any]) -> Iterator[Any]:
        for part in parts:
            self.progress(self.done)
            yield part
            self.done += 1
