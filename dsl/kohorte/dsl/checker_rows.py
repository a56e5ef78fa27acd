"""Related rows: aggregates, ``any`` and ``no``, ``did …``, and the windows and filters in them."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from attrs import frozen

from kohorte.core.fields import Collection, Field, Kind, Verb
from kohorte.core.values import CURRENCIES
from kohorte.dsl import ast, typed
from kohorte.dsl import checker_messages as messages
from kohorte.dsl.ast import Span, Times
from kohorte.dsl.checker_compare import RELATIONS, at_least, compare, counted, refuse_on_instant
from kohorte.dsl.checker_fixes import listed, spelled, unknown
from kohorte.dsl.checker_scope import ORDERED, Scope, Value
from kohorte.dsl.checker_times import between_times, compare_time, in_period, up_to_now
from kohorte.dsl.errors import Refusal
from kohorte.dsl.moments import never_after_now
from kohorte.dsl.typed import AggregateOf, All, Always, Condition, FieldOf, Function, Missing, Negation, Order, SomeRow

_COUNTABLE: Final = frozenset(Kind) - {Kind.MONEY, Kind.TAGS}
_SUMMED: Final = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.MONEY})
_FUNCTIONS: Final[Mapping[tuple[str, bool], tuple[Function, frozenset[Kind]]]] = MappingProxyType(
    {
        ("count", True): (Function.COUNT_DISTINCT, _COUNTABLE),
        ("sum", False): (Function.SUM, _SUMMED),
        ("avg", False): (Function.AVG, _SUMMED),
        ("min", False): (Function.MIN, ORDERED),
        ("max", False): (Function.MAX, ORDERED),
    }
)
"""What can be asked about rows, with the kinds of field it can be asked about."""


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
        raise unknown(word, catalogue.collections, at, messages.UNKNOWN_ROWS, spelled, known=known)
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
        parts += _past(FieldOf(collection.name, collection.fields[collection.time]), parts, span)
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


def _past(time: FieldOf, parts: Iterable[Condition], span: Span) -> list[Condition]:
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
    known = _FUNCTIONS.get((node.function, node.distinct))
    if known is None:
        raise _unknown_function(node, collection, scope)
    function, kinds = known
    if not node.arguments:
        raise Refusal(messages.FUNCTION_WITHOUT_FIELD, node.span, function=node.function, collection=collection.name)
    field = _argument(node.arguments[0], collection, scope)
    if field.kind not in kinds:
        raise Refusal(messages.FUNCTION_OF_OTHER_KIND, node.span, function=function.value, name=field.name)
    return AggregateOf(collection, function, where, field, _currency(node, field, scope))


def _unknown_function(node: ast.Aggregate, collection: Collection, scope: Scope) -> Refusal:
    names = ("count", "sum", "avg", "min", "max")
    if node.distinct and node.function in names:
        return Refusal(messages.DISTINCT_OF_OTHER, node.span, function=node.function)
    if node.function in collection.fields:
        return Refusal(messages.FIELD_OF_ROWS, node.span, field=node.function, collection=collection.name)
    at = scope.last_word_at(node.span, node.function)
    return unknown(node.function, names, at, messages.UNKNOWN_FUNCTION, spelled)


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


# -- did … -------------------------------------------------------------------------------------------------------


@frozen
class _Event:
    """What a verb speaks of."""

    verb: Verb
    collection: Collection
    time: FieldOf


def did(node: ast.Did, scope: Scope) -> Condition:
    """Check ``did [not] purchase …``: rows of the verb's collection, none of which lies ahead."""
    scope.count()
    event = _event(node, scope)
    parts: list[Condition] = []
    if node.object is not None or node.object_name is not None:
        parts.append(_object(node, event, scope))
    if event.verb.required is not None and event.verb.required != event.verb.time:
        required = FieldOf(event.collection.name, event.collection.fields[event.verb.required])
        parts.append(Missing(required, negated=True, span=node.span))
    if node.where is not None:
        parts.append(scope.inside(event.collection).condition(node.where))
    if node.when is not None:
        parts.append(_when(node.when, event, scope))
    parts += _past(event.time, parts, node.span)
    if event.collection.past_only and event.collection.time not in {None, event.verb.time}:
        start = FieldOf(event.collection.name, event.collection.fields[event.collection.time or ""])
        parts += _past(start, parts, node.span)
    found = _often(node, AggregateOf(event.collection, Function.COUNT, joined(parts, node.span)))
    return Negation(found, span=node.span) if node.negated else found


def _event(node: ast.Did, scope: Scope) -> _Event:
    catalogue = scope.catalogue
    verb = catalogue.verbs.get(node.verb)
    if verb is None:
        if node.verb in catalogue.reserved_verbs:
            raise Refusal(messages.RESERVED_VERB, node.span, verb=node.verb)
        at = scope.word_at(node.span, node.verb)
        known = listed(catalogue.verbs)
        raise unknown(node.verb, catalogue.verbs, at, messages.UNKNOWN_VERB, spelled, known=known)
    collection = rows_of((verb.collection,), node.span, scope)
    return _Event(verb, collection, FieldOf(collection.name, collection.fields[verb.time]))


def _object(node: ast.Did, event: _Event, scope: Scope) -> Condition:
    name = event.verb.objects.get(node.object or "")
    if name is None:
        word, known = node.object or "", event.verb.objects
        at = scope.word_at(node.span, word)
        if not known:
            raise Refusal(messages.NO_OBJECT, at, verb=node.verb, name=word)
        raise unknown(word, known, at, messages.UNKNOWN_OBJECT, str, verb=node.verb, known=listed(known))
    field = FieldOf(event.collection.name, event.collection.fields[name])
    text = ast.Text(node.object_name or "", span=node.span)
    return compare(field, Order.EQUAL, text, node_of(field), node.span, scope)


def node_of(field: FieldOf) -> ast.Path:
    """Return how a field would be written, for messages."""
    return ast.Path((field.owner, field.field.name))


def _when(when: ast.When, event: _Event, scope: Scope) -> Condition:
    match when:
        case ast.Rolling() | ast.Calendar():
            ahead = when.forward if isinstance(when, ast.Rolling) else when.which is ast.Which.NEXT
            if ahead:
                scope.note(messages.NOT_DONE_YET, when.span, verb=event.verb.name)
            return in_period(event.time, when, when.span)
        case ast.OnDay(relation=relation, day=day):
            value = _constant(day, scope)
            refuse_on_instant(relation, value, scope)
            return compare_time(event.time, RELATIONS[relation], value, when.span, scope)
        case ast.DayRange(low=low, high=high):
            return between_times(event.time, _constant(low, scope), _constant(high, scope), when.span, scope)


def _constant(day: ast.Operand, scope: Scope) -> Value:
    found = scope.operand(day)
    if isinstance(found, FieldOf | AggregateOf):
        raise Refusal(messages.FIELD_AS_DAY, day.span)
    return found


def _often(node: ast.Did, count: AggregateOf) -> Condition:
    if node.times is None:
        return at_least(count, 1, node.span)
    return counted(count, _TIMES[node.times.times], node.times.count, node.span)


_TIMES: Final[Mapping[Times, Order]] = MappingProxyType(
    {
        Times.AT_LEAST: Order.GREATER_OR_EQUAL,
        Times.AT_MOST: Order.LESS_OR_EQUAL,
        Times.MORE_THAN: Order.GREATER,
        Times.LESS_THAN: Order.LESS,
        Times.EXACTLY: Order.EQUAL,
    }
)
