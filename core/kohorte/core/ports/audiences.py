"""Whom a rule selects, and who is a member: counted, sampled, calculated and read in the storage, set by set."""

from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import datetime
from typing import Protocol
from uuid import UUID

from attrs import field, frozen

from kohorte.core.ports.due import WhoIsDue
from kohorte.core.ports.rule_index import RuleIndex
from kohorte.core.ports.rules import CheckedRule, Facts
from kohorte.core.segments.model import Cause, Segment
from kohorte.core.segments.selection import Selection


@frozen
class Person:
    """A contact as lists show it."""

    contact_id: UUID
    key: str
    email: str | None
    name: str | None


@frozen
class Member:
    """A contact's stay in a segment; ``left_at`` and what tells of leaving are None while it lasts.

    ``rule_version`` is the one in force when it began, 0 where there was no rule.
    """

    person: Person
    entered_at: datetime
    left_at: datetime | None
    rule_version: int
    cause: Cause
    added_by: str
    left_cause: Cause | None = None
    removed_by: str | None = None


@frozen
class Calculation:
    """What a calculation found: members afterwards, and how many entered and left.

    ``change`` is the number of this change of the segment's members, one more than that of the last one; None where
    nobody entered or left.
    """

    members: int
    entered: int
    left: int
    change: int | None = None


@frozen
class Difference:
    """What of a segment is to change for some contacts: who enters, who leaves, and when time may next move whom.

    ``seen`` is what was known of the segment then, as the storage has it.
    """

    entering: Sequence[UUID] = ()
    leaving: Sequence[UUID] = ()
    due: Mapping[UUID, datetime] = field(factory=dict[UUID, datetime])
    seen: object = None

    @property
    def contacts(self) -> Set[UUID]:
        """Return the contacts."""
        return {*self.entering, *self.leaving, *self.due}


@frozen
class Followed:
    """What became of segments that were to follow: refused ones, or else what was found of each that has moved."""

    refused: Set[UUID] = frozenset()
    moved: Mapping[UUID, Calculation] = field(factory=dict[UUID, Calculation])


@frozen
class MemberChange:
    """Somebody entered a segment, or left it."""

    contact_id: UUID
    entered: bool
    at: datetime
    cause: Cause
    by: str
    rule_version: int


class Audiences(Protocol):
    """Answer for all contacts of the tenant that are neither erased nor merged away (the universe).

    A rule and its negation part the universe at every instant.
    """

    def count(self, rule: CheckedRule, at: datetime, *, among: UUID | None = None) -> int:
        """Return exactly how many contacts the rule selects at an instant, among the members then of a segment."""
        ...

    def sample(self, rule: CheckedRule, at: datetime, size: int) -> Sequence[Person]:
        """Return up to ``size`` of the contacts that the rule selects, in the order of their ids."""
        ...

    def surplus(
        self, segment: Segment, selection: Selection, other: Selection, at: datetime, size: int
    ) -> tuple[int, Sequence[Person]]:
        """Return exactly how many contacts would be in a segment by one way to select, and not by another.

        And the first ``size`` of them by id. Each way is what ``calculate`` would make of the members at the instant
        ``at``, if it were the segment's. Those who were put into the segment, or are kept out of it, do not count.
        """
        ...

    def facts(self, rule: CheckedRule, key: str, at: datetime) -> Facts:
        """Return what a rule reads of the contact with a key, stored memberships as of ``at``; raise ``NotFound``.

        ``CheckedRule.holds_for`` answers about them as the storage does about the contact.
        """
        ...

    def calculate(
        self,
        segment: Segment,
        rule: CheckedRule | None,
        at: datetime,
        *,
        leave: CheckedRule | None = None,
        of: Sequence[UUID] | WhoIsDue | None = None,
        cause: Cause = Cause.RULE,
        by: str = "",
    ) -> Calculation:
        """Make the open memberships equal to what the rule selects at ``at``; write only the difference.

        Members by now count where ``leave`` is given, or the rule of the segment has a minimum stay: nobody enters whom
        ``leave`` selects, and a member leaves only where ``leave`` does, or without it the rule does not, select them
        and the minimum stay is over since they entered.

        A segment that is kept by hand (``Pins``) has those who were put in, whatever the rule says, and not those who
        are kept out. With ``of`` only these contacts are looked at, or those who are due at ``at``, and all others stay
        as they are. Bounds follow (``Due``): those of all contacts are forgotten, those of some are found anew.

        Who stays keeps the interval and its rule version; who leaves has it closed at ``at``; who enters gets a new
        one; ``cause`` and ``by`` say why and by whom. An interval that begins and ends at one instant contains none.
        The segment's ``member_count`` and ``moved_at`` are noted; without ``of`` also ``calculated_at``, and that it is
        not ``stale`` and has no ``failure``. That is no change of its version. Until the transaction ends, nobody else
        calculates or saves the segment. Raise ``NotFound``, and ``CalculatedLater`` where ``at`` is before the last
        calculation or the last change of members.
        """
        ...

    def differences(self, index: RuleIndex, contact_ids: Sequence[UUID], at: datetime) -> Mapping[UUID, Difference]:
        """Return what is to change of the segments of an index for some contacts at ``at``, by what the rules answer.

        It takes a few statements, however many segments there are, and reads the contacts into memory. Segments that
        are stale or not active are left out: they are calculated whole, or not at all.

        Pins and minimum stays are not looked at: who is held by one is among those to be moved. Bounds are those of the
        rules, not later than until when bounds are kept of any segment, and may be earlier than need be.
        """
        ...

    def follow(
        self,
        differences: Mapping[UUID, Difference],
        at: datetime,
        *,
        cause: Cause = Cause.RULE,
        by: str = "",
    ) -> Followed:
        """Let segments follow what was found of them in one go, each as ``calculate`` does for these contacts.

        Only those that their rule alone decides may move so; bounds of others may be among it. Those are refused about
        which anything has changed since, that somebody else holds at this moment, or that were calculated for a later
        instant; then nothing is written of any. Until the transaction ends, nobody else calculates or saves them.

        Bounds that lie earlier than the new ones stay: who is looked at once too often stays as they are.
        """
        ...

    def changes(
        self, segment_id: UUID, number: int, *, after: UUID | None = None, limit: int = 1000
    ) -> Sequence[MemberChange]:
        """Return a page of who entered and left as the change of a number, in the order of contact ids."""
        ...

    def members(
        self, segment_id: UUID, *, at: datetime | None = None, after: UUID | None = None, limit: int = 100
    ) -> Sequence[Member]:
        """Return a page of members in the order of their contact ids, after a contact: now, or at a past instant."""
        ...

    def member_count(self, segment_id: UUID, *, at: datetime | None = None) -> int:
        """Return how many members there are now, or were at a past instant."""
        ...

    def movements(self, segment_id: UUID, bounds: Sequence[datetime]) -> Sequence[tuple[int, int]]:
        """Return how many entered and left from each instant to before the next one; the instants are in order."""
        ...

    def stays_of(self, contact_id: UUID, *, at: datetime | None = None) -> Mapping[UUID, Member]:
        """Return the stay of a contact in each segment that it is in now, or was in at a past instant."""
        ...

    def overlap(self, one: UUID, other: UUID, *, at: datetime | None = None) -> int:
        """Return how many are members of two segments, now, or were at a past instant."""
        ...

    def export(
        self, segment_id: UUID, columns: Sequence[str], *, at: datetime | None = None
    ) -> Iterator[tuple[object, ...]]:
        """Yield one row per member, values in domain form, with flat memory.

        Columns are named as rules name fields (``contact.email``, ``customer.category``), and ``entered_at``.
        """
        ...
