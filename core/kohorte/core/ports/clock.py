"""Time and identity come from outside, so that tests and simulations own them."""

from datetime import datetime
from typing import Protocol
from uuid import UUID


class Clock(Protocol):
    """Tell the time."""

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC, with microseconds; it never moves back within a process."""
        ...


class Ids(Protocol):
    """Make identifiers."""

    def new(self) -> UUID:
        """Return a UUIDv7 (RFC 9562) that was never returned before; later ones sort after earlier ones.

        In use its last four bytes are random, and those of one id tell nothing of the next: by them contacts are drawn
        for estimates (``Draws``). Ids that only count serve tests.
        """
        ...
