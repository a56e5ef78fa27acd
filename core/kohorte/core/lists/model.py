"""A stored list: e-mail addresses, keys or codes that rules look up with ``in list``."""

from datetime import datetime
from uuid import UUID

from attrs import frozen

from kohorte.core.errors import InvalidValue, naming
from kohorte.core.values import clean_text


@frozen
class StoredList:
    """A named set of texts of any size. Text fields compare with it folded, code fields exactly."""

    id: UUID
    name: str
    created_at: datetime
    size: int = 0


@naming("name")
def list_name(name: str) -> str:
    """Return a cleaned name; raise ``InvalidValue`` for an empty or overlong one."""
    cleaned = clean_text(name, limit=120)
    if cleaned is None:
        raise InvalidValue("A list needs a name.", hint='Give it one, such as "vip".')
    return cleaned
