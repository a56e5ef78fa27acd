"""A file in the tenant's storage: kept for a while, wherever it was sent to and wherever it is fetched from."""

import re
import unicodedata
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from attrs import frozen

from kohorte.core.errors import InvalidInput

CHUNK: Final = 1024 * 1024
"""Bytes that are kept together: so much of a file is in memory at a time."""

LARGEST: Final = 1024 * CHUNK
"""Bytes of the largest file."""

FETCHED_WITHIN: Final = timedelta(hours=24)
"""For so long a file is kept that Kohorte wrote for somebody to fetch."""

READ_WITHIN: Final = timedelta(days=7)
"""For so long a file is kept that somebody sent to be read: it is forgotten once it was."""

_UNUSUAL: Final = re.compile(r"[^\w.\- ]")
_LONGEST_NAME: Final = 100


class FileTooLarge(InvalidInput):
    """A file has more bytes than are kept."""

    code = "file_too_large"


@frozen
class StoredFile:
    """A file that is there whole, and forgotten from an instant on; ``size`` counts bytes."""

    id: UUID
    name: str
    size: int
    expires_at: datetime

    @property
    def chunks(self) -> int:
        """Return in how many parts it is kept: all but the last have ``CHUNK`` bytes."""
        return -(-self.size // CHUNK)


def file_name(name: str) -> str:
    """Return a name (NFC) that a file can have on any system, with the same ending; ``file`` where nothing is left."""
    usual = _UNUSUAL.sub("_", unicodedata.normalize("NFC", name))
    return usual[-_LONGEST_NAME:].lstrip(". ").rstrip() or "file"
