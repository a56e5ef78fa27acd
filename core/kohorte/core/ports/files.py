"""Files kept in the tenant's storage, in chunks: many processes on many machines see the same ones."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from kohorte.core.files.model import StoredFile


class Files(Protocol):
    """The tenant's files. One is found once it is complete, until it is removed.

    Whoever keeps one appends its chunks in order, from the number 0 on; a file that nobody completed is over in its
    time like any other. Neither a chunk nor a name ever changes.
    """

    def begin(self, file_id: UUID, name: str, expires_at: datetime) -> None:
        """Begin a file."""
        ...

    def append(self, file_id: UUID, number: int, chunk: bytes) -> None:
        """Add the chunk of a number to a file that is not complete."""
        ...

    def complete(self, file_id: UUID, size: int) -> None:
        """Let a file be found: all of its chunks are there, with so many bytes together."""
        ...

    def by_id(self, file_id: UUID) -> StoredFile:
        """Return a file; raise ``NotFound`` where there is none, or it is not complete."""
        ...

    def chunk(self, file_id: UUID, number: int) -> bytes:
        """Return a chunk; raise ``NotFound``."""
        ...

    def remove(self, file_id: UUID) -> None:
        """Forget a file with its chunks; do nothing where there is none."""
        ...

    def over(self, now: datetime, limit: int) -> Sequence[UUID]:
        """Return files whose time is over, complete or not, the longest over first."""
        ...
