"""Write for how long what is said of related rows stays as it is, as correlated sub-queries."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from attrs import evolve, frozen
from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, desc, func, literal_column, select, true

from kohorte.core.fields import Collection, Kind
from kohorte.dsl.changes.timeless import is_timeless
from kohorte.dsl.normal import push_negations
from kohorte.dsl.passing import is_fixed
from kohorte.dsl.sql import tests
from kohorte.dsl.sql.elements import Greatest, Least
from kohorte.dsl.sql.rows import RowsWriter
from kohorte.dsl.sql.scope import Opened, Scope, Value
from kohorte.dsl.typed import (
    AggregateOf,
    All,
    Among,
    Compare,
    CompareOperands,
    Condition,
    FieldOf,
    Function,
    HasAnniversary,
    InSample,
    InSegment,
    Leaf,
    Operand,
    Order,
    SomeRow,
    Within,
)

if TYPE_CHECKING:
    from kohorte.dsl.sql.stays import StayWriter

_Test = ColumnElement[bool]
_Stay = ColumnElement[Any]
_NUMBERS: Final = (Function.COUNT, Function.COUNT_DISTINCT)
_ONE: Final[_Stay] = literal_column("1", BigInteger())
_FEW: Final = 3
"""For so many numbers of rows at most it is written out when each is reached."""


@frozen
class RowStayWriter:
    """Writes stays over rows; filters are written by ``stays``."""

    stays: "StayWriter"

    def write(self, leaf: Leaf, scope: Scope) -> _Stay:
        """Return the stay of a condition on rows, not negated."""
        match leaf:
            case SomeRow(collection=collection, where=where):
                return self._some(self._rows(collection, where, scope))
            case Compare(operand=AggregateOf() as operand) if operand.function in _NUMBERS:
                return self._number(leaf.order, int(leaf.value), operand, scope)
            case Among(operand=AggregateOf() as operand) if operand.function in _NUMBERS and len(leaf.values) <= _FEW:
                each = [self._number(Order.EQUAL, int(value), operand, scope) for value in leaf.values]
                return Greatest(*each)
            case _:
                return self._until_some_row_moves(leaf, scope)

    # -- existence and number ------------------------------------------------------------------------------------

    def _number(self, order: Order, number: int, operand: AggregateOf, scope: Scope) -> _Stay:
        """Write that so many rows hold, or rows with so many values."""
        match order:
            case Order.EQUAL:
                return Least(self._at_least(number, operand, scope), -self._at_least(number + 1, operand, scope))
            case Order.GREATER_OR_EQUAL | Order.GREATER:
                return self._at_least(number + (order is Order.GREATER), operand, scope)
            case Order.LESS | Order.LESS_OR_EQUAL:
                return -self._at_least(number + (order is Order.LESS_OR_EQUAL), operand, scope)

    def _at_least(self, number: int, operand: AggregateOf, scope: Scope) -> _Stay:
        """Write the number-th greatest stay of rows, or of values: that of each is the greatest of its rows."""
        if number <= 0:
            return self.stays.forever
        rows = self._rows(operand.collection, operand.where, scope)
        if operand.field is not None:
            rows = rows.with_value(operand)
        if number == 1:
            return self._some(rows)
        stays = rows.select(rows.stay.label("stay"))
        if operand.field is not None:
            each = rows.select(rows.value(operand).expression.label("value"), rows.stay.label("stay")).subquery()
            stays = select(func.max(each.c.stay).label("stay")).select_from(each).group_by(each.c.value)
        found = stays.order_by(desc("stay")).limit(1).offset(number - 1)
        return func.coalesce(found.scalar_subquery(), -self.stays.forever)

    def _some(self, rows: "_Rows") -> _Stay:
        return func.coalesce(rows.aggregated(func.max, rows.stay), -self.stays.forever)

    # -- everything else -----------------------------------------------------------------------------------------

    def _until_some_row_moves(self, leaf: Leaf, scope: Scope) -> _Stay:
        """Write that nothing changes until a row comes or goes, or what is asked of the aggregate's value changes."""
        lasts = [self._first_move(operand, scope) for operand in aggregates_of(leaf) if not is_timeless(operand.where)]
        if isinstance(leaf, Within | HasAnniversary) and isinstance(leaf.operand, AggregateOf):
            lasts.append(func.abs(self._of_value(leaf, leaf.operand, scope)))
        least = lasts[0] if len(lasts) == 1 else Least(*lasts)
        return least * case((self.stays.conditions.write(leaf, scope), _ONE), else_=-_ONE)

    def _first_move(self, operand: AggregateOf, scope: Scope) -> _Stay:
        """Write after how long the first row comes or goes; a row that is there for ever does neither."""
        rows = self._rows(operand.collection, operand.where, scope, moving=True)
        if operand.field is not None and operand.function is not Function.LAST:
            rows = rows.with_value(operand)
        return func.coalesce(rows.aggregated(func.min, func.abs(rows.stay)), self.stays.forever)

    def _of_value(self, leaf: Within | HasAnniversary, operand: AggregateOf, scope: Scope) -> _Stay:
        """Write the stay of what is asked of an aggregate's value, which is computed before."""
        conditions = self.stays.conditions
        found = RowsWriter(conditions.write, conditions.of_value).value_of(operand, scope)
        derived = select(found.expression.label("value")).subquery()
        value = Value(derived.c.value, nullable=True, coder=found.coder)
        return select(self.stays.of_value(leaf, value, scope)).select_from(derived).scalar_subquery()

    # -- rows ----------------------------------------------------------------------------------------------------

    def _rows(self, collection: Collection, where: Condition, scope: Scope, *, moving: bool = False) -> "_Rows":
        """Open the rows that hold or may come to hold; ``moving`` asks for those alone that come or go."""
        opened = scope.collection(collection.name, collection.parent)
        where = push_negations(where)
        parts = where.parts if isinstance(where, All) else (where,)
        timed = [part for part in parts if not is_timeless(part)]
        tests = [self.stays.conditions.write(part, opened.scope) for part in parts if is_timeless(part)]
        tests += [self._not_gone(part, opened.scope) for part in timed if _is_window(part)]
        if moving and len(timed) == 1:
            tests += self._still_ahead(timed[0], opened.scope)
        stays = [self.stays.write(part, opened.scope) for part in timed] or [self.stays.forever]
        stay = stays[0] if len(stays) == 1 else Least(*stays)
        # An aggregate over nothing of the row would be taken for one over the rows of the statement around it.
        reads_row = any(_reads(part, collection) for part in timed)
        return _Rows(opened, tuple(tests), stay, reads_row)

    def _not_gone(self, window: Within, scope: Scope) -> _Test:
        """Ask whether a window has not left a value behind; indexes serve it."""
        if window.low is None:
            return true()
        return self._asked(evolve(window, high=None), scope)

    def _still_ahead(self, part: Condition, scope: Scope) -> list[_Test]:
        """Ask for the values that a window without a lower bound waits for: those inside stay for ever."""
        if not _is_window(part) or part.high is None or not (part.low is None or is_fixed(part.low)):
            return []
        return [self._asked(evolve(part, low=part.high, high=None), scope)]

    def _asked(self, window: Within, scope: Scope) -> _Test:
        return self.stays.conditions.write(window, scope)


@frozen(eq=False)
class _Rows:
    """Rows that hold or may come to hold, and the stay of each."""

    opened: Opened
    tests: tuple[_Test, ...]
    stay: _Stay
    reads_row: bool

    def value(self, operand: AggregateOf) -> Value:
        """Return the field that an aggregate is about."""
        if operand.field is None:
            raise TypeError(operand)
        folded = operand.field.kind is Kind.TEXT and operand.function is Function.COUNT_DISTINCT
        wanted = FieldOf(operand.collection.name, operand.field)
        return self.opened.scope.value(wanted, folded=folded, currency=operand.currency)

    def with_value(self, operand: AggregateOf) -> "_Rows":
        """Return those rows alone that have a value, in the aggregate's currency."""
        value = self.value(operand)
        more: list[_Test] = [value.expression.is_not(None)]
        if operand.currency is not None:
            more.append(tests.in_currency(true(), value, operand.currency, negated=False))
        return evolve(self, tests=(*self.tests, *more))

    def aggregated(self, function: Callable[[_Stay], _Stay], stay: _Stay) -> _Stay:
        """Return the greatest or least of the rows' stays."""
        if self.reads_row:
            return self.select(function(stay)).scalar_subquery()
        each = self.select(stay.label("stay")).subquery()
        return select(function(each.c.stay)).select_from(each).scalar_subquery()

    def select(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """Return the select of columns over the rows."""
        return self.opened.select(*columns, where=and_(true(), *self.tests))


def _is_window(part: Condition) -> TypeGuard[Within]:
    return isinstance(part, Within) and isinstance(part.operand, FieldOf) and not part.negated


def _reads(part: Condition, collection: Collection) -> bool:
    return _is_window(part) and isinstance(part.operand, FieldOf) and part.operand.owner == collection.name


def aggregates_of(leaf: Leaf) -> list[AggregateOf]:
    """Return the aggregates that a condition looks at."""
    match leaf:
        case CompareOperands(left=left, right=right):
            operands: tuple[Operand, ...] = (left, right)
        case SomeRow() | InSegment() | InSample():
            operands = ()
        case _:
            operands = (leaf.operand,)
    return [each for each in operands if isinstance(each, AggregateOf)]
