"""What an index of rules says of some contacts beside their stays, and segments that follow it."""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from uuid import UUID

from attrs import evolve, frozen

from kohorte.adapters.memory.contact_records import records
from kohorte.adapters.memory.state import State, Stay, Transaction
from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.ports.audiences import Calculation, Difference, Followed
from kohorte.core.ports.due import FOREVER
from kohorte.core.ports.rule_index import RuleIndex
from kohorte.core.segments.model import Cause, Segment, SegmentStatus
from kohorte.core.values import from_micros, to_micros
from kohorte.dsl.index.segments import SegmentIndex
from kohorte.dsl.records import KEY, preparation


@frozen
class Following:
    """Contacts that are compared with what rules say of them, and segments that follow, at an instant."""

    transaction: Transaction
    at: datetime

    def differences(self, index: RuleIndex, contact_ids: Sequence[UUID]) -> Mapping[UUID, Difference]:
        """Return what is to change of the segments of an index for some contacts."""
        if not isinstance(index, SegmentIndex):
            raise TypeError("Only rules that kohorte.dsl has checked can be asked.")
        state = self.transaction.seen
        prepare = preparation(index.reads, kohorte_catalogue(), key="id")
        prepared = {each["id"]: {**prepare(each), KEY: each["id"]} for each in records(state)}
        bound = index.at(to_micros(self.at), {each: _members(state, each) for each in index.stored})
        until = max((each for each in state.due_until.values() if each < FOREVER), default=None)
        found = dict[UUID, Difference]()
        for contact_id in contact_ids:
            record = prepared.get(contact_id)
            their = {each.bytes for each in state.stays if contact_id in _members(state, each)}
            entering, leaving = bound.moves(record, their)
            for each in entering:
                one = _of(found, each)
                found[UUID(bytes=each)] = evolve(one, entering=[*one.entering, contact_id])
            for each in leaving:
                one = _of(found, each)
                found[UUID(bytes=each)] = evolve(one, leaving=[*one.leaving, contact_id])
            if record is not None and until is not None:
                for each, due_at in bound.soon(record, to_micros(until)).items():
                    one = _of(found, each)
                    found[UUID(bytes=each)] = evolve(one, due={**one.due, contact_id: from_micros(due_at)})
        return {
            each: evolve(found[each], seen=state.segments[each])
            for each in found
            if state.segments[each].status is SegmentStatus.ACTIVE and not state.segments[each].stale
        }

    def follow(self, differences: Mapping[UUID, Difference], cause: Cause, by: str) -> Followed:
        """Let segments follow what was found of them, or refuse some."""
        state = self.transaction.written
        refused = {each for each in differences if self._is_outdated(state.segments.get(each), differences[each])}
        if refused:
            return Followed(refused)
        moved = dict[UUID, Calculation]()
        for segment_id, each in differences.items():
            if each.entering or each.leaving:
                moved[segment_id] = self._move(state, segment_id, each, cause, by)
            until = state.due_until.get(segment_id, FOREVER)
            if until < FOREVER:
                kept = dict(state.due.get(segment_id, {}))
                kept |= {who: min(due, kept.get(who, due)) for who, due in each.due.items() if due <= until}
                state.due[segment_id] = kept
        return Followed(moved=moved)

    def _is_outdated(self, stored: Segment | None, found: Difference) -> bool:
        if stored is None or stored is not found.seen:
            return True
        return any(known is not None and self.at < known for known in (stored.calculated_at, stored.moved_at))

    def _move(self, state: State, segment_id: UUID, found: Difference, cause: Cause, by: str) -> Calculation:
        segment, number = state.segments[segment_id], state.changes.get(segment_id, 0) + 1
        leaving = {*found.leaving}
        state.stays[segment_id] = (
            *(
                evolve(stay, left_change=number, left_at=self.at, left_cause=cause, removed_by=by)
                if stay.left_at is None and stay.contact_id in leaving
                else stay
                for stay in state.stays.get(segment_id, ())
            ),
            *(Stay(who, number, self.at, cause, by, segment.rule_number) for who in found.entering),
        )
        members = len(_members(state, segment_id))
        state.changes[segment_id] = number
        state.segments[segment_id] = evolve(segment, member_count=members, moved_at=self.at)
        return Calculation(members, len(found.entering), len(found.leaving), number)


def _of(found: Mapping[UUID, Difference], key: bytes) -> Difference:
    return found.get(UUID(bytes=key), Difference())


def _members(state: State, segment_id: UUID) -> Set[UUID]:
    return {stay.contact_id for stay in state.stays.get(segment_id, ()) if stay.left_at is None}
