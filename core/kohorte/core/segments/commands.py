"""What one may ask for about segments."""

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from attrs import evolve, field, frozen

from kohorte.core.bus import Ports
from kohorte.core.errors import InvalidInput, KohorteError, NotAllowed
from kohorte.core.messages import Command
from kohorte.core.ports.audiences import Calculation
from kohorte.core.ports.changes import Changed
from kohorte.core.ports.due import WhoIsDue
from kohorte.core.saving import refuse_outdated
from kohorte.core.segments.events import SegmentCalculated, SegmentCreated
from kohorte.core.segments.examples import check_examples
from kohorte.core.segments.finding import find_segment
from kohorte.core.segments.members import calculate
from kohorte.core.segments.model import (
    CalculatedLater,
    Cause,
    Example,
    Failure,
    Segment,
    SegmentStatus,
    SegmentType,
    segment_name,
)
from kohorte.core.segments.nodes import node_ids
from kohorte.core.segments.references import in_dependency_order
from kohorte.core.segments.renaming import follow_name, rename
from kohorte.core.segments.rules import check_selection, follow_rule, rule_version, save_changes

ATTEMPTS: Final = 3
"""A calculation that a later one came before is tried again this often."""
NOTES: Final = 100_000
"""So many notes of changes are taken away by a calculation of all segments; what is left goes with the next one."""

_log = logging.getLogger(__name__)


@frozen
class CreateSegment(Command[Segment]):
    """Make a segment that a rule selects. It has members once it is calculated.

    One of the type ``STATIC`` has no rule, and those as members who are put in. ``note`` says what the first version of
    the rule is for; ``examples`` are checked now and whenever it is saved. With ``every``, all members are calculated
    so often, whatever has changed. With ``leave_when``, a second rule, members leave only where it selects them, and
    nobody enters whom it selects. ``minimum_stay_days``, of 24 hours each, are over before anybody leaves who is not
    taken out.
    """

    name: str
    rule: str | None = None
    description: str | None = None
    tags: tuple[str, ...] = field(default=(), converter=tuple[str, ...])
    note: str | None = None
    examples: tuple[Example, ...] = field(default=(), converter=tuple[Example, ...])
    type: SegmentType = SegmentType.DYNAMIC
    every: timedelta | None = None
    leave_when: str | None = None
    minimum_stay_days: int = 0


@frozen
class ChangeSegment(Command[Segment]):
    """Change a segment; None leaves what it stands for, an empty description or ``leave_when`` removes it.

    Members follow a new rule at the next calculation. ``note`` says what the new version of the rule is for.
    One that is kept by hand becomes of the type ``HYBRID`` with its first rule. ``rewrite`` lets the rules of segments
    that name this one follow a new name, each as a version of its own.
    With ``every``, all members are calculated so often; a time of zero ends that.
    ``version`` is the one that the caller has seen; None overwrites any.
    """

    segment: str | UUID
    rule: str | None = None
    new_name: str | None = None
    description: str | None = None
    tags: tuple[str, ...] | None = None
    note: str | None = None
    examples: tuple[Example, ...] | None = None
    rewrite: bool = False
    version: int | None = None
    type: SegmentType | None = None
    every: timedelta | None = None
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

    def after(self, before: "CalculatedSegment | None") -> "CalculatedSegment":
        """Return what became of the segment by this calculation and the one before together."""
        if before is None or self.error is not None:
            return self
        entered, left = (before.entered or 0) + (self.entered or 0), (before.left or 0) + (self.left or 0)
        return evolve(self, seconds=before.seconds + self.seconds, entered=entered, left=left)


def _tell_nobody(_done: int, _total: int) -> None:
    """Take a progress report and drop it."""


@frozen
class CalculateSegments(Command[Sequence[CalculatedSegment]]):
    """Bring members up to date: of these segments and of all that they refer to, or of all segments.

    All are calculated at one instant, now unless a past one is given, each after those that it refers to, and each in a
    transaction of its own: one that fails never stops the others.
    ``progress`` is told after each how many are done, and of how many; what it raises ends the calculation there.
    """

    segments: tuple[str | UUID, ...] = field(default=(), converter=tuple[str | UUID, ...])
    at: datetime | None = None
    progress: Callable[[int, int], None] = _tell_nobody


class CalculationFailed(KohorteError, RuntimeError):
    """A calculation ended in a way that nobody foresaw; the log says more."""

    code = "calculation_failed"


# -- creating and changing ---------------------------------------------------------------------------------------


def create_segment(command: CreateSegment, ports: Ports) -> Segment:
    """Create a segment.

    Raise ``InvalidValue`` for a bad name or schedule, ``AlreadyExists`` for a taken name, ``InvalidInput`` where a rule
    is missing or is not to be, ``RuleRefused``, ``ReferenceCycle``, and ``ExamplesFailed``.
    """
    ports.work.segments.hold()
    now = ports.clock.now()
    segment_id, name = ports.ids.new(), segment_name(command.name)
    _refuse_wrong_kind(name, command)
    segment = Segment(segment_id, name, None, now, now, type=command.type, created_by=ports.by, changed_by=ports.by)
    segment.describe(command.description)
    segment.tag(command.tags)
    segment.exemplify(command.examples)
    segment.repeat(command.every)
    if command.rule is not None:
        selection = check_selection(segment, command.rule, command.leave_when, command.minimum_stay_days, ports)
        check_examples(segment.examples, selection, ports)
        nodes = node_ids(selection.enter.text, None, ports)
        segment.follow(rule_version(selection, 1, ports, command.note, nodes=nodes))
    ports.work.segments.save(segment)
    ports.work.record(SegmentCreated(segment.id))
    return segment


def change_segment(command: ChangeSegment, ports: Ports) -> Segment:
    """Change a segment; what is the same as before changes nothing.

    Raise ``NotFound``, ``RuleRefused``, ``ReferenceCycle``, ``ExamplesFailed``, ``AlreadyExists`` for a taken name,
    ``Conflict``, and ``NotAllowed`` for an archived segment, or where others refer to the name that would change.
    """
    ports.work.segments.hold()
    segment = find_segment(ports.work, command.segment)
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
    if command.every is not None:
        segment.repeat(command.every or None)
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
    before = segment.leaving
    leave = before.text if command.leave_when is None else command.leave_when or None
    days = before.minimum_stay_days if command.minimum_stay_days is None else command.minimum_stay_days
    stays_as_before = command.rule is None and (leave, days) == (before.text, before.minimum_stay_days)
    if stays_as_before and not command.examples and not has_none_yet:
        return
    text = command.rule if command.rule is not None and segment.type is not SegmentType.STATIC else segment.ruled.text
    follow_rule(segment, check_selection(segment, text, leave, days, ports), ports, command.note)


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

    Raise ``InvalidInput`` for an instant that lies ahead, ``NotFound`` for an unknown segment, ``NotAllowed`` for an
    archived or inactive one, before anything is calculated. Where all segments were calculated for now, what had
    changed before is dealt with.
    """
    now = ports.clock.now()
    refuse_ahead(command.at, now)
    segments = _to_calculate(command, ports)
    changed = ports.work.changes.read(NOTES) if not command.segments and command.at is None else Changed()
    ports.work.rollback()  # nothing was written: others need not wait
    # Who asks for it begins anew: what failed before does not count.
    results: list[CalculatedSegment] = []
    for each in segments:
        results.append(calculate_one(evolve(each, failure=None), ports, at=command.at, now=now))
        command.progress(len(results), len(segments))
    if changed.marks and not any(each.error for each in results):
        ports.work.changes.forget(changed)
        ports.work.commit()
    return results


def refuse_ahead(at: datetime | None, now: datetime) -> None:
    """Raise ``InvalidInput`` for an instant that lies ahead: until then nobody could calculate the segment again."""
    if at is not None and at > now:
        raise InvalidInput(
            "Members cannot be calculated for {at}: it lies ahead.",
            hint="Leave the instant out; a rule can be previewed at any.",
            at=f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
        )


def _to_calculate(command: CalculateSegments, ports: Ports) -> Sequence[Segment]:
    known = {each.id: each for each in ports.work.segments.all()}
    wanted = [find_segment(ports.work, segment) for segment in command.segments]
    for segment in wanted:
        segment.refuse_idle()
    # The order goes through those that are inactive: their rules may ask for the members of others.
    ordered = in_dependency_order(wanted if command.segments else known.values(), known)
    return [each for each in ordered if each.status is SegmentStatus.ACTIVE]


def calculate_one(
    segment: Segment,
    ports: Ports,
    *,
    at: datetime | None = None,
    now: datetime | None = None,
    of: Sequence[UUID] | WhoIsDue | None = None,
) -> CalculatedSegment:
    """Calculate a segment in a transaction of its own, or ``of`` it these contacts alone; an error is returned.

    ``at`` is the instant; without it, it is calculated ``now``, or later where somebody else was faster, and an error
    is noted at the segment.
    """
    started = ports.clock.now()
    found: Calculation | None = None
    error: KohorteError | None = None
    instant = at or now or started
    try:
        instant, found = _repeatedly(segment.id, instant, ports, of, on_purpose=at is not None)
    except Exception as failure:  # whatever it was: the other segments wait
        ports.work.rollback()
        error = told(failure, segment)
        if at is None:
            note_failure(segment, error, ports)
    seconds = (ports.clock.now() - started).total_seconds()
    if found is None:
        return CalculatedSegment(segment.id, segment.name, instant, seconds, error=error)
    return CalculatedSegment(segment.id, segment.name, instant, seconds, found.members, found.entered, found.left)


def note_failure(segment: Segment, error: KohorteError, ports: Ports) -> None:
    """Note in a transaction of its own that a segment failed; where even that is not possible, the log says so."""
    try:
        ports.work.segments.note_failure(segment.id, Failure.of(error, ports.clock.now(), segment.failure))
        ports.work.commit()
    except KohorteError as hindered:
        ports.work.rollback()
        _log.error("The failure of segment %s could not be noted: %s.", segment.id, hindered.code)


def _repeatedly(
    segment_id: UUID, at: datetime, ports: Ports, of: Sequence[UUID] | WhoIsDue | None, *, on_purpose: bool
) -> tuple[datetime, Calculation]:
    """Calculate a segment; again where somebody else has calculated it for a later now."""
    for attempt in range(ATTEMPTS):
        try:
            return at, _once(segment_id, at, ports, of)
        except CalculatedLater:
            ports.work.rollback()
            if on_purpose or attempt + 1 == ATTEMPTS:
                raise
            at = ports.clock.now()
    raise AssertionError  # pragma: no cover - the last attempt returns or raises


def _once(segment_id: UUID, at: datetime, ports: Ports, of: Sequence[UUID] | WhoIsDue | None) -> Calculation:
    segment = ports.work.segments.lock(segment_id)
    segment.refuse_idle()
    found = calculate(segment, at, ports, of=of, cause=Cause.TIME if isinstance(of, WhoIsDue) else Cause.RULE)
    if of is None:
        ports.work.record(SegmentCalculated(segment.id, segment.rule_number, found.members, found.entered, found.left))
    ports.work.commit()
    return found


def told(failure: Exception, segment: Segment) -> KohorteError:
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
