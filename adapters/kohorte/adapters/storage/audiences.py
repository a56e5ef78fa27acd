"""Whom rules select and who is a member, asked of the database."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from attrs import define, evolve
from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    case,
    func,
    literal,
    literal_column,
    or_,
    select,
    union,
    union_all,
    update,
)

from kohorte.adapters.storage.binding import as_compiled, binding_of, lasts_at, with_values
from kohorte.adapters.storage.bounds import Bounds
from kohorte.adapters.storage.changes import MANY, StorageChanges
from kohorte.adapters.storage.columns import Truth
from kohorte.adapters.storage.differences import Differences
from kohorte.adapters.storage.due import ALWAYS, StorageDue
from kohorte.adapters.storage.exported import exported
from kohorte.adapters.storage.facts import facts_of
from kohorte.adapters.storage.following import Following
from kohorte.adapters.storage.membership import Membership
from kohorte.adapters.storage.schema import contacts, segment_members, segment_pins, segments
from kohorte.adapters.storage.stored_form import instant
from kohorte.adapters.storage.time_limits import CALCULATING, LOOKING, within
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.errors import NotFound
from kohorte.core.ports.audiences import Calculation, Difference, Followed, Member, MemberChange, Person
from kohorte.core.ports.due import WhoIsDue
from kohorte.core.ports.pins import Side
from kohorte.core.ports.rule_index import RuleIndex
from kohorte.core.ports.rules import CheckedRule, Facts
from kohorte.core.segments.model import CalculatedLater, Cause, Leaving, Segment, SegmentType
from kohorte.core.segments.selection import Selection
from kohorte.core.values import from_micros, to_micros
from kohorte.dsl.compiled import CompiledRule
from kohorte.dsl.sql.binding import Binding


@define(slots=False)  # the cached property
class StorageAudiences:
    """Answer for all contacts of the tenant."""

    transaction: Transaction
    looking: float = LOOKING
    calculating: float = CALCULATING

    def count(self, rule: CheckedRule, at: datetime, *, among: UUID | None = None) -> int:
        """Return exactly how many contacts the rule selects at an instant, among the members then of a segment."""
        compiled = as_compiled(rule)
        counted = select(func.count()).select_from(contacts).where(*self._selected(compiled))
        if among is not None:
            members = select(segment_members.c.contact_id).where(*self._lasting(among, at))
            counted = counted.where(contacts.c.contact_id.in_(members))
        with within(self.transaction, self.looking):
            return self.transaction.connection.scalar(counted, compiled.parameters(at)) or 0

    def sample(self, rule: CheckedRule, at: datetime, size: int) -> Sequence[Person]:
        """Return up to ``size`` of the contacts that the rule selects, in the order of their ids."""
        compiled = as_compiled(rule)
        some = select(*_PERSON).where(*self._selected(compiled)).order_by(contacts.c.contact_id).limit(size)
        with within(self.transaction, self.looking):
            return [_person(row) for row in self.transaction.connection.execute(some, compiled.parameters(at))]

    def surplus(
        self, segment: Segment, selection: Selection, other: Selection, at: datetime, size: int
    ) -> tuple[int, Sequence[Person]]:
        """Return how many contacts would be in a segment by one way to select and not by another, and the first."""
        one, another = (self._would_belong(segment, each, at) for each in (selection, other))
        only = one.except_(another).subquery("only")
        counted = select(func.count()).select_from(only)
        some = select(*_PERSON).join(only, only.c.contact_id == contacts.c.contact_id)
        some = some.where(self.transaction.own(contacts)).order_by(contacts.c.contact_id).limit(size)
        with within(self.transaction, self.looking):
            count = self.transaction.connection.scalar(counted) or 0
            return count, [_person(row) for row in self.transaction.connection.execute(some)] if count else []

    def facts(self, rule: CheckedRule, key: str, at: datetime) -> Facts:
        """Return what a rule reads of the contact with a key; raise ``NotFound``."""
        with within(self.transaction, self.looking):
            return facts_of(self.transaction, self._binding, as_compiled(rule), key, at)

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
        """Make the open memberships equal to what the rule and the pins say at ``at``; write only the difference."""
        compiled, leaving = (None if each is None else as_compiled(each) for each in (rule, leave))
        before = self._hold(segment.id, at)
        micros, change = to_micros(at), before.last_change + 1
        some = self._due.by(segment.id, micros, of.limit) if isinstance(of, WhoIsDue) else of
        membership = Membership(self.transaction, segment.id, segment.rule_number, micros, change, cause, by, some)
        with within(self.transaction, self.calculating):
            touched = membership.touched if of is not None else None
            selection = self._of_segment(segment, compiled, leaving, at, touched)
            found = membership.become(selection, _parameters(segment, compiled, at))
            bounds = Bounds(self.transaction, segment, compiled, leaving)
            if before.due_until is not None:
                self._renew_bounds(bounds, at, before.due_until, touched)
        moved = bool(found.entered or found.left)
        # Whoever writes members notes how many there are: of some contacts alone nobody needs to count all.
        members = found.members if of is None else (before.member_count or 0) + found.entered - found.left
        noted: dict[str, object] = {"member_count": members}
        noted |= _calculated(micros, bounds) if of is None else {}
        noted |= {"moved_at": micros, "last_change": change} if moved else {}
        self.transaction.connection.execute(update(segments).where(*self._named(segment.id)).values(noted))
        if moved and not segment.is_ruled_alone:
            self._tell_who_refers(segment.id, change)
        return evolve(found, members=members, change=change if moved else None)

    def differences(self, index: RuleIndex, contact_ids: Sequence[UUID], at: datetime) -> Mapping[UUID, Difference]:
        """Return what is to change of the segments of an index for some contacts, by what the rules answer."""
        with within(self.transaction, self.calculating):
            return Differences(self.transaction, self._binding, index).of(contact_ids, at)

    def follow(
        self, differences: Mapping[UUID, Difference], at: datetime, *, cause: Cause = Cause.RULE, by: str = ""
    ) -> Followed:
        """Let segments follow what was found of them in one go."""
        with within(self.transaction, self.calculating):
            return Following(self.transaction, to_micros(at), cause, by).follow(differences)

    def _renew_bounds(self, bounds: Bounds, at: datetime, until: int, some: Select[tuple[UUID]] | None) -> None:
        """Let the bounds that are kept follow a calculation of all contacts, or of those that were looked at."""
        if some is None:
            self._due.forget(bounds.segment.id)
        elif until < ALWAYS:
            self._due.renew(bounds, at, until, some)

    def _tell_who_refers(self, segment_id: UUID, change: int) -> None:
        """Record who moved as changed: rules of other segments may ask whether they are members."""
        moved = [each.contact_id for each in self.changes(segment_id, change, limit=MANY + 1)]
        StorageChanges(self.transaction).of_members(segment_id, moved)

    def changes(
        self, segment_id: UUID, number: int, *, after: UUID | None = None, limit: int = 1000
    ) -> Sequence[MemberChange]:
        """Return a page of who entered and left as the change of a number, in the order of contact ids."""
        stays = segment_members.c
        further = () if after is None else (stays.contact_id > after,)
        its = self.transaction.own(segment_members), stays.segment_id == segment_id, *further
        entered = (stays.contact_id, literal(True, Truth), stays.entered_at, stays.cause, stays.added_by)
        left = (stays.contact_id, literal(False, Truth), stays.left_at, stays.left_cause, stays.removed_by)
        both = (
            select(*columns, stays.rule_version).where(*its, which == number).order_by(stays.contact_id).limit(limit)
            for columns, which in ((entered, stays.entered_change), (left, stays.left_change))
        )
        rows = [row for some in both for row in self.transaction.connection.execute(some)]
        found = [
            MemberChange(contact_id, bool(is_new), from_micros(at), Cause(cause), by, version)
            for contact_id, is_new, at, cause, by, version in rows
        ]
        return sorted(found, key=lambda each: each.contact_id)[:limit]

    def members(
        self, segment_id: UUID, *, at: datetime | None = None, after: UUID | None = None, limit: int = 100
    ) -> Sequence[Member]:
        """Return a page of members in the order of their contact ids, after a contact: now, or at a past instant."""
        stays = segment_members.c
        page = (
            select(*_PERSON, *(stays[name] for name in _STAY))
            .join(segment_members, _THEIR_STAY)
            .where(*self._lasting(segment_id, at), *(() if after is None else (stays.contact_id > after,)))
            .order_by(stays.contact_id)
            .limit(limit)
        )
        return [_member(row) for row in self.transaction.connection.execute(page)]

    def member_count(self, segment_id: UUID, *, at: datetime | None = None) -> int:
        """Return how many members there are now, or were at a past instant."""
        counted = select(func.count()).select_from(segment_members).where(*self._lasting(segment_id, at))
        return self.transaction.connection.scalar(counted) or 0

    def movements(self, segment_id: UUID, bounds: Sequence[datetime]) -> Sequence[tuple[int, int]]:
        """Return how many entered and left from each instant to before the next one."""
        stays = segment_members.c
        counted = [self._by_period(segment_id, column, bounds) for column in (stays.entered_at, stays.left_at)]
        return [(counted[0].get(place, 0), counted[1].get(place, 0)) for place in range(len(bounds) - 1)]

    def _by_period(self, segment_id: UUID, column: ColumnElement[int], bounds: Sequence[datetime]) -> Mapping[int, int]:
        """Count the instants of a column in each period, in one pass."""
        ends = [to_micros(each) for each in bounds]
        if len(ends) < 2:
            return {}
        # Not a parameter for each number, as two of them would not be the same expression.
        period = case(*((column < end, literal_column(str(place))) for place, end in enumerate(ends[1:])))
        within_them = self.transaction.own(segment_members), segment_members.c.segment_id == segment_id
        found = (
            select(period.label("period"), func.count())
            .where(*within_them, column >= ends[0], column < ends[-1])
            .group_by("period")
        )
        with within(self.transaction, self.looking):
            return {place: count for place, count in self.transaction.connection.execute(found)}  # noqa: C416 - rows

    def stays_of(self, contact_id: UUID, *, at: datetime | None = None) -> Mapping[UUID, Member]:
        """Return the stay of a contact in each segment that it is in now, or was in at a past instant."""
        stays = segment_members.c
        found = (
            select(*_PERSON, stays.segment_id, *(stays[name] for name in _STAY))
            .join(segment_members, _THEIR_STAY)
            .where(self.transaction.own(segment_members), stays.contact_id == contact_id, _lasting(at))
        )
        return {row.segment_id: _member(row) for row in self.transaction.connection.execute(found)}

    def overlap(self, one: UUID, other: UUID, *, at: datetime | None = None) -> int:
        """Return how many are members of two segments, now, or were at a past instant."""
        mine, theirs = (select(segment_members.c.contact_id).where(*self._lasting(each, at)) for each in (one, other))
        counted = select(func.count()).select_from(mine.intersect(theirs).subquery("both"))
        with within(self.transaction, self.looking):
            return self.transaction.connection.scalar(counted) or 0

    def export(
        self, segment_id: UUID, columns: Sequence[str], *, at: datetime | None = None
    ) -> Iterator[tuple[object, ...]]:
        """Yield one row per member, values in domain form, with flat memory."""
        return exported(self.transaction, columns, _THEIR_STAY, self._lasting(segment_id, at))

    @cached_property
    def _binding(self) -> Binding:
        return binding_of(self.transaction)

    @cached_property
    def _due(self) -> StorageDue:
        return StorageDue(self.transaction)

    def _ids(self, rule: CompiledRule, at: datetime) -> Select[Any]:
        """Return the selection of the ids of those whom a rule selects at an instant."""
        return select(contacts.c.contact_id).where(self.transaction.own(contacts), self._asked(rule, at))

    def _would_belong(self, segment: Segment, selection: Selection, at: datetime) -> Select[Any]:
        """Return the selection of the ids of those whom a way to select would have in a segment, but for pins."""
        enter, leave = as_compiled(selection.enter), None if selection.leave is None else as_compiled(selection.leave)
        unpinned = contacts.c.contact_id.not_in(self._pinned(segment.id))
        if selection.leaving == Leaving():
            return self._ids(enter, at).where(unpinned)
        is_member = lasts_at(to_micros(at), _STAYING)
        return self._staying(segment.id, selection.leaving, enter, leave, at, (unpinned,), is_member)

    def _asked(self, rule: CompiledRule, at: datetime) -> ColumnElement[bool]:
        """Return the condition of a rule with its parameters bound: those of two rules go by the same names."""
        return with_values(rule.condition(self._binding), rule.parameters(at))

    def _of_segment(
        self,
        segment: Segment,
        rule: CompiledRule | None,
        leave: CompiledRule | None,
        at: datetime,
        touched: Select[tuple[UUID]] | None,
    ) -> Select[Any]:
        """Return the selection of the ids of those who belong to a segment, of all contacts or of some."""
        some = () if touched is None else (contacts.c.contact_id.in_(touched),)
        if segment.type is SegmentType.DYNAMIC and rule is not None:
            return self._ruled(segment, rule, leave, at, some)
        put_in = self._pinned(segment.id).where(segment_pins.c.side == Side.IN.value)
        if touched is not None:
            put_in = put_in.where(segment_pins.c.contact_id.in_(touched))
        if rule is None:
            return put_in
        # Two sets that have nobody in common: each is found in its own best way.
        unpinned = contacts.c.contact_id.not_in(self._pinned(segment.id))
        ruled = self._ruled(segment, rule, leave, at, (*some, unpinned))
        return select(union_all(ruled, put_in).subquery("together").c.contact_id)

    def _ruled(
        self,
        segment: Segment,
        rule: CompiledRule,
        leave: CompiledRule | None,
        at: datetime,
        which: Sequence[ColumnElement[bool]],
    ) -> Select[Any]:
        """Return the selection of the ids of those whom a segment's rules select."""
        if segment.leaving == Leaving():
            return select(contacts.c.contact_id).where(*self._selected(rule), *which)
        return self._staying(segment.id, segment.leaving, rule, leave, at, which, _STAYING.c.left_at.is_(None))

    def _staying(
        self,
        segment_id: UUID,
        leaving: Leaving,
        rule: CompiledRule,
        leave: CompiledRule | None,
        at: datetime,
        which: Sequence[ColumnElement[bool]],
        is_member: ColumnElement[bool],
    ) -> Select[Any]:
        """Return the selection of the ids of those who enter, or are members and do not leave."""
        own, stay = self.transaction.own(contacts), _STAYING
        enters, stays = self._asked(rule, at), stay.c.entered_at > to_micros(at - leaving.minimum_stay)
        if leave is not None:
            is_kept = self._asked(leave.negation, at)
            enters, stays = and_(enters, is_kept), or_(stays, is_kept)
        theirs = stay.c.tenant_id == contacts.c.tenant_id, stay.c.contact_id == contacts.c.contact_id
        its = stay.c.segment_id == segment_id, is_member, stays
        both = union(
            select(contacts.c.contact_id).where(own, enters, *which),
            select(contacts.c.contact_id).join(stay, and_(*theirs)).where(own, *its, *which),
        )
        return select(both.subquery("ruled").c.contact_id)

    def _pinned(self, segment_id: UUID) -> Select[tuple[UUID]]:
        its = self.transaction.own(segment_pins), segment_pins.c.segment_id == segment_id
        return select(segment_pins.c.contact_id).where(*its)

    def _selected(self, rule: CompiledRule) -> tuple[ColumnElement[bool], ...]:
        return self.transaction.own(contacts), rule.condition(self._binding)

    def _lasting(self, segment_id: UUID, at: datetime | None) -> tuple[ColumnElement[bool], ...]:
        return self.transaction.own(segment_members), segment_members.c.segment_id == segment_id, _lasting(at)

    def _named(self, segment_id: UUID) -> tuple[ColumnElement[bool], ...]:
        return self.transaction.own(segments), segments.c.segment_id == segment_id

    def _hold(self, segment_id: UUID, at: datetime) -> Row[*tuple[Any, ...]]:
        """Let nobody else calculate or save the segment until this transaction ends; return it as it is.

        Rows that refer to it can be written meanwhile.
        """
        self.transaction.mark_segment(segment_id)
        held: Select[Any] = select(segments).where(*self._named(segment_id)).with_for_update(key_share=True)
        row = self.transaction.connection.execute(held).one_or_none()
        if row is None:
            raise NotFound("There is no segment {id}.", hint="See all with: kohorte segment list", id=segment_id)
        until = max((known for known in (row.calculated_at, row.moved_at) if known is not None), default=None)
        if until is not None and to_micros(at) < until:
            raise CalculatedLater(row.name, from_micros(until))
        return row


_PERSON: Final[tuple[ColumnElement[Any], ...]] = (
    contacts.c.contact_id,
    contacts.c.key,
    contacts.c.email,
    contacts.c.name,
)
_STAYING: Final = segment_members.alias("stay")
_STAY: Final = ("entered_at", "left_at", "rule_version", "cause", "added_by", "left_cause", "removed_by")
_THEIR_STAY: Final = and_(
    segment_members.c.tenant_id == contacts.c.tenant_id, segment_members.c.contact_id == contacts.c.contact_id
)


def _lasting(at: datetime | None) -> ColumnElement[bool]:
    return segment_members.c.left_at.is_(None) if at is None else lasts_at(to_micros(at))


def _calculated(at: int, bounds: Bounds) -> dict[str, object]:
    """Return what is noted of a calculation of all contacts."""
    due_until = ALWAYS if bounds.are_none else None
    return {"calculated_at": at, "stale": False, "failure": {}, "retry_at": None, "due_until": due_until}


def _parameters(segment: Segment, rule: CompiledRule | None, at: datetime) -> Mapping[str, object]:
    """Return the parameters of the selection of who belongs; where members by now count, they are bound already."""
    return rule.parameters(at) if rule is not None and segment.leaving == Leaving() else {}


def _person(row: Row[*tuple[Any, ...]]) -> Person:
    return Person(row.contact_id, row.key, row.email, row.name)


def _member(row: Row[*tuple[Any, ...]]) -> Member:
    return Member(
        _person(row),
        from_micros(row.entered_at),
        instant(row.left_at),
        row.rule_version,
        Cause(row.cause),
        row.added_by,
        None if row.left_cause is None else Cause(row.left_cause),
        row.removed_by,
    )
