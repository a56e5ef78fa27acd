"""Values worth trying where values have an order: numbers, amounts, days and instants."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, Final

from kohorte.core.fields import LARGEST
from kohorte.core.values import from_days, to_days
from kohorte.dsl.explaining.asked import Asked, Candidates, first, ordered
from kohorte.dsl.explaining.nodes import Single
from kohorte.dsl.moments import MICROS_A_DAY, local_day, start_of_day
from kohorte.dsl.operands import is_of_one_row
from kohorte.dsl.typed import (
    AggregateOf,
    Among,
    Compare,
    CompareOperands,
    FieldOf,
    Function,
    HasAnniversary,
    Within,
)

_HALF: Final = Fraction(1, 2)
_FIRST_DAY: Final = -719_161  # 0001-01-02
_LAST_DAY: Final = 2_932_895  # 9999-12-30


def counts(singles: Sequence[Single], present: int) -> Candidates:
    """Return numbers of rows."""
    values = [value for value in _constants(singles, 1) if value >= 0]
    return ordered([*values, 0, 1], present, present, (), complete=True)


def numbers(asked: Asked) -> Candidates:
    """Return numbers in units of their scale; averages may lie between them."""
    values: Iterable[int | Fraction] = _constants(asked.asking, 0)
    if isinstance(asked.subject, FieldOf):
        values = [value for value in values if -LARGEST <= value <= LARGEST]
    elif asked.subject.function is Function.AVG:
        values = _with_halves(values)
    anchor = 0 if asked.present is None else round(asked.present)
    return ordered([*values, 0], asked.present, anchor, asked.nothing, complete=True)


def _with_halves(values: Iterable[int | Fraction]) -> Iterable[int | Fraction]:
    for value in values:
        yield from (value, value + _HALF)


def _constants(singles: Sequence[Single], least: int) -> Iterable[int]:
    """Yield the constants that numbers are compared with, and their neighbours."""
    for single in singles:
        match single.leaf:
            case Compare(value=int() as value):
                yield from (value - 1, value, value + 1)
            case Among(values=values):
                for each in values:
                    if isinstance(each, int):
                        yield from (each - 1, each, each + 1)
            case _:
                yield least


def money(asked: Asked) -> Candidates:
    """Return amounts, as pairs of units and currency."""
    found: list[Any] = []
    is_average = isinstance(asked.subject, AggregateOf) and asked.subject.function is Function.AVG
    currencies = dict.fromkeys([asked.present[1]] if asked.present else [])
    for single in asked.asking:
        if isinstance(single.leaf, Compare | Among):
            own = _currency_of(asked.subject, single.leaf)
            currencies[own] = None
            units = _constants([single], 0)
            found += [(each, own) for each in (_with_halves(units) if is_average else units)]
    found += [(0, currency) for currency in currencies] or [(0, "EUR")]
    if is_of_one_row(asked.subject):
        found = [each for each in found if -LARGEST <= each[0] <= LARGEST]
        if asked.present is None or len(currencies) < 2:
            found.append((0, "USD" if "EUR" in currencies else "EUR"))
    if asked.present is not None:
        units, currency = asked.present
        found.sort(key=lambda each: (each[1] != currency, isinstance(each[0], Fraction), abs(each[0] - units)))
    return first(asked.present, [*found, *asked.nothing], complete=not _has_two_operands(asked.singles))


def _currency_of(subject: FieldOf | AggregateOf, leaf: Compare | Among) -> str:
    if leaf.currency is not None:
        return leaf.currency
    return (subject.currency if isinstance(subject, AggregateOf) else None) or "EUR"


def _has_two_operands(singles: Sequence[Single]) -> bool:
    return any(isinstance(each.leaf, CompareOperands) for each in singles)


# -- times -------------------------------------------------------------------------------------------------------


def days(asked: Asked) -> Candidates:
    """Return days."""
    judging = asked.known.judging
    today = local_day(judging.now, asked.singles[0].zone)
    values = [*_bounds(asked), today, *(day for day in _returning(asked, today))]
    kept = [day for day in values if _FIRST_DAY <= day <= _LAST_DAY]
    anchor = today if asked.present is None else asked.present
    return ordered(kept, asked.present, anchor, asked.nothing, complete=_is_plain_in_time(asked.asking))


def instants(asked: Asked) -> Candidates:
    """Return instants (µs)."""
    judging, zone = asked.known.judging, asked.singles[0].zone
    returning = _returning(asked, local_day(judging.now, zone))
    values = [*_bounds(asked), judging.now, *(start_of_day(day, zone) for day in returning)]
    kept = [each for each in values if _FIRST_DAY <= each // MICROS_A_DAY <= _LAST_DAY]
    anchor = judging.now if asked.present is None else asked.present
    return ordered(kept, asked.present, anchor, asked.nothing, complete=_is_plain_in_time(asked.asking))


def _bounds(asked: Asked) -> Iterable[int]:
    """Yield the ends of the intervals in which times are looked for, and their neighbours."""
    judging = asked.known.judging
    for single in asked.asking:
        if isinstance(single.leaf, Within):
            for bound in (single.leaf.low, single.leaf.high):
                if bound is not None:
                    at = judging.bound(bound, single.zone)
                    yield from (at - 1, at)


def _returning(asked: Asked, today: int) -> Iterable[int]:
    """Yield days in earlier years that do and that do not return in the wanted days."""
    judging = asked.known.judging
    for single in asked.asking:
        if isinstance(single.leaf, HasAnniversary):
            low, high = (judging.bound(each, single.zone) for each in (single.leaf.low, single.leaf.high))
            for day in (low, high - 1, low - 1, high):
                for years in (1, 2, 4, 20, 40):
                    try:
                        yield to_days(from_days(day).replace(year=from_days(day).year - years))
                    except (ValueError, OverflowError):  # 29 February, or the ends of time
                        continue
            yield today


def _is_plain_in_time(singles: Sequence[Single]) -> bool:
    """Tell whether the ends of intervals are all that matters."""
    returning = {(each.leaf.low, each.leaf.high) for each in singles if isinstance(each.leaf, HasAnniversary)}
    others = any(isinstance(each.leaf, Within) for each in singles)
    return not returning or (len(returning) == 1 and not others)
