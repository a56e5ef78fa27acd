"""Comparisons: signs, ranges, lists of values, and presence."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from attrs import evolve

from kohorte.core.fields import Collection, Kind
from kohorte.dsl import ast
from kohorte.dsl import checker_messages as messages
from kohorte.dsl.ast import Comparator, Relation, Span
from kohorte.dsl.checker_constants import constant, single
from kohorte.dsl.checker_literals import Stored, stored
from kohorte.dsl.checker_scope import ORDERED, TIMES, InstantValue, Scope, Value, about
from kohorte.dsl.checker_times import between_times, compare_time, day_of, extent, subject
from kohorte.dsl.errors import Refusal
from kohorte.dsl.limits import LIST_ENTRIES
from kohorte.dsl.phrases import literal
from kohorte.dsl.typed import (
    AggregateOf,
    All,
    Always,
    Among,
    AnyOf,
    Compare,
    CompareOperands,
    Condition,
    Constant,
    FieldOf,
    Function,
    Missing,
    Negation,
    Operand,
    Order,
    SomeRow,
    Within,
)

_ORDERS: Final[Mapping[Comparator, Order]] = MappingProxyType(
    {sign: Order.EQUAL if sign is Comparator.UNEQUAL else Order(sign.value) for sign in Comparator}
)
_FLIPPED: Final[Mapping[Order, Order]] = MappingProxyType(
    {
        Order.EQUAL: Order.EQUAL,
        Order.LESS: Order.GREATER,
        Order.LESS_OR_EQUAL: Order.GREATER_OR_EQUAL,
        Order.GREATER: Order.LESS,
        Order.GREATER_OR_EQUAL: Order.LESS_OR_EQUAL,
    }
)
RELATIONS: Final[Mapping[Relation, Order]] = MappingProxyType(
    {
        Relation.BEFORE: Order.LESS,
        Relation.AFTER: Order.GREATER,
        Relation.ON: Order.EQUAL,
        Relation.ON_OR_BEFORE: Order.LESS_OR_EQUAL,
        Relation.ON_OR_AFTER: Order.GREATER_OR_EQUAL,
    }
)
_NEVER_MISSING: Final = frozenset({Function.COUNT, Function.COUNT_DISTINCT, Function.SUM})


# -- signs -------------------------------------------------------------------------------------------------------


def comparison(node: ast.Comparison, scope: Scope) -> Condition:
    """Check ``left < right``."""
    scope.count()
    one, other = _both(node.left, node.right, scope)
    _refuse_empty_text(node, one, other)
    order = _ORDERS[node.sign]
    if isinstance(one, Operand):
        compared = _relate(one, node.left, order, other, node.right, node.span, scope)
    elif isinstance(other, Operand):
        compared = compare(other, _FLIPPED[order], one, node.right, node.span, scope)
    else:
        raise Refusal(messages.TWO_CONSTANTS, node.span)
    return Negation(compared, span=node.span) if node.sign is Comparator.UNEQUAL else compared


def day_test(node: ast.DayTest, scope: Scope) -> Condition:
    """Check ``operand before day``."""
    scope.count()
    left = subject(node.operand, scope)
    if about(left).kind not in TIMES:
        raise Refusal(messages.NOT_A_TIME, node.operand.span, name=scope.quote(node.operand.span))
    right = scope.operand(node.day)
    if not isinstance(right, Operand):
        refuse_on_instant(node.relation, right, scope)
    return _relate(left, node.operand, RELATIONS[node.relation], right, node.day, node.span, scope)


def refuse_on_instant(relation: Relation, value: Value, scope: Scope) -> None:
    """Refuse ``on`` with an instant, which nothing but that microsecond would match."""
    if relation is Relation.ON and isinstance(instant := single(value, scope), InstantValue):
        raise Refusal.writing(messages.ON_AN_INSTANT, value.span, *day_of(instant))


def _relate(
    one: Operand,
    left: ast.Operand,
    order: Order,
    other: Operand | Value,
    right: ast.Operand,
    span: Span,
    scope: Scope,
) -> Condition:
    """Compare what stands at ``left``, an operand, with what stands at ``right``."""
    if isinstance(other, Operand):
        return _compare_operands(one, left, order, other, right, span, scope)
    return compare(one, order, other, left, span, scope)


def _refuse_empty_text(node: ast.Comparison, one: Operand | Value, other: Operand | Value) -> None:
    """Refuse ``contact.city = ""``, whose author asks whether the city is known."""
    if isinstance(one, FieldOf) and isinstance(other, ast.Text) and not other.value.strip():
        asked = {Comparator.EQUAL: " is empty", Comparator.UNEQUAL: " is set"}.get(node.sign)
        if asked is not None and about(one).kind in {Kind.TEXT, Kind.CODE}:
            after = Span(node.left.span.end, node.span.end)
            raise Refusal.writing(messages.EMPTY_TEXT, other.span, asked, instead_of=after)


def _both(left: ast.Operand, right: ast.Operand, scope: Scope) -> tuple[Operand | Value, Operand | Value]:
    """Return both sides; where the left is wrong, what is wrong on the right is reported too."""
    try:
        one = scope.operand(left)
    except Refusal:
        if not (isinstance(right, ast.Path) and len(right.names) == 1):
            with scope.reporting():
                scope.operand(right)
        raise
    return one, scope.operand(right, about(one) if isinstance(one, Operand) else None)


def compare(left: Operand, order: Order, value: Value, node: ast.Operand, span: Span, scope: Scope) -> Condition:
    """Return the comparison of an operand, which stands at ``node``, with a constant."""
    field = about(left)
    if field.kind in TIMES:
        return compare_time(left, order, value, span, scope)
    if order is not Order.EQUAL and field.kind not in ORDERED:
        raise Refusal(messages.NOT_ORDERED, span, name=scope.quote(node.span), sign=order.value)
    constant_ = stored(value, field, scope)
    if isinstance(left, AggregateOf) and left.function is Function.COUNT:
        return counted(left, order, constant_.value, span)
    return _compared(left, order, constant_, value.span, span)


def _compared(left: Operand, order: Order, value: Stored, at: Span, span: Span) -> Compare:
    if value.currency is None or isinstance(left, FieldOf):
        return Compare(left, order, value.value, value.folded, value.currency, span=span)
    return Compare(_in_currency(left, value.currency, at), order, value.value, span=span)


# -- counts ------------------------------------------------------------------------------------------------------


def counted(count: AggregateOf, order: Order, value: Constant, span: Span) -> Condition:
    """Return a comparison of a count: whether there is a row at all is asked as such, which is faster."""
    number = int(value)
    match order:
        case Order.EQUAL if number > 0:
            return Compare(count, order, number, span=span)
        case Order.EQUAL:
            return _negation(at_least(count, 1, span)) if number == 0 else Always(False, span=span)
        case Order.GREATER_OR_EQUAL:
            return at_least(count, number, span)
        case Order.GREATER:
            return at_least(count, number + 1, span)
        case Order.LESS:
            return _negation(at_least(count, number, span))
        case Order.LESS_OR_EQUAL:
            return _negation(at_least(count, number + 1, span))


def at_least(count: AggregateOf, number: int, span: Span) -> Condition:
    """Return that there are at least so many rows."""
    if number <= 0:
        return Always(True, span=span)
    if number == 1:
        return SomeRow(count.collection, count.where, span=span)
    return Compare(count, Order.GREATER_OR_EQUAL, number, span=span)


def _negation(condition: Condition) -> Condition:
    return Negation(condition, span=condition.span)


# -- two operands ------------------------------------------------------------------------------------------------


def _compare_operands(
    left: Operand,
    left_node: ast.Operand,
    order: Order,
    right: Operand,
    right_node: ast.Operand,
    span: Span,
    scope: Scope,
) -> Condition:
    one, other = about(left), about(right)
    first, second = scope.quote(left_node.span), scope.quote(right_node.span)
    if {one.kind, other.kind} == {Kind.DATE, Kind.INSTANT}:
        raise Refusal(messages.DATE_BESIDE_INSTANT, span, one=first, other=second)
    if one.kind is not other.kind or one.kind is Kind.TAGS:
        raise Refusal(messages.DIFFERENT_KINDS, span, one=first, other=second)
    if order is not Order.EQUAL and one.kind not in ORDERED:
        raise Refusal(messages.NOT_ORDERED, span, name=first, sign=order.value)
    for operand in (left, right):
        if isinstance(operand, AggregateOf) and operand.function is Function.AVG:
            raise Refusal(messages.AVERAGE_COMPARED, span)
    if one.kind is Kind.MONEY:
        left, right = _same_currency(left, left_node, right, right_node, scope)
    return CompareOperands(left, order, right, folded=one.kind is Kind.TEXT, span=span)


def _same_currency(
    left: Operand, left_node: ast.Operand, right: Operand, right_node: ast.Operand, scope: Scope
) -> tuple[Operand, Operand]:
    """Let the side that names no currency take the other's."""
    if isinstance(left, AggregateOf) and isinstance(right, AggregateOf):
        if left.currency is None and right.currency is not None:
            left = evolve(left, currency=right.currency)
        elif left.currency is not None:
            right = _in_currency(right, left.currency, right_node.span)
    return settled(left, left_node, scope), settled(right, right_node, scope)


def _in_currency(operand: AggregateOf, currency: str, span: Span) -> AggregateOf:
    if operand.currency not in {None, currency}:
        raise Refusal(messages.TWO_CURRENCIES, span, one=operand.currency, other=currency)
    return evolve(operand, currency=currency)


def settled(operand: Operand, node: ast.Operand, scope: Scope) -> Operand:
    """Return an operand whose currency is known; raise ``Refusal`` for a money aggregate that has none."""
    if isinstance(operand, FieldOf) or about(operand).kind is not Kind.MONEY or operand.currency is not None:
        return operand
    known = [*scope.references.currencies()][:3] or ["EUR"]
    named = node.arguments[-1] if isinstance(node, ast.Aggregate) and node.arguments else None
    texts = [f"{scope.quote(named.span)}, {each}" for each in known] if named else []
    at = named.span if named else None
    raise Refusal.writing(messages.SUM_WITHOUT_CURRENCY, node.span, *texts, instead_of=at, example=known[0])


# -- ranges ------------------------------------------------------------------------------------------------------


def between(node: ast.Between, scope: Scope) -> Condition:
    """Check ``operand [not] between low and high``."""
    scope.count()
    operand = subject(node.operand, scope)
    field = about(operand)
    if field.kind not in ORDERED:
        raise Refusal(messages.NOT_ORDERED, node.span, name=scope.quote(node.operand.span), sign="between")
    low, high = scope.operand(node.low, field), scope.operand(node.high, field)
    found: Condition
    if field.kind in TIMES and not isinstance(low, Operand) and not isinstance(high, Operand):
        found = between_times(operand, low, high, node.span, scope)
    else:
        parts = (
            _relate(operand, node.operand, Order.GREATER_OR_EQUAL, low, node.low, node.span, scope),
            _relate(operand, node.operand, Order.LESS_OR_EQUAL, high, node.high, node.span, scope),
        )
        _note_empty_range(parts, node.span, scope)
        found = All(parts, span=node.span)
    return Negation(found, span=node.span) if node.negated else found


def _note_empty_range(parts: Sequence[Condition], span: Span, scope: Scope) -> None:
    match parts:
        case Compare(operand=one, value=int() as low, currency=first), Compare(
            operand=other, value=int() as high, currency=second
        ):
            if first != second or one != other:
                raise Refusal(messages.TWO_CURRENCIES, span, one=_currency(parts[0]), other=_currency(parts[1]))
            if low > high:
                scope.note(messages.ENDS_BEFORE_START, span)
        case _:
            pass


def _currency(compared: Condition) -> str:
    if not isinstance(compared, Compare):
        return ""
    of_rows = compared.operand.currency if isinstance(compared.operand, AggregateOf) else None
    return compared.currency or of_rows or ""


# -- lists of values ---------------------------------------------------------------------------------------------


def one_of(node: ast.OneOf, scope: Scope) -> Condition:
    """Check ``operand [not] in (…)``."""
    operand = subject(node.operand, scope)
    field = about(operand)
    values = listed_values(node.choices, scope)
    if field.kind in TIMES:
        scope.count(max(1, len(values)))
        parts = [_within(operand, value, scope) for value in values]
        found: Condition = AnyOf(tuple(parts), span=node.span)
    else:
        scope.count()
        found = among(operand, _each_stored(operand, values, scope), node)
    return Negation(found, span=node.span) if node.negated else found


def _within(operand: Operand, value: Value, scope: Scope) -> Condition:
    low, high = extent(value, about(operand), scope)
    return Within(operand, low, high, span=value.span)


def listed_values(choices: ast.ListOf | ast.Parameter, scope: Scope) -> list[Value]:
    """Return the constants of a list, or of a parameter that holds one; raise ``Refusal`` for anything else."""
    found = constant(choices, scope)
    if not isinstance(found, ast.ListOf):
        if isinstance(choices, ast.Parameter):
            return [found]
        raise Refusal(messages.NOT_A_LIST, choices.span)
    if len(found.items) > LIST_ENTRIES:
        raise Refusal(messages.TOO_LONG_A_LIST, choices.span, count=len(found.items), limit=LIST_ENTRIES)
    values: list[Value] = []
    for item in found.items:
        with scope.reporting():
            values.append(_member(item, scope))
    return values


def _member(item: ast.Operand, scope: Scope) -> Value:
    if isinstance(item, ast.Path | ast.Aggregate):
        if isinstance(item, ast.Path) and len(item.names) == 1:
            raise Refusal.writing(messages.NAME_IN_LIST, item.span, literal(item.names[0]), name=item.names[0])
        raise Refusal(messages.FIELD_IN_LIST, item.span)
    return constant(item, scope)


def _each_stored(operand: Operand, values: Iterable[Value], scope: Scope) -> list[Stored]:
    found: list[Stored] = []
    for value in values:
        with scope.reporting():
            found.append(stored(value, about(operand), scope))
    return found


def among(operand: Operand, values: Iterable[Stored], node: ast.OneOf) -> Condition:
    """Return that an operand equals one of the values: one condition for each currency, exact ones apart."""
    groups: dict[tuple[bool, str | None], set[Constant]] = {}
    for value in values:
        groups.setdefault((value.folded, value.currency), set()).add(value.value)
    if isinstance(operand, AggregateOf) and len(groups) > 1:
        currencies = [currency or "" for _, currency in groups]
        raise Refusal(messages.TWO_CURRENCIES, node.choices.span, one=currencies[0], other=currencies[1])
    parts: list[Condition] = []
    for (folded, currency), members in groups.items():
        if isinstance(operand, AggregateOf) and currency is not None:
            operand = _in_currency(operand, currency, node.choices.span)
            currency = None  # noqa: PLW2901 - it has moved into the aggregate
        if len(members) == 1 or about(operand).kind is Kind.BOOLEAN:
            parts += [Compare(operand, Order.EQUAL, each, folded, currency, span=node.span) for each in members]
        else:
            chosen = tuple(sorted(members, key=lambda each: (isinstance(each, str), each)))
            parts.append(Among(operand, chosen, folded, currency, span=node.span))
    return parts[0] if len(parts) == 1 else AnyOf(tuple(parts), span=node.span)


# -- presence, and operands that stand alone ---------------------------------------------------------------------


def presence(node: ast.Presence, scope: Scope) -> Condition:
    """Check ``operand is set`` and ``operand is empty``."""
    scope.count()
    operand = subject(node.operand, scope)
    if isinstance(operand, AggregateOf) and operand.function in _NEVER_MISSING:
        raise Refusal(messages.NUMBER_NEVER_MISSING, node.span, name=scope.quote(node.operand.span))
    operand = settled(operand, node.operand, scope)
    if isinstance(operand, FieldOf) and not operand.field.nullable and not _is_optional(operand.owner, scope):
        scope.note(messages.ALWAYS_SET, node.span, name=scope.quote(node.operand.span))
    return Missing(operand, negated=node.present, span=node.span)


def _is_optional(owner: str, scope: Scope) -> bool:
    holder = scope.catalogue.owners.get(owner)
    return holder is not None and holder.optional


def bare(node: ast.Bare, scope: Scope) -> Condition:
    """Check an operand that stands as a condition: a boolean field, ``true``, ``false``."""
    scope.count()
    if isinstance(node.operand, ast.Path) and len(node.operand.names) == 1:
        _refuse_rows_alone(node.operand, scope)
    found = scope.operand(node.operand)
    if not isinstance(found, Operand):
        if isinstance(value := single(found, scope), ast.Truth):
            return Always(value.value, span=node.span)
        raise Refusal(messages.CONSTANT_AS_SUBJECT, node.span, text=scope.quote(node.span))
    if about(found).kind is Kind.BOOLEAN:
        return Compare(found, Order.EQUAL, True, span=node.span)
    name, end = scope.quote(node.span), Span(node.span.end, node.span.end)
    if isinstance(found, AggregateOf) and found.function in _NEVER_MISSING:
        more = [" > 0"] if about(found).kind is not Kind.MONEY else []
        raise Refusal.writing(messages.NUMBER_AS_CONDITION, node.span, *more, instead_of=end, name=name)
    settled(found, node.operand, scope)
    raise Refusal.writing(messages.NOT_A_CONDITION, node.span, " is set", instead_of=end, name=name)


def _refuse_rows_alone(path: ast.Path, scope: Scope) -> None:
    collection: Collection | None = scope.catalogue.collections.get(path.names[0])
    if collection is None or (scope.row is not None and path.names[0] in scope.row.fields):
        return
    name = path.names[0]
    raise Refusal.writing(messages.ROWS_ALONE, path.span, f"any {name}", f"no {name}", name=name)
