"""What time alone changes: foreseen for a while ahead, and carried out at its instant."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from attrs import frozen

from kohorte.core.bus import Ports
from kohorte.core.errors import InvalidInput, KohorteError
from kohorte.core.messages import Command
from kohorte.core.ports.due import WhoIsDue
from kohorte.core.segments.commands import CalculatedSegment, calculate_one, note_failure, told
from kohorte.core.segments.model import Segment, SegmentStatus
from kohorte.core.segments.references import in_dependency_order
from kohorte.core.segments.rules import check_stored

HORIZON: Final = timedelta(hours=24)
"""So far ahead bounds are kept; what lies further is found by a later filling."""

SHORTEST: Final = timedelta(minutes=1)
"""A horizon is at least so far."""

AT_ONCE: Final = 50_000
"""So many contacts are dealt with in one transaction."""


@frozen
class FilledSegment:
    """How many bounds of a segment were added; with an ``error`` none were."""

    id: UUID
    name: str
    added: int = 0
    error: KohorteError | None = None


@frozen
class FillDue(Command[Sequence[FilledSegment]]):
    """Foresee what time alone may change about active segments, as far ahead as the horizon.

    Done anew when half of it is over, with one statement for each segment whose rule speaks of time; others cost
    nothing. One that fails never stops the others: it becomes stale, and is tried again later (``Failure``).
    """

    horizon: timedelta = HORIZON


@frozen
class FireDue(Command[Sequence[CalculatedSegment]]):
    """Look at those contacts of whom time alone may have changed whether they belong to segments, and at no others.

    Each segment is dealt with in transactions of so many contacts, all of them at one instant, and whole before those
    that refer to it: how many that are changes nothing but the transactions. One that fails never stops the others.
    Nothing is lost where nobody looked for long: what is overdue is found, and counts from now on.
    """

    at_once: int = AT_ONCE


def fill_due(command: FillDue, ports: Ports) -> Sequence[FilledSegment]:
    """Fill segments, and return what became of each; raise ``InvalidInput`` for a horizon that is too short."""
    if command.horizon < SHORTEST:
        raise InvalidInput("The horizon is too short.", hint="One minute is the least, a day is usual.")
    now = ports.clock.now()
    waiting = [ports.work.segments.by_id(each) for each in ports.work.due.unfilled(now + command.horizon / 2)]
    ports.work.rollback()  # nothing was written: others need not wait
    return [_filled(segment, now + command.horizon, ports) for segment in waiting]


def fire_due(command: FireDue, ports: Ports) -> Sequence[CalculatedSegment]:
    """Look at who is due, and return what became of each segment, in the order of the first look."""
    now, results = ports.clock.now(), dict[UUID, CalculatedSegment]()
    while waiting := _with_due(now, results, ports):
        for segment in waiting:
            results[segment.id] = _fired(segment, now, command.at_once, ports).after(results.get(segment.id))
    return list(results.values())


def _fired(segment: Segment, now: datetime, at_once: int, ports: Ports) -> CalculatedSegment:
    """Look at all who are due in a segment, so many at a time."""
    found = calculate_one(segment, ports, now=now, of=WhoIsDue(at_once))
    while found.error is None and _is_anybody_due(segment, now, ports):
        found = calculate_one(segment, ports, now=now, of=WhoIsDue(at_once)).after(found)
    return found


def _is_anybody_due(segment: Segment, now: datetime, ports: Ports) -> bool:
    due = ports.work.due.segments(now)
    ports.work.rollback()  # nothing was written: others need not wait
    return segment.id in due


def _with_due(now: datetime, results: dict[UUID, CalculatedSegment], ports: Ports) -> Sequence[Segment]:
    """Return the segments in which somebody is due, but for those that have failed, each after those it refers to.

    Who was let in by members of another who are about to leave might have to stay.
    """
    failed = {each.id for each in results.values() if each.error is not None}
    due = {*ports.work.due.segments(now)} - failed
    known = {each.id: each for each in ports.work.segments.all()} if due else {}
    ports.work.rollback()
    return [each for each in in_dependency_order(known.values(), known) if each.id in due]


def _filled(segment: Segment, until: datetime, ports: Ports) -> FilledSegment:
    try:
        added = _fill(segment.id, until, ports)
    except Exception as failure:  # whatever it was: the other segments wait
        ports.work.rollback()
        error = told(failure, segment)
        note_failure(segment, error, ports)
        return FilledSegment(segment.id, segment.name, error=error)
    return FilledSegment(segment.id, segment.name, added)


def _fill(segment_id: UUID, until: datetime, ports: Ports) -> int:
    """Fill a segment in a transaction of its own; what has become stale meanwhile waits for its calculation."""
    segment = ports.work.segments.lock(segment_id)
    added = 0
    if segment.rule is not None and not segment.stale and segment.status is SegmentStatus.ACTIVE:
        selection = check_stored(segment.rule, ports)
        added = ports.work.due.fill(segment, selection.enter, until, leave=selection.leave)
    ports.work.commit()
    return added


def is_anything_to_do(ports: Ports, horizon: timedelta = HORIZON) -> bool:
    """Tell whether members must follow changes or time, or be foreseen anew; nothing is written, nobody waited for."""
    work, now = ports.work, ports.clock.now()
    return bool(
        work.changes.read(1).marks
        or work.segments.awaiting(now)
        or work.due.segments(now)
        or work.due.unfilled(now + horizon / 2)
    )
