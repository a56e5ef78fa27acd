"""Contacts drawn at random, and asked for as long as there is time: what estimates are made of."""

from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from attrs import frozen

from kohorte.core.ports.rules import CheckedRule

LOT_BYTES: Final = 4


def share_of(lot: bytes) -> float:
    """Return the share of all lots that are no higher: more than 0, and less than 1."""
    return (int.from_bytes(lot) + 1) / (256**LOT_BYTES + 1)


@frozen
class Drawn:
    """How many contacts were drawn, and how many of them the rule selects; ``last`` is the last one drawn.

    It is None where there were fewer than asked for: all have been drawn.
    """

    count: int
    selected: int
    last: UUID | None


@frozen
class Population:
    """How many contacts there are: exactly so many where ``share`` is 1.

    Otherwise they are the first of all by lot, and the last of them lies at that share of all lots that can be.
    """

    counted: int
    share: float = 1.0

    @property
    def is_counted(self) -> bool:
        """Tell whether this is the exact number."""
        return self.share == 1

    @property
    def size(self) -> int:
        """Return how many there are, as far as is known."""
        return round(self.counted / self.share)


class Draws(Protocol):
    """Ask rules within a time, measured by the storage itself; what takes longer is given up and answers None.

    All contacts of the tenant (``Audiences``) stand in one order, that of the last four bytes of their ids. ``Ids``
    draws these at random: so the first of them, as many as one likes, are a simple random sample of all without
    replacement. It is the same one for every rule, and what changes about contacts does not change it. As a number from
    0 to 1 a lot has the same chance to lie anywhere: so those of some contacts tell how many there are.
    """

    def count(self, rule: CheckedRule, at: datetime, *, within: timedelta) -> int | None:
        """Return exactly how many contacts the rule selects at an instant, if that is found out in time."""
        ...

    def population(self, most: int) -> Population:
        """Return how many contacts there are, counting no more than so many."""
        ...

    def draw(
        self, rule: CheckedRule, at: datetime, size: int, *, after: UUID | None = None, within: timedelta
    ) -> Drawn | None:
        """Draw so many contacts, those that follow after another one, and ask the rule of them at an instant."""
        ...
