"""Rows of a file or another outside source: read once from start to end, bad ones told apart, never raised."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from attrs import frozen

from kohorte.core.errors import KohorteError

Cell = str | tuple[str, ...]
"""What a cell holds: text, a ``Number``, or several texts (tags). Empty text means that the value is cleared."""


class Number(str):
    """A number that the format itself marks as one (JSON): digits with a decimal point, whatever the file's style."""

    __slots__ = ()


class Row(NamedTuple):
    """A row: the line it begins in (from 1), its columns and cells in the same order.

    A row that cannot be read has a ``problem``, the cells that were understood, and its ``text``, which rows that name
    their own columns always have.
    """

    line: int
    columns: tuple[str, ...]
    cells: Sequence[Cell]
    problem: KohorteError | None = None
    text: str = ""


class OpenRows(Protocol):
    """An open source. Bytes that are not text in the source's encoding arrive as the marks U+DC80 to U+DCFF."""

    @property
    def columns(self) -> tuple[str, ...] | None:
        """Return the header as it is written, or None where every row names its own columns."""
        ...

    @property
    def reading(self) -> Mapping[str, str]:
        """Return how the source is read, given or detected: format, encoding, delimiter."""
        ...

    @property
    def total_bytes(self) -> int | None:
        """Return the size, or None where nobody knows it (a pipe)."""
        ...

    def bytes_read(self) -> int:
        """Return how far the reader has come, in the bytes that ``total_bytes`` counts."""
        ...

    def characters_read(self) -> int:
        """Return how many characters the rows so far have had, by which batches are kept small."""
        ...

    def __iter__(self) -> Iterator[Row]:
        """Yield every row once, in order, with flat memory; a row that cannot be read never spoils the next one.

        Raise ``InvalidInput`` where the source itself ends early (a broken compressed file, a failing disk).
        """
        ...


class RowSource(Protocol):
    """Where rows come from."""

    @property
    def name(self) -> str:
        """Return the name that reports show: a file's name without its folder."""
        ...

    def open(self) -> AbstractContextManager[OpenRows]:
        """Open it; raise ``InvalidInput`` where it is missing, no text, or without a header that can be read."""
        ...


@frozen
class Reject:
    """A row that was not taken, and each reason: the column (empty for the whole row), the value, the problem."""

    row: Row
    problems: Sequence[tuple[str, str, KohorteError]]


class RejectSink(Protocol):
    """Where rejected rows go, so that they can be mended and read again."""

    def begin(self, columns: tuple[str, ...] | None) -> None:
        """Say which columns the rows have (None: each its own), once, before the first is added."""
        ...

    def add(self, reject: Reject) -> None:
        """Keep a rejected row; nothing of it stays in memory."""
        ...


@frozen
class Progress:
    """How far an import has come."""

    rows: int
    rejected: int
    bytes_read: int
    total_bytes: int | None
