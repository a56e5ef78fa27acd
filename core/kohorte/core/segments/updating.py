"""Bringing members up to date for what has changed: contacts that changed are looked at, and no others."""

from collections.abc import Mapping, Sequence, Set
from typing import Final
from uuid import UUID

from attrs import frozen

from kohorte.core.bus import Ports
from kohorte.core.messages import Command
from kohorte.core.ports.changes import Changed
from kohorte.core.segments.commands import CalculatedSegment, calculate_one
from kohorte.core.segments.model import Segment, SegmentStatus
from kohorte.core.segments.references import in_dependency_order

AT_ONCE: Final = 1_000
"""So many changes are dealt with at a time."""


@frozen
class UpdateMembers(Command[Sequence[CalculatedSegment]]):
    """Bring the members of all active segments up to date for what has changed since, whoever changed it.

    A segment that is stale is calculated whole: it is new, its rule or its type changed or that of one that it refers
    to, a stored list changed that it reads, very many contacts changed at once, or it failed before and it is time to
    try again; and so is one whose schedule says so. In all others only contacts that changed are looked at. What the
    passing of time alone changes is found by ``FillDue`` and ``FireDue``.

    Each segment is dealt with in a transaction of its own: one that fails never stops the others, stays stale, and is
    tried again later (``Failure``).
    """


def update_members(_command: UpdateMembers, ports: Ports) -> Sequence[CalculatedSegment]:
    """Update members, and return what became of each segment that was looked at, in the order of the first look."""
    told: dict[UUID, CalculatedSegment] = {}
    while True:
        changed = ports.work.changes.read(AT_ONCE)
        if not changed.marks and (told or not ports.work.segments.awaits_calculation(ports.clock.now())):
            return list(told.values())
        _mark_stale(changed, ports)
        segments = _active(ports)
        ports.work.commit()
        for segment in segments:
            found = _update(segment, changed, told, ports)
            if found is not None:
                told[segment.id] = found.after(told.get(segment.id))
        if not changed.marks:
            return list(told.values())
        ports.work.changes.forget(changed)
        ports.work.commit()


def _update(
    segment: Segment, changed: Changed, told: Mapping[UUID, CalculatedSegment], ports: Ports
) -> CalculatedSegment | None:
    """Update one segment; return None where there is nothing to look at, or where it has failed and must wait."""
    before = told.get(segment.id)
    of: Sequence[UUID] | None = None
    now = ports.clock.now()
    if not segment.awaits_calculation(now):
        of = sorted(changed.contacts) if segment.rule is not None else []  # no change moves who was put in
    must_wait = segment.failure is not None and now < segment.failure.retry_at
    if must_wait or (before is not None and before.error is not None) or of == []:
        return None
    return calculate_one(segment, ports, of=of)


def _mark_stale(changed: Changed, ports: Ports) -> None:
    """Mark the segments of which all members must be calculated because of a change."""
    if not (changed.everybody or changed.lists):
        return
    reading = _reading(changed.lists, ports)
    for segment in _active(ports):
        if changed.everybody or segment.id in reading:
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
