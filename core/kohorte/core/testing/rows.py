"""Rows that are given outright, and rejects that are kept: imports without files."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager

from attrs import define, field, frozen

from kohorte.core.errors import KohorteError
from kohorte.core.ports.rows import Cell, Reject, Row


@frozen
class GivenRows:
    """A source with a header and its rows, or (``columns`` None) with rows that name their own columns.

    A row that is an error is one that cannot be read. Raise ``breaks_with`` after the last row, where it is given.
    """

    columns: tuple[str, ...] | None
    rows: Sequence[Sequence[Cell] | Mapping[str, Cell] | KohorteError]
    name: str = "given"
    breaks_with: KohorteError | None = None

    @contextmanager
    def open(self) -> "Generator[OpenGivenRows]":
        """Open it."""
        yield OpenGivenRows(self)


@define
class OpenGivenRows:
    """Rows under way; each counts as one byte."""

    _given: GivenRows
    _read: int = 0

    @property
    def columns(self) -> tuple[str, ...] | None:
        """Return the header."""
        return self._given.columns

    @property
    def reading(self) -> Mapping[str, str]:
        """Return how they are read."""
        return {"format": "given"}

    @property
    def total_bytes(self) -> int | None:
        """Return the number of rows."""
        return len(self._given.rows)

    def bytes_read(self) -> int:
        """Return the number of rows read."""
        return self._read

    def characters_read(self) -> int:
        """Return the number of rows read."""
        return self._read

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows; the header is line 1 where there is one."""
        header = self._given.columns or ()
        for line, row in enumerate(self._given.rows, 1 if self._given.columns is None else 2):
            self._read += 1
            if isinstance(row, KohorteError):
                yield Row(line, header, (), row, "unreadable")
            elif isinstance(row, Mapping):
                yield Row(line, tuple(row), tuple(row.values()), None, str(dict(row)))
            else:
                yield Row(line, header, row)
        if self._given.breaks_with is not None:
            raise self._given.breaks_with


@define
class KeptRejects:
    """A sink that keeps what was rejected."""

    columns: tuple[str, ...] | None = None
    rejects: list[Reject] = field(factory=list[Reject])

    def begin(self, columns: tuple[str, ...] | None) -> None:
        """Note the columns."""
        self.columns = columns

    def add(self, reject: Reject) -> None:
        """Keep a row."""
        self.rejects.append(reject)

    @property
    def lines(self) -> Sequence[int]:
        """Return the lines that were rejected."""
        return [reject.row.line for reject in self.rejects]

    @property
    def faults(self) -> Sequence[tuple[int, str, str]]:
        """Return line, column and value of every fault."""
        return [(each.row.line, column, value) for each in self.rejects for column, value, _ in each.problems]
