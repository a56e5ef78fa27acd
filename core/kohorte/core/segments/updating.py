"""Bringing members up to date for what has changed: contacts that changed are looked at, and no others.

What costs is what moves. An index answers which segments each contact belongs to now; beside the members by then that
tells who enters and who leaves where, and all of it is written together. One by one come the segments that are
calculated whole, those that are not up to their rule alone, and those that the index does not have.
"""

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from attrs import define, evolve, field, frozen

from kohorte.core.bus import Ports
from kohorte.core.errors import NotFound
from kohorte.core.messages import Command
from kohorte.core.ports.audiences import Calculation, Difference, Followed
from kohorte.core.ports.changes import Changed
from kohorte.core.segments.commands import CalculatedSegment, calculate_one
from kohorte.core.segments.events import MembersChanged
from kohorte.core.segments.indexed import IndexedSegments
from kohorte.core.segments.model import Segment, SegmentStatus
from kohorte.core.segments.references import depending, in_dependency_order

AT_ONCE: Final = 1_000
"""So many changes are dealt with at a time."""

_NOBODY: Final = frozenset[UUID]()

_log = logging.getLogger(__name__)


@frozen
class UpdateMembers(Command[Sequence[CalculatedSegment]]):
    """Bring the members of all active segments up to date for what has changed since, whoever changed it.

    A segment that is stale is calculated whole: it is new, its rule or its type changed or that of one that it refers
    to, a stored list changed that it reads, very many contacts changed at once or moved in a segment that it refers to,
    or it failed before and it is time to try again; and so is one whose schedule says so. In all others only contacts
    that changed are looked at. What the passing of time alone changes is found by ``FillDue`` and ``FireDue``.

    Segments that their rule alone decides move together, in one transaction for so many changes as are dealt with at a
    time; all others each in one of its own. One that fails never stops the others, stays stale, and is tried again
    later (``Failure``).
    """


def update_members(_command: UpdateMembers, ports: Ports) -> Sequence[CalculatedSegment]:
    """Update members, and return what became of each segment in which somebody moved or that was looked at alone."""
    with ports.kept.use(("segments", ports.tenant.id), partial(IndexedSegments.of, ports.rules)) as indexed:
        told: dict[UUID, CalculatedSegment] = {}
        while True:
            changed = ports.work.changes.read(AT_ONCE)
            if not changed.marks and (told or not ports.work.segments.awaiting(ports.clock.now())):
                return list(told.values())
            _mark_stale(changed, ports)
            held = ports.work.segments.held()
            ports.work.commit()
            _Update(changed, held, indexed, told, ports).run()
            if not changed.marks:
                return list(told.values())


@define
class _Update:
    """Segments that follow some changes. ``held`` are those that others may calculate without seeing the changes."""

    changed: Changed
    held: Collection[UUID]
    indexed: IndexedSegments
    told: dict[UUID, CalculatedSegment]
    ports: Ports
    _done: dict[UUID, Set[UUID]] = field(factory=dict[UUID, Set[UUID]])
    """Segments that were dealt with one by one, each with the contacts that were looked at."""

    def run(self) -> None:
        """Let all segments follow, and forget the changes."""
        try:
            at, found = self._one_by_one()
            if self.changed.marks:
                self._together(at, found)
        except Exception as failure:  # whatever it was: what can be done segment by segment is done
            _log.warning("Segments are updated one by one: %s.", type(failure).__name__)
            self._without_index()

    # -- looking -------------------------------------------------------------------------------------------------

    def _look(self) -> tuple[datetime, Collection[UUID], Mapping[UUID, Difference]]:
        """Return the instant, which segments are to be calculated whole, and what is to change of the others.

        All of it is seen as it is at one moment, and hinders nobody.
        """
        at = self.ports.clock.now()
        with self.ports.storage.work(self.ports.tenant, reading=True) as seen:
            self.indexed.refresh(seen)
            awaiting = seen.segments.awaiting(at)
            if not self.changed.contacts:
                return at, awaiting, {}
            return at, awaiting, seen.audiences.differences(self.indexed.ready(seen), sorted(self.changed.contacts), at)

    # -- one by one ----------------------------------------------------------------------------------------------

    def _one_by_one(self) -> tuple[datetime, Mapping[UUID, Difference]]:
        """Let those segments follow that do so alone; return what is then to change of the others, and the instant."""
        while True:
            at, awaiting, found = self._look()
            wanted = {**self._to_look_at_alone(found), **dict.fromkeys(awaiting, self.changed.contacts)}
            alone = {each: who for each, who in wanted.items() if each not in self._done or not who <= self._done[each]}
            if not alone:
                return at, dict(self._left_over(found))
            # Who has moved may be asked for by the rules of others: then all is looked at again.
            self._update(alone)
            self._done |= {each: who | self._done.get(each, _NOBODY) for each, who in alone.items()}

    def _to_look_at_alone(self, found: Mapping[UUID, Difference]) -> Mapping[UUID, Set[UUID]]:
        if not self.changed.contacts:
            return {}
        held = [each for each in self.held if each in self.indexed.index]
        kept = {
            each: {*one.entering, *one.leaving}
            for each, one in found.items()
            if (one.entering or one.leaving) and not self.indexed.is_ruled_alone(each)
        }
        return {**kept, **dict.fromkeys((*self.indexed.apart, *held), self.changed.contacts)}

    def _left_over(self, found: Mapping[UUID, Difference]) -> Iterator[tuple[UUID, Difference]]:
        """Yield what segments are to follow together: all that is up to rules alone, and the bounds of all."""
        for each, one in found.items():
            if self.indexed.is_ruled_alone(each):
                yield each, one
            elif one.due:
                yield each, evolve(one, entering=(), leaving=())

    def _update(self, contacts: Mapping[UUID, Set[UUID]]) -> None:
        """Update segments, each for some contacts and after those that it refers to."""
        for each in self.indexed.in_order(contacts.keys()):
            try:
                segment = self.ports.work.segments.by_id(each)
            except NotFound:  # somebody has deleted it meanwhile
                continue
            self._update_one(segment, contacts[each])

    def _update_one(self, segment: Segment, contact_ids: Set[UUID]) -> None:
        """Update one segment, unless there is nothing to look at, or it has failed and must wait."""
        before, now = self.told.get(segment.id), self.ports.clock.now()
        of: Sequence[UUID] | None = None
        if not segment.awaits_calculation(now):
            of = sorted(contact_ids) if segment.rule is not None else []  # no change moves who was put in
        must_wait = segment.failure is not None and now < segment.failure.retry_at
        if must_wait or (before is not None and before.error is not None) or of == []:
            self.ports.work.rollback()
            return
        self._tell(calculate_one(segment, self.ports, of=of))

    def _without_index(self) -> None:
        self.ports.work.rollback()
        self.indexed.clear()
        for segment in _active(self.ports):
            self._update_one(segment, self.changed.contacts)
        self.ports.work.changes.forget(self.changed)
        self.ports.work.commit()

    # -- together ------------------------------------------------------------------------------------------------

    def _together(self, at: datetime, found: Mapping[UUID, Difference]) -> None:
        """Let segments follow at once, and forget the changes; those that have changed meanwhile follow one by one."""
        work, started = self.ports.work, self.ports.clock.now()
        while True:
            if not work.changes.forget(self.changed):
                work.rollback()  # somebody else has dealt with them
                return
            followed = work.audiences.follow(found, at, by=self.ports.by) if found else Followed()
            if not followed.refused:
                break
            work.rollback()
            self._update({each: found[each].contacts for each in followed.refused})
            found = {each: one for each, one in found.items() if each not in followed.refused}
        moves = [(each, followed.moved[each]) for each in self.indexed.in_order(followed.moved.keys())]
        for segment_id, moved in moves:
            if moved.change is not None:
                work.record(MembersChanged(segment_id, moved.change, moved.entered, moved.left))
        work.commit()
        seconds = (self.ports.clock.now() - started).total_seconds()
        for segment_id, moved in moves:
            self._tell(self._told(segment_id, moved, at, seconds / len(moves)))

    def _told(self, segment_id: UUID, moved: Calculation, at: datetime, seconds: float) -> CalculatedSegment:
        name = self.indexed.name(segment_id)
        return CalculatedSegment(segment_id, name, at, seconds, moved.members, moved.entered, moved.left)

    def _tell(self, found: CalculatedSegment) -> None:
        self.told[found.id] = found.after(self.told.get(found.id))


def _mark_stale(changed: Changed, ports: Ports) -> None:
    """Mark the segments of which all members must be calculated because of a change."""
    if not (changed.everybody or changed.lists or changed.moved):
        return
    concerned = _reading(changed.lists, ports)
    concerned |= {each.id for moved in changed.moved for each in depending(ports.work, moved)}
    for segment in _active(ports):
        if changed.everybody or segment.id in concerned:
            ports.work.segments.mark_stale(segment.id)


def _reading(lists: Set[UUID], ports: Ports) -> Set[UUID]:
    """Return the segments that read lists: themselves, or in the rules of others that stand within their own."""
    found, within = set[UUID](), set[UUID]()
    for segment in _in_order(ports):
        if segment.reads & lists or segment.refers_to & within:
            found.add(segment.id)
            if segment.is_ruled_alone:
                within.add(segment.id)
    return found


def _active(ports: Ports) -> Sequence[Segment]:
    return [each for each in _in_order(ports) if each.status is SegmentStatus.ACTIVE]


def _in_order(ports: Ports) -> Sequence[Segment]:
    """Return the segments in use, each after those that it refers to, be it through one that is inactive."""
    known = {each.id: each for each in ports.work.segments.all()}
    return in_dependency_order(known.values(), known)
