"""The parameters by which a statement knows when bounds pass values, and when yearly returns may begin.

As with ``times``, names are found by one walk over the tree.
"""

from collections.abc import Iterator
from typing import Any, Final
from zoneinfo import ZoneInfo

from attrs import define, field
from sqlalchemy import BigInteger, BindParameter, ColumnElement, bindparam, case, literal_column

from kohorte.dsl.moments import MICROS_A_DAY, PeriodStart, Today, local_day, start_of_day
from kohorte.dsl.passing import is_fixed, runs_with_now
from kohorte.dsl.sql.pieces import PIECES, pieces_of
from kohorte.dsl.syntax.ast import Unit
from kohorte.dsl.typed import (
    AggregateOf,
    All,
    Always,
    AnyOf,
    Bound,
    Checked,
    CompareOperands,
    Condition,
    HasAnniversary,
    InSample,
    InSegment,
    Negation,
    Operand,
    SomeRow,
    Within,
)

YEAR: Final = 31_556_952_000_000
"""The mean year of the calendar (µs)."""

_SLACK_DAYS: Final = 7
"""By so much at most do anniversaries, local days and the mean year differ."""
_DAYS_AT_MOST: Final = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 31, Unit.QUARTER: 92, Unit.YEAR: 366}
_EVER: Final = 40_000
_MICROS: Final = BigInteger()


@define
class Passings:
    """The named parameters of a rule's bounds and yearly returns."""

    _bounds: dict[tuple[Bound, ZoneInfo], str] = field(factory=dict[tuple[Bound, ZoneInfo], str])
    _returns: dict[tuple[Bound, ZoneInfo], str] = field(factory=dict[tuple[Bound, ZoneInfo], str])
    _zones: dict[ZoneInfo, str] = field(factory=dict[ZoneInfo, str])

    @classmethod
    def of(cls, checked: Checked) -> "Passings":
        """Return the parameters of a checked rule, those of referenced segments among them."""
        found = cls()
        for leaf, zone in _timed(checked.condition, checked.zone):
            if isinstance(leaf, HasAnniversary):
                found._returns.setdefault((leaf.high, zone), f"return_{len(found._returns)}")
                found._zones.setdefault(zone, f"midnight_{len(found._zones)}")
                continue
            for bound in (leaf.low, leaf.high):
                if bound is not None and not is_fixed(bound) and not runs_with_now(bound):
                    found._bounds.setdefault((bound, zone), f"pass_{len(found._bounds)}")
        return found

    def at(self, now: int) -> dict[str, object]:
        """Return the values of all parameters at an instant (µs)."""
        values: dict[str, object] = {}
        for (bound, zone), name in self._bounds.items():
            for place, piece in enumerate(pieces_of(bound, zone, now)):
                values[f"{name}_start_{place}"] = piece.start
                values[f"{name}_grain_{place}"] = piece.grain
                values[f"{name}_scale_{place}"] = piece.scale
                values[f"{name}_at_{place}"] = piece.at
        for (bound, zone), name in self._returns.items():
            first = (bound.at(now, zone) - _SLACK_DAYS) * MICROS_A_DAY
            values[f"{name}_first"] = first
            values[f"{name}_wait"] = first - (_farthest(bound) + _SLACK_DAYS) * MICROS_A_DAY - now
        for zone, name in self._zones.items():
            values[name] = start_of_day(local_day(now, zone) + 1, zone)
        return values

    # -- as expressions ------------------------------------------------------------------------------------------

    def passes(self, value: ColumnElement[Any], bound: Bound, zone: ZoneInfo) -> ColumnElement[Any]:
        """Return when (µs) a bound passes a value (µs or days) that it has not passed yet."""
        if runs_with_now(bound):
            return value + literal_column(str(1 - bound.at(0, zone)), _MICROS)
        name = self._bounds[bound, zone]
        pieces = [
            (value - _later(f"{name}_start_{place}"))
            // _later(f"{name}_grain_{place}")
            * _later(f"{name}_scale_{place}")
            + _later(f"{name}_at_{place}")
            for place in range(PIECES)
        ]
        ends = [_later(f"{name}_start_{place}") for place in range(1, PIECES)]
        return case(*zip([value < end for end in ends], pieces, strict=False), else_=pieces[-1])

    def midnight(self, zone: ZoneInfo) -> ColumnElement[Any]:
        """Return when (µs) the next local day begins."""
        return _later(self._zones[zone])

    def wait(self, value: ColumnElement[Any], leaf: HasAnniversary, zone: ZoneInfo) -> ColumnElement[Any]:
        """Return after how long (µs) at the earliest the next yearly return of a time (µs) comes into a window."""
        name, year = self._returns[leaf.high, zone], literal_column(str(YEAR), _MICROS)
        return ((value - _later(f"{name}_first")) % year + year) % year + _later(f"{name}_wait")


def _later(name: str) -> BindParameter[int]:
    return bindparam(name, type_=_MICROS)


def _farthest(bound: Bound) -> int:
    """Return how many days at most a bound may ever lie after its today."""
    match bound:
        case Today(steps=steps):
            return sum(max(0, step.amount) * _DAYS_AT_MOST[step.unit] for step in steps)
        case PeriodStart(unit=unit, shift=shift):
            return max(0, shift) * _DAYS_AT_MOST[unit]
        case _:
            return _EVER


# -- what hangs on time ------------------------------------------------------------------------------------------


def _timed(condition: Condition, zone: ZoneInfo) -> Iterator[tuple[Within | HasAnniversary, ZoneInfo]]:
    match condition:
        case All(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from _timed(part, zone)
        case Negation(part=part):
            yield from _timed(part, zone)
        case SomeRow(where=where):
            yield from _timed(where, zone)
        case InSegment(segment=segment):
            if segment.rule is not None:
                yield from _timed(segment.rule.condition, segment.rule.zone)
        case CompareOperands(left=left, right=right):
            yield from _timed_inside(left, zone)
            yield from _timed_inside(right, zone)
        case Always() | InSample():
            pass
        case _:
            yield from _timed_inside(condition.operand, zone)
            if isinstance(condition, Within | HasAnniversary):
                yield condition, zone


def _timed_inside(operand: Operand, zone: ZoneInfo) -> Iterator[tuple[Within | HasAnniversary, ZoneInfo]]:
    if isinstance(operand, AggregateOf):
        yield from _timed(operand.where, zone)
