"""Which values would do as well as a proposed one: all from one to another, of what has an order."""

from bisect import bisect_left
from typing import Any, Final, cast

from kohorte.core.fields import LARGEST, Kind
from kohorte.dsl.explaining.domain import COUNTING, in_domain
from kohorte.dsl.explaining.model import End, Leeway
from kohorte.dsl.explaining.variables import Variable
from kohorte.dsl.typed import AggregateOf, Among, Compare, FieldOf, Missing, SegmentUse, SomeRow, Within

_NUMBERS: Final = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.MONEY})
_ORDERED: Final = _NUMBERS | {Kind.DATE, Kind.INSTANT}
_LIMITS: Final = (-LARGEST, LARGEST)


def leeway_of(variable: Variable, fitting: int, value: Any) -> Leeway | None:
    """Return the values around one that fit as well, given the bit set of the candidates that do.

    None where there is no order, or more is asked than it. Candidates stand at and beside all that is asked, so that
    between two neighbours which fit everything does.
    """
    (subject, *others) = variable.subjects.values()
    is_plain = all(isinstance(single.leaf, Compare | Among | Within | Missing | SomeRow) for single in variable.singles)
    if value is None or others or not is_plain or isinstance(subject, SegmentUse) or not _is_ordered(subject):
        return None
    units, currency = _parts(value)
    beside = sorted(
        (_parts(candidate)[0], bool(fitting >> place & 1))
        for place, (candidate,) in enumerate(variable.candidates)
        if candidate is not None and _parts(candidate)[1] == currency
    )
    at = bisect_left(beside, (units, False))
    ends = _LIMITS if isinstance(subject, FieldOf) and subject.field.kind in _NUMBERS else ()
    low, high = _last(beside[:at][::-1], units, ends), _last(beside[at:], units, ends)

    def end(found: Any) -> End | None:
        if found is None:
            return None
        stored = found if currency is None else (found, currency)
        return End(in_domain(subject, stored), stored)

    return Leeway(end(low), end(high))


def _is_ordered(subject: FieldOf | AggregateOf) -> bool:
    if isinstance(subject, AggregateOf) and subject.function in COUNTING:
        return True
    return subject.field is not None and subject.field.kind in _ORDERED


def _parts(value: Any) -> tuple[Any, str | None]:
    """Return a number, with its currency if it is an amount of money."""
    return cast("tuple[Any, str]", value) if isinstance(value, tuple) else (value, None)


def _last(beside: list[tuple[Any, bool]], value: Any, ends: tuple[int, ...]) -> Any:
    """Return the last value up to which all fit, and None where all do up to no end."""
    for each, fits in beside:
        if not fits:
            return value
        value = each
    return value if value in ends else None
