"""The versions of a segment's rule: what another one would change, and the way back to an earlier one."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from attrs import evolve, frozen

from kohorte.core.bus import Ports
from kohorte.core.errors import NotFound
from kohorte.core.messages import Command
from kohorte.core.ports.audiences import Person
from kohorte.core.ports.rules import Problem
from kohorte.core.saving import refuse_outdated
from kohorte.core.segments.examples import FailedExample, check_examples, failing
from kohorte.core.segments.finding import find_segment
from kohorte.core.segments.model import Segment, SegmentRule
from kohorte.core.segments.references import refuse_circle
from kohorte.core.segments.rules import check_again, check_selection, check_stored, rule_version, save_changes
from kohorte.core.segments.selection import Selection


@frozen
class RestoreRule(Command[Segment]):
    """Let a segment follow an earlier version of its rule again, as a new version.

    ``seen`` is the version of the segment that the caller has seen; None overwrites any.
    """

    segment: str | UUID
    rule_version: int
    note: str | None = None
    seen: int | None = None


@frozen
class CompareRule:
    """Ask what another rule would change about a segment, at an instant or now; nothing is saved.

    The rule is a text, or an earlier version; None is the segment's own. So are ``leave_when``, where an empty text is
    none, and ``minimum_stay_days``. ``sample`` limits how many of each are shown.
    """

    segment: str | UUID
    rule: str | None = None
    rule_version: int | None = None
    at: datetime | None = None
    sample: int = 10
    leave_when: str | None = None
    minimum_stay_days: int | None = None


@frozen
class RuleDifference:
    """What another rule would change: exactly how many contacts it adds and removes, and the first of each by id.

    They are those whom a calculation at that instant would have in the segment by the one and not by the other. Where
    members stay (``Leaving``), those of that instant count. Contacts that are put in or kept out by hand are none.

    ``rule`` is the text as it would be kept; ``failed`` are the segment's examples that it does not answer.
    """

    rule: str
    at: datetime
    adds: int
    removes: int
    added: Sequence[Person]
    removed: Sequence[Person]
    failed: Sequence[FailedExample]
    warnings: Sequence[Problem]


def restore_rule(command: RestoreRule, ports: Ports) -> Segment:
    """Restore a version of a rule; names that have changed since are followed, and nodes have the ids of that version.

    Raise ``NotFound`` for the segment or the version, ``NotAllowed`` for an archived segment, ``RuleRefused`` where
    the rule can no longer be used, ``ExamplesFailed``, ``Conflict``.
    """
    ports.work.segments.hold()
    segment = find_segment(ports.work, command.segment)
    segment.refuse_archived()
    refuse_outdated(command.seen, segment.version, segment.name)
    before = evolve(segment)
    version = _version(segment, command.rule_version, ports)
    selection = check_again(segment, version, ports)
    check_examples(segment.examples, selection, ports)
    refuse_circle(segment, selection.segments, ports.work)
    if not selection.says_the_same(segment.rule):
        number = segment.rule_number + 1
        segment.follow(rule_version(selection, number, ports, command.note, nodes=version.nodes))
    save_changes(segment, before, ports)
    return segment


def compare_rule(query: CompareRule, ports: Ports) -> RuleDifference:
    """Compare a rule with the one that a segment has; raise ``NotFound``, ``RuleRefused`` or ``ReferenceCycle``."""
    segment = find_segment(ports.work, query.segment)
    at = query.at or ports.clock.now()
    new, old = _wanted(query, segment, ports), check_stored(segment.ruled, ports)
    audiences = ports.work.audiences
    adds, added = audiences.surplus(segment, new, old, at, query.sample)
    removes, removed = audiences.surplus(segment, old, new, at, query.sample)
    failed = failing(segment.examples, new, ports)
    return RuleDifference(new.enter.text, at, adds, removes, added, removed, failed, new.enter.warnings)


def _wanted(query: CompareRule, segment: Segment, ports: Ports) -> Selection:
    """Return what a segment's own rule is compared with."""
    if query.rule_version is not None:
        return check_again(segment, _version(segment, query.rule_version, ports), ports)
    text, now = segment.ruled.text if query.rule is None else query.rule, segment.leaving
    leave = now.text if query.leave_when is None else query.leave_when or None
    days = now.minimum_stay_days if query.minimum_stay_days is None else query.minimum_stay_days
    return check_selection(segment, text, leave, days, ports)


def _version(segment: Segment, version: int, ports: Ports) -> SegmentRule:
    for each in ports.work.segments.rule_versions(segment.id):
        if each.version == version:
            return each
    raise NotFound(
        'The rule of the segment "{name}" never had a version {version}.',
        hint="See its versions with: kohorte segment show NAME",
        name=segment.name,
        version=version,
    )
