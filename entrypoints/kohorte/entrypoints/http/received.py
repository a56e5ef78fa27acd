"""A file that comes with a request, on this machine's disk while it is read: nobody who serves others waits for it."""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from os import O_CREAT, O_EXCL, O_WRONLY
from os import open as open_descriptor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Final

from anyio import CancelScope
from litestar.concurrency import sync_to_thread

from kohorte.core.files.model import file_name

AT_ONCE: Final = 1024 * 1024
"""Bytes that are written together: so much of a file is in memory."""
_OWN: Final = 0o600


@asynccontextmanager
async def received(pieces: AsyncIterable[bytes], name: str) -> AsyncGenerator[Path]:
    """Yield where the pieces of a body lie as one file, which this user alone can read, until the block ends.

    It is removed whatever happens, together with all that the block puts beside it. Raise what the pieces raise: one
    who sends too much is refused as soon as it is too much.
    """
    folder = await sync_to_thread(TemporaryDirectory, prefix="kohorte-import-")
    try:
        path = Path(folder.name, file_name(name))
        await _write(pieces, path)
        yield path
    finally:
        with CancelScope(shield=True):  # the caller may have gone
            await sync_to_thread(folder.cleanup)


async def _write(pieces: AsyncIterable[bytes], path: Path) -> None:
    file: IO[bytes] = await sync_to_thread(_opened, path)
    try:
        async for chunk in _together(pieces):
            await sync_to_thread(file.write, chunk)
    finally:
        with CancelScope(shield=True):
            await sync_to_thread(file.close)


def _opened(path: Path) -> IO[bytes]:
    return open(open_descriptor(path, O_WRONLY | O_CREAT | O_EXCL, _OWN), "wb")  # noqa: PTH123 - the mode is given


async def _together(pieces: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Yield the same bytes in fewer pieces."""
    waiting = bytearray()
    async for piece in pieces:
        waiting += piece
        if len(waiting) >= AT_ONCE:
            yield bytes(waiting)
            waiting.clear()
    yield bytes(waiting)
