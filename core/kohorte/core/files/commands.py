"""What one may ask for about files: keep one, and forget those that nobody is to read any more."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from attrs import frozen

from kohorte.core.bus import Ports
from kohorte.core.files.model import CHUNK, LARGEST, FileTooLarge, StoredFile, file_name
from kohorte.core.messages import Command

AT_ONCE: Final = 10
"""So many files are forgotten in one transaction."""


@frozen
class KeepFile(Command[StoredFile]):
    """Keep a file for a while; its bytes come in pieces of any size, and are read once, with flat memory."""

    name: str
    pieces: Iterable[bytes]
    lasts: timedelta
    most: int = LARGEST


@frozen
class ForgetFiles(Command[int]):
    """Forget all files whose time is over; return how many there were."""


def keep_file(command: KeepFile, ports: Ports) -> StoredFile:
    """Keep a file, each chunk in a transaction of its own; nobody finds it before it is whole.

    Raise ``FileTooLarge`` where it has more than ``most`` bytes, and whatever the pieces raise: nothing is kept then.
    """
    expires_at = ports.clock.now() + command.lasts
    file_id, name = ports.ids.new(), file_name(command.name)
    ports.work.files.begin(file_id, name, expires_at)
    ports.work.commit()
    try:
        size = _keep(file_id, command, ports)
    except BaseException:
        ports.work.rollback()
        ports.work.files.remove(file_id)
        ports.work.commit()
        raise
    return StoredFile(file_id, name, size, expires_at)


def forget_files(_command: ForgetFiles, ports: Ports) -> int:
    """Forget files, some at a time."""
    now: datetime = ports.clock.now()
    count = 0
    while over := ports.work.files.over(now, AT_ONCE):
        for file_id in over:
            ports.work.files.remove(file_id)
        ports.work.commit()
        count += len(over)
    return count


def _keep(file_id: UUID, command: KeepFile, ports: Ports) -> int:
    size = 0
    for number, chunk in enumerate(_chunks(command.pieces)):
        size += len(chunk)
        if size > command.most:
            raise FileTooLarge(
                "The file has more than {most} bytes.", hint="Write fewer columns, or part it.", most=command.most
            )
        ports.work.files.append(file_id, number, chunk)
        ports.work.commit()  # nobody waits while the next piece is made
    ports.work.files.complete(file_id, size)
    ports.work.commit()
    return size


def _chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in chunks."""
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        while len(waiting) >= CHUNK:
            yield bytes(waiting[:CHUNK])
            del waiting[:CHUNK]
    if waiting:
        yield bytes(waiting)
