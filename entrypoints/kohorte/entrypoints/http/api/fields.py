"""Fields that rules may use, and those of the tenant's own."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from attrs import field, frozen
from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

from kohorte.core.access.permissions import Permission
from kohorte.core.custom_fields.commands import AddField, ChangeField, RemoveField, RenameField
from kohorte.core.custom_fields.model import CustomField
from kohorte.core.custom_fields.queries import show_field, tenant_catalogue
from kohorte.core.fields import Catalogue, Collection, Kind, Owner
from kohorte.entrypoints.http.asking import Asked, needs
from kohorte.entrypoints.http.bodies import ABSENT
from kohorte.entrypoints.http.idempotency import IdempotencyKey, once
from kohorte.entrypoints.views.fields import (
    CustomFieldView,
    FieldView,
    ShownFieldView,
    custom_field_view,
    field_view,
    shown_field_view,
)


@frozen
class FieldBody:
    """A field of the tenant's own.

    `owner` is whose it is: contact, customer, purchases, items or activities. A decimal field has a `scale` of
    decimals, an enumeration its `choices`; `long` text keeps its line breaks.
    """

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"owner": "contact", "name": "points", "kind": "integer"}
    owner: str
    name: str
    kind: Kind
    scale: int = 0
    choices: tuple[str, ...] = ()
    long: bool = False
    indexed: bool = False
    description: str | None = None


@frozen
class ChangedFieldBody:
    """What is to be different about a field; what is not named stays, and null takes the description away."""

    description: str | None = field(default=ABSENT)
    choices: tuple[str, ...] | None = None
    indexed: bool | None = None


@frozen
class RenamedFieldBody:
    """The new name of a field; `rewrite` lets the rules that read it follow."""

    name: str
    rewrite: bool = False


FieldName = Annotated[str, PathParameter(description="A field as rules name it, such as contact.score.")]


@get("/", opt=needs(Permission.SEGMENTS_READ), sync_to_thread=True)
def read_fields(
    asked: NamedDependency[Asked], custom: Annotated[bool, QueryParameter(description="Only the tenant's own.")] = False
) -> list[FieldView]:
    """List all fields that rules may use."""
    catalogue: Catalogue = asked.read(lambda ports: tenant_catalogue(ports.work))
    holders: list[Owner | Collection] = [*catalogue.owners.values(), *catalogue.collections.values()]
    return [
        field_view(holder.name, each)
        for holder in holders
        for each in holder.fields.values()
        if each.custom or not custom
    ]


@post("/", opt=needs(Permission.FIELDS_WRITE), status_code=HTTP_201_CREATED, sync_to_thread=True)
def add_field(
    data: JSONBody[FieldBody], asked: NamedDependency[Asked], idempotency_key: IdempotencyKey = None
) -> Response[CustomFieldView]:
    """Add a field; rules and imports know it from then on."""
    command = AddField(
        data.owner, data.name, data.kind, data.scale, data.choices, data.long, data.indexed, data.description
    )
    return once(asked, idempotency_key, command, _made)


def _made(custom: CustomField) -> Response[CustomFieldView]:
    return Response(custom_field_view(custom), status_code=HTTP_201_CREATED)


@get("/{field:str}", opt=needs(Permission.SEGMENTS_READ), sync_to_thread=True)
def read_field(field: FieldName, asked: NamedDependency[Asked]) -> ShownFieldView:
    """Read a field of the tenant's own: how many records have it, and which segments read it."""
    return shown_field_view(asked.read(lambda ports: show_field(ports.work, *_parted(field))))


@patch("/{field:str}", opt=needs(Permission.FIELDS_WRITE), sync_to_thread=True)
def change_field(field: FieldName, data: JSONBody[ChangedFieldBody], asked: NamedDependency[Asked]) -> CustomFieldView:
    """Change what a field is for, its choices or its index; values stay."""
    description = None if data.description is ABSENT else data.description or ""
    return custom_field_view(asked.run(ChangeField(*_parted(field), description, data.choices, data.indexed)))


@post("/{field:str}/rename", opt=needs(Permission.FIELDS_WRITE), status_code=HTTP_200_OK, sync_to_thread=True)
def rename_field(field: FieldName, data: JSONBody[RenamedFieldBody], asked: NamedDependency[Asked]) -> CustomFieldView:
    """Give a field another name; its values stay. Refused while rules read it, unless they shall follow."""
    return custom_field_view(asked.run(RenameField(*_parted(field), data.name, data.rewrite)))


@delete("/{field:str}", opt=needs(Permission.FIELDS_WRITE), sync_to_thread=True)
def remove_field(field: FieldName, asked: NamedDependency[Asked]) -> None:
    """Remove a field that no segment reads, and all its values."""
    asked.run(RemoveField(*_parted(field)))


def _parted(field: str) -> tuple[str, str]:
    owner, _, name = field.rpartition(".")
    return owner, name


ROUTES: Sequence[HTTPRouteHandler] = (read_fields, add_field, read_field, change_field, rename_field, remove_field)
