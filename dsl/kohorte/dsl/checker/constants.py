"""Constants: literals, parameters, and what is reckoned from them."""

from datetime import datetime
from typing import Any, Final

from attrs import evolve

from kohorte.core.fields import Field
from kohorte.core.values import to_days, to_micros
from kohorte.dsl import typed
from kohorte.dsl.checker import messages
from kohorte.dsl.checker.arithmetic import calculated, within_a_century
from kohorte.dsl.checker.fixes import unknown
from kohorte.dsl.checker.scope import AlreadyReported, DayValue, DurationValue, InstantValue, Scope, Value
from kohorte.dsl.errors import Refusal
from kohorte.dsl.moments import FixedDay, FixedInstant, Now, Step, Today, WallClock
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.ast import DayWord, Unit

CONSTANTS: Final = (
    ast.Text,
    ast.Number,
    ast.Percent,
    ast.Amount,
    ast.Day,
    ast.Moment,
    ast.Duration,
    ast.Truth,
    ast.NamedDay,
    ast.Parameter,
    ast.ListOf,
    ast.Calculation,
    ast.Negative,
)
"""The operands that are calculated here."""

_WORDS: Final = {DayWord.TODAY: (), DayWord.YESTERDAY: (Step(-1, Unit.DAY),), DayWord.TOMORROW: (Step(1, Unit.DAY),)}


def constant(node: ast.Operand, scope: Scope) -> Value:
    """Return the value of a constant expression; raise ``Refusal`` where it is none, or cannot be calculated."""
    chain: list[ast.Calculation] = []
    while isinstance(node, ast.Calculation):  # a long sum leans to the left, deeper than the stack
        chain.append(node)
        node = node.left
    value = _single(node, scope)
    for step in reversed(chain):
        value = calculated(step, value, constant(step.right, scope))
    return value


def operand(node: Any, scope: Scope, beside: Field | None) -> typed.Operand | Value:  # noqa: ARG001 - an entry of a table
    """Return a constant where an operand is wanted."""
    return constant(node, scope)


def period_length(amount: int, unit: Unit, span: ast.Span) -> int:
    """Return the length of a window; raise ``Refusal`` unless it is between 1 and what 100 years have."""
    if amount < 1:
        raise Refusal(messages.EMPTY_WINDOW, span)
    return within_a_century(amount, unit, span)


# -- single constants --------------------------------------------------------------------------------------------


def _single(node: ast.Operand, scope: Scope) -> Value:
    match node:
        case ast.Text() | ast.Number() | ast.Percent() | ast.Amount() | ast.Truth() | ast.ListOf():
            return node
        case ast.Day(value=day):
            return DayValue(FixedDay(to_days(day)), span=node.span)
        case ast.Moment(value=moment):
            return InstantValue(_instant(moment), span=node.span)
        case ast.NamedDay(word=DayWord.NOW):
            return InstantValue(Now(), span=node.span)
        case ast.NamedDay(word=word):
            return DayValue(Today(_WORDS[word]), span=node.span)
        case ast.Duration(amount=amount, unit=unit):
            return DurationValue((Step(within_a_century(amount, unit, node.span), unit),), span=node.span)
        case ast.Parameter():
            return _parameter(node, scope)
        case ast.Negative():
            return _negative(node, constant(node.operand, scope), scope)
        case _:
            raise Refusal(messages.ARITHMETIC_ON_FIELDS, node.span)


def _instant(moment: datetime) -> FixedInstant | WallClock:
    return WallClock(moment) if moment.tzinfo is None else FixedInstant(to_micros(moment))


def _parameter(node: ast.Parameter, scope: Scope) -> Value:
    parameters = scope.work.parameters
    if node.name not in parameters:
        raise unknown(node.name, scope.near(node.name, parameters), node.span, messages.UNKNOWN_PARAMETER, "${}".format)
    scope.work.used.add(node.name)
    value = parameters[node.name]
    if value is None:
        raise AlreadyReported(messages.UNKNOWN_PARAMETER[1], node.span)
    return evolve(value, span=node.span)


def single(value: Value, scope: Scope) -> Value:
    """Return what a bracket with one value in it holds: ``let $since = (today - 90 days)`` is no list."""
    if isinstance(value, ast.ListOf) and len(value.items) == 1:
        return evolve(constant(value.items[0], scope), span=value.span)
    return value


def _negative(node: ast.Negative, value: Value, scope: Scope) -> Value:
    match single(value, scope):
        case ast.Number(value=number):
            return ast.Number(-number, span=node.span)
        case ast.Percent(value=number):
            return ast.Percent(-number, span=node.span)
        case ast.Amount(value=number, currency=currency):
            return ast.Amount(-number, currency, span=node.span)
        case DurationValue(steps=steps):
            return DurationValue(tuple(Step(-step.amount, step.unit) for step in steps), span=node.span)
        case _:
            raise Refusal(messages.NOT_CALCULABLE, node.span)
