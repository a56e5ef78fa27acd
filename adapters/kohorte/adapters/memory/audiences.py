"""Whom a rule selects, by its predicate over every contact; and members as stays."""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from attrs import define, evolve

from kohorte.adapters.memory.contact_records import Record, records
from kohorte.adapters.memory.following import Following
from kohorte.adapters.memory.state import State, Stay, Transaction
from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.contacts.model import Contact
from kohorte.core.custom_fields.model import with_custom_fields
from kohorte.core.errors import NotFound
from kohorte.core.ports.audiences import Calculation, Difference, Followed, Member, MemberChange, Person
from kohorte.core.ports.due import FOREVER, WhoIsDue
from kohorte.core.ports.pins import Side
from kohorte.core.ports.rule_index import RuleIndex
from kohorte.core.ports.rules import CheckedRule, Facts
from kohorte.core.segments.model import CalculatedLater, Cause, Leaving, Segment, SegmentType
from kohorte.core.segments.selection import Selection
from kohorte.core.values import from_micros, to_micros
from kohorte.dsl.compiled import CompiledRule
from kohorte.dsl.records import preparation


@define
class MemoryAudiences:
    """Answer for all contacts of the tenant."""

    _transaction: Transaction

    def count(self, rule: CheckedRule, at: datetime, *, among: UUID | None = None) -> int:
        """Return how many contacts the rule selects."""
        selected = {record["id"] for record in self._selected(rule, at)}
        return len(selected if among is None else selected & self._member_ids(among, at))

    def sample(self, rule: CheckedRule, at: datetime, size: int) -> Sequence[Person]:
        """Return some of the contacts that the rule selects."""
        return [_person(record) for record in self._selected(rule, at)[:size]]

    def surplus(
        self, segment: Segment, selection: Selection, other: Selection, at: datetime, size: int
    ) -> tuple[int, Sequence[Person]]:
        """Return how many contacts would be in a segment by one way to select and not by another, and the first."""
        ways = ((each.leaving, each.enter, each.leave) for each in (selection, other))
        one, another = (self._ruled(segment.id, *way, at) for way in ways)
        only = one - another - self._transaction.seen.pins.get(segment.id, {}).keys()
        people = [_person(record) for record in records(self._transaction.seen) if record["id"] in only]
        return len(people), people[:size]

    def facts(self, rule: CheckedRule, key: str, at: datetime) -> Facts:
        """Return what a rule reads of the contact with a key; raise ``NotFound``."""
        compiled, state = _compiled(rule), self._transaction.seen
        found = [record for record in records(state) if record["key"] == key]
        if not found:
            raise NotFound(
                'There is no contact "{key}".', hint="Contacts go by the keys of their import.", key=key[:80]
            )
        contact_id = found[0]["id"]
        return Facts(
            contact_id,
            preparation(compiled.compiled.reads, compiled.catalogue, key="id")(found[0]),
            {each: self._member_ids(each, at) & {contact_id} for each in compiled.compiled.segments},
            {each: state.entries[each] for each in compiled.compiled.lists},
        )

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
        """Make the open memberships equal to what the rule and the pins say."""
        state = self._transaction.written
        stored, stays = _segment(state, segment.id), state.stays.get(segment.id, ())
        until = max((known for known in (stored.calculated_at, stored.moved_at) if known is not None), default=at)
        if at < until:
            raise CalculatedLater(stored.name, until)
        some = self._who_is_due(segment.id, at, of.limit) if isinstance(of, WhoIsDue) else of
        staying = {stay.contact_id for stay in stays if stay.left_at is None}
        belonging = self._belonging(segment, rule, leave, at)
        if some is not None:
            belonging = (belonging & {*some}) | (staying - {*some})
        number = state.changes.get(segment.id, 0) + 1
        entering, leaving = sorted(belonging - staying), staying - belonging
        state.stays[segment.id] = (
            *(
                evolve(stay, left_change=number, left_at=at, left_cause=cause, removed_by=by)
                if stay.left_at is None and stay.contact_id in leaving
                else stay
                for stay in stays
            ),
            *(Stay(each, number, at, cause, by, segment.rule_number) for each in entering),
        )
        noted = evolve(stored, member_count=len(belonging))
        if some is None:
            noted.calculated_at, noted.stale, noted.failure = at, False, None
        moved = bool(entering or leaving)
        if moved:
            noted.moved_at, state.changes[segment.id] = at, number
        state.segments[segment.id] = noted
        self._renew_bounds(segment, [rule, leave], at, some)
        return Calculation(len(belonging), len(entering), len(leaving), number if moved else None)

    def differences(self, index: RuleIndex, contact_ids: Sequence[UUID], at: datetime) -> Mapping[UUID, Difference]:
        """Return what is to change of the segments of an index for some contacts, by what the rules answer."""
        return Following(self._transaction, at).differences(index, contact_ids)

    def follow(
        self, differences: Mapping[UUID, Difference], at: datetime, *, cause: Cause = Cause.RULE, by: str = ""
    ) -> Followed:
        """Let segments follow what was found of them in one go."""
        return Following(self._transaction, at).follow(differences, cause, by)

    def changes(
        self, segment_id: UUID, number: int, *, after: UUID | None = None, limit: int = 1000
    ) -> Sequence[MemberChange]:
        """Return a page of who entered and left as the change of a number."""
        found = [
            MemberChange(stay.contact_id, stay.entered_change == number, *_told(stay, number), stay.rule_version)
            for stay in self._transaction.seen.stays.get(segment_id, ())
            if number in (stay.entered_change, stay.left_change) and (after is None or stay.contact_id > after)
        ]
        return sorted(found, key=lambda each: each.contact_id)[:limit]

    def members(
        self, segment_id: UUID, *, at: datetime | None = None, after: UUID | None = None, limit: int = 100
    ) -> Sequence[Member]:
        """Return a page of members."""
        stays = [stay for stay in self._stays(segment_id, at) if after is None or stay.contact_id > after]
        people = {contact.id: contact for contact in self._transaction.seen.contacts.values()}
        return [_member(people[stay.contact_id], stay) for stay in stays[:limit]]

    def member_count(self, segment_id: UUID, *, at: datetime | None = None) -> int:
        """Return how many members there are, or were."""
        return len(self._stays(segment_id, at))

    def movements(self, segment_id: UUID, bounds: Sequence[datetime]) -> Sequence[tuple[int, int]]:
        """Return how many entered and left from each instant to before the next one."""
        stays = self._transaction.seen.stays.get(segment_id, ())
        return [
            (
                sum(begin <= stay.entered_at < end for stay in stays),
                sum(stay.left_at is not None and begin <= stay.left_at < end for stay in stays),
            )
            for begin, end in pairwise(bounds)
        ]

    def stays_of(self, contact_id: UUID, *, at: datetime | None = None) -> Mapping[UUID, Member]:
        """Return the stay of a contact in each segment that it is in, or was in."""
        people = {contact.id: contact for contact in self._transaction.seen.contacts.values()}
        return {
            segment_id: _member(people[contact_id], stay)
            for segment_id in self._transaction.seen.stays
            for stay in self._stays(segment_id, at)
            if stay.contact_id == contact_id
        }

    def overlap(self, one: UUID, other: UUID, *, at: datetime | None = None) -> int:
        """Return how many are members of two segments, or were."""
        mine, theirs = ({stay.contact_id for stay in self._stays(each, at)} for each in (one, other))
        return len(mine & theirs)

    def export(
        self, segment_id: UUID, columns: Sequence[str], *, at: datetime | None = None
    ) -> Iterator[tuple[object, ...]]:
        """Yield one row per member."""
        catalogue = with_custom_fields(kohorte_catalogue(), [*self._transaction.seen.custom_fields.values()])
        for owner, _, name in (column.partition(".") for column in columns if column != "entered_at"):
            catalogue.field(owner, name)
        by_id = {record["id"]: record for record in records(self._transaction.seen)}
        for stay in self._stays(segment_id, at):
            told = {**by_id[stay.contact_id], "entered_at": stay.entered_at}
            yield tuple(_value(told, column) for column in columns)

    def bounds(
        self, segment: Segment, rules: Sequence[CheckedRule | None], at: datetime, until: datetime
    ) -> Mapping[UUID, datetime]:
        """Return for each contact the instant, up to another, before which time alone changes nothing in a segment."""
        sources = [self._rule_bounds(each, at, until) for each in rules if each is not None]
        return _earliest([*sources, self._stay_ends(segment, at, until)])

    def _stay_ends(self, segment: Segment, after: datetime, until: datetime) -> Mapping[UUID, datetime]:
        stay = segment.leaving.minimum_stay
        ends = {each.contact_id: each.entered_at + stay for each in self._stays(segment.id, None)}
        return {each: end for each, end in ends.items() if after < end <= until}

    def _rule_bounds(self, rule: CheckedRule, at: datetime, until: datetime) -> Mapping[UUID, datetime]:
        compiled, state = _compiled(rule), self._transaction.seen
        prepare = preparation(compiled.changes.reads, compiled.catalogue, key="id")
        members = {each: self._member_ids(each, at) for each in compiled.compiled.segments}
        foresee = compiled.changes.at(to_micros(at), members=members, entries=state.entries).verdict
        found = {record["id"]: foresee(prepare(record)).until for record in records(state)}
        last = to_micros(until)
        return {each: from_micros(bound) for each, bound in found.items() if bound is not None and bound <= last}

    def _who_is_due(self, segment_id: UUID, at: datetime, limit: int) -> Sequence[UUID]:
        due = self._transaction.seen.due.get(segment_id, {})
        return sorted((each for each in due if due[each] <= at), key=lambda each: (due[each], each))[:limit]

    def _renew_bounds(
        self, segment: Segment, rules: Sequence[CheckedRule | None], at: datetime, some: Sequence[UUID] | None
    ) -> None:
        """Let the bounds that are kept follow a calculation of all contacts, or of some."""
        state = self._transaction.written
        if some is None:
            state.due.pop(segment.id, None)
            state.due_until.pop(segment.id, None)
            if not segment.leaving.minimum_stay and all(each is None or _compiled(each).is_timeless for each in rules):
                state.due_until[segment.id] = FOREVER
        elif segment.id in state.due:
            chosen = {*some}
            kept = {each: bound for each, bound in state.due[segment.id].items() if each not in chosen}
            found = self.bounds(segment, rules, at, state.due_until[segment.id])
            state.due[segment.id] = {**kept, **{each: bound for each, bound in found.items() if each in chosen}}

    def predicate(self, rule: CheckedRule, at: datetime) -> Callable[[Record], bool]:
        """Return a rule at an instant as a function of one record."""
        compiled, state = _compiled(rule), self._transaction.seen
        prepare = preparation(compiled.compiled.reads, compiled.catalogue, key="id")
        members = {each: self._member_ids(each, at) for each in compiled.compiled.segments}
        matches = compiled.compiled.at(to_micros(at), members=members, entries=state.entries).matches
        return lambda record: matches(prepare(record))

    def _selected(self, rule: CheckedRule, at: datetime) -> Sequence[Record]:
        """Return the records that a rule selects, in the order of their ids."""
        return list(filter(self.predicate(rule, at), records(self._transaction.seen)))

    def _belonging(
        self, segment: Segment, rule: CheckedRule | None, leave: CheckedRule | None, at: datetime
    ) -> Set[UUID]:
        """Return the ids of those whom a segment's rules select, but for those whom its pins put in or keep out."""
        selected = set[UUID]() if rule is None else self._ruled(segment.id, segment.leaving, rule, leave, at)
        if segment.type is SegmentType.DYNAMIC:
            return selected
        pins = self._transaction.seen.pins.get(segment.id, {})
        put_in = {contact_id for contact_id, pin in pins.items() if pin.side is Side.IN}
        return (selected - pins.keys()) | put_in

    def _ruled(
        self, segment_id: UUID, leaving: Leaving, rule: CheckedRule, leave: CheckedRule | None, at: datetime
    ) -> Set[UUID]:
        """Return the ids of those who enter by a segment's rules, or were members and do not leave."""
        everybody = {contact.id for contact in self._transaction.seen.contacts.values()}
        entering = {record["id"] for record in self._selected(rule, at)}
        gone = everybody - entering if leave is None else {record["id"] for record in self._selected(leave, at)}
        stays = [stay for stay in self._stays(segment_id, at) if stay.contact_id in everybody]
        bound = {stay.contact_id for stay in stays if stay.entered_at + leaving.minimum_stay > at}
        return ((entering | {stay.contact_id for stay in stays}) - gone) | bound

    def _member_ids(self, segment_id: UUID, at: datetime) -> Set[UUID]:
        return {stay.contact_id for stay in self._stays(segment_id, at)}

    def _stays(self, segment_id: UUID, at: datetime | None) -> Sequence[Stay]:
        """Return the stays that last now, or that lasted at an instant, by contact."""
        stays = self._transaction.seen.stays.get(segment_id, ())
        return sorted((stay for stay in stays if _lasts(stay, at)), key=lambda stay: stay.contact_id)


def _compiled(rule: CheckedRule) -> CompiledRule:
    if not isinstance(rule, CompiledRule):
        raise TypeError("Only rules that kohorte.dsl has checked can be asked.")
    return rule


def _earliest(sources: Sequence[Mapping[UUID, datetime]]) -> Mapping[UUID, datetime]:
    """Return for each contact the earliest instant of all sources."""
    found = dict[UUID, datetime]()
    for source in sources:
        for contact_id, instant in source.items():
            found[contact_id] = min(instant, found.get(contact_id, instant))
    return found


def _segment(state: State, segment_id: UUID) -> Segment:
    try:
        return state.segments[segment_id]
    except KeyError:
        raise NotFound("There is no segment {id}.", hint="Check its id.", id=segment_id) from None


def _told(stay: Stay, number: int) -> tuple[datetime, Cause, str]:
    """Return when, why and by whom somebody entered or left by a change."""
    if stay.left_at is None or stay.left_cause is None or stay.entered_change == number:
        return stay.entered_at, stay.cause, stay.added_by
    return stay.left_at, stay.left_cause, stay.removed_by or ""


def _lasts(stay: Stay, at: datetime | None) -> bool:
    if at is None:
        return stay.left_at is None
    return stay.entered_at <= at and (stay.left_at is None or at < stay.left_at)


def _value(record: Record, column: str) -> object:
    owner, _, name = column.partition(".")
    if owner == "contact":
        return record.get(name)
    return (record["customer"] or {}).get(name) if name else record[owner]


def _member(contact: Contact, stay: Stay) -> Member:
    return Member(
        person_of(contact),
        stay.entered_at,
        stay.left_at,
        stay.rule_version,
        stay.cause,
        stay.added_by,
        stay.left_cause,
        stay.removed_by,
    )


def _person(record: Record) -> Person:
    return Person(record["id"], record["key"], record["email"], record["name"])


def person_of(contact: Contact) -> Person:
    """Return a contact as lists show it."""
    return Person(contact.id, contact.key, contact.email, contact.name)
