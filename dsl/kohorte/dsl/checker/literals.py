"""Literals take the type of the field they are compared with, and become values in stored form."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from attrs import frozen

from kohorte.core.errors import InvalidValue
from kohorte.core.fields import LARGEST, Field, Kind
from kohorte.core.values import CURRENCIES, clean_text, fold
from kohorte.dsl.checker import messages
from kohorte.dsl.checker.constants import single
from kohorte.dsl.checker.fixes import listed, unknown
from kohorte.dsl.checker.scope import TIMES, Scope, Value
from kohorte.dsl.errors import Message, Refusal
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.phrases import literal
from kohorte.dsl.typed import Constant

_LITERAL_LIMIT: Final = 1024
_SHARED_BY: Final = re.compile(r"[\t\r\n]+")


@frozen
class Stored:
    """A constant in stored form: for text whether it is folded, for money its currency."""

    value: Constant
    folded: bool = False
    currency: str | None = None


def stored(value: Value, field: Field, scope: Scope) -> Stored:
    """Return a constant in the stored form of a field; raise ``Refusal`` where it does not fit."""
    return _STORED[field.kind](single(value, scope), field, scope)


def wrong_type(value: Value, field: Field, scope: Scope) -> Refusal:
    """Return the finding that a constant is not of the field's kind, with the fix that is likely meant."""
    meant: list[str] = []
    if isinstance(value, ast.Text):
        bare = value.value.strip()
        if _LOOKS_LIKE[field.kind].fullmatch(bare) and _is_real(bare, field.kind):
            meant = [bare.lower() if field.kind is Kind.BOOLEAN else bare]
    elif isinstance(value, ast.Number) and field.kind in _TEXTUAL:
        meant = [literal(f"{value.value:f}")]
    found = scope.quote(value.span)
    return Refusal.writing(messages.WRONG_TYPE[field.kind], value.span, *meant, field=field.name, found=found)


def _is_real(text: str, kind: Kind) -> bool:
    """Tell whether what looks like a day is in the calendar, and what looks like money has a known currency."""
    if kind is Kind.MONEY:
        return text[-3:] in CURRENCIES
    if kind not in TIMES:
        return True
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


# -- text --------------------------------------------------------------------------------------------------------


def cleaned(text: ast.Text, field: Field) -> str:
    """Return a literal as the field would keep it: NFC, trimmed; raise ``Refusal`` where no field could hold it."""
    try:
        return clean_text(text.value, long=field.long, limit=_LITERAL_LIMIT) or ""
    except InvalidValue as refused:
        message = Message("invalid_text", refused.template, refused.hint_template)
        raise Refusal(message, text.span, fixes=(), **refused.values) from None


def needle(text: ast.Text, field: Field) -> str:
    """Return a literal that is looked for: cleaned like a field's text, but blanks at its ends count."""
    inner = cleaned(text, field)
    value = text.value if field.long else _SHARED_BY.sub(" ", text.value)
    if not inner:
        return value
    start, end = len(value) - len(value.lstrip()), len(value.rstrip())
    return value[:start] + inner + value[end:]


def _text(value: Value, field: Field, scope: Scope) -> Stored:
    if not isinstance(value, ast.Text):
        raise wrong_type(value, field, scope)
    text = cleaned(value, field)
    if not text:
        raise Refusal(messages.EMPTY_TEXT, value.span)
    if field.kind is Kind.TEXT and not value.exact:
        return Stored(fold(text), folded=True)
    return Stored(text)


def _choice(value: Value, field: Field, scope: Scope) -> Stored:
    if not isinstance(value, ast.Text):
        raise wrong_type(value, field, scope)
    if value.value in field.choices:
        return Stored(value.value)
    known = listed(map(literal, field.choices))
    near = scope.near(value.value, field.choices)
    raise unknown(value.value, near, value.span, messages.UNKNOWN_CHOICE, literal, field=field.name, known=known)


def _tags(value: Value, field: Field, scope: Scope) -> Stored:
    raise Refusal(messages.TAGS_COMPARED, value.span, field=field.name, found=scope.quote(value.span))


# -- numbers -----------------------------------------------------------------------------------------------------


def _integer(value: Value, field: Field, scope: Scope) -> Stored:
    return Stored(_units(value, field, scope, 0))


def _decimal(value: Value, field: Field, scope: Scope) -> Stored:
    return Stored(_units(value, field, scope, field.scale))


def _units(value: Value, field: Field, scope: Scope, scale: int) -> int:
    match value:
        case ast.Number(value=number):
            return _scaled(number, scale, value, field.name, decimals=_decimals(number))
        case ast.Percent(value=number):
            fraction = number.scaleb(-2)
            return _scaled(fraction, scale, value, field.name, decimals=_decimals(fraction.normalize()))
        case _:
            raise wrong_type(value, field, scope)


def _money(value: Value, field: Field, scope: Scope) -> Stored:
    match value:
        case ast.Amount(value=number, currency=currency):
            scale = CURRENCIES[currency]
            units = _scaled(number, scale, value, currency, f" {currency}", decimals=_decimals(number))
            _note_currency(currency, value, scope)
            return Stored(units, currency=currency)
        case ast.Number(value=number):
            raise without_currency(value, scope, f"{number:f}")
        case _:
            raise wrong_type(value, field, scope)


def without_currency(value: Value, scope: Scope, number: str) -> Refusal:
    """Return the finding that an amount lacks its currency, with those of the data as fixes."""
    known = [*scope.references.currencies()][:3] or ["EUR"]
    return Refusal.writing(
        messages.AMOUNT_WITHOUT_CURRENCY, value.span, *(f"{number} {each}" for each in known), number=number
    )


def _note_currency(currency: str, value: Value, scope: Scope) -> None:
    """Say once for each currency that rows in others do not count, or that there are none in this one."""
    if currency in scope.work.currencies:
        return
    scope.work.currencies.add(currency)
    held = scope.references.currencies()
    others = ", ".join(each for each in held if each != currency)
    if held and currency not in held:
        scope.note(messages.CURRENCY_NOT_HELD, value.span, currency=currency, others=others)
    elif others:
        scope.note(messages.OTHER_CURRENCIES, value.span, currency=currency, others=others)


def _decimals(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


def _scaled(number: Decimal, scale: int, at: Value, what: str, ending: str = "", *, decimals: int) -> int:
    if decimals > scale:
        raise _too_many_decimals(f"{number:f}", scale, at, what, ending)
    units = int(number.scaleb(scale))
    if abs(units) > LARGEST:
        raise Refusal(messages.OUT_OF_RANGE, at.span, text=f"{number:f}{ending}"[:40])
    return units


def _too_many_decimals(number: str, scale: int, at: Value, what: str, ending: str) -> Refusal:
    """Return the finding about ``1.000``, which a German reads as a thousand."""
    whole, _, decimals = number.partition(".")
    texts = [f"{whole}{decimals}{ending}"] if _THOUSANDS.fullmatch(number) else []
    if (rounded := f"{whole}{'.' if scale else ''}{decimals[:scale]}").strip("-0."):
        texts.append(rounded + ending)
    message = messages.TOO_MANY_DECIMALS if scale else messages.NOT_WHOLE
    found = f"{number}{ending}"
    return Refusal.writing(message, at.span, *texts, number=found, field=what, scale=scale)


# -- the rest ----------------------------------------------------------------------------------------------------


def _truth(value: Value, field: Field, scope: Scope) -> Stored:
    if isinstance(value, ast.Truth):
        return Stored(value.value)
    raise wrong_type(value, field, scope)


_TEXTUAL: Final = frozenset({Kind.TEXT, Kind.CODE})
_THOUSANDS: Final = re.compile(r"-?[1-9][0-9]{0,2}\.[0-9]{3}")
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,9})?")
_NEVER: Final = re.compile(r"(?!)")
_LOOKS_LIKE: Final[Mapping[Kind, re.Pattern[str]]] = MappingProxyType(
    {
        Kind.TEXT: _NEVER,
        Kind.CODE: _NEVER,
        Kind.ENUMERATION: _NEVER,
        Kind.TAGS: _NEVER,
        Kind.INTEGER: re.compile(r"-?(0|[1-9][0-9]{0,14})"),
        Kind.DECIMAL: _NUMBER,
        Kind.MONEY: re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,9})? [A-Z]{3}"),
        Kind.BOOLEAN: re.compile(r"true|false", re.IGNORECASE),
        Kind.DATE: re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
        Kind.INSTANT: re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?Z?)?"),
    }
)
_STORED: Final[Mapping[Kind, Callable[[Any, Field, Scope], Stored]]] = MappingProxyType(
    {
        Kind.TEXT: _text,
        Kind.CODE: _text,
        Kind.ENUMERATION: _choice,
        Kind.TAGS: _tags,
        Kind.INTEGER: _integer,
        Kind.DECIMAL: _decimal,
        Kind.MONEY: _money,
        Kind.BOOLEAN: _truth,
    }
)
