"""Aggregates that nothing narrows, asked of all rows at once.

A correlated sub-query looks up the rows of one record after the other. On PostgreSQL one pass over all rows, grouped by
the record, is two to three times as fast where every record is looked at anyhow (1,000,000 contacts, 3.5 million
purchases); where another condition leaves few records it is slower, and on SQLite it is never faster.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import BinaryExpression, BooleanClauseList, Column, ColumnElement, select, tuple_
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
    if not _is_of_row(operand.where, operand):
        return None
    pairs, others = _pairs(opened)
    if not pairs:
        return None
    ours, theirs = zip(*pairs, strict=True)
    rows = select(*theirs).select_from(opened.table).where(*others, where).group_by(*theirs).having(answer)
    chosen = rows.correlate(None)
    return ours[0].in_(chosen) if len(pairs) == 1 else tuple_(*ours).in_(chosen)


def _pairs(opened: Opened) -> tuple[list[tuple[ColumnElement[Any], ColumnElement[Any]]], list[_Test]]:
    """Return the equal columns by which rows belong to a record (its, theirs), and all else that ties them."""
    pairs: list[tuple[ColumnElement[Any], ColumnElement[Any]]] = []
    others: list[_Test] = []
    for tie in opened.ties:
        for part in _conjuncts(tie):
            sides = _sides(part, opened)
            if sides is None:
                others.append(part)
            else:
                pairs.append(sides)
    return (pairs, others) if all(map(opened.owns, others)) else ([], [])


def _conjuncts(test: _Test) -> Iterator[_Test]:
    if isinstance(test, BooleanClauseList) and test.operator is operators.and_:
        for part in test.clauses:
            yield from _conjuncts(part)
    else:
        yield test


def _sides(test: _Test, opened: Opened) -> tuple[ColumnElement[Any], ColumnElement[Any]] | None:
    if not (isinstance(test, BinaryExpression) and test.operator is operators.eq):
        return None
    sides = test.left, test.right
    if not all(isinstance(side, Column) for side in sides):
        return None
    inside = [opened.owns(side) for side in sides]
    if inside == [True, False]:
        return sides[1], sides[0]
    return sides if inside == [False, True] else None


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


def _is_of_row(where: Condition, operand: AggregateOf) -> bool:
    """Tell whether a filter looks at the fields of its row alone."""
    match where:
        case All(parts=parts) | AnyOf(parts=parts):
            return all(_is_of_row(part, operand) for part in parts)
        case Negation(part=part):
            return _is_of_row(part, operand)
        case Always():
            return True
        case SomeRow() | InSegment() | InSample():
            return False
        case CompareOperands(left=left, right=right):
            return all(isinstance(each, FieldOf) and each.owner == operand.collection.name for each in (left, right))
        case _:
            read = where.operand
            return isinstance(read, FieldOf) and read.owner == operand.collection.name
