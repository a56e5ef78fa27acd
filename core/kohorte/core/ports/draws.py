"""Contacts drawn at random, and asked for as long as there is time: what estimates are made of."""

from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from attrs import frozen

from kohorte.core.ports.rules import CheckedRule


@frozen
class Drawn:
    """How many contacts were drawn, and how many of them the rule selects; ``last`` is the last one drawn.

    It is None where there were fewer than asked for: all have been drawn.
    """

    count: int
    selected: int
    last: UUID | None


class Draws(Protocol):
    """Ask rules within a time, measured by the storage itself; what takes longer is given up and answers None.

    All contacts of the tenant (``Audiences``) stand in one order, which hangs on the last four bytes of their ids alone.
    ``Ids`` draws these at random: so the first of them, as many as one likes, are a simple random sample of all without
    replacement. It is the same one for every rule, and what changes about contacts does not change it.
    """

    def count(self, rule: CheckedRule, at: datetime, *, within: timedelta) -> int | None:
        """Return exactly how many contacts the rule selects at an instant, if that is found out in time."""
        ...

    def population(self) -> int:
        """Return how many contacts there are."""
        ...

    def draw(
        self, rule: CheckedRule, at: datetime, size: int, *, after: UUID | None = None, within: timedelta
    ) -> Drawn | None:
        """Draw so many contacts, those that follow after another one, and ask the rule of them at an instant."""
        ...
