"""The filters of related rows in a condition, in the pieces that its author wrote, each with its typed condition."""

from collections.abc import Iterator, Sequence
from typing import Final

from attrs import frozen

from kohorte.core.fields import Collection
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.limits import parts
from kohorte.dsl.typed import (
    AggregateOf,
    All,
    AnyOf,
    CompareOperands,
    Condition,
    HasTags,
    InSample,
    InSegment,
    Missing,
    Negation,
    SomeRow,
)

RowsNode = ast.Exists | ast.Aggregate | ast.Latest | ast.Did
Piece = ast.Condition | ast.Period
_ROWS: Final = (ast.Exists, ast.Aggregate, ast.Latest, ast.Did)


@frozen
class RowFilter:
    """What rows are meant: the pieces that are ``written``, in the order of the text, and what is ``implied``.

    Rows count for which all of it holds.
    """

    node: RowsNode
    collection: Collection
    written: Sequence[tuple[Piece, Condition]]
    implied: Sequence[Condition]


def row_filters(node: ast.Node, condition: Condition) -> Iterator[RowFilter]:
    """Yield the filters of a single condition, none of those within them."""
    meant = [*filters_of(condition)]
    for rows in _outermost(node) if meant else ():
        own = [each for each in meant if rows.span.start <= each[1].span.start and each[1].span.end <= rows.span.end]
        for collection, where in own[:1]:
            yield _of_did(rows, collection, where) if isinstance(rows, ast.Did) else _of_list(rows, collection, where)


def filters_of(condition: Condition) -> Iterator[tuple[Collection, Condition]]:
    """Yield the collections that a condition is about, with their filters."""
    match condition:
        case Negation(part=part):
            yield from filters_of(part)
        case All(parts=inner) | AnyOf(parts=inner):
            for part in inner:
                yield from filters_of(part)
        case SomeRow(collection=collection, where=where):
            yield collection, where
        case CompareOperands(left=left, right=right):
            yield from ((each.collection, each.where) for each in (left, right) if isinstance(each, AggregateOf))
        case InSegment() | InSample() | HasTags():
            pass
        case _:
            operand = getattr(condition, "operand", None)
            if isinstance(operand, AggregateOf):
                yield operand.collection, operand.where


def _outermost(node: ast.Node) -> Iterator[RowsNode]:
    """Yield what asks about rows, in the order of the text."""
    if isinstance(node, _ROWS):
        yield node
    else:
        for part in parts(node):
            yield from _outermost(part)


def _of_list(node: ast.Exists | ast.Aggregate | ast.Latest, collection: Collection, where: Condition) -> RowFilter:
    pieces: list[Piece] = [*node.filters, *node.windows]
    conditions = _joined(where, node.span)
    implied: Sequence[Condition] = ()
    match conditions:
        case (Missing(span=node.span) as is_timed, *rest):  # a row without a time is never the latest
            implied, conditions = [is_timed], _joined(rest[0], node.span) if rest else ()
        case _:
            pass
    written = sorted(zip(pieces, conditions, strict=False), key=lambda each: each[0].span.start)
    return RowFilter(node, collection, written, [*implied, *conditions[len(pieces) :]])


def _of_did(node: ast.Did, collection: Collection, where: Condition) -> RowFilter:
    written: list[tuple[Piece, Condition]] = []
    implied: list[Condition] = []
    for condition in _joined(where, node.span):
        if node.where is not None and condition.span == node.where.span:
            written.append((node.where, condition))
        else:
            implied.append(condition)
    return RowFilter(node, collection, written, implied)


def _joined(where: Condition, span: ast.Span) -> Sequence[Condition]:
    """Return the conditions that the checker has joined for what stands at a place."""
    return where.parts if isinstance(where, All) and where.span == span else (where,)
