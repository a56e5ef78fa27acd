"""Another name for a segment that others refer to: refused, or followed by their rules."""

from collections.abc import Sequence

from attrs import evolve

from kohorte.core.bus import Ports
from kohorte.core.segments.model import Segment, segment_name
from kohorte.core.segments.references import in_dependency_order, referring, refuse_while_used
from kohorte.core.segments.rules import check_again, rule_version, save_changes


def rename(segment: Segment, name: str | None, ports: Ports, *, rewrite: bool) -> Sequence[Segment]:
    """Give a segment another name; return the segments whose rules must follow once it is saved.

    Archived ones keep their text, and find the name when they are taken into use again. Raise ``NotAllowed`` where
    others refer to the segment, unless they shall be rewritten.
    """
    if name is None or segment_name(name) == segment.name:
        return ()
    if not rewrite:
        refuse_while_used(segment, ports.work, "Let their rules follow (--rewrite), or change or archive them first.")
    segment.rename(name)
    return in_order(referring(ports.work, segment), ports)


def follow_name(segment: Segment, note: str, ports: Ports) -> None:
    """Let a segment's rule say the new name of what it refers to: a version that means the same."""
    before = evolve(segment)
    selection = check_again(segment, segment.ruled, ports)
    segment.follow(rule_version(selection, segment.rule_number + 1, ports, note, nodes=segment.ruled.nodes))
    save_changes(segment, before, ports)


def in_order(following: Sequence[Segment], ports: Ports) -> Sequence[Segment]:
    """Return segments each after those that it refers to itself: their rules must be readable by then."""
    chosen = {each.id for each in following}
    known = {each.id: each for each in ports.work.segments.all()}
    return [each for each in in_dependency_order(following, known) if each.id in chosen]
