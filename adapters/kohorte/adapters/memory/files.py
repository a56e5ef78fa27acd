"""Files, in chunks."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from attrs import define, evolve

from kohorte.adapters.memory.state import KeptFile, Transaction
from kohorte.core.errors import NotFound
from kohorte.core.files.model import StoredFile


@define
class MemoryFiles:
    """The tenant's files."""

    _transaction: Transaction

    def begin(self, file_id: UUID, name: str, expires_at: datetime) -> None:
        """Begin a file."""
        self._transaction.written.files[file_id] = KeptFile(name, expires_at)

    def append(self, file_id: UUID, number: int, chunk: bytes) -> None:  # noqa: ARG002 - they come in order
        """Add a chunk."""
        files = self._transaction.written.files
        files[file_id] = evolve(files[file_id], chunks=(*files[file_id].chunks, chunk))

    def complete(self, file_id: UUID, size: int) -> None:
        """Let a file be found."""
        files = self._transaction.written.files
        files[file_id] = evolve(files[file_id], size=size)

    def by_id(self, file_id: UUID) -> StoredFile:
        """Return a file."""
        kept = self._transaction.seen.files.get(file_id)
        if kept is None or kept.size is None:
            raise _missing(file_id)
        return StoredFile(file_id, kept.name, kept.size, kept.expires_at)

    def chunk(self, file_id: UUID, number: int) -> bytes:
        """Return a chunk."""
        kept = self._transaction.seen.files.get(file_id)
        if kept is None or number >= len(kept.chunks):
            raise _missing(file_id)
        return kept.chunks[number]

    def remove(self, file_id: UUID) -> None:
        """Forget a file."""
        self._transaction.written.files.pop(file_id, None)

    def over(self, now: datetime, limit: int) -> Sequence[UUID]:
        """Return files whose time is over, the longest over first."""
        kept = self._transaction.seen.files
        over = [each for each in kept if kept[each].expires_at <= now]
        return sorted(over, key=lambda each: (kept[each].expires_at, each))[:limit]


def _missing(file_id: UUID) -> NotFound:
    return NotFound("There is no file {id}.", hint="It may have been forgotten.", id=file_id)
