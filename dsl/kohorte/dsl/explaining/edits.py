"""How rows change so that an aggregate over them becomes what is wanted: ways to it, the plainest first."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice
from types import MappingProxyType
from typing import Any, Final, cast

from attrs import frozen

from kohorte.core.fields import LARGEST, Collection, Field, Kind
from kohorte.core.values import fold
from kohorte.dsl.explaining.domain import stored_in
from kohorte.dsl.explaining.judging import Judge
from kohorte.dsl.explaining.reading import counting_rows, latest_row
from kohorte.dsl.moments import FixedDay, FixedInstant
from kohorte.dsl.operands import is_of_money
from kohorte.dsl.records import Prepared
from kohorte.dsl.typed import AggregateOf, Among, Compare, Condition, FieldOf, Function, Missing, Order, Within

Values = Mapping[str, Any]
"""Stored values by the names of a row's fields."""
ANYTHING: Final[Values] = MappingProxyType({})

_MOST_SHARES: Final = 20
"""A sum or an average is not made of more new rows."""
_WAYS: Final = 2
"""Of so many numbers of new rows that a filter might let through, it is tried."""


@frozen
class Edit:
    """Rows to add, each by the values that it must have, and rows to take away.

    Where there are values that are ``known``, each added row has one that is none of them, nor another added row's.
    """

    added: tuple[Values, ...] = ()
    removed: tuple[Prepared, ...] = ()
    known: tuple[Any, ...] | None = None


def edits(operand: AggregateOf, rows: Sequence[Prepared], target: Any, passes: Judge) -> Iterator[Edit]:
    """Yield changes of the rows for which an aggregate's filter holds, after which it has a value.

    Added rows must still be made to pass the filter; ``passes`` tells of a value of the field whether one might.
    """
    return _EDITS[operand.function](operand, rows, target, passes)


def _count(operand: AggregateOf, rows: Sequence[Prepared], target: int, passes: Judge) -> Iterator[Edit]:  # noqa: ARG001 - a table
    if target >= len(rows):
        yield Edit(added=(ANYTHING,) * (target - len(rows)))
    else:
        yield Edit(removed=tuple(rows[target:]))


def _count_distinct(operand: AggregateOf, rows: Sequence[Prepared], target: int, passes: Judge) -> Iterator[Edit]:  # noqa: ARG001 - a table
    field = _field(operand)
    groups: dict[Any, list[Prepared]] = {}
    for row in counting_rows(operand, rows):
        value = row[field.name]
        groups.setdefault(fold(value) if field.kind is Kind.TEXT else value, []).append(row)
    if target >= len(groups):
        yield Edit(added=(ANYTHING,) * (target - len(groups)), known=(*groups,))
    else:
        rarest = sorted(groups.values(), key=len)[: len(groups) - target]
        yield Edit(removed=tuple(row for group in rarest for row in group))


def _sum(operand: AggregateOf, rows: Sequence[Prepared], target: Any, passes: Judge) -> Iterator[Edit]:
    name = _field(operand).name
    counted, wanted = counting_rows(operand, rows), _units(target)
    missing = wanted - sum(row[name] for row in counted)
    yield from islice(_in_shares(operand, lambda _: missing, passes), _WAYS)
    if wanted == 0:
        yield Edit(removed=tuple(counted))
    for row in counted:
        if row[name] == -missing:
            yield Edit(removed=(row,))
        elif passes(_value(operand, row[name] + missing)):
            yield Edit(added=_adding(operand, row[name] + missing), removed=(row,))


def _average(operand: AggregateOf, rows: Sequence[Prepared], target: Any, passes: Judge) -> Iterator[Edit]:
    counted = counting_rows(operand, rows)
    if target is None:
        yield Edit(removed=tuple(counted))
        return
    total, wanted = sum(row[_field(operand).name] for row in counted), Fraction(_units(target))
    yield from islice(_in_shares(operand, lambda more: wanted * (len(counted) + more) - total, passes), _WAYS)
    if wanted.denominator == 1:
        yield Edit(added=_adding(operand, int(wanted)), removed=tuple(counted))


def _in_shares(operand: AggregateOf, missing: Callable[[int], int | Fraction], passes: Judge) -> Iterator[Edit]:
    """Yield rows among which what is missing is divided evenly; that may hang on how many there are."""
    for number in range(1, _MOST_SHARES + 1):
        total = Fraction(missing(number))
        if total.denominator == 1:
            share, more = divmod(int(total), number)
            shares = (*(share + 1,) * more, *(share,) * (number - more))
            if all(abs(each) <= LARGEST and passes(_value(operand, each)) for each in {*shares}):
                yield Edit(added=tuple(given for each in shares for given in _adding(operand, each)))


def _least(operand: AggregateOf, rows: Sequence[Prepared], target: Any, passes: Judge) -> Iterator[Edit]:  # noqa: ARG001 - a table
    return _extreme(operand, rows, target, beyond=lambda value, limit: value < limit)


def _greatest(operand: AggregateOf, rows: Sequence[Prepared], target: Any, passes: Judge) -> Iterator[Edit]:  # noqa: ARG001 - a table
    return _extreme(operand, rows, target, beyond=lambda value, limit: value > limit)


def _extreme(
    operand: AggregateOf, rows: Sequence[Prepared], target: Any, beyond: Callable[[Any, Any], bool]
) -> Iterator[Edit]:
    counted, name = counting_rows(operand, rows), _field(operand).name
    if target is None:
        yield Edit(removed=tuple(counted))
        return
    limit = _units(target)
    removed = tuple(row for row in counted if beyond(row[name], limit))
    is_there = any(row[name] == limit for row in counted)
    yield Edit(added=() if is_there else _adding(operand, limit), removed=removed)


def _last(operand: AggregateOf, rows: Sequence[Prepared], target: Any, passes: Judge) -> Iterator[Edit]:  # noqa: ARG001 - a table
    """Give the latest row's place to one with another value, or add one behind it."""
    latest, field, time = latest_row(operand, rows), _field(operand), operand.collection.time
    if target is None and not field.nullable:
        yield Edit(removed=tuple(rows))
        return
    given = {field.name: target}
    if latest is not None:
        kept = {
            each: stored_in(latest, of, each)
            for each, of in operand.collection.fields.items()
            if each in latest and (each == time or each not in {field.name, field.currency})
        }
        yield Edit(added=({**kept, **given},), removed=(latest,))
    yield Edit(added=(given,))


def _adding(operand: AggregateOf, units: int) -> tuple[Values, ...]:
    return ({_field(operand).name: _value(operand, units)},)


def _value(operand: AggregateOf, units: int) -> Any:
    return (units, operand.currency) if is_of_money(operand) else units


def _field(operand: AggregateOf) -> Field:
    if operand.field is None:
        raise TypeError(operand)
    return operand.field


def _units(target: Any) -> Any:
    return cast("tuple[Any, str]", target)[0] if isinstance(target, tuple) else target


_EDITS: Final[dict[Function, Callable[[AggregateOf, Sequence[Prepared], Any, Judge], Iterator[Edit]]]] = {
    Function.COUNT: _count,
    Function.COUNT_DISTINCT: _count_distinct,
    Function.SUM: _sum,
    Function.AVG: _average,
    Function.MIN: _least,
    Function.MAX: _greatest,
    Function.LAST: _last,
}


# -- values that are not there yet -------------------------------------------------------------------------------


def unlike(collection: Collection, field: Field, known: Sequence[Any]) -> list[Condition]:
    """Return that a row has a value in a field that is none of those that are known."""
    own = FieldOf(collection.name, field)
    is_set = Missing(own, negated=True)
    match field.kind:
        case Kind.DATE:
            return [is_set, *(Within(own, FixedDay(each), FixedDay(each + 1), negated=True) for each in known)]
        case Kind.INSTANT:
            return [is_set, *(Within(own, FixedInstant(each), FixedInstant(each + 1), negated=True) for each in known)]
        case Kind.BOOLEAN:
            return [is_set, *(Compare(own, Order.EQUAL, each, negated=True) for each in known)]
        case _ if known:
            return [is_set, Among(own, tuple(known), folded=field.kind is Kind.TEXT, negated=True)]
        case _:
            return [is_set]
