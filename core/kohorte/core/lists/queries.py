"""What one may read about stored lists."""

from collections.abc import Sequence

from attrs import frozen

from kohorte.core.lists.model import StoredList
from kohorte.core.ports.storage import UnitOfWork
from kohorte.core.segments.model import Segment


@frozen
class ShownList:
    """A list with its first entries, and the segments whose rules look things up in it."""

    stored: StoredList
    entries: Sequence[str]
    segments: Sequence[Segment]


def show_list(work: UnitOfWork, name: str, *, entries: int = 20) -> ShownList:
    """Return a list by name; raise ``NotFound``."""
    stored = work.lists.named(name)
    return ShownList(stored, work.lists.entries(stored.id, entries), segments_using(work, stored))


def segments_using(work: UnitOfWork, stored: StoredList) -> Sequence[Segment]:
    """Return the segments in use whose rules look things up in a list, by name."""
    return [segment for segment in work.segments.all() if stored.id in segment.reads]
