"""Custom fields: what a tenant wants to know beyond the built-in fields."""

import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from attrs import frozen

from kohorte.core.errors import AlreadyExists, InvalidValue
from kohorte.core.fields import Catalogue, Field, Kind
from kohorte.core.values import clean_code, fold

CUSTOM_OWNERS = ("contact", "customer", "purchases", "items", "activities")
PARENT_COLUMNS = {"contact": "customer", "purchases": "contact", "items": "purchase", "activities": "contact"}
"""Columns that name a record's parent: no fields, but taken all the same."""

_NAME = re.compile(r"[^\W\d_]\w{0,59}")


@frozen
class CustomField:
    """A typed field that a tenant added to contacts, customers or one of the collections."""

    id: UUID
    owner: str
    field: Field
    created_at: datetime


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
) -> CustomField:
    """Return a custom field from what a user typed.

    Raise ``InvalidValue`` for a bad owner, name, scale or choices, ``AlreadyExists`` where the owner has the name,
    however capitalised, already.
    """
    if owner not in CUSTOM_OWNERS:
        raise InvalidValue(
            '"{owner}" has no custom fields.',
            hint="Choose one of: {known}.",
            owner=owner[:60],
            known=", ".join(CUSTOM_OWNERS),
        )
    name = clean_code(name) or ""
    if not _NAME.fullmatch(name):
        raise InvalidValue(
            '"{name}" cannot be a field name.',
            hint="Begin with a letter and use letters, digits and _, at most 60.",
            name=name[:80],
        )
    if (kind is Kind.DECIMAL) != (scale > 0) or scale > 6:
        raise InvalidValue(
            "A decimal field has 1 to 6 decimals; other fields have none.", hint="Give a scale of 1 to 6."
        )
    codes = tuple(code for code in map(clean_code, choices) if code is not None)
    if (kind is Kind.ENUMERATION) != bool(codes) or len(set(codes)) < len(choices):
        raise InvalidValue(
            "An enumeration needs its codes, each once; other fields have none.",
            hint="Name each code once: --choices bronze,silver,gold."
            if kind is Kind.ENUMERATION
            else "Leave --choices out, or make it an enumeration.",
        )
    if long and kind is not Kind.TEXT:
        raise InvalidValue("Only text can be long.", hint="Leave that out, or make it a text field.")
    holder = catalogue.owners.get(owner) or catalogue.collections[owner]
    taken = {fold(each) for each in (*holder.fields, PARENT_COLUMNS.get(owner, ""))}
    if fold(name) in taken:
        raise AlreadyExists("{owner} has a field {name} already.", hint="Choose another name.", owner=owner, name=name)
    made = Field(name, kind, scale=scale, choices=codes, long=long, custom=True, indexed=indexed)
    return CustomField(id, owner, made, created_at)


def with_custom_fields(catalogue: Catalogue, customs: Sequence[CustomField]) -> Catalogue:
    """Return the catalogue with a tenant's custom fields."""
    for owner in {custom.owner for custom in customs}:
        catalogue = catalogue.with_fields(owner, [each.field for each in customs if each.owner == owner])
    return catalogue
