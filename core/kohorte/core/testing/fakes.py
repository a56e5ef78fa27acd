"""Clocks that stand or step, ids that count, and references that are listed: the same in every run."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Final
from uuid import UUID

from attrs import define, field, frozen

from kohorte.core.ports.known_values import MOST, KnownValue
from kohorte.core.ports.rules import ListReference, SegmentReference

NOON: Final = datetime(2024, 5, 15, 12, tzinfo=UTC)
"""Where fake clocks begin: in the middle of a day, a week, a month, a quarter and a leap year."""


@define
class FixedClock:
    """A clock that stands until it is moved."""

    at: datetime = NOON

    def now(self) -> datetime:
        """Return where it stands."""
        return self.at

    def advance(self, by: timedelta) -> datetime:
        """Move it on, and return where it stands then."""
        if by < timedelta(0):
            raise ValueError("A clock never moves back.")
        self.at += by
        return self.at


@define
class SteppingClock:
    """A clock that is one step later whenever it is asked."""

    at: datetime = NOON
    step: timedelta = timedelta(seconds=1)

    def now(self) -> datetime:
        """Return the time, and step."""
        told, self.at = self.at, self.at + self.step
        return told


def counted_id(number: int) -> UUID:
    """Return the ``number``-th of a row of UUIDv7 that sort like their numbers (up to 2^48)."""
    return UUID(int=number << 80 | 0x7 << 76 | 0b10 << 62)


@define
class CountingIds:
    """Ids in counting order; give two counters that meet in one database different beginnings."""

    first: int = 1
    _numbers: "count[int]" = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._numbers = count(self.first)

    def new(self) -> UUID:
        """Return the next id."""
        return counted_id(next(self._numbers))


@define
class CountingSecrets:
    """Secrets that look random, and that everybody knows."""

    _numbers: "count[int]" = field(factory=count, init=False, repr=False)

    def draw(self, size: int) -> bytes:
        """Return the next secret."""
        drawn = sha256(str(next(self._numbers)).encode()).digest()
        return (drawn * (size // len(drawn) + 1))[:size]


@frozen
class ListedReferences:
    """References that are given outright, for checking rules without a storage."""

    zone: str = "UTC"
    segments: Sequence[SegmentReference] = ()
    lists: Sequence[ListReference] = ()
    listed_currencies: Sequence[str] = ()

    def segment(self, name: str) -> SegmentReference | None:
        """Return the segment of that name."""
        return next((each for each in self.segments if each.name == name), None)

    def segment_names(self) -> Sequence[str]:
        """Return all names."""
        return [each.name for each in self.segments]

    def stored_list(self, name: str) -> ListReference | None:
        """Return the stored list of that name."""
        return next((each for each in self.lists if each.name == name), None)

    def stored_list_names(self) -> Sequence[str]:
        """Return all names."""
        return [each.name for each in self.lists]

    def currencies(self) -> Sequence[str]:
        """Return the currencies that were listed."""
        return self.listed_currencies


@frozen
class ListedValues:
    """Values that are given outright, by owner and field, each with the number of contacts that share it.

    It tells all of them, rare and personal ones too: so that it shows whether those who ask keep the rules.
    """

    shared: Mapping[tuple[str, str], Mapping[str, int]]

    def values(self, owner: str, field: str, prefix: str = "") -> Sequence[KnownValue]:
        """Return the values that begin with a prefix, the commonest first."""
        known = self.shared.get((owner, field), {})
        found = [KnownValue(*each) for each in known.items() if each[0].casefold().startswith(prefix.casefold())]
        return sorted(found, key=lambda each: (-each.count, each.value))[:MOST]
