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
from kohorte.core.segments.rules import check_again, check_rule, check_selection, rule_version, save_changes
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

    The rule is a text, or an earlier version. ``sample`` limits how many of each are shown. The rules by which contacts
    enter are compared: who is a member by now, and how members leave, is no matter.
    """

    segment: str | UUID
    rule: str | None = None
    rule_version: int | None = None
    at: datetime | None = None
    sample: int = 10


@frozen
class RuleDifference:
    """What another rule would change: exactly how many contacts it adds and removes, and the first of each by id.

    Contacts that are put in or kept out by hand are none of them.

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
    new = _wanted(query, segment, ports)
    old = check_rule(segment.ruled.text, ports)
    audiences = ports.work.audiences
    adds, added = audiences.surplus(new.enter, old, at, query.sample, unpinned=segment.id)
    removes, removed = audiences.surplus(old, new.enter, at, query.sample, unpinned=segment.id)
    failed = failing(segment.examples, new, ports)
    return RuleDifference(new.enter.text, at, adds, removes, added, removed, failed, new.enter.warnings)


def _wanted(query: CompareRule, segment: Segment, ports: Ports) -> Selection:
    """Return what a segment's own rule is compared with."""
    if query.rule_version is not None:
        return check_again(segment, _version(segment, query.rule_version, ports), ports)
    text, leaving = segment.ruled.text if query.rule is None else query.rule, segment.leaving
    return check_selection(segment, text, leaving.text, leaving.minimum_stay_days, ports)


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
