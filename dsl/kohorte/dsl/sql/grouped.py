"""Aggregates that nothing narrows, asked of all rows at once.

A correlated sub-query looks up the rows of one record after the other. On PostgreSQL one pass over all rows, grouped by
the record, is two to three times as fast where every record is looked at anyhow (1,000,000 contacts, 3.5 million
purchases); where another condition leaves few records it is slower, and on SQLite it is never faster.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen
from sqlalchemy import (
    BinaryExpression,
    BindParameter,
    BooleanClauseList,
    Column,
    ColumnElement,
    Select,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.sql import operators

from kohorte.dsl.sql import tests
from kohorte.dsl.sql.scope import Opened
from kohorte.dsl.typed import (
    AggregateOf,
    All,
    Always,
    Among,
    AnyOf,
    Compare,
    CompareOperands,
    Condition,
    FieldOf,
    Function,
    InSample,
    InSegment,
    Missing,
    Negation,
    SomeRow,
)

_Test = ColumnElement[bool]


def narrows(condition: Condition) -> bool:
    """Tell whether a condition may leave few records: one that holds only for certain values, rows or members."""
    match condition:
        case All(parts=parts):
            return any(map(narrows, parts))
        case AnyOf(parts=parts):
            return all(map(narrows, parts))
        case Always(value=value):
            return not value
        case Negation() | Missing():
            return False
        case SomeRow() | InSegment() | InSample() | CompareOperands():
            return not condition.negated
        case _:
            return not condition.negated and isinstance(condition.operand, FieldOf)


def by_group(
    operand: AggregateOf, leaves: Sequence[Condition], opened: Opened, where: _Test, answer: _Test
) -> _Test | None:
    """Return the condition that a record is among those whose rows, grouped by record, yield the answer.

    ``leaves`` are asked of the aggregate, and all must hold. None where it cannot be said so: where a record without
    rows may hold, or the filter looks at anything but the row, or rows belong to a record by more than equal columns.
    """
    if operand.function is Function.LAST or all(map(_holds_for_none, leaves)):
        return None
    if not is_of_row(operand.where, operand.collection.name):
        return None
    owners = Owners.of(opened, where, answer)
    return None if owners is None else owners.some()


@frozen(eq=False)
class Owners:
    """Records, known by some of their columns, and the select of what these are for the owners of certain rows."""

    ours: tuple[Column[Any], ...]
    theirs: Select[*tuple[Any, ...]]

    @classmethod
    def of(cls, opened: Opened, where: _Test, answer: _Test | None = None) -> "Owners | None":
        """Find the owners of rows, or of those that yield an answer when grouped by their owner.

        None where rows belong to a record by more than equal columns.
        """
        pairs, others = _pairs(opened)
        if not pairs:
            return None
        ours, theirs = zip(*pairs, strict=True)
        universe = _of_universe(opened.scope.binding.subject.only, dict(pairs))
        rows = select(*theirs).select_from(opened.table).where(*universe, *others, where).correlate(None)
        return cls(ours, rows if answer is None else rows.group_by(*theirs).having(answer))

    @classmethod
    def together(cls, several: "Sequence[Owners | None]") -> "Owners | None":
        """Join those that any yields; None where one is None, or they are known by different columns."""
        found = [each for each in several if each is not None]
        if len(found) < len(several) or any(each.ours != found[0].ours for each in found):
            return None
        if len(found) == 1:
            return found[0]
        # SQLite uses an index for a tuple that is in a select, and not for one that is in a union.
        union = union_all(*(each.theirs for each in found)).subquery()
        return cls(found[0].ours, select(*union.c))

    def again(self, subject: Opened, where: _Test) -> "Owners | None":
        """Find records for which a condition holds themselves; None where one might be NULL in what it is known by."""
        if any(column.nullable for column in self.ours):
            return None
        same = [subject.scope.called_here(column) for column in self.ours]
        return Owners(self.ours, subject.select(*same, where=where).correlate(None))

    def some(self) -> _Test:
        """Return the condition that a record is among them."""
        return self.ours[0].in_(self.theirs) if len(self.ours) == 1 else tuple_(*self.ours).in_(self.theirs)


def _pairs(opened: Opened) -> tuple[list[tuple[Column[Any], Column[Any]]], list[_Test]]:
    """Return the equal columns by which rows belong to a record (its, theirs), and all else that ties them."""
    pairs: list[tuple[Column[Any], Column[Any]]] = []
    others: list[_Test] = []
    for tie in opened.ties:
        for part in _conjuncts(tie):
            sides = _sides(part, opened)
            if sides is None:
                others.append(part)
            else:
                pairs.append(sides)
    return (pairs, others) if all(map(opened.owns, others)) else ([], [])


def _of_universe(only: _Test | None, pairs: Mapping[Any, Column[Any]]) -> Iterator[_Test]:
    """Yield which constants, such as the tenant, stand in all records, and so in rows that belong to them."""
    for part in () if only is None else _conjuncts(only):
        if isinstance(part, BinaryExpression) and part.operator is operators.eq:
            value: ColumnElement[Any] = part.right
            if isinstance(value, BindParameter) and part.left in pairs:
                yield pairs[part.left] == value


def _conjuncts(test: _Test) -> Iterator[_Test]:
    if isinstance(test, BooleanClauseList) and test.operator is operators.and_:
        for part in test.clauses:
            yield from _conjuncts(part)
    else:
        yield test


def _sides(test: _Test, opened: Opened) -> tuple[Column[Any], Column[Any]] | None:
    if not (isinstance(test, BinaryExpression) and test.operator is operators.eq):
        return None
    left, right = test.left, test.right
    if not (isinstance(left, Column) and isinstance(right, Column)):
        return None
    inside = opened.owns(left), opened.owns(right)
    if inside == (True, False):
        return right, left
    return (left, right) if inside == (False, True) else None


# -- what a record without rows answers, and what filters look at --------------------------------------------------


def _holds_for_none(leaf: Condition) -> bool:
    """Tell whether a condition on an aggregate may hold where there are no rows: counts and sums are 0 there."""
    match leaf:
        case Compare(operand=AggregateOf(function=Function.COUNT | Function.COUNT_DISTINCT | Function.SUM)):
            return bool(tests.SIGN[leaf.order](0, leaf.value)) != leaf.negated
        case Among(operand=AggregateOf(function=Function.COUNT | Function.COUNT_DISTINCT | Function.SUM)):
            return (0 in leaf.values) != leaf.negated
        case Always() | All() | AnyOf() | Negation() | Missing():
            return True
        case _:
            return leaf.negated


def is_of_row(where: Condition, owner: str) -> bool:
    """Tell whether a filter looks at the fields of its row alone."""
    match where:
        case All(parts=parts) | AnyOf(parts=parts):
            return all(is_of_row(part, owner) for part in parts)
        case Negation(part=part):
            return is_of_row(part, owner)
        case Always():
            return True
        case SomeRow() | InSegment() | InSample():
            return False
        case CompareOperands(left=left, right=right):
            return all(isinstance(each, FieldOf) and each.owner == owner for each in (left, right))
        case _:
            read = where.operand
            return isinstance(read, FieldOf) and read.owner == owner
