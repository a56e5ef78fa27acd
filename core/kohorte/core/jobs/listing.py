"""Lists of jobs, page by page."""

from typing import Final
from uuid import UUID

from attrs import frozen

from kohorte.core.paging import Place, refuse_limit

NEWEST: Final = "newest"
"""What pages are sorted by (``Place.order``): ids, the newest first."""


@frozen
class ListJobs:
    """Ask for a page of jobs, the newest first."""

    after: Place | None = None
    limit: int = 50

    def cleaned(self) -> "ListJobs":
        """Return it as storages are asked; raise ``InvalidInput`` for what is no page."""
        refuse_limit(self.limit)
        if self.after is not None:
            self.after.refuse_outside(NEWEST, texts=False)
        return self


def place_of(run_id: UUID) -> Place:
    """Return the place behind a job."""
    return Place(NEWEST, None, run_id)
