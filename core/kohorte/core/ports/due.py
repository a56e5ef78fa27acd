"""When time alone may next change who belongs to a segment: kept for a while ahead, and dealt with at its instant."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, Protocol
from uuid import UUID

from attrs import frozen

from kohorte.core.ports.rules import CheckedRule
from kohorte.core.segments.model import Segment

FOREVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""Until when bounds are kept of a segment whose rule no time changes: there are none."""


@frozen
class WhoIsDue:
    """The contacts of a segment whose bound is not later than an instant, the longest due first: ``limit`` at most."""

    limit: int


class Due(Protocol):
    """Bounds: for a contact and a segment the instant before which time alone changes nothing about them.

    It is the earliest before which the segment's rule, and the one by which members leave, may answer otherwise, or at
    which the minimum stay of a member ends.

    They are kept of all contacts, members or not, whose bound lies before the instant until which the segment is
    filled. A calculation of all contacts forgets them (``Audiences.calculate``), and so does whatever changes the
    meaning of the rule; one of some contacts finds theirs anew. Only active segments count here, and none that is
    stale: all of its members will be calculated anyway.
    """

    def unfilled(self, until: datetime) -> Sequence[UUID]:
        """Return the segments of which bounds are not kept until an instant, those that end first at the beginning."""
        ...

    def fill(self, segment: Segment, rule: CheckedRule, until: datetime, *, leave: CheckedRule | None = None) -> int:
        """Keep the bounds of a segment until an instant; return how many were added.

        They go on from where the last filling ended, or from the calculation of all contacts: no bound between is lost,
        however long ago that was. The caller holds the segment (``Segments.lock``).
        """
        ...

    def segments(self, now: datetime) -> Sequence[UUID]:
        """Return the segments in which a bound is not later than ``now``, the longest due first."""
        ...

    def next_at(self) -> datetime | None:
        """Return the earliest bound of all; None where there is none."""
        ...
