"""Write what a rule asks of the latest row: a sub-query that finds one row, and answers there."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from attrs import evolve, frozen
from sqlalchemy import ColumnElement, Select, Text, and_, literal_column, or_, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from kohorte.core.fields import Field, Kind
from kohorte.dsl.operands import order_of
from kohorte.dsl.sql.elements import Element
from kohorte.dsl.sql.scope import Opened, Scope, Value
from kohorte.dsl.typed import AggregateOf, Condition, FieldOf, Leaf, Missing

_Test = ColumnElement[bool]
WriteCondition = Callable[[Condition, Scope], _Test]
WriteTest = Callable[[Leaf, Value, Scope], _Test]


@frozen(eq=False)
class LatestRow:
    """The latest row of a collection that has what a filter asks for, and the field that is wanted of it."""

    wanted: FieldOf
    opened: Opened
    where: _Test
    order: tuple[ColumnElement[Any], ...]

    @classmethod
    def of(cls, operand: AggregateOf, scope: Scope, write: WriteCondition) -> "LatestRow":
        """Open the rows, the latest first: an index that begins with their owner and ends with the time finds it."""
        collection = operand.collection
        opened = scope.collection(collection.name, collection.parent)
        if operand.field is None:
            raise TypeError(operand)
        time, keys = order_of(collection, operand.field)
        order: list[ColumnElement[Any]] = [opened.scope.value(FieldOf(collection.name, time)).expression.desc()]
        for key in keys:
            order += _greatest_first(key, opened.scope.value(FieldOf(collection.name, key), as_text=True))
        where = write(operand.where, opened.scope)
        return cls(FieldOf(collection.name, operand.field), opened, where, tuple(order))

    def holds(self, leaves: Sequence[Any], of_value: WriteTest, *, every: bool) -> _Test:
        """Ask all or any of several leaves of the wanted field, which is missing where there is no row."""
        if (all if every else any)(isinstance(leaf, Missing) != leaf.negated for leaf in leaves):
            # It holds without a row, so that its complement needs one.
            complement = [evolve(leaf, negated=not leaf.negated) for leaf in leaves]
            return self._answer(complement, of_value, every=not every).is_not(true())
        return self._answer(leaves, of_value, every=every)

    def _answer(self, leaves: Sequence[Leaf], of_value: WriteTest, *, every: bool) -> _Test:
        scope = self.opened.scope
        tests = [of_value(leaf, scope.value_for(leaf, self.wanted), scope) for leaf in leaves]
        return self._select((and_ if every else or_)(*tests).label("holds")).scalar_subquery()

    def value(self, *, folded: bool, currency: str | None) -> Value:
        """Return the wanted field as a value, its own currency beside it; ``currency`` is what it is compared in."""
        found = self.opened.scope.value(self.wanted, folded=folded, as_text=True, currency=currency)
        beside = found.currency
        if isinstance(beside, ColumnElement):
            beside = self._select(beside.label("currency")).scalar_subquery()
        value = self._select(found.expression.label("value")).scalar_subquery()
        return Value(value, nullable=True, coder=found.coder, currency=beside)

    def _select(self, column: ColumnElement[Any]) -> Select[Any]:
        return self.opened.select(column, where=self.where).order_by(*self.order).limit(literal_column("1"))


def _greatest_first(wanted: Field, value: Value) -> Iterator[ColumnElement[Any]]:
    if value.nullable:
        yield value.expression.is_not(None).desc()
    if isinstance(value.currency, ColumnElement):
        yield ByCodePoint(value.currency).desc()
    is_text = wanted.kind in {Kind.TEXT, Kind.CODE, Kind.ENUMERATION}
    yield (ByCodePoint(value.expression) if is_text else value.expression).desc()


class ByCodePoint(Element[str]):
    """A text that is ordered by its letters' numbers, in whatever order its column is."""

    type = Text()


@compiles(ByCodePoint)
def _in_binary_order(this: ByCodePoint, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(next(iter(this.clauses)), **options)


@compiles(ByCodePoint, "postgresql")
def _in_the_c_collation(this: ByCodePoint, compiler: SQLCompiler, **options: Any) -> str:
    text = next(iter(this.clauses))
    written = compiler.process(text, **options)
    return (
        written
        if getattr(text.type.dialect_impl(compiler.dialect), "collation", None) == "C"
        else f'{written} COLLATE "C"'
    )
