"""Columns: what may be said of each kind of record in text, and how each cell becomes a value.

Imports, forms and commands read text with the same parsers, so that no way in is laxer than another.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from attrs import frozen

from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.custom_fields.model import CustomField
from kohorte.core.errors import InvalidInput, InvalidValue
from kohorte.core.fields import Field, Kind
from kohorte.core.ports.records import RecordKind
from kohorte.core.tenants.model import Tenant
from kohorte.core.values import (
    Money,
    clean_code,
    clean_tags,
    clean_text,
    parse_boolean,
    parse_currency,
    parse_date,
    parse_decimal,
    parse_email,
    parse_instant,
    parse_integer,
    parse_money,
    parse_number,
    parse_zone,
)

Parse = Callable[[str], object]

OWNERS: Final[Mapping[RecordKind, str]] = MappingProxyType(
    {
        RecordKind.CUSTOMERS: "customer",
        RecordKind.CONTACTS: "contact",
        RecordKind.PURCHASES: "purchases",
        RecordKind.ITEMS: "items",
        RecordKind.ACTIVITIES: "activities",
    }
)
"""What the catalogue calls each kind of record."""

BUILT_IN: Final[Mapping[RecordKind, tuple[str, ...]]] = MappingProxyType(
    {
        RecordKind.CUSTOMERS: ("key", "name", "category", "industry", "website", "country", "city"),
        RecordKind.CONTACTS: (
            *("key", "email", "first_name", "last_name", "phone", "language", "time_zone", "street", "postal_code"),
            *("city", "country", "birthday", "customer", "created_at"),
        ),
        RecordKind.PURCHASES: ("key", "contact", "at", "amount", "currency", "status"),
        RecordKind.ITEMS: ("key", "purchase", "product_code", "product_name", "category", "quantity", "amount"),
        RecordKind.ACTIVITIES: ("key", "contact", "kind", "at", "subject", "outcome"),
    }
)
"""The columns that are read without a mapping, in their usual order; ``key`` comes first."""

REQUIRED: Final[Mapping[RecordKind, tuple[str, ...]]] = MappingProxyType(
    {
        RecordKind.CUSTOMERS: ("key",),
        RecordKind.CONTACTS: ("key",),
        RecordKind.PURCHASES: ("key", "contact", "at"),
        RecordKind.ITEMS: ("key", "purchase"),
        RecordKind.ACTIVITIES: ("key", "contact", "kind", "at"),
    }
)
"""What every row of a kind says, and what a stored record never lacks."""

_LONG_TEXT: Final = 20_000


@frozen
class Reading:
    """What a cell means that does not say it itself: the zone of local times, the currency of bare amounts."""

    zone: ZoneInfo
    currency: str

    @classmethod
    def of(cls, tenant: Tenant) -> "Reading":
        """Return how a tenant's cells are read."""
        return cls(tenant.zone_info, tenant.currency)


@frozen
class Column:
    """A named column of a kind of record.

    ``parse`` turns one cell into a value in domain form, or None for an empty cell; it raises ``InvalidValue``, also
    for an empty cell where the column is required. The ``amount`` of a purchase or an item is a bare ``Decimal``,
    because its currency stands in another cell or another row: see ``settle``.
    """

    field: Field
    required: bool
    parse: Parse

    @property
    def name(self) -> str:
        """Return the name, as files and rules write it."""
        return self.field.name


def columns(kind: RecordKind, customs: Sequence[CustomField], reading: Reading) -> Mapping[str, Column]:
    """Return all columns of a kind by name: the built-in ones in their usual order, then the tenant's own."""
    owner = OWNERS[kind]
    fields = [_built_in_field(kind, name) for name in BUILT_IN[kind]]
    fields += [custom.field for custom in customs if custom.owner == owner]
    return MappingProxyType({field.name: _column(field, field.name in REQUIRED[kind], reading) for field in fields})


def column_named(known: Mapping[str, Column], name: str) -> Column:
    """Return a column; raise ``InvalidInput`` for one that the kind of record does not have."""
    try:
        return known[name]
    except KeyError:
        raise InvalidInput(
            'There is no field "{name}".', hint="Known are: {known}.", name=name[:80], known=", ".join(known)
        ) from None


def settle(amount: Decimal | None, currency: str | None, default: str) -> tuple[Money | None, str]:
    """Return a purchase's amount as money and its currency: the one it names, else the ``default``.

    Raise ``InvalidValue`` where the amount has more decimals than the currency, or is out of range.
    """
    settled = currency or default
    return (None if amount is None else Money.of(amount, settled)), settled


def _built_in_field(kind: RecordKind, name: str) -> Field:
    if kind.parent is not None and name == kind.parent[0]:
        return Field(name, Kind.CODE, nullable=name not in REQUIRED[kind])
    return kohorte_catalogue().field(OWNERS[kind], name)


def _column(field: Field, required: bool, reading: Reading) -> Column:
    parse = _parser(field, reading)
    return Column(field, required, partial(_never_empty, parse, field.name) if required else parse)


def _never_empty(parse: Parse, name: str, text: str) -> object:
    value = parse(text)
    if value is None:
        raise InvalidValue("{name} is empty.", hint="Every row needs one.", name=name)
    return value


def _parser(field: Field, reading: Reading) -> Parse:
    if not field.custom and (special := _SPECIAL.get(field.name)):
        return special
    match field.kind:
        case Kind.TEXT:
            return partial(clean_text, long=True, limit=_LONG_TEXT) if field.long else clean_text
        case Kind.CODE:
            return clean_code
        case Kind.TAGS:
            return _tags
        case Kind.ENUMERATION:
            return partial(_choice, field.choices)
        case _:
            return _unless_blank(_parsers_of_full_cells(field, reading))


def _parsers_of_full_cells(field: Field, reading: Reading) -> Parse:
    match field.kind:
        case Kind.INTEGER:
            return parse_integer
        case Kind.DECIMAL:
            return partial(parse_decimal, scale=field.scale)
        case Kind.MONEY:
            return partial(_money, reading.currency) if field.custom else parse_number
        case Kind.BOOLEAN:
            return parse_boolean
        case Kind.DATE:
            return parse_date
        case Kind.INSTANT:
            return partial(parse_instant, zone=reading.zone)
        case _:  # pragma: no cover - the caller keeps the rest
            raise AssertionError(field.kind)


def _unless_blank(parse: Parse) -> Parse:
    def parse_unless_blank(text: str) -> object:
        return parse(text) if text and not text.isspace() else None

    return parse_unless_blank


def _money(currency: str, text: str) -> Money:
    """Read ``500``, ``500.00 EUR`` or ``EUR 500``."""
    first, _, second = text.strip().partition(" ")
    if not second:
        return parse_money(first, currency)
    amount, named = (second, first) if first.isalpha() else (first, second)
    return parse_money(amount, parse_currency(named))


def _tags(text: str) -> object:
    """Read tags with commas or semicolons between them; no tags are missing."""
    return clean_tags(text.replace(";", ",").split(",")) or None


def _choice(choices: tuple[str, ...], text: str) -> str | None:
    code = clean_code(text)
    if code is not None and code not in choices:
        raise InvalidValue(
            '"{text}" is not one of the choices.',
            hint="Choose one of: {known}.",
            text=code[:80],
            known=", ".join(choices),
        )
    return code


def _zone_name(text: str) -> str:
    return parse_zone(text).key


_SPECIAL: Final[Mapping[str, Parse]] = MappingProxyType(
    {"email": parse_email, "time_zone": _unless_blank(_zone_name), "currency": _unless_blank(parse_currency)}
)
"""Built-in columns that are stricter than their kind."""
