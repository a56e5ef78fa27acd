"""What becomes of a segment: idle for a while, taken out of use and into it again, deleted."""

from uuid import UUID

from attrs import evolve, frozen

from kohorte.core.bus import Ports
from kohorte.core.messages import Command
from kohorte.core.saving import refuse_outdated
from kohorte.core.segments.events import SegmentArchived, SegmentDeleted
from kohorte.core.segments.finding import find_segment
from kohorte.core.segments.model import Segment, SegmentStatus
from kohorte.core.segments.references import refuse_circle, refuse_while_used
from kohorte.core.segments.rules import check_again, rule_version, save_changes


@frozen
class ActivateSegment(Command[Segment]):
    """Calculate a segment again that was inactive or archived; members follow at the next calculation."""

    segment: str | UUID


@frozen
class DeactivateSegment(Command[Segment]):
    """Leave a segment's members as they are until it is active again; others may go on referring to its rule."""

    segment: str | UUID


@frozen
class ArchiveSegment(Command[Segment]):
    """Take a segment out of use that no other refers to; its members and history stay readable."""

    segment: str | UUID


@frozen
class DeleteSegment(Command[None]):
    """Forget a segment that no other refers to, its members, its history and its rules with it.

    ``version`` is the one that the caller has seen; None forgets any.
    """

    segment: str | UUID
    version: int | None = None


def activate_segment(command: ActivateSegment, ports: Ports) -> Segment:
    """Activate a segment.

    An archived one's rule is checked anew, and follows names that have changed since. Raise ``NotFound``,
    ``NotAllowed`` for an active one, ``AlreadyExists`` where its name was taken meanwhile, ``RuleRefused`` where its
    rule can no longer be used.
    """
    ports.work.segments.hold()
    segment = find_segment(ports.work, command.segment)
    before = evolve(segment)
    segment.become(SegmentStatus.ACTIVE)
    if before.status is SegmentStatus.ARCHIVED and segment.rule is not None:
        selection = check_again(segment, segment.rule, ports)
        refuse_circle(segment, selection.segments, ports.work)
        if not selection.says_the_same(segment.rule):
            segment.follow(rule_version(selection, segment.rule_number + 1, ports, nodes=segment.rule.nodes))
    save_changes(segment, before, ports)
    return segment


def deactivate_segment(command: DeactivateSegment, ports: Ports) -> Segment:
    """Deactivate a segment. Raise ``NotFound``, or ``NotAllowed`` for one that is not active."""
    ports.work.segments.hold()
    segment = find_segment(ports.work, command.segment)
    before = evolve(segment)
    segment.become(SegmentStatus.INACTIVE)
    save_changes(segment, before, ports)
    return segment


def archive_segment(command: ArchiveSegment, ports: Ports) -> Segment:
    """Archive a segment. Raise ``NotFound``, or ``NotAllowed`` with the segments that refer to it."""
    ports.work.segments.hold()
    segment = find_segment(ports.work, command.segment)
    segment.become(SegmentStatus.ARCHIVED)
    refuse_while_used(segment, ports.work, "Change or archive them first.")
    segment.touch(ports.clock.now(), ports.by)
    ports.work.segments.save(segment)
    ports.work.record(SegmentArchived(segment.id))
    return segment


def delete_segment(command: DeleteSegment, ports: Ports) -> None:
    """Delete a segment. Raise ``NotFound``, ``Conflict``, or ``NotAllowed`` with the segments that refer to it."""
    ports.work.segments.hold()
    segment = find_segment(ports.work, command.segment)
    refuse_outdated(command.version, segment.version, segment.name)
    refuse_while_used(segment, ports.work, "Change or delete them first.", archived=True)
    ports.work.segments.remove(segment)
    ports.work.record(SegmentDeleted(segment.id))
