"""What work does to the model: calculating, following changes and time, and members by hand.

What the model cannot know is how the work was divided, and whether somebody was looked at who need not have been: a
contact whose answers no change of data changed since all followed, but time did, may follow or stay as it is until it
is due. So following is done in the steps that were seen, each of which must be what an evaluation says at that point;
and afterwards nobody may be left who must have followed.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from attrs import define, field, frozen

from kohorte.core.ports.audiences import MemberChange
from kohorte.core.segments.model import Cause, SegmentType
from tests.stories.membership.kept import Kept, Refused, Told
from tests.stories.membership.model import Model

MINUTE: Final = timedelta(minutes=1)
HORIZON: Final = timedelta(hours=24)


@frozen
class Step:
    """A calculation of a segment, or of some contacts of it, and who moved by it."""

    segment: UUID
    is_full: bool
    change: Sequence[MemberChange] = ()


@define
class Seen:
    """What a command has told: events by segment, and the steps that they tell of.

    ``broken_off`` is whether it ended before it was done; ``failed`` are segments that it says have failed.
    """

    events: dict[UUID, list[Told]] = field(factory=dict[UUID, list[Told]])
    steps: list[Step] = field(factory=list[Step])
    broken_off: bool = False
    failed: frozenset[UUID] = frozenset()

    def is_done(self, segment: Kept) -> bool:
        """Tell whether all of a segment's members were calculated, or must have been: nothing went wrong."""
        told = any(each.is_full and each.segment == segment.id for each in self.steps)
        return told or not (self.broken_off or segment.id in self.failed)


@define
class Following:
    """Work on a model's segments."""

    model: Model

    # -- all contacts --------------------------------------------------------------------------------------------

    def calculate(self, wanted: Collection[Kept], seen: Seen) -> None:
        """Calculate segments and those that they refer to; of none given, all."""
        if any(not each.is_active for each in wanted):
            raise Refused
        pending, changed = self.model.pending, self.model.list_changed
        self.model.pending, self.model.list_changed = {}, False
        for segment in self.model.in_order(wanted) if wanted else self.model.in_use():
            if segment.is_active and seen.is_done(segment):
                self._calculate(segment)
            if segment.id in seen.failed:
                segment.attempts = 0  # who asks for it begins anew
                self._fail(segment)
        if wanted or seen.broken_off or seen.failed:
            self.model.pending = {**self.model.pending, **pending}
            self.model.list_changed |= changed

    def _calculate(self, segment: Kept) -> None:
        entered, left = self.model.move(segment, self.model.differing(segment), Cause.RULE)
        segment.calculated_at, segment.stale, segment.filled = self.model.clock.at, False, None
        segment.attempts, segment.retry_at = 0, None
        counts = {"members": len(segment.members), "entered": entered, "left": left}
        self.model.tell(segment, "calculated", rule_version=len(segment.versions), **counts)

    def _fail(self, segment: Kept) -> None:
        segment.stale, segment.attempts = True, segment.attempts + 1
        segment.retry_at = self.model.clock.at + min(MINUTE * 2 ** (segment.attempts - 1), timedelta(days=1))

    # -- some contacts -------------------------------------------------------------------------------------------

    def update(self, seen: Seen) -> None:
        """Follow what has changed."""
        for segment in self.model.in_use():
            if self.model.list_changed and segment.is_active and self.model.reads_list(segment):
                segment.stale = True
        for step in seen.steps:
            segment = self.model.segments[step.segment]
            if step.is_full:
                assert self._awaits_calculation(segment), (segment.name, "need not have been calculated")
                self._calculate(segment)
            else:
                self._follow(segment, step, Cause.RULE)
        for segment in self.model.in_use():
            if segment.is_active and segment.id not in seen.failed and not seen.broken_off:
                assert not self._awaits_calculation(segment), (segment.name, "should have been calculated")
                if not segment.stale:
                    self._refuse_late(segment, self._must_follow)
        self._fail_all(seen)
        if not seen.broken_off:
            self.model.pending, self.model.list_changed = {}, False

    def _awaits_calculation(self, segment: Kept) -> bool:
        now, last = self.model.clock.at, segment.calculated_at
        waits = segment.retry_at is not None and now < segment.retry_at
        is_over = segment.every is not None and last is not None and last + segment.every <= now
        return not waits and (segment.stale or is_over)

    def _must_follow(self, segment: Kept, key: str) -> bool:
        """Tell whether what changed of a contact changes what a segment's rules answer."""
        before = self.model.pending.get(key)
        if before is None or before.record is None:
            return before is not None
        return self.model.answers(segment, key) != self.model.answers(segment, key, before)

    def fill(self, seen: Seen) -> None:
        """Foresee what time changes."""
        now = self.model.clock.at
        for segment in self.model.in_use():
            if segment.is_active and not segment.stale and not seen.broken_off:
                end = segment.filled or segment.calculated_at
                if end is not None and end < now + HORIZON / 2:
                    segment.filled = now + HORIZON
        self._fail_all(seen)

    def fire(self, seen: Seen) -> None:
        """Follow time."""
        for step in seen.steps:
            assert not step.is_full
            self._follow(self.model.segments[step.segment], step, Cause.TIME)
        for segment in self.model.in_use():
            if segment.is_active and not segment.stale and segment.id not in seen.failed and not seen.broken_off:
                self._refuse_late(segment, self._is_due)
        self._fail_all(seen)

    def _is_due(self, segment: Kept, key: str) -> bool:
        """Tell whether time alone must have changed the answer, and the segment was foreseen until now."""
        is_foreseen = segment.filled is not None and self.model.clock.at <= segment.filled
        reads_anew = self.model.list_changed and self.model.reads_list(segment)
        return is_foreseen and key not in self.model.pending and not reads_anew

    def _follow(self, segment: Kept, step: Step, cause: Cause) -> None:
        """Let those move who were seen to: an evaluation must say so of each."""
        keys = {contact_id: key for key, contact_id in self.model.records.ids.items()}
        moved = {keys[each.contact_id]: each.entered for each in step.change}
        wanted = self.model.differing(segment, moved)
        assert segment.is_active
        assert moved == wanted, (segment.name, segment.rule, "moved", moved, "though wanted is", wanted)
        self.model.move(segment, moved, cause)

    def _refuse_late(self, segment: Kept, must: Callable[[Kept, str], bool]) -> None:
        """See that nobody is left who must have moved."""
        late = {key: each for key, each in self.model.differing(segment).items() if must(segment, key)}
        assert not late, (segment.name, segment.rule, "should have moved", late)

    def _fail_all(self, seen: Seen) -> None:
        for each in seen.failed:
            self._fail(self.model.segments[each])

    # -- by hand -------------------------------------------------------------------------------------------------

    def put(self, segment: Kept, keys: Collection[str], side: bool | None, cause: Cause, by: str) -> tuple[int, int]:
        """Put known contacts in or keep them out, or leave them to the rule; return how many entered and left."""
        if not segment.is_active or segment.type is SegmentType.DYNAMIC or (side is None and segment.rule is None):
            raise Refused
        for key in keys:
            segment.pins.pop(key, None)
            if side or (side is False and segment.type is not SegmentType.STATIC):
                segment.pins[key] = side
        return self.model.move(
            segment, self.model.differing(segment, keys), cause if side is not None else Cause.RULE, by
        )
