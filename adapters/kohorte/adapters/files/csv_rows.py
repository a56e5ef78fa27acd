"""CSV: delimiter found, quotes checked strictly, so that one forgotten quote costs one row and not the rest."""

import csv
import io
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Final

from attrs import define, field

from kohorte.adapters.files.text import LONGEST_LINE, SHOWN, OpenText, too_long, until_broken
from kohorte.core.errors import InvalidInput, KohorteError
from kohorte.core.ports.rows import Cell, Row

DELIMITERS: Final = (",", ";", "\t", "|")
"""Those that are looked for, in this order where several would do."""
_NAMED: Final = {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "pipe": "|", "space": " "}
_NAMES: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe", " ": "space"}
_STATED: Final = re.compile(r"\ufeff?sep=(.)\r?\n", re.IGNORECASE)


def given_delimiter(text: str) -> str:
    """Return a delimiter that a user gave as a sign or by name; raise ``InvalidInput`` for anything else."""
    delimiter = _NAMED.get(text.lower(), text)
    if len(delimiter) != 1 or delimiter in '"\r\n' or delimiter.isalnum():
        raise InvalidInput(
            '"{text}" cannot stand between cells.', hint="Give one sign: , ; | or the word tab.", text=text[:20]
        )
    return delimiter


def detected_delimiter(head: str) -> str:
    """Return the delimiter by which most of the first lines have as many cells as the header."""
    stated = _STATED.match(head)
    if stated:
        return stated[1]
    lines = io.StringIO(head, newline="").readlines()[:200]
    return max(DELIMITERS, key=partial(_fit, lines[:-1] or lines))


def _fit(lines: list[str], delimiter: str) -> float:
    rows = []
    try:
        for row in csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True):
            rows.append(len(row))  # noqa: PERF401 - what was read before a fault counts
    except csv.Error:
        pass
    widths = [width for width in rows if width]
    if not widths or widths[0] < 2:
        return 0.0
    return (widths[0] - 1) * widths.count(widths[0]) / len(widths)


@define
class CsvRows:
    """The rows of a CSV file whose header has been read."""

    columns: tuple[str, ...]
    _file: OpenText
    _delimiter: str
    _pushed: deque[str] = field(factory=deque[str])
    _taken: list[str] = field(factory=list[str])
    _line: int = 0
    _characters: int = 0
    _cut: bool = False

    @classmethod
    def of(cls, file: OpenText, delimiter: str | None) -> "CsvRows":
        """Read the header; raise ``InvalidInput`` where there is none."""
        rows = cls((), file, given_delimiter(delimiter) if delimiter else detected_delimiter(file.head))
        if _STATED.match(file.head):
            file.text.readline()
            rows._line = 1
        for header in until_broken(rows._read()):
            if header.problem:
                raise InvalidInput(
                    "The line with the column names cannot be read: {problem}",
                    hint="The first line names the columns, such as key,email,city.",
                    problem=header.problem.text(),
                )
            rows.columns = _column_names(header.cells)
            return rows
        raise InvalidInput(
            "The file is empty.", hint="It needs a first line with the names of the columns, such as key,email,city."
        )

    @property
    def reading(self) -> Mapping[str, str]:
        """Return how the file is read."""
        return {
            "format": "CSV",
            "encoding": self._file.encoding,
            "delimiter": _NAMES.get(self._delimiter, self._delimiter),
        }

    @property
    def total_bytes(self) -> int | None:
        """Return the size of the file."""
        return self._file.total_bytes

    def bytes_read(self) -> int:
        """Return how far the reader has come."""
        return self._file.bytes_read()

    def characters_read(self) -> int:
        """Return how many characters the rows so far have had."""
        return self._characters

    def __iter__(self) -> Iterator[Row]:
        """Yield every row after the header; lines without any value are no rows."""
        return until_broken(self._read())

    def _read(self) -> Iterator[Row]:
        """Read records; at a broken one, take its first line as a bad row and begin again with the second."""
        ended = False
        while not ended:
            reader = csv.reader(
                self._lines(), delimiter=self._delimiter, skipinitialspace=self._delimiter != " ", strict=True
            )
            try:
                yield from self._records(reader)
                ended = True
            except csv.Error as fault:
                first = self._taken[0]
                self._pushed.extendleft(reversed(self._taken[1:]))
                self._taken.clear()
                self._line += 1
                self._cut = False
                problem = too_long() if isinstance(first, _Cut) else _unreadable(str(fault))
                yield Row(self._line, self.columns, (), problem, first[:SHOWN])

    def _records(self, reader: Iterator[list[str]]) -> Iterator[Row]:
        taken, columns, width = self._taken, self.columns, len(self.columns)
        for cells in reader:
            line = self._line + 1
            self._line += len(taken)
            first = taken[0]
            taken.clear()
            if self._cut:
                self._cut = False
                yield Row(line, columns, (), too_long(), first[:SHOWN])
            elif any(cells):
                yield Row(line, columns, cells) if len(cells) == width else self._odd(line, cells, first)

    def _odd(self, line: int, cells: list[str], text: str) -> Row:
        width = len(self.columns)
        if not width or (len(cells) > width and not any(cells[width:])):
            return Row(line, self.columns, cells[: width or None])
        return Row(line, self.columns, cells, _wrong_count(len(cells), width), text[:SHOWN])

    def _lines(self) -> Iterator[str]:
        """Yield physical lines, those pushed back first, and note which ones the reader has taken."""
        taken, pushed = self._taken, self._pushed
        while pushed:
            taken.append(pushed.popleft())
            self._cut = self._cut or isinstance(taken[-1], _Cut)
            yield taken[-1]
        for line in iter(partial(self._file.text.readline, LONGEST_LINE), ""):
            self._characters += len(line)
            taken.append(line if len(line) < LONGEST_LINE else self._cut_off(line))
            yield line

    def _cut_off(self, line: str) -> str:
        """Drop what a line has beyond the longest that is read."""
        rest = line
        while rest and rest[-1] not in "\r\n":
            rest = self._file.text.readline(LONGEST_LINE)
        if rest is line:
            return line
        self._cut = True
        return _Cut(line)


class _Cut(str):
    """A line that went on."""

    __slots__ = ()


def _column_names(cells: Sequence[Cell]) -> tuple[str, ...]:
    """Return the header without blanks around names, and without nameless columns at its end."""
    names = [str(cell).lstrip("\ufeff").strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    return tuple(names)


def _unreadable(fault: str) -> KohorteError:
    if "end of data" in fault:
        return InvalidInput(
            "A quote is opened and never closed.", hint='Close it, or write a quote inside a value twice: "".'
        )
    if "field limit" in fault:
        return InvalidInput(
            "A value is longer than {limit} characters, or its quote is never closed.",
            hint='Close the quote, or write a quote inside a value twice: "".',
            limit=csv.field_size_limit(),
        )
    return InvalidInput(
        "A quote stands where none may be.",
        hint='Write a quote inside a value twice, and quotes around it: "a ""b"".".',
    )


def _wrong_count(cells: int, columns: int) -> KohorteError:
    return InvalidInput(
        "The row has {cells} values for {columns} columns.",
        hint="Values that contain the delimiter stand in quotes; empty values keep their delimiters.",
        cells=cells,
        columns=columns,
    )
