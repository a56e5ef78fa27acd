"""Members as a file of any form."""

from collections.abc import Iterable, Iterator, Sequence
from io import TextIOWrapper
from typing import IO, Final

from kohorte.adapters.files.members import write_csv, write_json, write_json_lines
from kohorte.core.exports.formats import ExportFormat

_PIECE: Final = 64 * 1024

Rows = Iterable[Sequence[object]]


def write_file(form: ExportFormat, file: IO[bytes], columns: Sequence[str], rows: Rows, *, safe: bool = True) -> int:
    """Write members to a file, which stays open; return how many. ``safe`` disarms formulas in CSV."""
    if form is ExportFormat.XLSX:
        from kohorte.adapters.files.workbooks import write_workbook  # noqa: PLC0415 - slow to read, and seldom asked for

        return write_workbook(file, columns, rows)
    text = TextIOWrapper(file, encoding="utf-8", newline="")
    try:
        return write_text(form, text, columns, rows, safe=safe)
    finally:
        text.detach()


def write_text(form: ExportFormat, stream: IO[str], columns: Sequence[str], rows: Rows, *, safe: bool = True) -> int:
    """Write members as text; return how many. A workbook is none."""
    match form:
        case ExportFormat.CSV:
            return write_csv(stream, columns, rows, safe=safe)
        case ExportFormat.JSON:
            return write_json(stream, columns, rows)
        case ExportFormat.JSONL:
            return write_json_lines(stream, columns, rows)
        case ExportFormat.XLSX:
            raise ValueError(form)


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the bytes of an open file from its beginning, with flat memory."""
    file.seek(0)
    while piece := file.read(_PIECE):
        yield piece
