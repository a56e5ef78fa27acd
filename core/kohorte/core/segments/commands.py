"""What one may ask for about segments."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from attrs import evolve, field, frozen

from kohorte.core.bus import Ports
from kohorte.core.errors import Conflict, InvalidInput, KohorteError, NotAllowed
from kohorte.core.messages import Command
from kohorte.core.ports.audiences import Calculation
from kohorte.core.ports.changes import Changed
from kohorte.core.saving import refuse_outdated
from kohorte.core.segments.events import SegmentCalculated, SegmentCreated
from kohorte.core.segments.examples import check_examples
from kohorte.core.segments.members import calculate
from kohorte.core.segments.model import CalculatedLater, Example, Segment, SegmentStatus, SegmentType, segment_name
from kohorte.core.segments.references import in_dependency_order, refuse_circle
from kohorte.core.segments.renaming import follow_name, rename
from kohorte.core.segments.rules import check_selection, rule_version, save_changes

ATTEMPTS: Final = 3
"""A calculation that somebody's change came in between is tried again this often."""
NOTES: Final = 100_000
"""So many notes of changes are taken away by a calculation of all segments; what is left goes with the next one."""

_log = logging.getLogger(__name__)


@frozen
class CreateSegment(Command[Segment]):
    """Make a segment that a rule selects. It has members once it is calculated.

    One of the type ``STATIC`` has no rule, and those as members who are put in. ``note`` says what the first version of
    the rule is for; ``examples`` are checked now and whenever it is saved. With ``leave_when``, a second rule, members
    leave only where it selects them, and nobody enters whom it selects. ``minimum_stay_days``, of 24 hours each, are
    over before anybody leaves who is not taken out.
    """

    name: str
    rule: str | None = None
    description: str | None = None
    tags: tuple[str, ...] = field(default=(), converter=tuple[str, ...])
    note: str | None = None
    examples: tuple[Example, ...] = field(default=(), converter=tuple[Example, ...])
    type: SegmentType = SegmentType.DYNAMIC
    leave_when: str | None = None
    minimum_stay_days: int = 0


@frozen
class ChangeSegment(Command[Segment]):
    """Change a segment; None leaves what it stands for, an empty description or ``leave_when`` removes it.

    Members follow a new rule at the next calculation. ``note`` says what the new version of the rule is for.
    One that is kept by hand becomes of the type ``HYBRID`` with its first rule. ``rewrite`` lets the rules of segments
    that name this one follow a new name, each as a version of its own.
    ``version`` is the one that the caller has seen; None overwrites any.
    """

    name: str
    rule: str | None = None
    new_name: str | None = None
    description: str | None = None
    tags: tuple[str, ...] | None = None
    note: str | None = None
    examples: tuple[Example, ...] | None = None
    rewrite: bool = False
    version: int | None = None
    type: SegmentType | None = None
    leave_when: str | None = None
    minimum_stay_days: int | None = None


@frozen
class CalculatedSegment:
    """What became of a segment: members afterwards, how many entered and left, and how long it took.

    With an ``error`` nothing was changed, and the counts are None.
    """

    id: UUID
    name: str
    at: datetime
    seconds: float
    members: int | None = None
    entered: int | None = None
    left: int | None = None
    error: KohorteError | None = None


@frozen
class CalculateSegments(Command[Sequence[CalculatedSegment]]):
    """Bring members up to date: of the named segments and of all that they refer to, or of all segments.

    All are calculated at one instant, now unless another is given, each after those that it refers to, and each in a
    transaction of its own: one that fails never stops the others.
    """

    names: tuple[str, ...] = field(default=(), converter=tuple[str, ...])
    at: datetime | None = None


class CalculationFailed(KohorteError, RuntimeError):
    """A calculation ended in a way that nobody foresaw; the log says more."""

    code = "calculation_failed"


# -- creating and changing ---------------------------------------------------------------------------------------


def create_segment(command: CreateSegment, ports: Ports) -> Segment:
    """Create a segment.

    Raise ``InvalidValue`` for a bad name, ``AlreadyExists`` for a taken one, ``InvalidInput`` where a rule is missing
    or is not to be, ``RuleRefused``, ``ReferenceCycle``, and ``ExamplesFailed``.
    """
    ports.work.segments.hold()
    now = ports.clock.now()
    segment_id, name = ports.ids.new(), segment_name(command.name)
    _refuse_wrong_kind(name, command)
    segment = Segment(segment_id, name, None, now, now, type=command.type, created_by=ports.by, changed_by=ports.by)
    segment.describe(command.description)
    segment.tag(command.tags)
    segment.exemplify(command.examples)
    if command.rule is not None:
        selection = check_selection(segment, command.rule, command.leave_when, command.minimum_stay_days, ports)
        check_examples(segment.examples, selection, ports)
        segment.follow(rule_version(selection, 1, ports, command.note))
    ports.work.segments.save(segment)
    ports.work.record(SegmentCreated(segment.id))
    return segment


def change_segment(command: ChangeSegment, ports: Ports) -> Segment:
    """Change a segment; what is the same as before changes nothing.

    Raise ``NotFound``, ``RuleRefused``, ``ReferenceCycle``, ``ExamplesFailed``, ``AlreadyExists`` for a taken name,
    ``Conflict``, and ``NotAllowed`` for an archived segment, or where others refer to the name that would change.
    """
    ports.work.segments.hold()
    segment = ports.work.segments.by_name(command.name)
    segment.refuse_archived()
    refuse_outdated(command.version, segment.version, segment.name)
    before = evolve(segment)
    following = rename(segment, command.new_name, ports, rewrite=command.rewrite)
    if command.description is not None:
        segment.describe(command.description)
    if command.tags is not None:
        segment.tag(command.tags)
    if command.examples is not None:
        segment.exemplify(command.examples)
    if command.type is not None:
        _turn(segment, command.type, ports)
    _follow(segment, command, ports)
    save_changes(segment, before, ports)
    for each in following:
        follow_name(each, f'The segment "{segment.name}" has this name now.', ports)
    return segment


def _follow(segment: Segment, command: ChangeSegment, ports: Ports) -> None:
    """Let a segment follow the rule and the examples that it is given."""
    has_none_yet = segment.rule is None and segment.type is not SegmentType.STATIC
    given = command.rule, command.leave_when, command.minimum_stay_days
    if given == (None, None, None) and not command.examples and not has_none_yet:
        return
    text = command.rule if command.rule is not None and segment.type is not SegmentType.STATIC else segment.ruled.text
    leave = segment.leaving.text if command.leave_when is None else command.leave_when or None
    days = segment.leaving.minimum_stay_days if command.minimum_stay_days is None else command.minimum_stay_days
    selection = check_selection(segment, text, leave, days, ports)
    refuse_circle(segment, selection.segments, ports.work)
    check_examples(segment.examples, selection, ports)
    if not selection.says_the_same(segment.rule):
        segment.follow(rule_version(selection, segment.rule_number + 1, ports, command.note))


def _turn(segment: Segment, kind: SegmentType, ports: Ports) -> None:
    """Let a segment be of another type; a rule alone decides only where nobody was put in or kept out."""
    segment.turn_into(kind)
    pinned = ports.work.pins.count(segment.id) if kind is SegmentType.DYNAMIC else 0
    if pinned:
        raise NotAllowed(
            'In the segment "{name}", {count} contact(s) are put in or kept out by hand.',
            hint="Leave them to the rule first: kohorte segment release NAME KEY …",
            name=segment.name,
            count=pinned,
        )


def _refuse_wrong_kind(name: str, command: CreateSegment) -> None:
    if command.type is SegmentType.STATIC:
        if command.rule is not None or command.examples or command.leave_when or command.minimum_stay_days:
            raise InvalidInput(
                'The segment "{name}" would be kept by hand: it has no rule.',
                hint="Make it hybrid to have a rule and to keep who is in it by hand as well.",
                name=name,
            )
    elif command.rule is None:
        raise InvalidInput(
            'The segment "{name}" needs a rule.', hint="Or make it static, and keep it by hand.", name=name
        )


# -- calculating -------------------------------------------------------------------------------------------------


def calculate_segments(command: CalculateSegments, ports: Ports) -> Sequence[CalculatedSegment]:
    """Calculate segments, and return what became of each, in the order in which they were calculated.

    Raise ``NotFound`` for an unknown name, ``NotAllowed`` for an archived or inactive segment, before anything is
    calculated. Where all segments were calculated for now, what had changed before is dealt with.
    """
    now = ports.clock.now()
    segments = _to_calculate(command, ports)
    changed = ports.work.changes.read(NOTES) if not command.names and command.at is None else Changed()
    ports.work.rollback()  # nothing was written: others need not wait
    results = [calculate_one(segment, ports, at=command.at, now=now) for segment in segments]
    if changed.marks and not any(each.error for each in results):
        ports.work.changes.forget(changed)
        ports.work.commit()
    return results


def _to_calculate(command: CalculateSegments, ports: Ports) -> Sequence[Segment]:
    known = {each.id: each for each in ports.work.segments.all() if each.status is SegmentStatus.ACTIVE}
    if not command.names:
        return in_dependency_order(known.values(), known)
    wanted = [ports.work.segments.by_name(name) for name in command.names]
    for segment in wanted:
        segment.refuse_idle()
    return in_dependency_order(wanted, known)


def calculate_one(
    segment: Segment,
    ports: Ports,
    *,
    at: datetime | None = None,
    now: datetime | None = None,
    of: Sequence[UUID] | None = None,
) -> CalculatedSegment:
    """Calculate a segment in a transaction of its own, or ``of`` it these contacts alone; an error is returned.

    ``at`` is the instant; without it, it is calculated ``now``, or later where somebody else was faster.
    """
    started = ports.clock.now()
    found: Calculation | None = None
    error: KohorteError | None = None
    instant = at or now or started
    try:
        instant, found = _repeatedly(segment.id, instant, ports, of, on_purpose=at is not None)
    except Exception as failure:  # whatever it was: the other segments wait
        ports.work.rollback()
        error = _told(failure, segment)
    seconds = (ports.clock.now() - started).total_seconds()
    if found is None:
        return CalculatedSegment(segment.id, segment.name, instant, seconds, error=error)
    return CalculatedSegment(segment.id, segment.name, instant, seconds, found.members, found.entered, found.left)


def _repeatedly(
    segment_id: UUID, at: datetime, ports: Ports, of: Sequence[UUID] | None, *, on_purpose: bool
) -> tuple[datetime, Calculation]:
    """Calculate a segment; again where it was changed, or calculated for a later now, at the same moment."""
    for attempt in range(ATTEMPTS):
        try:
            return at, _once(segment_id, at, ports, of)
        except (Conflict, CalculatedLater) as failure:
            ports.work.rollback()
            is_earlier_on_purpose = isinstance(failure, CalculatedLater) and on_purpose
            if is_earlier_on_purpose or attempt + 1 == ATTEMPTS:
                raise
            at = at if on_purpose else ports.clock.now()
    raise AssertionError  # pragma: no cover - the last attempt returns or raises


def _once(segment_id: UUID, at: datetime, ports: Ports, of: Sequence[UUID] | None) -> Calculation:
    segment = ports.work.segments.by_id(segment_id)
    segment.refuse_idle()
    found = calculate(segment, at, ports, of=of)
    if of is None:
        ports.work.record(SegmentCalculated(segment.id, segment.rule_number, found.members, found.entered, found.left))
    ports.work.commit()
    return found


def _told(failure: Exception, segment: Segment) -> KohorteError:
    """Return a failure as an error that says what it was; the driver's own words may hold secrets."""
    if isinstance(failure, KohorteError):
        return failure
    _log.error('The segment "%s" could not be calculated.', segment.name, exc_info=failure)
    return CalculationFailed(
        'The segment "{name}" could not be calculated: {kind}.',
        hint="The log says more. Try again, and make its rule simpler if that does not help.",
        name=segment.name,
        kind=type(failure).__name__,
    )
