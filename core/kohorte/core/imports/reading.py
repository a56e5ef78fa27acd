"""Reading ahead: while one batch is written, the next is read and parsed."""

import gc
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

from attrs import frozen

from kohorte.core.imports.layout import Layout
from kohorte.core.imports.parsing import Parsed
from kohorte.core.ports.rows import OpenRows, Reject, Row

BATCH_CHARACTERS: Final = 32 * 1024 * 1024
"""A batch ends where its rows have so many characters, so that memory stays flat whatever cells hold."""


@frozen
class ParsedBatch:
    """A batch that can be written: how many rows it had, their values, the rejected ones, how far the file was read."""

    rows: int
    parts: Sequence[Parsed]
    rejects: Sequence[Reject]
    bytes_read: int


def in_batches(rows: OpenRows, most: int) -> Iterator[list[Row]]:
    """Yield rows in batches, none of which is larger than memory can bear."""
    batch: list[Row] = []
    begun = rows.characters_read()
    for row in rows:
        batch.append(row)
        if len(batch) >= most or rows.characters_read() - begun >= BATCH_CHARACTERS:
            yield batch
            batch, begun = [], rows.characters_read()
    if batch:
        yield batch


@contextmanager
def parsed_ahead(
    first: list[Row], rest: Iterator[list[Row]], layout: Layout, rows: OpenRows
) -> Generator[Iterator[ParsedBatch]]:
    """Yield the parsed batches in their order, each when it is wanted; the one after it is made meanwhile.

    A batch makes a million objects that die together: looking for cyclic garbage among them while they grow would take
    a fifth of an import's time and find none, so it is looked for when a batch is done with.
    """
    waiting = [first]

    def following() -> ParsedBatch | None:
        batch = waiting.pop() if waiting else next(rest, None)
        return None if batch is None else ParsedBatch(len(batch), *layout.parse(batch), rows.bytes_read())

    enabled = gc.isenabled()
    gc.disable()
    try:
        with ThreadPoolExecutor(1, "kohorte-import") as reader:
            yield _in_turn(reader, following)
    finally:
        if enabled:
            gc.enable()


def _in_turn(reader: ThreadPoolExecutor, following: Callable[[], ParsedBatch | None]) -> Iterator[ParsedBatch]:
    coming = reader.submit(following)
    while (batch := coming.result()) is not None:
        coming = reader.submit(following)
        yield batch
        del batch
        gc.collect(1)
