"""The rule of a segment: checked against what the tenant has, kept as a version, and saved with what else changed."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from kohorte.core.bus import Ports
from kohorte.core.custom_fields.queries import custom_fields_among, tenant_catalogue
from kohorte.core.errors import NotAllowed, naming
from kohorte.core.ports.rules import CheckedRule, SegmentReference
from kohorte.core.segments.events import SegmentUpdated
from kohorte.core.segments.examples import check_examples
from kohorte.core.segments.model import Segment, SegmentRule, minimum_stay
from kohorte.core.segments.nodes import NONE_KEPT, node_ids
from kohorte.core.segments.references import TenantReferences, depending, refuse_circle
from kohorte.core.segments.selection import Selection
from kohorte.core.values import clean_text

_TOLD: Final = ("name", "description", "tags", "examples", "type", "rule", "status", "every")
"""What an update tells of."""


def check_rule(text: str, ports: Ports, pending: SegmentReference | None = None) -> CheckedRule:
    """Return a rule that the tenant can use; raise ``RuleRefused`` or ``ReferenceCycle``."""
    return ports.rules.check(text, tenant_catalogue(ports.work), TenantReferences(ports.work, pending))


def check_selection(segment: Segment, text: str, leave: str | None, days: int, ports: Ports) -> Selection:
    """Return how a segment that is about to be saved would select; raise as ``check_rule``, and ``InvalidValue``."""
    with naming("rule"):
        enter = check_rule(text, ports, SegmentReference(segment.id, segment.name, text))
    with naming("leave_when"):
        leaving = None if leave is None else check_rule(leave, ports, SegmentReference(segment.id, segment.name, leave))
    return Selection(enter, leaving, minimum_stay(days))


def check_stored(rule: SegmentRule, ports: Ports) -> Selection:
    """Return how a version selects; raise as ``check_rule`` where its rules can no longer be used."""
    enter, leave = check_rule(rule.text, ports), rule.leaving.text
    return Selection(enter, None if leave is None else check_rule(leave, ports), rule.leaving.minimum_stay_days)


def rule_version(
    selection: Selection, version: int, ports: Ports, note: str | None = None, *, nodes: tuple[UUID, ...]
) -> SegmentRule:
    """Return a checked rule as a version that is made now; ``nodes`` are the ids of its nodes (see ``node_ids``)."""
    with naming("note"):
        cleaned = clean_text(note, long=True) if note else None
    return SegmentRule(
        version,
        selection.enter.text,
        selection.enter.tree,
        selection.segments,
        selection.lists,
        selection.fields,
        ports.clock.now(),
        author=ports.by,
        note=cleaned,
        custom_fields=custom_fields_among(ports.work, selection.fields),
        nodes=nodes,
        leaving=selection.leaving,
    )


def follow_rule(
    segment: Segment,
    selection: Selection,
    ports: Ports,
    note: str | None = None,
    kept: Mapping[int, int] = NONE_KEPT,
) -> None:
    """Let a segment follow a checked rule, as a new version unless it says what the one before said.

    ``kept`` says which nodes are known to be those of the rule before (see ``node_ids``). Raise ``ReferenceCycle``,
    ``ExamplesFailed``, ``NotAllowed`` for an archived segment.
    """
    refuse_circle(segment, selection.segments, ports.work)
    check_examples(segment.examples, selection, ports)
    if not selection.says_the_same(segment.rule):
        nodes = node_ids(selection.enter.text, segment.rule, ports, kept)
        segment.follow(rule_version(selection, segment.rule_number + 1, ports, note, nodes=nodes))


def check_again(segment: Segment, rule: SegmentRule, ports: Ports) -> Selection:
    """Return a version of a segment's rule as it reads with the names that segments, lists and fields have by now.

    Its nodes are those of the version, one by one.
    Raise ``RuleRefused`` or ``ReferenceCycle`` where it can no longer be used, ``NotAllowed`` where a field that it
    reads was removed, or a name that it used has gone to another segment, list or field.
    """
    _refuse_removed_fields(segment, rule, ports)
    leave = None if rule.leaving.tree is None else _present_text(rule.leaving.tree, rule, ports)
    text, days = _present_text(rule.tree, rule, ports), rule.leaving.minimum_stay_days
    checked = check_selection(segment, text, leave, days, ports)
    read = {*custom_fields_among(ports.work, checked.fields).values()}
    if (checked.segments, checked.lists, read) != (rule.segments, rule.lists, {*rule.custom_fields.values()}):
        raise NotAllowed(
            'A name in version {version} of the rule of "{name}" means another segment, list or field by now.',
            hint="Write the rule anew.",
            version=rule.version,
            name=segment.name,
        )
    return checked


def _refuse_removed_fields(segment: Segment, rule: SegmentRule, ports: Ports) -> None:
    present = {each.id for each in ports.work.custom_fields.all()}
    removed = [name for name, field_id in rule.custom_fields.items() if field_id not in present]
    if removed:
        raise NotAllowed(
            'Version {version} of the rule of "{name}" reads the field {field}, which was removed.',
            hint="Write the rule anew.",
            version=rule.version,
            name=segment.name,
            field=removed[0],
        )


def _present_text(tree: object, rule: SegmentRule, ports: Ports) -> str:
    """Return the text of a tree with the names that segments, lists and the tenant's fields have by now."""
    segments = {each.id: each.name for each in ports.work.segments.all()}
    lists = {each.id: each.name for each in ports.work.lists.all()}
    if rule.custom_fields:
        fields = {each.id: each.field.name for each in ports.work.custom_fields.all()}
        names = {name: fields[field_id] for name, field_id in rule.custom_fields.items()}
        tree = ports.rules.rename_fields(tree, names, tenant_catalogue(ports.work))
    return ports.rules.text_of(tree, segments, lists)


def save_changes(segment: Segment, before: Segment, ports: Ports) -> None:
    """Save a segment where it differs from what it was, and tell of what is different."""
    changed = tuple(name for name in _TOLD if getattr(segment, name) != getattr(before, name))
    if changed:
        segment.touch(ports.clock.now(), ports.by)
        ports.work.segments.save(segment)
        if segment.rule is not before.rule or segment.type is not before.type:
            for each in depending(ports.work, segment.id):
                ports.work.segments.mark_stale(each.id)
                ports.work.segments.note_failure(each.id, None)
        ports.work.record(SegmentUpdated(segment.id, changed))
