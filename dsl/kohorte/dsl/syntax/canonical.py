"""Canonical nodes of the syntax tree, for everything that makes them: the grammar's actions and the reader of JSON."""

from typing import Final
from unicodedata import normalize

from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.ast import Span

CALENDAR_UNITS: Final = frozenset(each.value for each in ast.Unit) - {"minute", "hour", "day"}
"""Units that have a calendar period: ``last month``; of minutes, hours and days there are only numbers."""

RESERVED: Final = frozenset(
    {"and", "or", "not", "in", "is", "any", "no", "all", "has", "did", "does", "where", "let"}
    | {"between", "contains", "starts", "ends", "matches", "regex", "like", "exactly", "empty", "set"}
    | {"before", "after", "on", "more", "less", "this", "last", "next", "today", "yesterday", "tomorrow", "now"}
    | {"true", "false", "null"}
)
"""Words that begin or join conditions: as the first part of a field they stand in backquotes."""


def composed(name: str) -> str:
    """Return a name in NFC, as catalogues have it, unless that brings in a backquote, which no name can hold."""
    normal = name if name.isascii() else normalize("NFC", name)
    return name if "`" in normal else normal


def is_literal(node: ast.Operand) -> bool:
    """Say whether this is a literal, perhaps with a minus, which a header takes without brackets."""
    operand = node.operand if isinstance(node, ast.Negative) else node
    return operand.__class__ in _LITERALS


_LITERALS: Final = frozenset(
    {ast.Text, ast.Number, ast.Percent, ast.Amount, ast.Day, ast.Moment, ast.Duration, ast.Truth, ast.NamedDay}
    | {ast.Parameter}
)


def negation(part: ast.Condition, span: Span = ast.NOWHERE) -> ast.Condition:
    """Return ``not`` of a condition; where a condition has a negated form of its own, that is the canonical one."""
    if isinstance(part, ast.InSegment) and not part.negated:
        return ast.InSegment(part.name, negated=True, span=span)
    if isinstance(part, ast.InSample) and not part.negated:
        return ast.InSample(part.percent, part.seed, negated=True, span=span)
    if isinstance(part, ast.Exists) and not part.negated:
        return ast.Exists(part.collection, part.filters, part.windows, negated=True, span=span)
    return ast.Not(part, span=span)


def aggregate(
    collection: tuple[str, ...],
    function: str,
    filters: tuple[ast.Condition, ...],
    windows: tuple[ast.Period, ...],
    arguments: tuple[ast.Operand, ...],
    *,
    distinct: bool = False,
    span: Span = ast.NOWHERE,
) -> ast.Aggregate | ast.Path:
    """Return an aggregate; ``purchases().count`` and ``purchases.count()`` are ``purchases.count``, a path."""
    if not (filters or windows or arguments or distinct):
        return ast.Path((*collection, function), span=span)
    return ast.Aggregate(collection, function, filters, windows, arguments, distinct, span=span)
