"""Days and instants: every comparison becomes one half-open interval in the unit of the field."""

from typing import Final

from attrs import evolve

from kohorte.core.fields import Field, Kind
from kohorte.core.values import from_days
from kohorte.dsl import moments, typed
from kohorte.dsl.checker import messages
from kohorte.dsl.checker.constants import period_length, single
from kohorte.dsl.checker.literals import wrong_type
from kohorte.dsl.checker.scope import TIMES, DayValue, DurationValue, InstantValue, Scope, Value, about
from kohorte.dsl.errors import Refusal
from kohorte.dsl.moments import ELAPSED, FixedDay, FixedInstant, Interval, StartOfDay, Today, WallClock
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.ast import DayWord, Span, Unit
from kohorte.dsl.typed import Bound, Operand, Order, Within

_DAY_WORDS: Final[dict[DayWord, int]] = {DayWord.YESTERDAY: -1, DayWord.TODAY: 0, DayWord.TOMORROW: 1}


# -- constants as intervals --------------------------------------------------------------------------------------


def extent(value: Value, field: Field, scope: Scope) -> Interval:
    """Return the interval that a day or an instant fills in a date or instant field: a day fills all of itself."""
    match single(value, scope), field.kind:
        case DayValue(bound=day), Kind.DATE:
            return day, moments.following_day(day)
        case DayValue(bound=day), Kind.INSTANT:
            return StartOfDay(day), StartOfDay(moments.following_day(day))
        case InstantValue(bound=instant), Kind.INSTANT:
            return instant, moments.just_after(instant)
        case InstantValue() as instant_value, Kind.DATE:
            raise Refusal.writing(messages.INSTANT_BESIDE_DATE, value.span, *day_of(instant_value))
        case DurationValue(), _:
            raise Refusal(messages.DURATION_COMPARED, value.span, text=scope.quote(value.span))
        case other, _:
            raise wrong_type(other, field, scope)


def day_of(value: InstantValue) -> list[str]:
    """Return how the day of an instant would be written, where that is plain."""
    match value.bound:
        case moments.Now():
            return ["today"]
        case WallClock(local=local):
            return [local.date().isoformat()]
        case FixedInstant(micros=micros):
            return [from_days(micros // moments.MICROS_A_DAY).isoformat()]
        case _:
            return []


def compare_time(operand: Operand, order: Order, value: Value, span: Span, scope: Scope) -> Within:
    """Return the comparison of a date or an instant with a constant."""
    start, end = extent(value, about(operand), scope)
    low, high = _sides(order, start, end)
    return Within(operand, low, high, span=span)


def _sides(order: Order, start: Bound, end: Bound) -> tuple[Bound | None, Bound | None]:
    match order:
        case Order.EQUAL:
            return start, end
        case Order.LESS:
            return None, start
        case Order.LESS_OR_EQUAL:
            return None, end
        case Order.GREATER:
            return end, None
        case Order.GREATER_OR_EQUAL:
            return start, None


def between_times(operand: Operand, low: Value, high: Value, span: Span, scope: Scope) -> Within:
    """Return ``between A and B``, both ends included."""
    field = about(operand)
    start, _ = extent(low, field, scope)
    last, end = extent(high, field, scope)
    if _surely_after(start, last):
        scope.note(messages.ENDS_BEFORE_START, span)
    return Within(operand, start, end, span=span)


def _surely_after(first: Bound, second: Bound) -> bool:
    match first, second:
        case (FixedDay(day=one), FixedDay(day=other)) | (FixedInstant(micros=one), FixedInstant(micros=other)):
            return one > other
        case StartOfDay(day=FixedDay(day=one)), StartOfDay(day=FixedDay(day=other)):
            return one > other
        case _:
            return False


# -- periods -----------------------------------------------------------------------------------------------------


def require_time(operand: Operand, node: ast.Operand, scope: Scope) -> Field:
    """Return the field of a date or an instant; raise ``Refusal`` for any other."""
    field = about(operand)
    if field.kind not in TIMES:
        raise Refusal(messages.NOT_A_TIME, node.span, name=scope.quote(node.span))
    return field


def in_period(operand: Operand, period: ast.Period, span: Span) -> Within:
    """Return that a date or an instant lies in a rolling window or a calendar period."""
    low, high = _period(about(operand).kind, period)
    return Within(operand, low, high, span=span)


def _period(kind: Kind, period: ast.Period) -> Interval:
    if isinstance(period, ast.Calendar):
        first, end = moments.period_days(period.which, period.unit)
        return (first, end) if kind is Kind.DATE else (StartOfDay(first), StartOfDay(end))
    amount = period_length(period.amount, period.unit, period.span)
    if kind is Kind.DATE:
        return _days(period.forward, amount, period.unit, period.span)
    return (moments.instants_ahead if period.forward else moments.instants_back)(amount, period.unit)


def _days(forward: bool, amount: int, unit: Unit, span: Span) -> Interval:
    if unit in ELAPSED:
        raise Refusal(messages.HOURS_OF_A_DATE, span)
    return (moments.days_ahead if forward else moments.days_back)(amount, unit)


def up_to_now(operand: Operand, span: Span) -> Within:
    """Return that a date or an instant does not lie ahead."""
    high: Bound = moments.AFTER_NOW
    if about(operand).kind is Kind.DATE:
        high = moments.following_day(Today())
    return Within(operand, None, high, span=span)


# -- conditions --------------------------------------------------------------------------------------------------


def lies_in_period(node: ast.InPeriod, scope: Scope) -> typed.Condition:
    """Check ``operand in the last 90 days``."""
    scope.count()
    operand = subject(node.operand, scope)
    require_time(operand, node.operand, scope)
    found = in_period(operand, node.period, node.span)
    return evolve(found, negated=True) if node.negated else found


def ago(node: ast.Ago, scope: Scope) -> typed.Condition:
    """Check ``operand more than 30 days ago``."""
    scope.count()
    operand = subject(node.operand, scope)
    field = require_time(operand, node.operand, scope)
    amount = period_length(node.amount, node.unit, node.span)
    if field.kind is Kind.DATE:
        low, high = _days(False, amount, node.unit, node.span)
        before: Bound = Today((moments.Step(-amount, node.unit),))
    else:
        low, high = moments.instants_back(amount, node.unit)
        before = moments.Shifted(moments.Now(), (moments.Step(-amount, node.unit),))
    return Within(operand, None, before, span=node.span) if node.more else Within(operand, low, high, span=node.span)


def anniversary(node: ast.Anniversary, scope: Scope) -> typed.Condition:
    """Check ``operand has anniversary in the next 7 days``."""
    scope.count()
    operand = subject(node.operand, scope)
    require_time(operand, node.operand, scope)
    if isinstance(node.when, ast.NamedDay):
        if node.when.word is DayWord.NOW:
            raise Refusal.writing(messages.INSTANT_BESIDE_DATE, node.when.span, "today")
        day = Today((moments.Step(shift, Unit.DAY),) if (shift := _DAY_WORDS[node.when.word]) else ())
        low: Bound = day
        high: Bound = moments.following_day(day)
    else:
        low, high = _period(Kind.DATE, node.when)
    return typed.HasAnniversary(operand, low, high, span=node.span)


def subject(node: ast.Operand, scope: Scope) -> Operand:
    """Return the operand that a condition is about; raise ``Refusal`` for a constant."""
    found = scope.operand(node)
    if isinstance(found, typed.FieldOf | typed.AggregateOf):
        return found
    raise Refusal(messages.CONSTANT_AS_SUBJECT, node.span, text=scope.quote(node.span))
