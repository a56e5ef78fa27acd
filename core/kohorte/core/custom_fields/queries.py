"""What one may read about custom fields."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from attrs import frozen

from kohorte.core.bus import Ports
from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.custom_fields.model import CustomField, with_custom_fields
from kohorte.core.errors import NotAllowed, NotFound
from kohorte.core.exports.model import ExportTemplate
from kohorte.core.fields import Catalogue
from kohorte.core.ports.rendering import TemplateRefused
from kohorte.core.ports.storage import UnitOfWork
from kohorte.core.segments.model import Segment


@frozen
class FieldUsers:
    """Who reads a custom field, by name: segments in use by their rules, and export templates."""

    segments: Sequence[Segment]
    templates: Sequence[ExportTemplate]

    @property
    def names(self) -> Sequence[str]:
        """Return the names of all."""
        return [*(each.name for each in self.segments), *(each.name for each in self.templates)]


@frozen
class ShownField:
    """A custom field, who reads it, and how many records have a value of it."""

    custom: CustomField
    users: FieldUsers
    records: int


def tenant_catalogue(work: UnitOfWork) -> Catalogue:
    """Return all that a tenant's rules may speak of: the built-in fields and the tenant's own."""
    return with_custom_fields(kohorte_catalogue(), work.custom_fields.all())


def custom_field(work: UnitOfWork, owner: str, name: str) -> CustomField:
    """Return a tenant's own field; raise ``NotFound``, or ``NotAllowed`` for one that every tenant has."""
    for custom in work.custom_fields.all():
        if (custom.owner, custom.field.name) == (owner, name):
            return custom
    built_in = kohorte_catalogue()
    holder = built_in.owners.get(owner) or built_in.collections.get(owner)
    if holder is not None and name in holder.fields:
        raise NotAllowed(
            "The field {owner}.{name} is built in.", hint="Only fields of your own can change.", owner=owner, name=name
        )
    raise NotFound(
        "There is no field {owner}.{name}.",
        hint="See your own with: kohorte field list --custom",
        owner=owner[:60],
        name=name[:80],
    )


def show_field(ports: Ports, owner: str, name: str) -> ShownField:
    """Return a tenant's own field; raise as ``custom_field`` does."""
    custom = custom_field(ports.work, owner, name)
    return ShownField(custom, field_users(ports, custom), ports.work.custom_fields.count(custom))


def field_users(ports: Ports, custom: CustomField) -> FieldUsers:
    """Return who reads a field."""
    templates = [each for each in ports.work.export_templates.all() if _is_read_by(each, custom, ports)]
    return FieldUsers(segments_reading(ports.work, custom), templates)


def _is_read_by(template: ExportTemplate, custom: CustomField, ports: Ports) -> bool:
    if custom.field.name not in template.parts.row:
        return False
    try:
        return any(each.name == custom.full_name for each in ports.rendering.columns(template.parts))
    except TemplateRefused:  # it cannot be used: there is nothing to break
        return False


def segments_reading(work: UnitOfWork, custom: CustomField) -> Sequence[Segment]:
    """Return the segments in use whose rules read a field, by name."""
    return [segment for segment in work.segments.all() if custom.full_name in segment.fields]


def custom_fields_among(work: UnitOfWork, fields: Collection[str]) -> Mapping[str, UUID]:
    """Return those of some fields (``contact.score``) that are the tenant's own, with their ids."""
    return {each.full_name: each.id for each in work.custom_fields.all() if each.full_name in fields}
