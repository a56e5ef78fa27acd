"""Looking at what the product has, and comparing all of it with the model."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import define, field

from kohorte.core.bus import Bus, Ports
from kohorte.core.event_feed import START, Cursor, read_events
from kohorte.core.ports.audiences import Member, MemberChange
from kohorte.core.segments.events import MembersChanged, SegmentCalculated
from kohorte.core.segments.model import Segment
from kohorte.core.tenants.model import Tenant
from tests.stories.membership.following import Seen, Step
from tests.stories.membership.kept import Kept, Move, Stay
from tests.stories.membership.model import Model

LOTS = 10_000


@define
class Looking:
    """Look at a tenant. ``sequence`` and ``cursor`` are behind the last event that was seen."""

    bus: Bus
    tenant: Tenant
    model: Model
    sequence: int = 0
    cursor: Cursor = START
    instants: list[datetime] = field(factory=list[datetime])
    """At which members were compared: they must be the same later on."""

    def learn_ids(self, keys: tuple[str, ...]) -> None:
        """Learn the ids that contacts were given."""
        with self.bus.ports(self.tenant, reading=True) as ports:
            self.model.records.ids |= ports.work.pins.find(keys)

    def see(self, *, broken_off: bool = False, results: Any = ()) -> Seen:
        """Return what happened to segments since the last comparison."""
        seen = Seen(broken_off=broken_off, failed=frozenset(each.id for each in results or () if each.error))
        with self.bus.ports(self.tenant, reading=True) as ports:
            for each in ports.work.events.after(self.sequence, LOTS):
                if each.type.startswith("crm.segment."):
                    seen.events.setdefault(each.about, []).append((each.type, each.data))
                if each.type == MembersChanged.type:
                    change = ports.work.audiences.changes(each.about, each.data["number"])
                    seen.steps.append(Step(each.about, False, change))
                elif each.type == SegmentCalculated.type:
                    # Who moved by a calculation of all contacts was told of just before.
                    moved = each.data["entered"] + each.data["left"] > 0
                    change = seen.steps.pop().change if moved else ()
                    seen.steps.append(Step(each.about, True, change))
        return seen

    def compare(self, seen: Seen) -> None:
        """See that members, history, counts and events are those of the model."""
        assert seen.events == {about: told for about, told in self.model.told.items() if told}
        with self.bus.ports(self.tenant, reading=True) as ports:
            stored = {each.id: each for each in ports.work.segments.all(archived=True)}
            assert stored.keys() == self.model.segments.keys()
            for kept in self.model.segments.values():
                self._compare_segment(stored[kept.id], kept, broken_off=seen.broken_off)
                self._compare_members(kept, ports)
                changes = [each.change for each in seen.steps if each.segment == kept.id and each.change]
                moves = kept.moves[len(kept.moves) - len(changes) :]
                assert [[self._moved(each) for each in change] for change in changes] == moves, kept.name
            self._compare_feed(ports)
            self._compare_once(ports)
        self.model.told.clear()
        if self.model.clock.at not in self.instants:
            self.instants.append(self.model.clock.at)

    def compare_history(self) -> None:
        """See that the whole history is that of the model: every change, and the members at every instant."""
        with self.bus.ports(self.tenant, reading=True) as ports:
            for kept in self.model.segments.values():
                changes = [ports.work.audiences.changes(kept.id, each + 1) for each in range(len(kept.moves) + 1)]
                assert [[self._moved(each) for each in change] for change in changes] == [*kept.moves, []], kept.name
                pins = ports.work.pins.page(kept.id)
                assert {each.person.key: each.side.value == "in" for each in pins} == kept.pins, kept.name
                for at in self.instants:
                    self._compare_then(kept, at, ports)

    # -- one after the other -------------------------------------------------------------------------------------

    def _compare_segment(self, stored: Segment, kept: Kept, *, broken_off: bool) -> None:
        rule, failure = kept.rule, stored.failure
        told = stored.name, stored.type, stored.status, stored.every, stored.rule_number
        assert told == (kept.name, kept.type, kept.status, kept.every, len(kept.versions))
        if rule is not None:
            said = stored.ruled.text, stored.leaving.text, stored.leaving.minimum_stay_days
            assert said == (rule.text, rule.leave_text, rule.days), kept.name
        counted = stored.member_count, stored.calculated_at, stored.moved_at
        assert counted == (kept.member_count, kept.calculated_at, kept.moved_at), kept.name
        failed = (failure.attempts, failure.retry_at) if failure else (0, None)
        assert failed == (kept.attempts, kept.retry_at), kept.name
        # What was broken off may have noted already that all must be calculated, or not yet.
        assert broken_off or stored.stale is kept.stale, kept.name

    def _compare_members(self, kept: Kept, ports: Ports) -> None:
        members = ports.work.audiences.members(kept.id)
        assert len(members) == len(kept.members), kept.name
        assert {each.person.key: _stay(each) for each in members} == kept.members, kept.name

    def _compare_once(self, ports: Ports) -> None:
        """See that one segment, another one each time, had at an earlier instant the members that it had then."""
        if self.instants and self.model.segments:
            some = list(self.model.segments.values())
            self._compare_then(
                some[self.sequence % len(some)], self.instants[self.sequence % len(self.instants)], ports
            )

    def _compare_then(self, kept: Kept, at: datetime, ports: Ports) -> None:
        members, count = ports.work.audiences.members(kept.id, at=at), ports.work.audiences.member_count(kept.id, at=at)
        assert {each.person.key for each in members} == kept.were_members(at), (kept.name, at)
        assert count == len(members), (kept.name, at)

    def _compare_feed(self, ports: Ports) -> None:
        """See that the feed tells of each who entered or left, in order."""
        events = read_events(ports, self.cursor, LOTS)
        told: dict[UUID, list[Mapping[str, Any]]] = {}
        for event in events.events:
            if event.type.startswith("crm.segment.member_"):
                told.setdefault(event.about, []).append({**event.data, "entered": event.type.endswith("_added")})
        assert told == {about: moves for about in self.model.segments if (moves := self._to_tell(about))}
        self.cursor = events.after
        stored = ports.work.events.after(self.sequence, LOTS)
        self.sequence = stored[-1].sequence if stored else self.sequence

    def _to_tell(self, about: UUID) -> list[Mapping[str, Any]]:
        """Return what the feed must tell of the changes that the model has noted since the last look."""
        told = self.model.told.get(about, ())
        numbers = [data["number"] for kind, data in told if kind == MembersChanged.type]
        return [
            {
                "contact": str(self.model.records.ids[move.key]),
                "at": move.at.isoformat().replace("+00:00", "Z"),
                "cause": move.cause.value,
                "rule_version": move.version,
                "change": number,
                "entered": move.entered,
            }
            for number in numbers
            for move in self.model.segments[about].moves[number - 1]
        ]

    def _moved(self, change: MemberChange) -> Move:
        keys = {contact_id: key for key, contact_id in self.model.records.ids.items()}
        return Move(keys[change.contact_id], change.entered, change.at, change.cause, change.by, change.rule_version)


def _stay(member: Member) -> Stay:
    assert member.left_at is None
    return Stay(member.entered_at, member.cause, member.added_by, member.rule_version)
