"""Contacts that were put into segments, or are kept out of them, by hand: whatever rules say, and until released."""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from enum import Enum
from typing import Protocol
from uuid import UUID

from attrs import frozen

from kohorte.core.ports.audiences import Person


class Side(Enum):
    """Where a contact was put."""

    IN = "in"
    OUT = "out"


@frozen
class Pin:
    """A contact that was put into a segment, or is kept out of it: by whom, and since when."""

    person: Person
    side: Side
    by: str
    at: datetime


class Pins(Protocol):
    """Who was put into which segment, or is kept out of it. Members follow by ``Audiences.calculate``."""

    def find(self, keys: Sequence[str]) -> Mapping[str, UUID]:
        """Return the ids of contacts by their keys, as far as there are such contacts."""
        ...

    def known(self, contact_ids: Sequence[UUID]) -> Set[UUID]:
        """Return the ids that contacts have, of those that are given."""
        ...

    def put(self, segment_id: UUID, contact_ids: Sequence[UUID], side: Side, *, by: str, at: datetime) -> None:
        """Put contacts on a side of a segment, those of the other side too; who is there already stays as it was."""
        ...

    def release(self, segment_id: UUID, contact_ids: Sequence[UUID]) -> None:
        """Leave contacts to the rule again."""
        ...

    def page(self, segment_id: UUID, *, after: UUID | None = None, limit: int = 100) -> Sequence[Pin]:
        """Return a page of contacts in the order of their ids."""
        ...

    def count(self, segment_id: UUID) -> int:
        """Return how many contacts are put in or kept out."""
        ...
