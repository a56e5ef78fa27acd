"""Files in chunks, each a row: whoever keeps or reads one holds a single chunk in memory."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from attrs import frozen
from sqlalchemy import ColumnElement, Table, delete, insert, select, update

from kohorte.adapters.storage.schema import file_chunks, files
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.errors import NotFound
from kohorte.core.files.model import StoredFile
from kohorte.core.values import from_micros, to_micros


@frozen
class StorageFiles:
    """The tenant's files."""

    transaction: Transaction

    def begin(self, file_id: UUID, name: str, expires_at: datetime) -> None:
        """Begin a file."""
        row = {"file_id": file_id, "name": name, "expires_at": to_micros(expires_at)}
        self.transaction.connection.execute(insert(files).values(tenant_id=self.transaction.tenant.id, **row))

    def append(self, file_id: UUID, number: int, chunk: bytes) -> None:
        """Add a chunk to a file that is not complete."""
        row = {"tenant_id": self.transaction.tenant.id, "file_id": file_id, "number": number, "bytes": chunk}
        self.transaction.connection.execute(insert(file_chunks).values(row))

    def complete(self, file_id: UUID, size: int) -> None:
        """Let a file be found."""
        self.transaction.connection.execute(update(files).where(*self._of(files, file_id)).values(size=size))

    def by_id(self, file_id: UUID) -> StoredFile:
        """Return a file; raise ``NotFound`` where there is none, or it is not complete."""
        found = select(files).where(*self._of(files, file_id), files.c.size.is_not(None))
        row = self.transaction.connection.execute(found).one_or_none()
        if row is None:
            raise _missing(file_id)
        return StoredFile(row.file_id, row.name, row.size, from_micros(row.expires_at))

    def chunk(self, file_id: UUID, number: int) -> bytes:
        """Return a chunk; raise ``NotFound``."""
        found = select(file_chunks.c.bytes).where(*self._of(file_chunks, file_id), file_chunks.c.number == number)
        chunk: bytes | None = self.transaction.connection.scalar(found)
        if chunk is None:
            raise _missing(file_id)
        return chunk

    def remove(self, file_id: UUID) -> None:
        """Forget a file with its chunks."""
        for table in (file_chunks, files):
            self.transaction.connection.execute(delete(table).where(*self._of(table, file_id)))

    def over(self, now: datetime, limit: int) -> Sequence[UUID]:
        """Return files whose time is over, complete or not, the longest over first."""
        over = select(files.c.file_id).where(self.transaction.own(files), files.c.expires_at <= to_micros(now))
        first = over.order_by(files.c.expires_at, files.c.file_id).limit(limit)
        return self.transaction.connection.scalars(first).all()

    def _of(self, table: Table, file_id: UUID) -> tuple[ColumnElement[bool], ...]:
        return self.transaction.own(table), table.c.file_id == file_id


def _missing(file_id: UUID) -> NotFound:
    return NotFound("There is no file {id}.", hint="It may have been forgotten.", id=file_id)
