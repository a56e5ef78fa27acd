"""Values as conditions that can be said: an operand has one, or one of those that would do as well."""

from fractions import Fraction
from math import ceil, floor
from typing import Any, cast
from zoneinfo import ZoneInfo

from kohorte.core.fields import Kind
from kohorte.core.values import fold, from_micros
from kohorte.dsl.explaining.domain import COUNTING
from kohorte.dsl.explaining.model import Leeway
from kohorte.dsl.moments import FixedDay, Shifted, WallClock
from kohorte.dsl.operands import is_of_money, is_of_one_row
from kohorte.dsl.typed import (
    AggregateOf,
    All,
    Compare,
    Condition,
    Function,
    Missing,
    Operand,
    Order,
    SomeRow,
    Within,
)


def stated(operand: Operand, stored: Any, leeway: Leeway | None, zone: ZoneInfo) -> Condition:
    """Return the condition that an operand has a value, or one of those that would do as well."""
    if stored is None:
        return Missing(operand)
    low, high = (stored, stored) if leeway is None else (_stored(leeway.low), _stored(leeway.high))
    if low is None and high is None:
        return Missing(operand, negated=True)
    if operand.field is not None and not _is_counted(operand):
        match operand.field.kind:
            case Kind.DATE:
                return Within(operand, _day(low), None if high is None else _day(high + 1))
            case Kind.INSTANT:
                return Within(operand, _moment(low, zone), _behind(high, zone))
            case Kind.TEXT:
                return Compare(operand, Order.EQUAL, fold(stored), folded=True)
            case _:
                pass
    return _compared(operand, stored, low, high)


def is_from_to(leeway: Leeway | None) -> bool:
    """Tell whether other values would do as well."""
    return leeway is not None and leeway.low != leeway.high


def _stored(end: Any) -> Any:
    return None if end is None else end.stored


def _is_counted(operand: Operand) -> bool:
    return isinstance(operand, AggregateOf) and operand.function in COUNTING


# -- times -------------------------------------------------------------------------------------------------------


def _day(day: int | None) -> FixedDay | None:
    return None if day is None else FixedDay(day)


def _moment(micros: int | None, zone: ZoneInfo) -> WallClock | None:
    return None if micros is None else WallClock(from_micros(micros).astimezone(zone).replace(tzinfo=None))


def _behind(micros: int | None, zone: ZoneInfo) -> Shifted | None:
    """Return the bound just behind an instant."""
    moment = _moment(micros, zone)
    return None if moment is None else Shifted(moment, plus=1)


# -- numbers -----------------------------------------------------------------------------------------------------


def _compared(operand: Operand, stored: Any, low: Any, high: Any) -> Condition:
    """Return that a number, an amount or a word lies from one to another, None being open."""
    currency = stored[1] if is_of_money(operand) and is_of_one_row(operand) else None
    least, most = _units(low), _units(high)
    if isinstance(operand, AggregateOf) and operand.function is Function.COUNT:
        if least == 1 and most is None:
            return SomeRow(operand.collection, operand.where)
        if most == 0:
            return SomeRow(operand.collection, operand.where, negated=True)
    if least == most and not _lies_between(least):
        return Compare(operand, Order.EQUAL, _whole(least), currency=currency)
    parts: list[Condition] = []
    if least is not None:
        order = Order.GREATER if _lies_between(least) else Order.GREATER_OR_EQUAL
        parts.append(Compare(operand, order, floor(least), currency=currency))
    if most is not None:
        order = Order.LESS if _lies_between(most) else Order.LESS_OR_EQUAL
        parts.append(Compare(operand, order, ceil(most), currency=currency))
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def _units(value: Any) -> Any:
    return cast("tuple[Any, str]", value)[0] if isinstance(value, tuple) else value


def _lies_between(value: Any) -> bool:
    """Tell whether an average lies between two whole units, with which alone conditions compare."""
    return isinstance(value, Fraction) and value.denominator > 1


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, Fraction) else value
