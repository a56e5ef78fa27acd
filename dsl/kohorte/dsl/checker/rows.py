"""Related rows: aggregates, ``any`` and ``no``, and the windows and filters in them."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from kohorte.core.fields import Collection, Field, Kind
from kohorte.core.values import CURRENCIES
from kohorte.dsl import typed
from kohorte.dsl.checker import messages
from kohorte.dsl.checker.fixes import listed, spelled, unknown
from kohorte.dsl.checker.scope import ORDERED, Scope
from kohorte.dsl.checker.times import in_period, up_to_now
from kohorte.dsl.errors import Refusal
from kohorte.dsl.moments import never_after_now
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.ast import Span
from kohorte.dsl.typed import AggregateOf, All, Always, Condition, FieldOf, Function, Missing, SomeRow

FUNCTIONS: Final = ("count", "sum", "avg", "min", "max")
"""What can be asked about rows, as written."""
_COUNTABLE: Final = frozenset(Kind) - {Kind.MONEY, Kind.TAGS}
_SUMMED: Final = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.MONEY})
ASKED_OF_FIELDS: Final[Mapping[tuple[str, bool], tuple[Function, frozenset[Kind]]]] = MappingProxyType(
    {
        ("count", True): (Function.COUNT_DISTINCT, _COUNTABLE),
        ("sum", False): (Function.SUM, _SUMMED),
        ("avg", False): (Function.AVG, _SUMMED),
        ("min", False): (Function.MIN, ORDERED),
        ("max", False): (Function.MAX, ORDERED),
    }
)
"""What can be asked about a field of rows, with the kinds of field it can be asked about."""


# -- collections and their rows ----------------------------------------------------------------------------------


def rows_of(names: Sequence[str], span: Span, scope: Scope) -> Collection:
    """Return the collection of a name that can be asked about here; raise ``Refusal``."""
    catalogue = scope.catalogue
    name = names[0]
    collection = catalogue.collections.get(name)
    if collection is None or len(names) > 1:
        refuse_reserved(name, span, scope)
        word = ".".join(names)
        known = listed(catalogue.collections)
        at = scope.word_at(span, word)
        raise unknown(word, scope.near(word, catalogue.collections), at, messages.UNKNOWN_ROWS, spelled, known=known)
    if scope.row is not None and collection.parent != scope.row.name:
        children = [each.name for each in catalogue.collections.values() if each.parent == scope.row.name]
        message = messages.FOREIGN_ROWS if children else messages.NO_ROWS_INSIDE
        raise Refusal(message, span, name=name, row=scope.row.name, known=listed(children))
    return collection


def refuse_reserved(name: str, span: Span, scope: Scope) -> None:
    """Refuse a collection that a later version brings."""
    if name in scope.catalogue.reserved_collections:
        raise Refusal(messages.RESERVED_ROWS, span, name=name)


def where_of(
    collection: Collection,
    filters: Sequence[ast.Condition],
    windows: Sequence[ast.Period],
    span: Span,
    scope: Scope,
) -> Condition:
    """Return what rows are meant: filters, windows, and for past-only collections none that lie ahead."""
    inner = scope.inside(collection)
    parts = [inner.condition(each) for each in filters]
    for window in windows:
        with scope.reporting():
            parts.append(_window(collection, window, scope))
    if collection.past_only and collection.time is not None:
        parts += past_only(FieldOf(collection.name, collection.fields[collection.time]), parts, span)
    return joined(parts, span)


def joined(parts: Sequence[Condition], span: Span) -> Condition:
    """Return that all parts hold."""
    if not parts:
        return Always(True, span=span)
    return parts[0] if len(parts) == 1 else All(tuple(parts), span=span)


def _window(collection: Collection, window: ast.Period, scope: Scope) -> Condition:
    if collection.time is None:
        raise Refusal(messages.ROWS_WITHOUT_TIME, window.span, name=collection.name)
    ahead = window.forward if isinstance(window, ast.Rolling) else window.which is ast.Which.NEXT
    if ahead and collection.past_only:
        scope.note(messages.NONE_AHEAD, window.span, name=collection.name)
    return in_period(FieldOf(collection.name, collection.fields[collection.time]), window, window.span)


def past_only(time: FieldOf, parts: Iterable[Condition], span: Span) -> list[Condition]:
    """Return the limit that rows do not lie ahead, unless one of the parts says at least as much."""
    for part in parts:
        match part:
            case typed.Within(operand=operand, high=high, negated=False) if operand == time and high is not None:
                if never_after_now(high):
                    return []
            case _:
                pass
    return [up_to_now(time, span)]


def exists(node: ast.Exists, scope: Scope) -> Condition:
    """Check ``any purchases(…)`` and ``no purchases(…)``."""
    scope.count()
    collection = rows_of(node.collection, node.span, scope)
    where = where_of(collection, node.filters, node.windows, node.span, scope)
    return SomeRow(collection, where, negated=node.negated, span=node.span)


# -- aggregates --------------------------------------------------------------------------------------------------


def aggregate(node: ast.Aggregate, scope: Scope, beside: Field | None) -> AggregateOf:  # noqa: ARG001 - a table
    """Return ``purchases(…).sum(amount)`` and its kin."""
    collection = rows_of(node.collection, node.span, scope)
    where = where_of(collection, node.filters, node.windows, node.span, scope)
    if node.function == "count" and not node.distinct:
        if node.arguments:
            argument = node.arguments[0].span
            at = scope.last_word_at(Span(node.span.start, argument.start), node.function)
            name = scope.quote(argument)
            raise Refusal.writing(messages.COUNT_OF_A_FIELD, at, "count distinct", name=name)
        return AggregateOf(collection, Function.COUNT, where)
    known = ASKED_OF_FIELDS.get((node.function, node.distinct))
    if known is None:
        raise _unknown_function(node, collection, scope)
    function, kinds = known
    if not node.arguments:
        raise Refusal(messages.FUNCTION_WITHOUT_FIELD, node.span, function=node.function, collection=collection.name)
    field = _argument(node.arguments[0], collection, scope)
    if field.kind not in kinds:
        raise Refusal(messages.FUNCTION_OF_OTHER_KIND, node.span, function=function.value, name=field.name)
    return AggregateOf(collection, function, where, field, _currency(node, field, scope))


def latest(node: ast.Latest, scope: Scope, beside: Field | None) -> AggregateOf:  # noqa: ARG001 - a table
    """Return ``last purchases(…).amount``; a row without a time is never the latest."""
    collection = rows_of(node.collection, node.span, scope)
    if collection.time is None:
        raise Refusal(messages.NONE_IS_LATEST, node.span, name=collection.name)
    where = where_of(collection, node.filters, node.windows, node.span, scope)
    time = collection.fields[collection.time]
    if time.nullable and not collection.past_only:
        is_timed = Missing(FieldOf(collection.name, time), negated=True, span=node.span)
        where = joined([is_timed, *([] if where == Always(True) else [where])], node.span)
    field = collection.fields.get(node.name)
    if field is None:
        at = scope.last_word_at(node.span, node.name)
        near = scope.near(node.name, collection.fields)
        known = listed(collection.fields)
        raise unknown(node.name, near, at, messages.UNKNOWN_FIELD, spelled, owner=collection.name, known=known)
    if field.kind is Kind.TAGS:
        raise Refusal(messages.LATEST_TAGS, node.span, name=field.name, collection=collection.name)
    return AggregateOf(collection, Function.LAST, where, field)


def _unknown_function(node: ast.Aggregate, collection: Collection, scope: Scope) -> Refusal:
    if node.distinct and node.function in FUNCTIONS:
        return Refusal(messages.DISTINCT_OF_OTHER, node.span, function=node.function)
    if node.function in {"last", "latest"} and len(node.arguments) == 1:
        rows = scope.work.source[node.span.start : scope.last_word_at(node.span, node.function).start].rstrip(" .")
        meant = f"last {rows}.{scope.quote(node.arguments[0].span)}"
        return Refusal.writing(messages.LAST_BEHIND, node.span, meant)
    if node.function in collection.fields:
        return Refusal(messages.FIELD_OF_ROWS, node.span, field=node.function, collection=collection.name)
    at = scope.last_word_at(node.span, node.function)
    return unknown(node.function, scope.near(node.function, FUNCTIONS), at, messages.UNKNOWN_FUNCTION, spelled)


def _argument(node: ast.Operand, collection: Collection, scope: Scope) -> Field:
    """Return the row's field that a function is about."""
    if not isinstance(node, ast.Path):
        raise Refusal(messages.ARGUMENT_NOT_A_FIELD, node.span, text=scope.quote(node.span))
    found = scope.inside(collection).operand(node)
    if isinstance(found, FieldOf) and found.owner == collection.name:
        return found.field
    raise Refusal(messages.ARGUMENT_OF_OTHERS, node.span, text=scope.quote(node.span), collection=collection.name)


def _currency(node: ast.Aggregate, field: Field, scope: Scope) -> str | None:
    if len(node.arguments) == 1:
        return None
    second = node.arguments[1]
    if field.kind is not Kind.MONEY or len(node.arguments) > 2:
        raise Refusal(messages.TOO_MANY_ARGUMENTS, second.span, name=field.name)
    if isinstance(second, ast.Path) and second.names[0] in CURRENCIES and len(second.names) == 1:
        return second.names[0]
    raise Refusal(messages.NOT_A_CURRENCY, second.span, text=scope.quote(second.span))
