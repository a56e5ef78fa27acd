"""Events: ``did [not] VERB …``, which are rows of the verb's collection by another name."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from attrs import frozen

from kohorte.core.fields import Collection, Verb
from kohorte.dsl.checker import messages
from kohorte.dsl.checker.compare import RELATIONS, compare, refuse_on_instant
from kohorte.dsl.checker.fixes import listed, spelled, unknown
from kohorte.dsl.checker.operands import at_least, counted
from kohorte.dsl.checker.rows import joined, past_only, rows_of
from kohorte.dsl.checker.scope import Scope, Value
from kohorte.dsl.checker.times import between_times, compare_time, in_period
from kohorte.dsl.errors import Refusal
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.ast import Times
from kohorte.dsl.typed import AggregateOf, Condition, FieldOf, Function, Missing, Negation, Order


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
    parts += past_only(event.time, parts, node.span)
    if event.collection.past_only and event.collection.time not in {None, event.verb.time}:
        start = FieldOf(event.collection.name, event.collection.fields[event.collection.time or ""])
        parts += past_only(start, parts, node.span)
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
        raise unknown(
            node.verb, scope.near(node.verb, catalogue.verbs), at, messages.UNKNOWN_VERB, spelled, known=known
        )
    collection = rows_of((verb.collection,), node.span, scope)
    return _Event(verb, collection, FieldOf(collection.name, collection.fields[verb.time]))


def _object(node: ast.Did, event: _Event, scope: Scope) -> Condition:
    name = event.verb.objects.get(node.object or "")
    if name is None:
        word, known = node.object or "", event.verb.objects
        at = scope.word_at(node.span, word)
        if not known:
            raise Refusal(messages.NO_OBJECT, at, verb=node.verb, name=word)
        raise unknown(
            word, scope.near(word, known), at, messages.UNKNOWN_OBJECT, str, verb=node.verb, known=listed(known)
        )
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
