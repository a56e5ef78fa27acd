"""How a column's type wants values in stored form to be bound, and how its values are counted in whole units."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from attrs import frozen
from sqlalchemy import (
    BigInteger,
    BindParameter,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Enum,
    Float,
    Integer,
    Numeric,
    String,
    Text,
    TypeDecorator,
    bindparam,
    literal_column,
)
from sqlalchemy.types import TypeEngine

from kohorte.core.errors import InvalidInput
from kohorte.core.fields import Field, Kind
from kohorte.core.values import currency_scale, from_days, from_micros, from_units, to_days, to_micros
from kohorte.dsl.sql.elements import Encoded, ListOf, Units

Encode = Callable[[Any], Any]


@frozen
class Coder:
    """Binds values for columns of one type, and reads them.

    ``decimals`` is the number of decimals of a column that holds decimals as such instead of whole units.
    ``decode`` returns what a row yields (numbers ``in_units``) in stored form.
    """

    type: TypeEngine[Any]
    encode: Encode | None = None
    decimals: int | None = None
    decode: Encode | None = None

    def constant(self, value: Any) -> BindParameter[Any]:
        """Bind a value in stored form."""
        return bindparam(None, value if self.encode is None else self.encode(value), type_=self.type, unique=True)

    def constants(self, values: tuple[Any, ...]) -> BindParameter[Any]:
        """Bind many values in one parameter."""
        encoded = list(values if self.encode is None else map(self.encode, values))
        return bindparam(None, encoded, type_=ListOf(self.type), unique=True)

    def later(self, name: str) -> BindParameter[Any]:
        """Bind a value that is given by name, in stored form, when the statement runs."""
        return bindparam(name, type_=self.type if self.encode is None else Encoded(self.type, self.encode))

    def many_later(self, name: str) -> BindParameter[Any]:
        """Bind many values that are given by name, in stored form, when the statement runs."""
        return bindparam(name, type_=ListOf(self.type if self.encode is None else Encoded(self.type, self.encode)))


INTEGER: Final = Coder(BigInteger())


@frozen
class _FromUnits:
    scale: int

    def __call__(self, units: int) -> Decimal:
        return from_units(units, self.scale)


def _naive_utc(micros: int) -> datetime:
    return from_micros(micros).astimezone(UTC).replace(tzinfo=None)


def _instant(selected: datetime) -> int:
    """Return microseconds; SQLite yields naive datetimes whatever the column's type says."""
    return to_micros(selected if selected.tzinfo is not None else selected.replace(tzinfo=UTC))


def _type_of_tags(held: TypeEngine[Any]) -> TypeEngine[Any]:
    item: TypeEngine[Any] | None = getattr(held, "item_type", None)
    return Text() if item is None else item


def _tags(tags: Sequence[str]) -> tuple[str, ...] | None:
    return tuple(tags) or None


def coder_of(column: ColumnElement[Any], wanted: Field, currency: str | None = None) -> Coder:
    """Return how values of a field are bound for its column; raise ``InvalidInput`` where the type cannot hold them."""
    held = _held(column.type)
    found: Coder | None = None
    match wanted.kind:
        case Kind.TEXT | Kind.CODE | Kind.ENUMERATION if isinstance(held, String):
            found = Coder(column.type)
        case Kind.INTEGER | Kind.DECIMAL | Kind.MONEY:
            found = _of_numbers(column.type, held, wanted, currency)
        case Kind.BOOLEAN if isinstance(held, Boolean):
            found = Coder(column.type)
        case Kind.BOOLEAN if isinstance(held, Integer):
            found = Coder(column.type, int, decode=bool)
        case Kind.DATE if isinstance(held, Date):
            found = Coder(column.type, from_days, decode=to_days)
        case Kind.INSTANT if isinstance(held, DateTime):
            # A decorated type is somebody's wish for aware datetimes; a bare one says itself what it holds.
            is_aware = held.timezone or isinstance(column.type, TypeDecorator)
            found = Coder(column.type, from_micros if is_aware else _naive_utc, decode=_instant)
        case Kind.DATE | Kind.INSTANT if isinstance(held, Integer):
            found = Coder(column.type)
        case Kind.TAGS:
            found = Coder(_type_of_tags(held), decode=_tags)
        case _:
            pass
    if found is None:
        raise InvalidInput(
            "A column of the type {type} cannot hold the field {name} ({kind}).",
            hint="See the table of types in the documentation of bindings; type_coerce(column, …) says what it holds.",
            type=str(held),
            name=wanted.name,
            kind=wanted.kind.value,
        )
    return found


def _of_numbers(
    column_type: TypeEngine[Any], held: TypeEngine[Any], wanted: Field, currency: str | None
) -> Coder | None:
    if isinstance(held, Integer):
        return Coder(column_type)
    if isinstance(held, Numeric) and not isinstance(held, Float):  # binary floats hold no decimals
        decimals = _decimals(wanted, currency)
        return Coder(column_type, _FromUnits(decimals), decimals, decode=int)
    return None


def _decimals(wanted: Field, currency: str | None) -> int:
    if wanted.kind is Kind.MONEY:
        return currency_scale(currency) if currency is not None else 2
    return wanted.scale if wanted.kind is Kind.DECIMAL else 0


def _held(column_type: TypeEngine[Any]) -> TypeEngine[Any]:
    while isinstance(column_type, TypeDecorator):
        column_type = column_type.impl_instance
    return column_type


def is_native_enum(column: ColumnElement[Any]) -> bool:
    """Tell whether a column is of an enumerated type, in which no text is found."""
    return isinstance(_held(column.type), Enum)


def in_units(column: ColumnElement[Any], coder: Coder) -> ColumnElement[Any]:
    """Return a number as whole units, so that sums are exact on every engine."""
    if coder.decimals is None:
        return column
    return Units(column, literal_column(str(10**coder.decimals)))
