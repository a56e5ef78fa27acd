"""The rule of a segment: checked against what the tenant has, kept as a version, and saved with what else changed."""

from typing import Final

from kohorte.core.bus import Ports
from kohorte.core.custom_fields.queries import custom_fields_among, tenant_catalogue
from kohorte.core.errors import NotAllowed
from kohorte.core.ports.rules import CheckedRule, SegmentReference
from kohorte.core.segments.events import SegmentUpdated
from kohorte.core.segments.model import Segment, SegmentRule
from kohorte.core.segments.references import TenantReferences, depending
from kohorte.core.values import clean_text

_TOLD: Final = ("name", "description", "tags", "examples", "type", "rule", "status")
"""What an update tells of."""


def check_rule(text: str, ports: Ports, pending: SegmentReference | None = None) -> CheckedRule:
    """Return a rule that the tenant can use; raise ``RuleRefused`` or ``ReferenceCycle``."""
    return ports.rules.check(text, tenant_catalogue(ports.work), TenantReferences(ports.work, pending))


def rule_version(checked: CheckedRule, version: int, ports: Ports, note: str | None = None) -> SegmentRule:
    """Return a checked rule as a version that is made now."""
    return SegmentRule(
        version,
        checked.text,
        checked.tree,
        checked.segments,
        checked.lists,
        checked.fields,
        ports.clock.now(),
        author=ports.by,
        note=clean_text(note, long=True) if note else None,
        custom_fields=custom_fields_among(ports.work, checked.fields),
    )


def check_again(segment: Segment, rule: SegmentRule, ports: Ports) -> CheckedRule:
    """Return a version of a segment's rule as it reads with the names that segments, lists and fields have by now.

    Raise ``RuleRefused`` or ``ReferenceCycle`` where it can no longer be used, ``NotAllowed`` where a field that it
    reads was removed, or a name that it used has gone to another segment, list or field.
    """
    segments = {each.id: each.name for each in ports.work.segments.all()}
    lists = {each.id: each.name for each in ports.work.lists.all()}
    text = ports.rules.text_of(_with_present_fields(segment, rule, ports), segments, lists)
    checked = check_rule(text, ports, SegmentReference(segment.id, segment.name, text))
    read = {*custom_fields_among(ports.work, checked.fields).values()}
    if (checked.segments, checked.lists, read) != (rule.segments, rule.lists, {*rule.custom_fields.values()}):
        raise NotAllowed(
            'A name in version {version} of the rule of "{name}" means another segment, list or field by now.',
            hint="Write the rule anew.",
            version=rule.version,
            name=segment.name,
        )
    return checked


def _with_present_fields(segment: Segment, rule: SegmentRule, ports: Ports) -> object:
    """Return the tree of a rule with the names that the tenant's fields have by now."""
    present = {each.id: each for each in ports.work.custom_fields.all()}
    removed = [name for name, field_id in rule.custom_fields.items() if field_id not in present]
    if removed:
        raise NotAllowed(
            'Version {version} of the rule of "{name}" reads the field {field}, which was removed.',
            hint="Write the rule anew.",
            version=rule.version,
            name=segment.name,
            field=removed[0],
        )
    names = {name: present[field_id].field.name for name, field_id in rule.custom_fields.items()}
    return ports.rules.rename_fields(rule.tree, names, tenant_catalogue(ports.work)) if names else rule.tree


def save_changes(segment: Segment, before: Segment, ports: Ports) -> None:
    """Save a segment where it differs from what it was, and tell of what is different."""
    changed = tuple(name for name in _TOLD if getattr(segment, name) != getattr(before, name))
    if changed:
        segment.touch(ports.clock.now(), ports.by)
        ports.work.segments.save(segment)
        if segment.rule is not before.rule or segment.type is not before.type:
            for each in depending(ports.work, segment):
                ports.work.segments.mark_stale(each.id)
        ports.work.record(SegmentUpdated(segment.id, changed))
