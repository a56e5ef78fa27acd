"""Stored form: domain values as they lie in columns and in the JSON of custom fields, and back again.

A value has up to two forms, told apart by a sign: itself (``""``), and what is compared or belongs to it — folded text
(``~``), the currency (``$``), month * 100 + day (``#``). In ``custom`` it follows ``Field.stored_name``.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final

from kohorte.core.errors import NotFound
from kohorte.core.fields import Field, Kind
from kohorte.core.values import (
    Money,
    fold,
    from_days,
    from_micros,
    from_units,
    month_day,
    to_days,
    to_micros,
    to_units,
)

FOLDED: Final = "~"
CURRENCY: Final = "$"
MONTH_DAY: Final = "#"
SIGNS: Final = ("", FOLDED, CURRENCY, MONTH_DAY)

Stored = dict[str, Any]


def forms(field: Field, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the forms of a value that is not missing, each with its sign."""
    match field.kind:
        case Kind.TEXT:
            yield "", value
            yield FOLDED, fold(value)
        case Kind.DECIMAL:
            yield "", to_units(value, field.scale)
        case Kind.MONEY:
            yield "", value.units
            yield CURRENCY, value.currency
        case Kind.DATE:
            yield "", to_days(value)
            yield MONTH_DAY, month_day(value)
        case Kind.INSTANT:
            yield "", to_micros(value)
        case Kind.TAGS:
            yield "", list(value)
            yield FOLDED, [fold(tag) for tag in value]
        case _:  # codes, enumerations, integers and truth lie as they are
            yield "", value


def stored_custom(fields: Mapping[str, Field], custom: Mapping[str, object]) -> Stored:
    """Return custom fields as they lie in ``custom``; raise ``NotFound`` for a field that the tenant does not have."""
    return {
        fields[name].stored_name + sign: stored
        for name, value in custom.items()
        if value is not None
        for sign, stored in forms(_known(fields, name), value)
    }


def domain_custom(fields: Mapping[str, Field], stored: Mapping[str, Any]) -> dict[str, object]:
    """Return custom fields in domain form from what lies in ``custom``."""
    return {
        name: _domain(field, stored[field.stored_name], stored.get(field.stored_name + CURRENCY))
        for name, field in fields.items()
        if field.stored_name in stored
    }


def _domain(field: Field, stored: Any, currency: str | None) -> object:
    if field.kind is Kind.DECIMAL:
        return from_units(stored, field.scale)
    if field.kind is Kind.MONEY:
        return Money.of_units(stored, str(currency))
    read = _READ.get(field.kind)
    return read(stored) if read else stored


_READ: Final[Mapping[Kind, Callable[[Any], object]]] = {
    Kind.DATE: from_days,
    Kind.INSTANT: from_micros,
    Kind.TAGS: tuple,
}


def _known(fields: Mapping[str, Field], name: str) -> Field:
    try:
        return fields[name]
    except KeyError:
        raise NotFound('There is no custom field "{name}".', hint="Add it first.", name=name[:80]) from None


# -- columns -----------------------------------------------------------------------------------------------------


def text_columns(name: str, value: str | None) -> Stored:
    """Return a text and its folded shadow under their columns' names."""
    return {name: value, f"{name}_folded": None if value is None else fold(value)}


def day_columns(name: str, value: date | None) -> Stored:
    """Return a day and its month * 100 + day under their columns' names."""
    if value is None:
        return {name: None, f"{name}_month_day": None}
    return {name: to_days(value), f"{name}_month_day": month_day(value)}


def micros(value: datetime | None) -> int | None:
    """Return an instant as a column holds it."""
    return None if value is None else to_micros(value)


def instant(value: int | None) -> datetime | None:
    """Return the instant that a column holds."""
    return None if value is None else from_micros(value)


def money(units: int | None, currency: str) -> Money | None:
    """Return the amount that two columns hold."""
    return None if units is None else Money.of_units(units, currency)
