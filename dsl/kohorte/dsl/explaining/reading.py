"""Read what conditions look at in a prepared record: fields, aggregates over rows, membership."""

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any, Final
from zoneinfo import ZoneInfo

from attrs import define, field

from kohorte.core.fields import Collection, Kind
from kohorte.core.values import fold
from kohorte.dsl.explaining.domain import stored_in
from kohorte.dsl.explaining.judging import Judging
from kohorte.dsl.operands import order_of
from kohorte.dsl.records import KEY, Form, Prepared, key_of
from kohorte.dsl.samples import sampler
from kohorte.dsl.typed import (
    AggregateOf,
    All,
    Always,
    AnyOf,
    CompareOperands,
    Condition,
    FieldOf,
    Function,
    InSample,
    InSegment,
    Leaf,
    Negation,
    Operand,
    SomeRow,
)

Place = dict[str, Prepared]
"""The record, under ``RECORD``, and the rows in whose filters a condition stands, under their collections' names."""

Look = Callable[[Place], Any]
Test = Callable[[Place], bool]
RECORD: Final = ""


@define
class Reading:
    """Reads values for conditions that are bound to an instant; ``subject`` is the owner whose records rules select."""

    subject: str
    judging: Judging
    _tests: dict[tuple[int, int], tuple[Condition, Test]] = field(factory=dict[tuple[int, int], tuple[Condition, Test]])

    # -- what a condition sees -----------------------------------------------------------------------------------

    def seen_by(self, leaf: Leaf, zone: ZoneInfo, rows: tuple[str, ...] = ()) -> Look:
        """Return the function that reads what a condition judges (see ``judging``).

        ``rows`` names the collections in whose filters the condition stands.
        """
        match leaf:
            case InSegment():
                members = self.judging.members_of(leaf)
                return lambda place: place[RECORD][KEY] in members
            case InSample(seed=seed, share=share):
                is_drawn = sampler(seed, share)
                return lambda place: is_drawn(place[RECORD][KEY])
            case SomeRow(collection=collection, where=where):
                counting = self.rows_of(collection, where, zone, rows)
                return lambda place: len(counting(place))
            case CompareOperands(left=left, right=right):
                one, other = self.value_of(left, zone, rows), self.value_of(right, zone, rows)
                return lambda place: (one(place), other(place))
            case _:
                return self.value_of(leaf.operand, zone, rows)

    def value_of(self, operand: Operand, zone: ZoneInfo, rows: tuple[str, ...] = ()) -> Look:
        """Return the function that reads an operand's value."""
        if isinstance(operand, FieldOf):
            return self._field(operand, rows)
        reading = self.rows_of(operand.collection, operand.where, zone, rows)
        return lambda place: value_over(operand, reading(place))

    def _field(self, operand: FieldOf, rows: tuple[str, ...]) -> Look:
        wanted, holder, key = operand.field, RECORD, operand.field.name
        if operand.owner in rows:
            holder = operand.owner
        elif operand.owner != self.subject:
            key = f"{operand.owner}.{key}"
        if wanted.kind is Kind.MONEY:
            return _money(holder, key, key_of(key, Form.CURRENCY))
        return lambda place: place[holder][key]

    # -- rows ----------------------------------------------------------------------------------------------------

    def rows_of(
        self, collection: Collection, where: Condition, zone: ZoneInfo, rows: tuple[str, ...] = ()
    ) -> Callable[[Place], list[Prepared]]:
        """Return the function that lists the rows for which a filter holds."""
        name, test = collection.name, self.test(where, zone, (*rows, collection.name))
        holder = collection.parent if collection.parent in rows else RECORD

        def listed(place: Place) -> list[Prepared]:
            found: list[Prepared] = []
            inner = dict(place)
            for row in place[holder or RECORD][name]:
                inner[name] = row
                if test(inner):
                    found.append(row)
            return found

        return listed

    def test(self, condition: Condition, zone: ZoneInfo, rows: tuple[str, ...]) -> Test:
        """Return the function that tells whether a condition holds in a place."""
        key = id(condition), id(zone)
        known = self._tests.get(key)
        if known is None:  # the condition is held, so that no other gets its identity
            known = self._tests[key] = condition, self._written(condition, zone, rows)
        return known[1]

    def _written(self, condition: Condition, zone: ZoneInfo, rows: tuple[str, ...]) -> Test:
        match condition:
            case Always(value=value):
                return lambda _: value
            case All(parts=parts):
                return _every([self.test(part, zone, rows) for part in parts])
            case AnyOf(parts=parts):
                return _some([self.test(part, zone, rows) for part in parts])
            case Negation(part=part):
                test = self.test(part, zone, rows)
                return lambda place: not test(place)
            case InSegment(segment=segment, negated=negated) if segment.rule is not None:
                test = self.test(segment.rule.condition, segment.rule.zone, ())
                return lambda place: test(place) != negated
            case _:
                judge, look = self.judging.judge(condition, zone), self.seen_by(condition, zone, rows)
                return lambda place: judge(look(place))


def _money(holder: str, key: str, currency_key: str) -> Look:
    def read(place: Place) -> Any:
        record = place[holder]
        units = record[key]
        return None if units is None else (units, record[currency_key])

    return read


def _every(tests: list[Test]) -> Test:
    def every(place: Place) -> bool:
        for test in tests:  # noqa: SIM110 - faster than all() over a generator, and this runs for each row
            if not test(place):
                return False
        return True

    return every


def _some(tests: list[Test]) -> Test:
    def some(place: Place) -> bool:
        for test in tests:  # noqa: SIM110 - the same
            if test(place):
                return True
        return False

    return some


# -- aggregates --------------------------------------------------------------------------------------------------


def value_over(operand: AggregateOf, rows: list[Prepared]) -> Any:
    """Return an aggregate over the rows for which its filter holds; of money the pair of units and currency."""
    wanted = operand.field
    if wanted is None:
        return len(rows)
    if operand.function is Function.LAST:
        latest = latest_row(operand, rows)
        return None if latest is None else stored_in(latest, wanted, wanted.name)
    values = [row[wanted.name] for row in counting_rows(operand, rows)]
    if operand.function is Function.COUNT_DISTINCT:
        return len({fold(value) for value in values} if wanted.kind is Kind.TEXT else set(values))
    found = _over(operand.function, values)
    return (found, operand.currency) if found is not None and wanted.kind is Kind.MONEY else found


def counting_rows(operand: AggregateOf, rows: Iterable[Prepared]) -> list[Prepared]:
    """Return the rows that an aggregate is computed over: those whose field is set, in the wanted currency."""
    if operand.field is None:
        return list(rows)
    name, currency = operand.field.name, operand.currency
    return [row for row in rows if row[name] is not None and (currency is None or row[f"{name}$"] == currency)]


def _over(function: Function, values: list[Any]) -> Any:
    match function:
        case Function.SUM:
            return sum(values)
        case Function.AVG:
            return Fraction(sum(values), len(values)) if values else None
        case Function.MIN:
            return min(values, default=None)
        case _:
            return max(values, default=None)


def latest_row(operand: AggregateOf, rows: Iterable[Prepared]) -> Prepared | None:
    """Return the latest row (see ``operands.order_of``)."""
    if operand.field is None:
        raise TypeError(operand)
    time, keys = order_of(operand.collection, operand.field)
    names = [(each.name, key_of(each.name, Form.CURRENCY)) for each in (time, *keys)]

    def rank(row: Prepared) -> list[tuple[bool, str, Any]]:
        return [(row[name] is not None, row.get(currency) or "", row[name]) for name, currency in names]

    return max(rows, key=rank, default=None)
