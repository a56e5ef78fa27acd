"""Finding the segment that is meant: people name it, programs know its id."""

from uuid import UUID

from kohorte.core.ports.storage import UnitOfWork
from kohorte.core.segments.model import Segment


def find_segment(work: UnitOfWork, segment: str | UUID) -> Segment:
    """Return a segment by its name or its id (see ``Segments``); raise ``NotFound``."""
    return work.segments.by_id(segment) if isinstance(segment, UUID) else work.segments.by_name(segment)
