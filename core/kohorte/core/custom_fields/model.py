"""Custom fields: what a tenant wants to know beyond the built-in fields."""

import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from attrs import frozen

from kohorte.core.errors import AlreadyExists, InvalidValue, naming
from kohorte.core.fields import Catalogue, Field, Kind
from kohorte.core.values import clean_code, clean_text, fold

CUSTOM_OWNERS = ("contact", "customer", "purchases", "items", "activities")
PARENT_COLUMNS = {"contact": "customer", "purchases": "contact", "items": "purchase", "activities": "contact"}
"""Columns that name a record's parent: no fields, but taken all the same."""

_NAME = re.compile(r"[^\W\d_]\w{0,59}")


@frozen
class CustomField:
    """A typed field that a tenant added to contacts, customers or one of the collections.

    Its name, its description, the choices of an enumeration and whether it has an index may change; its kind stays.
    """

    id: UUID
    owner: str
    field: Field
    created_at: datetime
    description: str | None = None

    @property
    def full_name(self) -> str:
        """Return its name as rules write it outside filters: ``contact.score``."""
        return f"{self.owner}.{self.field.name}"


def new_custom_field(
    id: UUID,
    owner: str,
    name: str,
    kind: Kind,
    created_at: datetime,
    catalogue: Catalogue,
    *,
    scale: int = 0,
    choices: tuple[str, ...] = (),
    long: bool = False,
    indexed: bool = False,
    description: str | None = None,
) -> CustomField:
    """Return a custom field from what a user typed.

    Raise ``InvalidValue`` for a bad owner, name, scale, choices or description, ``AlreadyExists`` where the owner has
    the name, however capitalised, already.
    """
    if owner not in CUSTOM_OWNERS:
        raise InvalidValue(
            '"{owner}" has no custom fields.',
            hint="Choose one of: {known}.",
            owner=owner[:60],
            known=", ".join(CUSTOM_OWNERS),
        )
    name = free_name(owner, name, catalogue)
    if (kind is Kind.DECIMAL) != (scale > 0) or scale > 6:
        raise InvalidValue(
            "A decimal field has 1 to 6 decimals; other fields have none.", hint="Give a scale of 1 to 6."
        )
    codes = choices_of(kind, choices)
    if long and kind is not Kind.TEXT:
        raise InvalidValue("Only text can be long.", hint="Leave that out, or make it a text field.")
    made = Field(name, kind, scale=scale, choices=codes, long=long, custom=True, indexed=indexed)
    return CustomField(id, owner, made, created_at, field_description(description))


@naming("name")
def free_name(owner: str, name: str, catalogue: Catalogue, *, besides: str = "") -> str:
    """Return a cleaned name that an owner can give to a field; the name of ``besides`` counts as free.

    Raise ``InvalidValue`` for what cannot be one, ``AlreadyExists`` where it is taken, however capitalised.
    """
    name = clean_code(name) or ""
    if not _NAME.fullmatch(name):
        raise InvalidValue(
            '"{name}" cannot be a field name.',
            hint="Begin with a letter and use letters, digits and _, at most 60.",
            name=name[:80],
        )
    holder = catalogue.owners.get(owner) or catalogue.collections[owner]
    taken = {fold(each) for each in (*holder.fields, PARENT_COLUMNS.get(owner, "")) if each != besides}
    if fold(name) in taken:
        raise AlreadyExists("{owner} has a field {name} already.", hint="Choose another name.", owner=owner, name=name)
    return name


@naming("choices")
def choices_of(kind: Kind, choices: Sequence[str]) -> tuple[str, ...]:
    """Return the cleaned codes of an enumeration, of other fields none; raise ``InvalidValue`` for what is neither."""
    codes = tuple(code for code in map(clean_code, choices) if code is not None)
    if (kind is Kind.ENUMERATION) != bool(codes) or len(set(codes)) < len(choices):
        raise InvalidValue(
            "An enumeration needs its codes, each once; other fields have none.",
            hint="Name each code once: --choices bronze,silver,gold."
            if kind is Kind.ENUMERATION
            else "Leave --choices out, or make it an enumeration.",
        )
    return codes


@naming("description")
def field_description(description: str | None) -> str | None:
    """Return a cleaned description; raise ``InvalidValue`` for an overlong one."""
    return clean_text(description, long=True, limit=4000) if description else None


def with_custom_fields(catalogue: Catalogue, customs: Sequence[CustomField]) -> Catalogue:
    """Return the catalogue with a tenant's custom fields."""
    for owner in {custom.owner for custom in customs}:
        catalogue = catalogue.with_fields(owner, [each.field for each in customs if each.owner == owner])
    return catalogue
