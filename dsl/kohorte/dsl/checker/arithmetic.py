"""Arithmetic on constants: numbers, money, days and lengths of time, all exact and bounded."""

from collections.abc import Callable, Mapping
from decimal import Context, Decimal
from types import MappingProxyType
from typing import Any, Final

from kohorte.dsl.checker import messages
from kohorte.dsl.checker.scope import DayValue, DurationValue, InstantValue, Value
from kohorte.dsl.errors import Refusal
from kohorte.dsl.moments import ELAPSED, FixedDay, FixedInstant, Now, Shifted, Step, Today, WallClock, shift_day
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.ast import Arithmetic, DayWord, Unit
from kohorte.dsl.syntax.limits import LARGEST_NUMBER

YEARS: Final = 100
_DAYS_A_YEAR: Final = 366
_PER_YEAR: Final = {
    Unit.MINUTE: _DAYS_A_YEAR * 1440,
    Unit.HOUR: _DAYS_A_YEAR * 24,
    Unit.DAY: _DAYS_A_YEAR,
    Unit.WEEK: 53,
    Unit.MONTH: 12,
    Unit.QUARTER: 4,
    Unit.YEAR: 1,
}
_EXACT: Final = Context(prec=64)
_MOST_DECIMALS: Final = 12
_MOST_STEPS: Final = 20


def within_a_century(amount: int, unit: Unit, span: ast.Span) -> int:
    """Return a number of units; raise ``Refusal`` for more than 100 years have."""
    if amount > YEARS * _PER_YEAR[unit]:
        raise Refusal(messages.WINDOW_TOO_LONG, span, years=YEARS)
    return amount


def calculated(node: ast.Calculation, left: Value, right: Value) -> Value:
    """Return the value of a calculation; raise ``Refusal`` where there is none or it is out of range."""
    if isinstance(left, ast.Percent):
        left = ast.Number(left.value.scaleb(-2))
    if isinstance(right, ast.Percent):
        right = ast.Number(right.value.scaleb(-2))
    calculate = _CALCULATIONS.get((left.__class__, right.__class__))
    found = calculate(node, left, right) if calculate else None
    if found is None:
        raise Refusal(messages.NOT_CALCULABLE, node.span)
    return found


def _numbers(node: ast.Calculation, left: ast.Number, right: ast.Number) -> Value | None:
    return ast.Number(_reckon(node, left.value, right.value), span=node.span)


def _amounts(node: ast.Calculation, left: ast.Amount, right: ast.Amount) -> Value | None:
    if node.sign is Arithmetic.MULTIPLY:
        return None
    if left.currency != right.currency:
        raise Refusal(messages.TWO_CURRENCIES, node.span, one=left.currency, other=right.currency)
    return ast.Amount(_reckon(node, left.value, right.value), left.currency, span=node.span)


def _amount_times(node: ast.Calculation, left: ast.Amount, right: ast.Number) -> Value | None:
    if node.sign is not Arithmetic.MULTIPLY:
        return None
    return ast.Amount(_reckon(node, left.value, right.value), left.currency, span=node.span)


def _times_amount(node: ast.Calculation, left: ast.Number, right: ast.Amount) -> Value | None:
    return _amount_times(node, right, left)


def _reckon(node: ast.Calculation, left: Decimal, right: Decimal) -> Decimal:
    match node.sign:
        case Arithmetic.ADD:
            found = _EXACT.add(left, right)
        case Arithmetic.SUBTRACT:
            found = _EXACT.subtract(left, right)
        case Arithmetic.MULTIPLY:
            found = _EXACT.multiply(left, right)
    found = _EXACT.normalize(found)
    exponent = found.as_tuple().exponent
    if abs(found) > LARGEST_NUMBER or (isinstance(exponent, int) and exponent < -_MOST_DECIMALS):
        raise Refusal(messages.OUT_OF_RANGE, node.span, text=f"{found:f}"[:40])
    return found.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else found


def _durations(node: ast.Calculation, left: DurationValue, right: DurationValue) -> Value | None:
    steps = _signed(node, right)
    return None if steps is None else DurationValue(_joined(node, left.steps, steps), span=node.span)


def _duration_times(node: ast.Calculation, left: DurationValue, right: ast.Number) -> Value | None:
    if node.sign is not Arithmetic.MULTIPLY or right.value != int(right.value):
        return None
    factor = int(right.value)
    for step in left.steps:
        within_a_century(abs(step.amount * factor), step.unit, node.span)
    return DurationValue(tuple(Step(step.amount * factor, step.unit) for step in left.steps), span=node.span)


def _times_duration(node: ast.Calculation, left: ast.Number, right: DurationValue) -> Value | None:
    return _duration_times(node, right, left)


def _day_and_duration(node: ast.Calculation, left: DayValue, right: DurationValue) -> Value | None:
    steps = _signed(node, right)
    if steps is None:
        return None
    if any(step.unit in ELAPSED for step in steps):
        now = ["now"] if isinstance(node.left, ast.NamedDay) and node.left.word is DayWord.TODAY else []
        raise Refusal.writing(messages.HOURS_FROM_A_DAY, node.span, *now, instead_of=node.left.span)
    match left.bound:
        case FixedDay(day=day):
            for step in steps:
                day = shift_day(day, step)
            return DayValue(FixedDay(day), span=node.span)
        case Today(steps=before):
            return DayValue(Today(_joined(node, before, steps)), span=node.span)
        case _:
            return None


def _instant_and_duration(node: ast.Calculation, left: InstantValue, right: DurationValue) -> Value | None:
    steps = _signed(node, right)
    if steps is None:
        return None
    match left.bound:
        case Shifted(base=base, steps=before):
            return InstantValue(Shifted(base, _joined(node, before, steps)), span=node.span)
        case FixedInstant() | WallClock() | Now() as base:
            return InstantValue(Shifted(base, steps), span=node.span)
        case _:
            return None


def _joined(node: ast.Calculation, first: tuple[Step, ...], second: tuple[Step, ...]) -> tuple[Step, ...]:
    if len(first) + len(second) > _MOST_STEPS:
        raise Refusal(messages.TOO_MANY_DURATIONS, node.span, limit=_MOST_STEPS)
    return (*first, *second)


def _signed(node: ast.Calculation, duration: DurationValue) -> tuple[Step, ...] | None:
    match node.sign:
        case Arithmetic.ADD:
            return duration.steps
        case Arithmetic.SUBTRACT:
            return tuple(Step(-step.amount, step.unit) for step in duration.steps)
        case Arithmetic.MULTIPLY:
            return None


_CALCULATIONS: Final[Mapping[tuple[type[Any], type[Any]], Callable[[ast.Calculation, Any, Any], Value | None]]] = (
    MappingProxyType(
        {
            (ast.Number, ast.Number): _numbers,
            (ast.Amount, ast.Amount): _amounts,
            (ast.Amount, ast.Number): _amount_times,
            (ast.Number, ast.Amount): _times_amount,
            (DurationValue, DurationValue): _durations,
            (DurationValue, ast.Number): _duration_times,
            (ast.Number, DurationValue): _times_duration,
            (DayValue, DurationValue): _day_and_duration,
            (InstantValue, DurationValue): _instant_and_duration,
        }
    )
)
