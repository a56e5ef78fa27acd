"""A stored list: e-mail addresses, keys or codes that rules look up with ``in list``."""

from datetime import datetime
from uuid import UUID

from attrs import frozen


@frozen
class StoredList:
    """A named set of texts of any size. Text fields compare with it folded, code fields exactly."""

    id: UUID
    name: str
    created_at: datetime
    size: int = 0
