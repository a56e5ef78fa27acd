"""Make rows that a filter lets through, and change a record's rows so that an aggregate becomes what is wanted."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from kohorte.core.fields import LARGEST, Collection, Field, Kind
from kohorte.core.values import fold
from kohorte.dsl.explaining.asked import Known
from kohorte.dsl.explaining.domain import stored_in
from kohorte.dsl.explaining.joining import Variables
from kohorte.dsl.explaining.nodes import Growing, singles
from kohorte.dsl.explaining.reading import RECORD, Reading, counting_rows, latest_row
from kohorte.dsl.explaining.search import Search
from kohorte.dsl.explaining.storing import blank_row, store
from kohorte.dsl.explaining.variables import Subject
from kohorte.dsl.operands import is_of_money
from kohorte.dsl.records import Prepared
from kohorte.dsl.typed import AggregateOf, Condition, FieldOf, Function

MOST_ROWS: Final = 1_000
"""A proposal adds no more rows than these."""

Values = Mapping[str, Any]
"""Stored values by the names of a row's fields."""


@frozen
class Making:
    """Makes rows for filters in a record. ``read`` are the collections whose rows the rule reads."""

    reading: Reading
    record: Prepared
    read: Sequence[Collection]

    # -- one row -------------------------------------------------------------------------------------------------

    def row(self, collection: Collection, where: Condition, zone: ZoneInfo, given: Values) -> Prepared | None:
        """Return a new row that a filter lets through and that has the given values; None where none was found."""
        row = blank_row(collection, self.reading.judging.now, zone)
        for lines in self.read:
            if lines.parent == collection.name:
                row[lines.name] = []
        for name, value in given.items():
            _store(row, collection, name, value)
        place = {RECORD: self.record, collection.name: row}
        root = Growing(self.reading, place, (collection.name,)).node(where, zone)
        if root.verdict:
            return row
        known = Known(self.reading.judging, lambda operand: operand.field.nullable)
        variables = Variables.over([*singles(root)], known, _is_own_field(collection, given))
        flip = next(Search(variables).flips(root, wanted=True), None)
        if flip is None:
            return None
        for variable, candidate in flip.chosen:
            for subject, value in zip(variable.subjects.values(), variable.candidates[candidate], strict=True):
                if isinstance(subject, FieldOf):
                    _store(row, collection, subject.field.name, value)
        return row if self.reading.test(where, zone, (collection.name,))(place) else None

    # -- an aggregate --------------------------------------------------------------------------------------------

    def moved(self, operand: AggregateOf, zone: ZoneInfo, target: Any, *, backwards: bool) -> list[Prepared] | None:
        """Return the collection's rows after a small change that gives an aggregate a value; None for none found.

        Where some of several rows go, these are the last ones, or with ``backwards`` the first.
        """
        name = operand.collection.name
        listed: list[Prepared] = self.record[name]
        meant = self.reading.rows_of(operand.collection, operand.where, zone)({RECORD: self.record})
        edit = _EDITS[operand.function](operand, meant[::-1] if backwards else meant, target)
        if edit is None or len(edit.added) > MOST_ROWS:
            return None
        added: list[Prepared] = []
        for given in edit.added:
            row = self.row(operand.collection, operand.where, zone, given)
            if row is None:
                return None
            added.append(row)
        removed = {id(row) for row in edit.removed}
        return [*(row for row in listed if id(row) not in removed), *added]


def _store(row: Prepared, collection: Collection, name: str, value: Any) -> None:
    field = collection.fields[name]
    store(row, field, name, value)
    if field.currency is not None and value is not None and field.currency in collection.fields:
        store(row, collection.fields[field.currency], field.currency, value[1])


def _is_own_field(collection: Collection, given: Values) -> Callable[[Subject], bool]:
    def is_own(subject: Subject) -> bool:
        return isinstance(subject, FieldOf) and subject.owner == collection.name and subject.field.name not in given

    return is_own


# -- how an aggregate gets a value -------------------------------------------------------------------------------


@frozen
class Edit:
    """Rows to add, each by the values that it must have, and rows to take away."""

    added: tuple[Values, ...] = ()
    removed: tuple[Prepared, ...] = ()


_Edited = Edit | None
_ANYTHING: Final[Values] = MappingProxyType({})


def _count(operand: AggregateOf, rows: Sequence[Prepared], target: int) -> _Edited:  # noqa: ARG001 - a table
    if target >= len(rows):
        return Edit(added=(_ANYTHING,) * (target - len(rows)))
    return Edit(removed=tuple(rows[target:]))


def _count_distinct(operand: AggregateOf, rows: Sequence[Prepared], target: int) -> _Edited:
    field = _field(operand)
    groups: dict[Any, list[Prepared]] = {}
    for row in counting_rows(operand, rows):
        value = row[field.name]
        groups.setdefault(fold(value) if field.kind is Kind.TEXT else value, []).append(row)
    if target >= len(groups):
        fresh = [*_fresh(field, groups, min(target - len(groups), MOST_ROWS + 1))]
        short = len(fresh) < target - len(groups)
        return None if short else Edit(added=tuple({field.name: value} for value in fresh))
    rarest = sorted(groups.values(), key=len)[: len(groups) - target]
    return Edit(removed=tuple(row for group in rarest for row in group))


def _fresh(field: Field, known: Iterable[Any], wanted: int) -> Iterable[Any]:
    """Yield values that are not known yet."""
    taken = {*known}
    match field.kind:
        case Kind.BOOLEAN:
            values: Iterable[Any] = (True, False)
        case Kind.ENUMERATION:
            values = field.choices
        case Kind.TEXT | Kind.CODE:
            values = (f"new{number}" for number in range(wanted + len(taken)))
        case _:
            start = max((each for each in taken), default=0)
            values = range(start, start - wanted - len(taken) - 1, -1)
    yield from [value for value in values if value not in taken][:wanted]


def _sum(operand: AggregateOf, rows: Sequence[Prepared], target: Any) -> _Edited:
    values = [row[_field(operand).name] for row in counting_rows(operand, rows)]
    return _adding(operand, _units(target) - sum(values))


def _average(operand: AggregateOf, rows: Sequence[Prepared], target: Any) -> _Edited:
    counted = counting_rows(operand, rows)
    if target is None:
        return Edit(removed=tuple(counted))
    total, wanted = sum(row[_field(operand).name] for row in counted), Fraction(_units(target))
    for rows_more in (1, 2):  # where the average lies half-way between two units, one of the two is whole
        missing = wanted * (len(counted) + rows_more) - total
        if missing.denominator == 1:
            shares = (int(missing) // rows_more, -(-int(missing) // rows_more))[:rows_more]
            edits = [_adding(operand, share) for share in shares]
            return Edit(added=tuple(given for edit in edits if edit for given in edit.added)) if all(edits) else None
    return None


def _least(operand: AggregateOf, rows: Sequence[Prepared], target: Any) -> _Edited:
    return _extreme(operand, rows, target, beyond=lambda value, limit: value < limit)


def _greatest(operand: AggregateOf, rows: Sequence[Prepared], target: Any) -> _Edited:
    return _extreme(operand, rows, target, beyond=lambda value, limit: value > limit)


def _extreme(
    operand: AggregateOf, rows: Sequence[Prepared], target: Any, beyond: Callable[[Any, Any], bool]
) -> _Edited:
    counted, name = counting_rows(operand, rows), _field(operand).name
    if target is None:
        return Edit(removed=tuple(counted))
    limit = _units(target)
    removed = tuple(row for row in counted if beyond(row[name], limit))
    if any(row[name] == limit for row in counted):
        return Edit(removed=removed)
    return evolve(_adding(operand, limit) or Edit(), removed=removed)


def _last(operand: AggregateOf, rows: Sequence[Prepared], target: Any) -> _Edited:
    """Give the latest row's place to one with another value."""
    latest = latest_row(operand, rows)
    if target is None and not _field(operand).nullable:
        return Edit(removed=tuple(rows))
    name, time = _field(operand).name, operand.collection.time
    given = {name: target}
    if latest is None:
        return Edit(added=(given,))
    kept = {
        each: stored_in(latest, field, each)
        for each, field in operand.collection.fields.items()
        if each in latest and (each == time or each not in {name, _field(operand).currency})
    }
    return Edit(added=({**kept, **given},), removed=(latest,))


def _adding(operand: AggregateOf, units: int) -> _Edited:
    if abs(units) > LARGEST and _field(operand).kind is not Kind.INSTANT:
        return None
    value = (units, operand.currency) if is_of_money(operand) else units
    return Edit(added=({_field(operand).name: value},))


def _field(operand: AggregateOf) -> Field:
    if operand.field is None:
        raise TypeError(operand)
    return operand.field


def _units(target: Any) -> Any:
    return cast("tuple[Any, str]", target)[0] if isinstance(target, tuple) else target


_EDITS: Final[dict[Function, Callable[[AggregateOf, Sequence[Prepared], Any], _Edited]]] = {
    Function.COUNT: _count,
    Function.COUNT_DISTINCT: _count_distinct,
    Function.SUM: _sum,
    Function.AVG: _average,
    Function.MIN: _least,
    Function.MAX: _greatest,
    Function.LAST: _last,
}
