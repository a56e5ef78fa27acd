"""What stands against changing a field: rules that read it, and records that hold what would be gone."""

from collections.abc import Sequence

from kohorte.core.bus import Ports
from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.custom_fields.model import CustomField, with_custom_fields
from kohorte.core.custom_fields.queries import segments_reading
from kohorte.core.errors import NotAllowed
from kohorte.core.fields import Catalogue
from kohorte.core.ports.rules import RuleRefused
from kohorte.core.segments.model import Segment
from kohorte.core.segments.references import TenantReferences


def refuse_while_read(custom: CustomField, ports: Ports, hint: str) -> None:
    """Raise ``NotAllowed`` with the segments whose rules read a field, where there are any."""
    _refuse_users(custom, segments_reading(ports.work, custom), hint)


def refuse_lost_choices(before: CustomField, after: CustomField, ports: Ports) -> None:
    """Raise ``NotAllowed`` where records hold, or rules name, a choice that an enumeration has no longer."""
    lost = [choice for choice in before.field.choices if choice not in after.field.choices]
    if not lost:
        return
    counts = ports.work.custom_fields.count_values(before, lost)
    if counts:
        raise NotAllowed(
            'Records have values of the field "{name}" that would be gone: {counts}.',
            hint="Give them other values first, or keep these choices.",
            name=before.full_name,
            counts=", ".join(f"{choice} ({count})" for choice, count in counts.items()),
            records=dict(counts),
        )
    _refuse_users(before, _broken_by(before, after, ports), "Change or archive them first.")


def _broken_by(before: CustomField, after: CustomField, ports: Ports) -> Sequence[Segment]:
    """Return the segments whose rules can be used before a change of a field, and not after it."""
    others = [each for each in ports.work.custom_fields.all() if each.id != before.id]
    was, will_be = (with_custom_fields(kohorte_catalogue(), [*others, each]) for each in (before, after))
    return [
        segment
        for segment in segments_reading(ports.work, before)
        if _is_usable(segment, was, ports) and not _is_usable(segment, will_be, ports)
    ]


def _is_usable(segment: Segment, catalogue: Catalogue, ports: Ports) -> bool:
    try:
        for text in segment.ruled.texts:
            ports.rules.check(text, catalogue, TenantReferences(ports.work))
    except RuleRefused:
        return False
    return True


def _refuse_users(custom: CustomField, users: Sequence[Segment], hint: str) -> None:
    names = [segment.name for segment in users]
    if names:
        raise NotAllowed(
            'The field "{name}" is used by the segments {users}.',
            hint=hint,
            name=custom.full_name,
            users=", ".join(f'"{each}"' for each in names),
            segments=names,
        )
