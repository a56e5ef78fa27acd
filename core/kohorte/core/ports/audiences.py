"""Whom a rule selects, and who is a member: counted, sampled, calculated and read in the storage, set by set."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from attrs import frozen

from kohorte.core.ports.rules import CheckedRule, Facts


@frozen
class Person:
    """A contact as lists show it."""

    contact_id: UUID
    key: str
    email: str | None
    name: str | None


@frozen
class Member:
    """A contact's stay in a segment; ``left_at`` is None while it lasts."""

    person: Person
    entered_at: datetime
    left_at: datetime | None
    rule_version: int
    cause: str


@frozen
class Calculation:
    """What a calculation found: members afterwards, and how many entered and left."""

    members: int
    entered: int
    left: int


class Audiences(Protocol):
    """Answer for all contacts of the tenant that are neither erased nor merged away (the universe).

    A rule and its negation part the universe at every instant.
    """

    def count(self, rule: CheckedRule, at: datetime) -> int:
        """Return exactly how many contacts the rule selects at an instant."""
        ...

    def sample(self, rule: CheckedRule, at: datetime, size: int) -> Sequence[Person]:
        """Return up to ``size`` of the contacts that the rule selects, in the order of their ids."""
        ...

    def surplus(self, rule: CheckedRule, other: CheckedRule, at: datetime, size: int) -> tuple[int, Sequence[Person]]:
        """Return exactly how many contacts a rule selects that another does not, and the first ``size`` by id."""
        ...

    def facts(self, rule: CheckedRule, key: str, at: datetime) -> Facts:
        """Return what a rule reads of the contact with a key, stored memberships as of ``at``; raise ``NotFound``.

        ``CheckedRule.holds_for`` answers about them as the storage does about the contact.
        """
        ...

    def calculate(self, segment_id: UUID, rule: CheckedRule, rule_version: int, at: datetime) -> Calculation:
        """Make the open memberships equal to what the rule selects at ``at``; write only the difference.

        Who stays keeps the interval and its rule version; who leaves has it closed at ``at`` (an interval that would
        be empty vanishes); who enters gets a new one. The segment's ``member_count`` and ``calculated_at`` are noted,
        which is no change of its version. Until the transaction ends, nobody else calculates or saves the segment.
        Raise ``NotFound``, or ``CalculatedLater`` where there is a later calculation already.
        """
        ...

    def members(
        self, segment_id: UUID, *, at: datetime | None = None, after: UUID | None = None, limit: int = 100
    ) -> Sequence[Member]:
        """Return a page of members in the order of their contact ids, after a contact: now, or at a past instant."""
        ...

    def member_count(self, segment_id: UUID, *, at: datetime | None = None) -> int:
        """Return how many members there are now, or were at a past instant."""
        ...

    def export(
        self, segment_id: UUID, columns: Sequence[str], *, at: datetime | None = None
    ) -> Iterator[tuple[object, ...]]:
        """Yield one row per member, values in domain form, with flat memory.

        Columns are named as rules name fields (``contact.email``, ``customer.category``), and ``entered_at``.
        """
        ...
