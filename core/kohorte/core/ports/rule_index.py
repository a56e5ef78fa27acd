"""The rules of many segments, asked together of one contact: what one costs hangs little on how many there are."""

from typing import Protocol
from uuid import UUID

from kohorte.core.ports.rules import CheckedRule


class RuleIndex(Protocol):
    """The rules of segments, each segment by its id.

    What it answers is what the rules answer one by one. Storages know more about it, as they do about checked rules,
    and ask it (``Audiences.differences``). It holds no contacts and no members. Rules come and go one by one: one that
    refers to segments with rules of their own is put in again when those change. Not for several threads at once.
    """

    def put(self, segment_id: UUID, enter: CheckedRule, leave: CheckedRule | None = None) -> None:
        """Take the rule by which contacts enter a segment, and the one by which members leave, for any before.

        Neither may read stored lists, as rules that they refer to may not.
        """
        ...

    def drop(self, segment_id: UUID) -> None:
        """Forget the rules of a segment, if there are any."""
        ...

    def __contains__(self, segment_id: object) -> bool:
        """Tell whether there are rules of a segment."""
        ...

    def __len__(self) -> int:
        """Return the number of segments."""
        ...
