"""Offers behind ``purchases(…)`` and inside ``sum(…)``: what is asked about rows."""

from collections.abc import Iterator, Sequence
from typing import Any

from kohorte.core.fields import Kind
from kohorte.dsl.assistance.cursor import Cursor
from kohorte.dsl.assistance.names import argument_offers, currency_offers, function_offers, row_field_offers
from kohorte.dsl.assistance.offers import Offer
from kohorte.dsl.assistance.place import kind_of
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.lexer import Piece
from kohorte.dsl.syntax.terminals import name_of


def question_offers(cursor: Cursor) -> Iterator[Offer]:
    """Yield what may be asked behind ``purchases(…)`` and ``last purchases(…)``."""
    items = cursor.place.items
    dot = "" if kind_of(items[-1]) == "DOT" else "."
    paths = [item.names for item in items if isinstance(item, ast.Path)]
    rows = cursor.catalogue.collections.get(paths[0][0]) if paths and len(paths[0]) == 1 else None
    if rows is None:
        return
    if kind_of(items[0]) == "LAST":
        yield from row_field_offers(rows, dot)
    else:
        yield from function_offers(rows, cursor.references.currencies(), dot)


def argument_of_function(cursor: Cursor) -> Iterator[Offer]:
    """Yield what a function may be about: a field, and behind a field of money a currency."""
    place = cursor.place
    if place.row is None or place.items:
        return
    function, distinct = _function(place.before)
    if place.entry == 0:
        yield from argument_offers(place.row, function, distinct=distinct)
    elif place.entry == 1 and any(each.kind is Kind.MONEY for each in place.row.fields.values()):
        yield from currency_offers(cursor.references.currencies())


def _function(before: Sequence[Any]) -> tuple[str, bool]:
    """Return the name of the function whose bracket is open, and whether it is about different values."""
    distinct = kind_of(before[-1]) == "DISTINCT"
    named = before[-2] if distinct and len(before) > 1 else before[-1]
    if isinstance(named, ast.Path):
        return named.names[-1], distinct
    return (name_of(named) if isinstance(named, Piece) else ""), distinct
