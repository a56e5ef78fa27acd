"""Write for how long conditions stay as they are, as SQL: signed microseconds (see ``kohorte.dsl.changes.stays``).

No stay is ever NULL. The greatest and the least of several are written as each engine does.
"""

from collections.abc import Sequence
from typing import Any, Final

from attrs import evolve
from sqlalchemy import BigInteger, ColumnElement, bindparam, case, func, literal_column, true

from kohorte.dsl.changes.timeless import is_timeless
from kohorte.dsl.moments import MICROS_A_DAY
from kohorte.dsl.normal import push_negations
from kohorte.dsl.operands import is_of_dates
from kohorte.dsl.passing import NEVER, is_fixed
from kohorte.dsl.sql.conditions import ConditionWriter
from kohorte.dsl.sql.elements import DaysOf, Greatest, Least, MicrosOf
from kohorte.dsl.sql.passings import Passings
from kohorte.dsl.sql.row_stays import RowStayWriter
from kohorte.dsl.sql.scope import Scope, Value
from kohorte.dsl.sql.times import NOW
from kohorte.dsl.typed import (
    All,
    Always,
    AnyOf,
    Bound,
    Condition,
    FieldOf,
    HasAnniversary,
    InSegment,
    Leaf,
    Negation,
    Operand,
    Within,
)

_Stay = ColumnElement[Any]
_MICROS: Final = BigInteger()
FAR: Final = NEVER // 2
"""No stay that ends is as long as this (µs)."""


class StayWriter:
    """Writes stays of conditions in negation normal form; whether a condition holds is written by ``conditions``."""

    def __init__(self, conditions: ConditionWriter, passings: Passings) -> None:
        self.conditions: Final = conditions
        self.passings: Final = passings
        self.now: Final = bindparam(NOW, type_=_MICROS)
        self.forever: Final[_Stay] = literal_column(str(NEVER), _MICROS)
        self._rows: Final = RowStayWriter(self)

    def write(self, condition: Condition, scope: Scope) -> _Stay:
        """Return the stay of a condition over the tables in reach."""
        if isinstance(condition, Always) or is_timeless(condition):
            return case((self.conditions.write(condition, scope), self.forever), else_=-self.forever)
        match condition:
            case All(parts=parts):
                return self._group(parts, scope, every=True)
            case AnyOf(parts=parts):
                return self._group(parts, scope, every=False)
            case Negation():
                return self.write(push_negations(condition), scope)
            case Within(operand=FieldOf() as operand) | HasAnniversary(operand=FieldOf() as operand):
                return _signed(condition, self._of_field(condition, operand, scope))
            case InSegment():
                return _signed(condition, self._in_segment(condition, scope))
            case _:
                return _signed(condition, self._rows.write(evolve(condition, negated=False), scope))

    def _group(self, parts: Sequence[Condition], scope: Scope, *, every: bool) -> _Stay:
        """Write parts; those that no time changes decide by themselves whether the others are looked at."""
        timeless = tuple(part for part in parts if is_timeless(part))
        stays = [self.write(part, scope) for part in parts if not is_timeless(part)]
        stay = stays[0] if len(stays) == 1 else (Least if every else Greatest)(*stays)
        if not timeless:
            return stay
        if every:
            return case((self.conditions.write(All(timeless), scope), stay), else_=-self.forever)
        return case((self.conditions.write(AnyOf(timeless), scope), self.forever), else_=stay)

    def _in_segment(self, leaf: InSegment, scope: Scope) -> _Stay:
        rule = leaf.segment.rule
        if rule is None:
            raise TypeError(leaf)  # stored membership is timeless
        return self.write(push_negations(rule.condition), evolve(scope, zone=rule.zone))

    # -- times ---------------------------------------------------------------------------------------------------

    def _of_field(self, leaf: Within | HasAnniversary, operand: FieldOf, scope: Scope) -> _Stay:
        """Write the stay of what is asked of a field, in whose record's table it is looked up if need be."""
        if operand.owner in scope.open:
            return self.of_value(leaf, scope.value(operand), scope)
        opened = scope.owner(operand.owner)
        stay = self.of_value(leaf, opened.scope.value(operand), opened.scope)
        return func.coalesce(opened.select(stay, where=true()).scalar_subquery(), -self.forever)

    def of_value(self, leaf: Within | HasAnniversary, value: Value, scope: Scope) -> _Stay:
        """Return the stay of what is asked of a value, not negated."""
        leaf = evolve(leaf, negated=False)
        if isinstance(leaf, Within):
            return self._within(leaf, value, scope)
        holds = self.conditions.of_value(leaf, value, scope)
        midnight = self.passings.midnight(scope.zone) - self.now
        waiting = self.passings.wait(_as_micros(value, leaf.operand), leaf, scope.zone)
        return case(
            (holds, midnight),
            (value.expression.is_not(None), -Greatest(midnight, waiting)),
            else_=-self.forever,
        )

    def _within(self, leaf: Within, value: Value, scope: Scope) -> _Stay:
        """Write that a value waits for the upper bound, then lies inside until the lower one has passed it."""
        ask, inside = self.conditions.of_value, self.forever
        cases: list[tuple[ColumnElement[bool], _Stay]] = []
        if leaf.high is not None:
            ahead = ask(evolve(leaf, low=leaf.high, high=None), value, scope)
            cases.append((ahead, -self.time_to(leaf.high, value, leaf.operand, scope)))
        if leaf.low is not None:
            inside = self.time_to(leaf.low, value, leaf.operand, scope)
        reached = ask(evolve(leaf, high=None) if leaf.low is not None else leaf, value, scope)
        return case(*cases, (reached, inside), else_=-self.forever)

    def time_to(self, bound: Bound, value: Value, operand: Operand, scope: Scope) -> _Stay:
        """Return the time (µs) after which a bound passes a value; for ever where it is fixed."""
        if is_fixed(bound):
            return self.forever
        return self.passings.passes(_stored(value, operand), bound, scope.zone) - self.now


def _signed(leaf: Leaf, stay: _Stay) -> _Stay:
    return -stay if leaf.negated else stay


def _stored(value: Value, operand: Operand) -> _Stay:
    """Return a time in stored form: whole µs or days, however its column keeps it."""
    if value.coder.encode is None:
        return value.expression
    return DaysOf(value.expression) if is_of_dates(operand) else MicrosOf(value.expression)


def _as_micros(value: Value, operand: Operand) -> _Stay:
    stored = _stored(value, operand)
    return stored * literal_column(str(MICROS_A_DAY), _MICROS) if is_of_dates(operand) else stored
