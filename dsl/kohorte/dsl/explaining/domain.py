"""Values from stored form into the form in which people and programs outside know them."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from kohorte.core.fields import Field, Kind
from kohorte.core.values import Money, from_days, from_micros, from_units
from kohorte.dsl.records import Form, Prepared, key_of
from kohorte.dsl.typed import AggregateOf, Function, Operand

COUNTING: Final = frozenset({Function.COUNT, Function.COUNT_DISTINCT})


def in_domain(operand: Operand, stored: Any) -> object:
    """Return an operand's value in domain form.

    Averages of numbers are rounded to two decimals more than their field has, those of amounts to the smallest unit.
    """
    if stored is None or (isinstance(operand, AggregateOf) and operand.function in COUNTING) or operand.field is None:
        return stored
    return of_field(operand.field, stored)


def of_field(field: Field, stored: Any) -> object:
    """Return a field's value in domain form."""
    if stored is None:
        return None
    convert = _CONVERSIONS.get(field.kind)
    return stored if convert is None else convert(stored, field)


def _money(stored: Any, field: Field) -> object:  # noqa: ARG001 - an entry of a table
    units, currency = stored
    return Money.of_units(round(units), currency)


def _number(units: int | Fraction, scale: int) -> Decimal:
    if isinstance(units, int) or units.denominator == 1:
        return from_units(int(units), scale)
    return from_units(round(units * 100), scale + 2)


_CONVERSIONS: Final[dict[Kind, Callable[[Any, Field], object]]] = {
    Kind.INTEGER: lambda stored, _: _number(stored, 0) if isinstance(stored, Fraction) else stored,
    Kind.DECIMAL: lambda stored, field: _number(stored, field.scale),
    Kind.MONEY: _money,
    Kind.DATE: lambda stored, _: from_days(stored),
    Kind.INSTANT: lambda stored, _: from_micros(stored),
    Kind.TAGS: lambda stored, _: tuple(stored),
}


def shown_row(row: Prepared, fields: Mapping[str, Field]) -> dict[str, object]:
    """Return what was read of a row, in domain form."""
    return {name: of_field(field, stored_in(row, field, name)) for name, field in fields.items() if name in row}


def stored_in(record: Prepared, field: Field, key: str) -> Any:
    """Return a field's stored value from a prepared record or row; of money the pair of units and currency."""
    value = record[key]
    if field.kind is Kind.MONEY and value is not None:
        return value, record[key_of(key, Form.CURRENCY)]
    return value
