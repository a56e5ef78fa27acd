"""The parameters by which a statement is bound to a time: its text never changes, they do.

Names are found by one walk over the tree, so that whoever binds them needs neither the statement nor the binding.
Equal bounds on one field are one parameter.
"""

from collections.abc import Callable, Hashable
from typing import Final
from zoneinfo import ZoneInfo

from attrs import define, field

from kohorte.dsl.operands import is_of_dates
from kohorte.dsl.timed import returning_before, returning_between, returning_near, returning_on
from kohorte.dsl.typed import (
    AggregateOf,
    All,
    Always,
    AnyOf,
    Bound,
    Checked,
    CompareOperands,
    Condition,
    FieldOf,
    HasAnniversary,
    HasTags,
    InSample,
    InSegment,
    Negation,
    Operand,
    SomeRow,
    Within,
)

At = Callable[[int], object]
NOW: Final = "rule_now"
"""The parameter that holds the instant itself (µs), for stored membership."""
UNTIL: Final = "rule_until"
"""The parameter that holds the later instant (µs) until which changes are looked for."""


@define
class Times:
    """The named parameters of a rule and what each holds at an instant (µs), in stored form."""

    parameters: dict[str, At] = field(factory=dict[str, At])
    _names: dict[Hashable, str] = field(factory=dict[Hashable, str])

    def at(self, now: int) -> dict[str, object]:
        """Return the values of all parameters at an instant."""
        return {name: at(now) for name, at in self.parameters.items()}

    def bound(self, operand: Operand, bound: Bound, zone: ZoneInfo) -> str:
        """Return the name of a bound that an operand is compared with."""
        return self._name((_column(operand), bound, zone), lambda now: bound.at(now, zone))

    def returning_before(self, leaf: HasAnniversary, zone: ZoneInfo, place: int) -> str:
        """Return the name of the day before which the dates of the first or second kind lie."""
        key = (_column(leaf.operand), leaf.low, leaf.high, zone, place, "before")
        return self._name(key, returning_before(leaf.low, leaf.high, zone, place))

    def returning_on(self, leaf: HasAnniversary, zone: ZoneInfo, place: int) -> str:
        """Return the name of the list of month * 100 + day of the dates of the first or second kind."""
        key = (_column(leaf.operand), leaf.low, leaf.high, zone, place, "on")
        return self._name(key, returning_on(leaf.low, leaf.high, zone, place))

    def returning_between(self, leaf: HasAnniversary, zone: ZoneInfo) -> str:
        """Return the name of the list of the ends of intervals with anniversaries."""
        of_dates = is_of_dates(leaf.operand)
        key = (_column(leaf.operand), leaf.low, leaf.high, zone, "between")
        return self._name(key, returning_between(leaf.low, leaf.high, zone, of_dates=of_dates))

    def returning_near(self, leaf: HasAnniversary, zone: ZoneInfo) -> tuple[str, str]:
        """Return the names of the place in the year near which all these intervals lie, and of their width there."""
        of_dates = is_of_dates(leaf.operand)
        near = returning_near(leaf.low, leaf.high, zone, of_dates=of_dates)
        key = (_column(leaf.operand), leaf.low, leaf.high, zone, "near")
        place = self._name((*key, "place"), lambda now: near(now)[0])
        return place, self._name((*key, "width"), lambda now: near(now)[1])

    def now(self) -> str:
        """Return the name of the instant itself."""
        self.parameters[NOW] = lambda now: now
        return NOW

    def _name(self, key: Hashable, at: At) -> str:
        name = self._names.setdefault(key, f"rule_{len(self._names)}")
        self.parameters.setdefault(name, at)
        return name


def then(name: str) -> str:
    """Return the name of the parameter that holds what one of these holds now, as it is at the later instant."""
    return f"{name}_then"


def times_of(checked: Checked) -> Times:
    """Return the parameters of a checked rule, those of referenced segments among them."""
    times = Times()
    _walk(checked.condition, checked.zone, times)
    return times


def _column(operand: Operand) -> tuple[str, str]:
    """Return what stands for the operand's column: its values are bound as the column's type wants them."""
    owner = operand.owner if isinstance(operand, FieldOf) else operand.collection.name
    return owner, operand.field.name if operand.field is not None else ""


def _walk(condition: Condition, zone: ZoneInfo, times: Times) -> None:
    match condition:
        case All(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                _walk(part, zone, times)
        case Negation(part=part):
            _walk(part, zone, times)
        case SomeRow(where=where):
            _walk(where, zone, times)
        case InSegment(segment=segment):
            if segment.rule is None:
                times.now()
            else:
                _walk(segment.rule.condition, segment.rule.zone, times)
        case CompareOperands(left=left, right=right):
            for operand in (left, right):
                _walk_operand(operand, zone, times)
        case HasTags() | InSample() | Always():
            pass
        case _:
            _walk_operand(condition.operand, zone, times)
            _note(condition, zone, times)


def _walk_operand(operand: Operand, zone: ZoneInfo, times: Times) -> None:
    if isinstance(operand, AggregateOf):
        _walk(operand.where, zone, times)


def _note(condition: Condition, zone: ZoneInfo, times: Times) -> None:
    match condition:
        case Within(operand=operand, low=low, high=high):
            for bound in (low, high):
                if bound is not None:
                    times.bound(operand, bound, zone)
        case HasAnniversary(operand=FieldOf() as operand) if is_of_dates(operand):
            for place in (0, 1):
                times.returning_before(condition, zone, place)
                times.returning_on(condition, zone, place)
        case HasAnniversary():
            times.returning_between(condition, zone)
            times.returning_near(condition, zone)
        case _:
            pass
