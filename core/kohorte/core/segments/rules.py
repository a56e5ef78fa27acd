"""The rule of a segment: checked against what the tenant has, kept as a version, and saved with what else changed."""

from typing import Final

from kohorte.core.bus import Ports
from kohorte.core.custom_fields.queries import tenant_catalogue
from kohorte.core.errors import NotAllowed
from kohorte.core.ports.rules import CheckedRule, SegmentReference
from kohorte.core.segments.events import SegmentUpdated
from kohorte.core.segments.model import Segment, SegmentRule
from kohorte.core.segments.references import TenantReferences, depending
from kohorte.core.values import clean_text

_TOLD: Final = ("name", "description", "tags", "examples", "type", "rule", "status", "every")
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
    )


def check_again(segment: Segment, rule: SegmentRule, ports: Ports) -> CheckedRule:
    """Return a version of a segment's rule as it reads with the names that segments and lists have by now.

    Raise ``RuleRefused`` or ``ReferenceCycle`` where it can no longer be used, ``NotAllowed`` where a name that it used
    has gone to another segment or list.
    """
    segments = {each.id: each.name for each in ports.work.segments.all()}
    lists = {each.id: each.name for each in ports.work.lists.all()}
    text = ports.rules.text_of(rule.tree, segments, lists)
    checked = check_rule(text, ports, SegmentReference(segment.id, segment.name, text))
    if (checked.segments, checked.lists) != (rule.segments, rule.lists):
        raise NotAllowed(
            'A name in version {version} of the rule of "{name}" means another segment or list by now.',
            hint="Write the rule anew.",
            version=rule.version,
            name=segment.name,
        )
    return checked


def save_changes(segment: Segment, before: Segment, ports: Ports) -> None:
    """Save a segment where it differs from what it was, and tell of what is different."""
    changed = tuple(name for name in _TOLD if getattr(segment, name) != getattr(before, name))
    if changed:
        segment.touch(ports.clock.now(), ports.by)
        ports.work.segments.save(segment)
        if segment.rule is not before.rule or segment.type is not before.type:
            for each in depending(ports.work, segment):
                ports.work.segments.mark_stale(each.id)
                ports.work.segments.note_failure(each.id, None)
        ports.work.record(SegmentUpdated(segment.id, changed))
