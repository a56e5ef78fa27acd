"""Files and standard input as sources of rows: CSV or JSON Lines, packed with gzip, xz or not at all."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from attrs import frozen

from kohorte.adapters.files.csv_rows import CsvRows
from kohorte.adapters.files.json_rows import JsonRows
from kohorte.adapters.files.rejects import RejectedRows, is_reject_file
from kohorte.adapters.files.text import OpenText, open_text
from kohorte.core.errors import InvalidInput
from kohorte.core.ports.rows import OpenRows

STANDARD_INPUT: Final = "-"
_PACKED: Final = frozenset({".gz", ".xz"})
_FORMATS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("csv", "tsv", "tab", "txt"), "csv"),
    **dict.fromkeys(("jsonl", "ndjson", "json"), "jsonl"),
}


@frozen
class FileRows:
    """A file of rows (``path`` None: standard input); what is not given is detected.

    ``format`` is csv or jsonl, ``delimiter`` one sign or its name (tab, comma, semicolon, pipe).
    """

    path: Path | None
    format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None

    @property
    def name(self) -> str:
        """Return the file's name without its folder."""
        return self.path.name if self.path else "stdin"

    @contextmanager
    def open(self) -> Iterator[OpenRows]:
        """Open it and read the header; raise ``InvalidInput`` where it cannot be read as rows."""
        with open_text(self.path, self.encoding) as text:
            if self._is_json(text):
                yield JsonRows.of(text)
            else:
                rows = CsvRows.of(text, self.delimiter)
                yield RejectedRows(rows) if is_reject_file(rows) else rows

    def _is_json(self, text: OpenText) -> bool:
        return (self.format or self._format_by_name() or _format_by_look(text.head)) == "jsonl"

    def _format_by_name(self) -> str | None:
        if self.path is None:
            return None
        suffixes = [suffix.lower().lstrip(".") for suffix in self.path.suffixes if suffix.lower() not in _PACKED]
        return _FORMATS.get(suffixes[-1]) if suffixes else None


def file_rows(
    place: str | Path, *, format: str | None = None, encoding: str | None = None, delimiter: str | None = None
) -> FileRows:
    """Return the rows of a file, or of standard input for ``-``; raise ``InvalidInput`` for an unknown format."""
    known = _FORMATS.get(format.lower()) if format else None
    if format and not known:
        raise InvalidInput('"{format}" is not a format.', hint="Choose csv or jsonl.", format=format[:20])
    path = None if str(place) == STANDARD_INPUT else Path(place)
    return FileRows(path, known, encoding, delimiter)


def _format_by_look(head: str) -> str:
    return "jsonl" if head.lstrip("\ufeff \t\r\n")[:1] in {"{", "["} else "csv"
