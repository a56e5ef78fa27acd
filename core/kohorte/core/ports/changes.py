"""What has changed since members were brought up to date: recorded with each change, whoever makes it."""

from typing import Protocol
from uuid import UUID

from attrs import field, frozen


@frozen
class Changed:
    """What changed: contacts, in what rules may read of them, and stored lists; or so much that all contacts may have.

    ``moved`` are segments that so many contacts entered or left that nobody is named. ``marks`` tells what ``forget``
    forgets.
    """

    contacts: frozenset[UUID] = frozenset()
    lists: frozenset[UUID] = frozenset()
    everybody: bool = False
    moved: frozenset[UUID] = frozenset()
    marks: tuple[UUID, ...] = field(default=(), converter=tuple[UUID, ...])


class Changes(Protocol):
    """What has changed and was not dealt with yet.

    A contact has changed where it was saved, or anything that belongs to it: its customer, a purchase, an item, an
    activity; and where it entered or left a segment of which not its rule alone decides, and whose members other rules
    may ask for: these contacts are named, or the segment is. A change is recorded in the transaction that makes it, so
    that there is none without the other. Contacts that did not change may be among them.
    """

    def read(self, limit: int) -> Changed:
        """Return changes, the oldest first: of so many contacts at most."""
        ...

    def forget(self, changed: Changed) -> bool:
        """Forget changes that were dealt with; what was recorded since stays.

        Return False where somebody else has forgotten some of them before; who is about to is waited for.
        """
        ...
