"""Letting the members of a segment be those that its rule and its pins say."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from kohorte.core.bus import Ports
from kohorte.core.ports.audiences import Calculation
from kohorte.core.ports.due import WhoIsDue
from kohorte.core.saving import refuse_outdated
from kohorte.core.segments.events import MembersChanged
from kohorte.core.segments.model import Cause, Segment
from kohorte.core.segments.rules import check_stored


def calculate(
    segment: Segment,
    at: datetime,
    ports: Ports,
    *,
    of: Sequence[UUID] | WhoIsDue | None = None,
    cause: Cause = Cause.RULE,
) -> Calculation:
    """Calculate a segment, or these contacts alone, and tell of who entered and left.

    Raise ``RuleRefused``, ``CalculatedLater``, and ``Conflict`` where the segment was changed meanwhile.
    """
    selection = None if segment.rule is None else check_stored(segment.rule, ports)
    rule, leave = (None, None) if selection is None else (selection.enter, selection.leave)
    found = ports.work.audiences.calculate(segment, rule, at, leave=leave, of=of, cause=cause, by=ports.by)
    # Nobody saves the segment from here on, but somebody may have done so before the calculation could begin.
    refuse_outdated(segment.version, ports.work.segments.by_id(segment.id).version, segment.name)
    if found.change is not None:
        ports.work.record(MembersChanged(segment.id, found.change, found.entered, found.left))
    return found
