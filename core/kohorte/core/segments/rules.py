"""The rule of a segment: checked against what the tenant has, kept as a version, and saved with what else changed."""

from typing import Final
from uuid import UUID

from attrs import frozen

from kohorte.core.bus import Ports
from kohorte.core.custom_fields.queries import custom_fields_among, tenant_catalogue
from kohorte.core.errors import NotAllowed
from kohorte.core.ports.rules import CheckedRule, SegmentReference
from kohorte.core.segments.events import SegmentUpdated
from kohorte.core.segments.model import Leaving, Segment, SegmentRule, minimum_stay
from kohorte.core.segments.references import TenantReferences, depending
from kohorte.core.values import clean_text

_TOLD: Final = ("name", "description", "tags", "examples", "type", "rule", "status")
"""What an update tells of."""


@frozen
class Selection:
    """How a segment selects, checked: its rule, the one by which members leave, and for how many days they stay.

    Whoever is no member enters where ``enter`` selects them and ``leave`` does not. A member leaves where ``leave``
    selects them, or without such a rule where ``enter`` does not; and not before the minimum stay is over.
    """

    enter: CheckedRule
    leave: CheckedRule | None = None
    minimum_stay_days: int = 0

    @property
    def segments(self) -> frozenset[UUID]:
        """Return the segments that it refers to directly."""
        return self.enter.segments if self.leave is None else self.enter.segments | self.leave.segments

    @property
    def lists(self) -> frozenset[UUID]:
        """Return the stored lists that it reads."""
        return self.enter.lists if self.leave is None else self.enter.lists | self.leave.lists

    @property
    def fields(self) -> frozenset[str]:
        """Return the fields that it reads."""
        return self.enter.fields if self.leave is None else self.enter.fields | self.leave.fields

    @property
    def leaving(self) -> Leaving:
        """Return when members leave, as a version keeps it."""
        if self.leave is None:
            return Leaving(self.minimum_stay_days)
        return Leaving(self.minimum_stay_days, self.leave.text, self.leave.tree)

    def says_the_same(self, rule: SegmentRule | None) -> bool:
        """Tell whether a version says the same already."""
        if rule is None or rule.leaving.minimum_stay_days != self.minimum_stay_days:
            return False
        return (rule.text, rule.leaving.text) == (self.enter.text, self.leaving.text)


def check_rule(text: str, ports: Ports, pending: SegmentReference | None = None) -> CheckedRule:
    """Return a rule that the tenant can use; raise ``RuleRefused`` or ``ReferenceCycle``."""
    return ports.rules.check(text, tenant_catalogue(ports.work), TenantReferences(ports.work, pending))


def check_selection(segment: Segment, text: str, leave: str | None, days: int, ports: Ports) -> Selection:
    """Return how a segment that is about to be saved would select; raise as ``check_rule``, and ``InvalidValue``."""
    enter = check_rule(text, ports, SegmentReference(segment.id, segment.name, text))
    leaving = None if leave is None else check_rule(leave, ports, SegmentReference(segment.id, segment.name, leave))
    return Selection(enter, leaving, minimum_stay(days))


def rule_version(selection: Selection, version: int, ports: Ports, note: str | None = None) -> SegmentRule:
    """Return a checked rule as a version that is made now."""
    return SegmentRule(
        version,
        selection.enter.text,
        selection.enter.tree,
        selection.segments,
        selection.lists,
        selection.fields,
        ports.clock.now(),
        author=ports.by,
        note=clean_text(note, long=True) if note else None,
        custom_fields=custom_fields_among(ports.work, selection.fields),
        leaving=selection.leaving,
    )


def check_again(segment: Segment, rule: SegmentRule, ports: Ports) -> Selection:
    """Return a version of a segment's rule as it reads with the names that segments, lists and fields have by now.

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
            for each in depending(ports.work, segment):
                ports.work.segments.mark_stale(each.id)
        ports.work.record(SegmentUpdated(segment.id, changed))
