"""Fields that rules may speak of, as programs read them."""

from collections.abc import Sequence
from uuid import UUID

from attrs import asdict, frozen

from kohorte.core.custom_fields.model import CustomField
from kohorte.core.custom_fields.queries import ShownField
from kohorte.core.fields import Field


@frozen
class FieldView:
    """A field by the name that rules give it; ``custom`` ones are the tenant's own."""

    field: str
    kind: str
    scale: int
    choices: Sequence[str]
    custom: bool
    indexed: bool


@frozen
class CustomFieldView(FieldView):
    """A field of the tenant's own."""

    id: UUID
    description: str | None


@frozen
class ShownFieldView(CustomFieldView):
    """A field of the tenant's own, how many records have it, and the names of the segments whose rules read it."""

    records: int
    segments: Sequence[str]


def field_view(owner: str, field: Field) -> FieldView:
    """Return a field of an owner, or of a collection, for programs."""
    return FieldView(
        field=f"{owner}.{field.name}",
        kind=field.kind.value,
        scale=field.scale,
        choices=field.choices,
        custom=field.custom,
        indexed=field.indexed,
    )


def custom_field_view(custom: CustomField) -> CustomFieldView:
    """Return a field of the tenant's own for programs."""
    told = asdict(field_view(custom.owner, custom.field))
    return CustomFieldView(**told, id=custom.id, description=custom.description)


def shown_field_view(shown: ShownField) -> ShownFieldView:
    """Return a field of the tenant's own for programs, with those who use it."""
    segments = [each.name for each in shown.segments]
    return ShownFieldView(**asdict(custom_field_view(shown.custom)), records=shown.records, segments=segments)
