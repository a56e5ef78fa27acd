"""When time alone may next change who belongs to segments, by what each rule foresees for each contact."""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from uuid import UUID

from attrs import define

from kohorte.adapters.memory.audiences import MemoryAudiences
from kohorte.adapters.memory.state import State, Transaction
from kohorte.core.ports.due import FOREVER
from kohorte.core.ports.rules import CheckedRule
from kohorte.core.segments.model import Segment, SegmentStatus


@define
class MemoryDue:
    """The tenant's bounds."""

    _transaction: Transaction

    def unfilled(self, until: datetime) -> Sequence[UUID]:
        """Return the segments of which bounds are not kept until an instant, those that end first at the beginning."""
        state = self._transaction.seen
        ends = {each: _end(state, each) for each in _watched(state)}
        return sorted((each for each in ends if ends[each] < until), key=lambda each: (ends[each], each))

    def fill(self, segment: Segment, rule: CheckedRule, until: datetime, *, leave: CheckedRule | None = None) -> int:
        """Keep the bounds of a segment until an instant; return how many were added."""
        state = self._transaction.written
        since, before = _end(state, segment.id), state.due.get(segment.id, {})
        if since >= until:
            return 0
        found = MemoryAudiences(self._transaction).bounds(segment, [rule, leave], since, until)
        state.due[segment.id], state.due_until[segment.id] = {**found, **before}, until
        return len(found.keys() - before.keys())

    def segments(self, now: datetime) -> Sequence[UUID]:
        """Return the segments in which a bound is not later than ``now``, the longest due first."""
        first = self._first
        return sorted((each for each in first if first[each] <= now), key=lambda each: (first[each], each))

    def next_at(self) -> datetime | None:
        """Return the earliest bound of all; None where there is none."""
        return min(self._first.values(), default=None)

    @property
    def _first(self) -> Mapping[UUID, datetime]:
        """Return the first bound of each segment that has any."""
        state = self._transaction.seen
        return {each: min(state.due[each].values()) for each in _watched(state) if state.due.get(each)}


def _watched(state: State) -> Set[UUID]:
    """Return the segments that are active and not stale."""
    return {each.id for each in state.segments.values() if each.status is SegmentStatus.ACTIVE and not each.stale}


def _end(state: State, segment_id: UUID) -> datetime:
    """Return until when the bounds of a segment are kept: from its calculation on it was not stale."""
    return state.due_until.get(segment_id) or state.segments[segment_id].calculated_at or FOREVER
