"""Reject files: what was not taken, why, and the row itself, so that it can be mended and imported again.

The first five columns say what is wrong; the row's own columns follow (one column ``json`` for JSON Lines). Readable
by the owner alone. No cell is a formula to a spreadsheet: those that would be begin with an apostrophe, which reading
the file again takes away.
"""

import csv
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, Literal

from attrs import define, frozen

from kohorte.adapters.files.csv_rows import CsvRows
from kohorte.adapters.files.json_rows import row_decoder, row_of_json
from kohorte.core.errors import InvalidInput, Translate, as_written
from kohorte.core.ports.rows import Reject, Row

_COLUMNS: Final = ("line", "column", "value", "problem", "advice")
_BEGINNING: Final = ",".join(_COLUMNS).encode()
_JSON: Final = "json"
_BETWEEN: Final = " | "
_SHOWN: Final = 200
_FORMULA: Final = re.compile(r"\s*[=+\-@'＝＋－＠]|[\t\r\n]")
_NO_TEXT: Final = re.compile("[\ud800-\udfff]")
_SUBSTITUTE: Final = "\x1a"
"""Stands for what is no text; no field takes it, so that such a row is never taken unmended."""


def reject_path(path: Path | None) -> Path:
    """Return where the rejected rows of a file go; those of standard input go into the working directory."""
    return Path(f"{path}.rejects.csv") if path else Path("stdin.rejects.csv")


@contextmanager
def reject_file(path: Path, translate: Translate = as_written, *, source: Path | None = None) -> "Iterator[RejectFile]":
    """Open a reject file in the place of that of an earlier run; it vanishes where nothing is rejected.

    Raise ``InvalidInput`` where it cannot be made, or would replace the ``source`` of the rows or any file that is no
    reject file: before anything is imported.
    """
    _refuse_to_replace(path, source)
    with _created(path) as file:
        rejects = RejectFile(path, file, translate)
        try:
            yield rejects
        finally:
            if not rejects.count:
                path.unlink(missing_ok=True)


@define
class RejectFile:
    """Where an import's rejected rows go; every row is written at once."""

    path: Path
    _file: IO[str]
    _translate: Translate
    count: int = 0
    _columns: tuple[str, ...] | None = None

    def begin(self, columns: tuple[str, ...] | None) -> None:
        """Note the columns of the rows."""
        self._columns = columns

    def add(self, reject: Reject) -> None:
        """Write a row, and the header before the first."""
        if not self.count:
            self._write((*_COLUMNS, *(self._columns or (_JSON,))))
        self.count += 1
        cells = (reject.row.text,) if self._columns is None else tuple(map(str, reject.row.cells))
        self._write((*self._reasons(reject), *cells))

    def _reasons(self, reject: Reject) -> tuple[str, ...]:
        columns, values, errors = zip(*reject.problems, strict=True)
        return (
            str(reject.row.line),
            _BETWEEN.join(columns),
            _BETWEEN.join(_shown(value) for value in values),
            _BETWEEN.join(error.text(self._translate) for error in errors),
            _BETWEEN.join(error.advice(self._translate) for error in errors),
        )

    def _write(self, cells: Sequence[str]) -> None:
        safe = [_safe(cell) for cell in cells]
        # Readers skip blanks after a delimiter, unless they stand in quotation marks.
        quoting: Literal[0, 1] = csv.QUOTE_ALL if any(cell.startswith(" ") for cell in safe) else csv.QUOTE_MINIMAL
        csv.writer(self._file, quoting=quoting).writerow(safe)


def is_reject_file(rows: CsvRows) -> bool:
    """Return whether a file begins with the columns of a reject file."""
    return rows.columns[: len(_COLUMNS)] == _COLUMNS


@frozen
class RejectedRows:
    """The rows of a mended reject file, as they stood in their first file."""

    _rows: CsvRows

    @property
    def columns(self) -> tuple[str, ...] | None:
        """Return the columns of the first file."""
        own = self._rows.columns[len(_COLUMNS) :]
        return None if own == (_JSON,) else own

    @property
    def reading(self) -> Mapping[str, str]:
        """Return how the file is read."""
        return self._rows.reading

    @property
    def total_bytes(self) -> int | None:
        """Return the size of the file."""
        return self._rows.total_bytes

    def bytes_read(self) -> int:
        """Return how far the reader has come."""
        return self._rows.bytes_read()

    def characters_read(self) -> int:
        """Return how many characters the rows so far have had."""
        return self._rows.characters_read()

    def __iter__(self) -> Iterator[Row]:
        """Yield every row without the reasons."""
        columns, decode = self.columns, row_decoder()
        for row in self._rows:
            cells = [_unsafe(str(cell)) for cell in row.cells[len(_COLUMNS) :]]
            if columns is not None:
                yield row._replace(columns=columns, cells=cells)
            else:
                yield row if row.problem else row_of_json(row.line, cells[0], decode)


def _refuse_to_replace(path: Path, source: Path | None) -> None:
    if path.is_symlink() or not path.is_file():
        return  # a link is removed, and not what it leads to
    with path.open("rb") as file:
        beginning = file.read(len(_BEGINNING))
    is_source = source is not None and source.exists() and path.samefile(source)
    if is_source or (beginning and beginning != _BEGINNING):
        raise InvalidInput(
            'The file for rejected rows, "{path}", would replace a file that is none of an earlier import.',
            hint="Name another place for it, or move that file away.",
            path=path,
        )


def _created(path: Path) -> IO[str]:
    try:
        path.unlink(missing_ok=True)
        # O_EXCL follows no link and takes no file that somebody else put there meanwhile.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as refused:
        raise InvalidInput(
            'The file for rejected rows, "{path}", cannot be made: {reason}.',
            hint="Name another place for it, or make room there.",
            path=path,
            reason=refused.strerror or "unknown reason",
        ) from refused
    return os.fdopen(descriptor, "w", encoding="utf-8", newline="")


def _shown(value: str) -> str:
    shown = value if len(value) <= _SHOWN else value[: _SHOWN - 1] + "…"
    return _NO_TEXT.sub(lambda found: f"\\x{ord(found[0]) & 0xFF:02x}", shown)


def _safe(cell: str) -> str:
    cell = _NO_TEXT.sub(_SUBSTITUTE, cell)
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _unsafe(cell: str) -> str:
    return cell.removeprefix("'")
