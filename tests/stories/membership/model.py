"""A tenant in plain Python: records, segments with their members, and what an evaluation from scratch says.

It answers by the rule language's predicates over its own copies of the records. It keeps the members' history, their
numbers and counts, and what was told of them, by itself.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import product
from typing import Any, Final
from uuid import UUID

from attrs import define, evolve, field, frozen

from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.custom_fields.model import CustomField, with_custom_fields
from kohorte.core.fields import Field, Kind
from kohorte.core.ports.rules import ListReference, SegmentReference
from kohorte.core.segments.model import Cause, SegmentType
from kohorte.core.testing.fakes import NOON, FixedClock, ListedReferences, counted_id
from kohorte.dsl.compiled import CompiledRule
from kohorte.dsl.language import RuleLanguage
from tests.stories.membership.kept import Kept, Move, Stay, Told
from tests.stories.membership.records import Records, Row
from tests.stories.membership.small_rules import FIELDS, LIST, reads_list, written

NOBODY: Final = "kohorte"
KINDS: Final = {"score": Kind.INTEGER, "renewed_on": Kind.DATE}
LIST_ID: Final = counted_id(1)


@frozen
class Before:
    """What was known of a contact before it changed: its record, and the segments that it was in."""

    record: Row | None
    memberships: frozenset[UUID]


@define
class Model:
    """All of a tenant. ``pending`` are contacts that have changed since all segments followed."""

    clock: FixedClock
    records: Records = field(factory=Records)
    segments: dict[UUID, Kept] = field(factory=dict[UUID, Kept])
    fields: dict[str, str] = field(factory=lambda: {name: name for name in FIELDS})
    """The names of custom fields by those that they had at first."""
    pending: dict[str, Before] = field(factory=dict[str, Before])
    list_changed: bool = False
    told: dict[UUID, list[Told]] = field(factory=dict[UUID, list[Told]])
    """What must have been told of each segment since the last look."""
    _rules: dict[Any, CompiledRule] = field(factory=dict[Any, CompiledRule])

    # -- segments ------------------------------------------------------------------------------------------------

    def in_use(self) -> list[Kept]:
        """Return the segments that are not archived, each after those that it refers to."""
        return self.in_order([each for each in self.segments.values() if each.is_in_use])

    def in_order(self, wanted: Collection[Kept]) -> list[Kept]:
        """Return segments in use, and those that they refer to, each after those that it refers to."""
        found: dict[UUID, Kept] = {}

        def visit(segment: Kept) -> None:
            for each in sorted(segment.refers_to):
                if each in self.segments and each not in found:
                    visit(self.segments[each])
            found[segment.id] = segment

        for each in wanted:
            visit(each)
        return [each for each in found.values() if each.is_in_use]

    def depending(self, segment: Kept) -> list[Kept]:
        """Return the segments in use that refer to one, directly or through others."""
        return [each for each in self.in_use() if each is not segment and segment in self.in_order([each])]

    def tell(self, segment: Kept, what: str, **data: Any) -> None:
        """Note an event."""
        self.told.setdefault(segment.id, []).append((f"crm.segment.{what}", data))

    # -- changes of data -----------------------------------------------------------------------------------------

    @contextmanager
    def changing(self) -> Iterator[Records]:
        """Change records within the block; whose differ afterwards have changed."""
        before = {key: self.records.record(key) for key in self.records.contacts}
        yield self.records
        for key in self.records.contacts:
            if before.get(key) != self.records.record(key):
                self.note(key, before.get(key))

    def note(self, key: str, record: Row | None) -> None:
        """Note that a contact changes now."""
        memberships = frozenset(each.id for each in self.segments.values() if key in each.members)
        self.pending.setdefault(key, Before(record, memberships))

    # -- evaluation from scratch ---------------------------------------------------------------------------------

    def belongs(self, segment: Kept, key: str) -> bool:
        """Tell whether a contact belongs to a segment now: by its pins, its rules, and how long it has been in."""
        if segment.type is not SegmentType.DYNAMIC and key in segment.pins:
            return segment.pins[key]
        if segment.rule is None:
            return False
        stay = segment.members.get(key)
        if stay is not None and stay.at + timedelta(days=segment.rule.days) > self.clock.at:
            return True
        enters, leaves = self.answers(segment, key)
        return (enters or stay is not None) and not leaves

    def answers(self, segment: Kept, key: str, before: Before | None = None) -> tuple[bool, bool]:
        """Return whether the rules let a contact enter now, and leave; as it was ``before`` where that is given."""
        assert segment.rule is not None
        record = self.records.record(key) if before is None else before.record
        enters = self._holds(segment.rule.rule, record, key, before)
        leave = segment.rule.leave
        return enters, not enters if leave is None else self._holds(leave, record, key, before)

    def next_change(self) -> datetime | None:
        """Return when time alone next changes an answer, or a minimum stay ends."""
        now, found = self.clock.at, set[datetime | None]()
        for segment in (each for each in self.in_use() if each.is_active and each.rule):
            assert segment.rule is not None
            found |= {each.at + timedelta(days=segment.rule.days) for each in segment.members.values()}
            for key, rule in product(self.records.contacts, segment.rule.rules):
                members, entries = self._members(key, None), {LIST_ID: self.records.entries}
                record = self.records.record(key)
                found.add(self.checked(rule).next_change(record, now, members=members, entries=entries).at)
        return min((each for each in found if each is not None and each > now), default=None)

    def _holds(self, rule: str, record: Row | None, key: str, before: Before | None) -> bool:
        matches = self.checked(rule).predicate(
            self.clock.at, members=self._members(key, before), entries={LIST_ID: self.records.entries}
        )
        return matches(record)

    def _members(self, key: str, before: Before | None) -> Mapping[UUID, Collection[UUID]]:
        """Return in which segments a contact is, as rules ask for it."""
        members = {
            each.id: {self.records.ids[key]}
            for each in self.segments.values()
            if (key in each.members if before is None else each.id in before.memberships)
        }
        none: Mapping[UUID, Collection[UUID]] = dict.fromkeys(self.segments, frozenset[UUID]())
        return {**none, **members}

    def checked(self, rule: str) -> CompiledRule:
        """Return a rule with the names, and over the segments, that there are now."""
        references = tuple(
            SegmentReference(
                each.id, each.name, self.text(each.rule.rule) if each.rule and each.is_ruled_alone else None
            )
            for each in self.segments.values()
            if each.is_in_use
        )
        text = self.text(rule)
        known = text, references
        if known not in self._rules:
            customs = [
                CustomField(counted_id(9), "contact", Field(self.fields[each], KINDS[each], custom=True), NOON)
                for each in FIELDS
            ]
            catalogue = with_custom_fields(kohorte_catalogue(), customs)
            listed = ListedReferences("Europe/Berlin", references, [ListReference(LIST_ID, LIST)])
            self._rules[known] = evolve(RuleLanguage().check(text, catalogue, listed), key="id")
        return self._rules[known]

    def text(self, rule: str) -> str:
        """Return a rule with the names that there are now."""
        return written(rule, {each.id: each.name for each in self.segments.values()}, self.fields)

    def reads_list(self, segment: Kept) -> bool:
        """Tell whether a segment's members hang on the list: by its own rules, or by those that stand for others."""
        if segment.rule is None:
            return False
        inner = (self.segments[each] for each in segment.refers_to if each in self.segments)
        return any(map(reads_list, segment.rule.rules)) or any(
            each.is_ruled_alone and self.reads_list(each) for each in inner
        )

    # -- members -------------------------------------------------------------------------------------------------

    def differing(self, segment: Kept, keys: Collection[str] | None = None) -> dict[str, bool]:
        """Return who, of all contacts or some, must enter (True) or leave so that members are whom they should be."""
        wanted = {key: self.belongs(segment, key) for key in (self.records.contacts if keys is None else keys)}
        return {key: belongs for key, belongs in wanted.items() if belongs is not (key in segment.members)}

    def move(self, segment: Kept, moved: Mapping[str, bool], cause: Cause, by: str = NOBODY) -> tuple[int, int]:
        """Let contacts enter and leave now, as one change; return how many of each."""
        entered, now = sum(moved.values()), self.clock.at
        if moved:
            moves: list[Move] = []
            for key in sorted(moved, key=lambda each: self.records.ids[each]):
                if not segment.is_ruled_alone:
                    self.note(key, self.records.record(key))
                stay = Stay(now, cause, by, len(segment.versions)) if moved[key] else segment.members[key]
                moves.append(Move(key, moved[key], now, cause, by, stay.version))
                if moved[key]:
                    segment.members[key] = stay
                else:
                    del segment.members[key]
            segment.moves.append(moves)
            segment.moved_at = now
            number = len(segment.moves)
            self.tell(segment, "members_changed", number=number, entered=entered, left=len(moved) - entered)
        segment.member_count = len(segment.members)
        return entered, len(moved) - entered

    def fresh(self) -> Sequence[tuple[Kept, dict[str, bool]]]:
        """Return the active segments whose members are not those of an evaluation from scratch, and who differs."""
        found = [(each, self.differing(each)) for each in self.in_use() if each.is_active]
        return [(segment, moved) for segment, moved in found if moved]
