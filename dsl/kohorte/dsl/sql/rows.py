"""Write what a rule says of related rows as correlated sub-queries."""

from collections.abc import Callable, Sequence
from typing import Any

from attrs import frozen
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    String,
    and_,
    bindparam,
    distinct,
    func,
    not_,
    or_,
    select,
    true,
)

from kohorte.core.errors import InvalidInput
from kohorte.core.fields import Kind
from kohorte.dsl.operands import is_of_money, scale_factors
from kohorte.dsl.sql import tests
from kohorte.dsl.sql.columns import INTEGER, in_units
from kohorte.dsl.sql.elements import PerEngine
from kohorte.dsl.sql.grouped import by_group
from kohorte.dsl.sql.latest import LatestRow
from kohorte.dsl.sql.scope import Opened, Scope, Value
from kohorte.dsl.typed import (
    AggregateOf,
    Among,
    Compare,
    CompareOperands,
    Condition,
    FieldOf,
    Function,
    HasAnniversary,
    Leaf,
    Missing,
    Operand,
    Order,
    SomeRow,
)

_Test = ColumnElement[bool]
WriteCondition = Callable[[Condition, Scope], _Test]
WriteTest = Callable[[Leaf, Value, Scope], _Test]


@frozen
class RowsWriter:
    """Writes sub-queries; filters, and tests of single values, are written by the functions it is given."""

    write: WriteCondition
    of_value: WriteTest

    def some_row(self, leaf: SomeRow, scope: Scope) -> _Test:
        """Ask whether a row exists."""
        opened = scope.collection(leaf.collection.name, leaf.collection.parent)
        test = opened.select(where=self.write(leaf.where, opened.scope)).exists()
        return not_(test) if leaf.negated else test

    def of_aggregate(
        self, operand: AggregateOf, leaves: Sequence[Condition], scope: Scope, *, every: bool, alone: bool = False
    ) -> _Test:
        """Ask all that is asked of one aggregate in one sub-query, which yields the answer.

        ``alone`` says that every record is asked, because nothing else narrows the rule.
        """
        if operand.function is Function.LAST:
            return LatestRow.of(operand, scope, self.write).holds(leaves, self.of_value, every=every)
        rows = _Rows.of(operand, scope, self.write)
        anniversaries = [leaf for leaf in leaves if isinstance(leaf, HasAnniversary)]
        if anniversaries:
            return self._of_derived(anniversaries[0], rows, scope)
        answers = [self._of_aggregate(leaf, rows, scope) for leaf in leaves]
        answer = and_(*answers) if every else or_(*answers)
        yielded: _Test = rows.select(answer.label("holds")).scalar_subquery()
        grouped = by_group(operand, leaves, rows.opened, rows.where, answer) if alone else None
        return yielded if grouped is None else PerEngine(yielded, grouped)

    def _of_aggregate(self, leaf: Condition, rows: "_Rows", scope: Scope) -> _Test:
        if rows.operand.function is not Function.AVG:
            if isinstance(leaf, Missing) and not rows.value.nullable:
                return true() if leaf.negated else not_(true())
            return self.of_value(leaf, rows.value, scope)  # type: ignore[arg-type]
        match leaf:
            case Compare():
                return tests.average(leaf, func.sum(rows.units), func.count(rows.units))
            case Among():
                each = [Compare(leaf.operand, Order.EQUAL, value, negated=leaf.negated) for value in leaf.values]
                several = [self._of_aggregate(one, rows, scope) for one in each]
                return and_(*several) if leaf.negated else or_(*several)
            case Missing():
                count = func.count(rows.units)
                return count > 0 if leaf.negated else count == 0
            case _:
                raise TypeError(leaf)

    def _of_derived(self, leaf: HasAnniversary, rows: "_Rows", scope: Scope) -> _Test:
        """Ask for the anniversary of an aggregate, which must be known before it is looked for in a list."""
        derived = rows.select(rows.value.expression.label("value")).subquery()
        value = Value(derived.c.value, rows.value.nullable, rows.value.coder)
        answer = self.of_value(leaf, value, scope)
        return select(answer.label("holds")).select_from(derived).scalar_subquery()

    # -- two operands --------------------------------------------------------------------------------------------

    def compare_operands(self, leaf: CompareOperands, scope: Scope) -> _Test:
        """Compare two fields or aggregates; what is missing on either side fails the comparison."""
        operands = (leaf.left, leaf.right)
        currency = next((each.currency for each in operands if isinstance(each, AggregateOf) and each.currency), None)
        left, right = (self.value_of(each, scope, folded=leaf.folded, currency=currency) for each in operands)
        has_known_units = not is_of_money(leaf.left) or currency is not None
        sides = _alike(left, right, scale_factors(*operands), has_known_units=has_known_units)
        test: _Test = tests.SIGN[leaf.order](*sides)
        is_of_columns = isinstance(leaf.left, FieldOf) and isinstance(leaf.right, FieldOf)
        if left.currency is not None and right.currency is not None:
            test = and_(_currency(left) == _currency(right), test)
            is_of_columns = False
        if not leaf.negated:
            return test
        if not is_of_columns:
            return test.is_not(true())
        return or_(not_(test), *(each.expression.is_(None) for each in (left, right) if each.nullable))

    def value_of(self, operand: Operand, scope: Scope, *, folded: bool = False, currency: str | None = None) -> Value:
        """Return a field, or what an aggregate (not an average) yields, as a value."""
        if isinstance(operand, FieldOf):
            return scope.value(operand, folded=folded, as_text=True, currency=currency)
        if operand.function is Function.LAST:
            return LatestRow.of(operand, scope, self.write).value(folded=folded, currency=currency)
        rows = _Rows.of(operand, scope, self.write)
        return Value(
            rows.select(rows.value.expression.label("value")).scalar_subquery(),
            rows.value.nullable,
            rows.value.coder,
            operand.currency,
        )


@frozen(eq=False)
class _Rows:
    """The rows of an aggregate, its value over them, and the units of the field that it adds up."""

    operand: AggregateOf
    opened: Opened
    where: _Test
    value: Value
    units: ColumnElement[Any]

    @classmethod
    def of(cls, operand: AggregateOf, scope: Scope, write: WriteCondition) -> "_Rows":
        """Open the rows of an aggregate."""
        opened = scope.collection(operand.collection.name, operand.collection.parent)
        where = write(operand.where, opened.scope)
        if operand.field is None:
            count = func.count()
            return cls(operand, opened, where, Value(count, nullable=False, coder=INTEGER), count)
        field = opened.scope.value(
            FieldOf(operand.collection.name, operand.field),
            folded=operand.field.kind is Kind.TEXT and operand.function is Function.COUNT_DISTINCT,
            currency=operand.currency,
        )
        if operand.currency is not None:
            where = and_(where, tests.in_currency(true(), field, operand.currency, negated=False))
        units = in_units(field.expression, field.coder)
        return cls(operand, opened, where, _computed(operand.function, field, units), units)

    def select(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """Return the select of columns over the rows."""
        return self.opened.select(*columns, where=self.where)


def _computed(function: Function, field: Value, units: ColumnElement[Any]) -> Value:
    coder = field.coder if field.coder.decimals is None else INTEGER
    match function:
        case Function.COUNT | Function.COUNT_DISTINCT:
            return Value(func.count(distinct(field.expression)), nullable=False, coder=INTEGER)
        case Function.SUM:
            return Value(func.coalesce(func.sum(units), 0), nullable=False, coder=INTEGER)
        case Function.MIN:
            return Value(func.min(units), nullable=True, coder=coder)
        case Function.MAX | Function.AVG | Function.LAST:
            return Value(func.max(units), nullable=True, coder=coder)


def _alike(left: Value, right: Value, factors: tuple[int, int], *, has_known_units: bool) -> list[ColumnElement[Any]]:
    """Return two values such that the database compares them as they are meant: numbers in units of one scale."""
    decimals = left.coder.decimals, right.coder.decimals
    if None not in decimals:
        return [left.expression, right.expression]
    is_of_units = None in (left.coder.encode, right.coder.encode) and decimals != (None, None)
    if type(left.coder.encode) is not type(right.coder.encode) and not (has_known_units and is_of_units):
        raise InvalidInput(
            "Two columns are compared that hold times or numbers in different ways.",
            hint="Bind both to columns of one type, or say with type_coerce(column, …) what they hold.",
        )
    units = [in_units(each.expression, each.coder) for each in (left, right)]
    return [each if factor == 1 else each * factor for each, factor in zip(units, factors, strict=True)]


def _currency(value: Value) -> ColumnElement[Any] | BindParameter[str]:
    if isinstance(value.currency, str) or value.currency is None:
        return bindparam(None, value.currency, type_=String(), unique=True)
    return value.currency
