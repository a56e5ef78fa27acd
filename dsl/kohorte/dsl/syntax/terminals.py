"""What each terminal of the grammar that has a value builds: literals and names."""

# ruff: noqa: D102, N802 - the methods are named and described by the grammar

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from kohorte.core.values import CURRENCIES
from kohorte.dsl.errors import Refusal, shortened
from kohorte.dsl.syntax import ast, limits, messages
from kohorte.dsl.syntax.ast import Span
from kohorte.dsl.syntax.canonical import RESERVED, composed
from kohorte.dsl.syntax.lexer import Piece

_UNITS: Final = {unit.value + ending: unit for unit in ast.Unit for ending in ("", "s")}
_ESCAPE: Final = re.compile(r"\\(?:u\{([0-9A-Fa-f]+)\}|(.))")
_ESCAPED: Final = {"n": "\n", "t": "\t"}
_NAME: Final = re.compile(r"`[^`]+`|[^.]+")


class Terminals:
    """One method for each terminal that has a value."""

    def PATH(self, token: Piece) -> ast.Path:
        if "`" in token:
            names = tuple(map(name_of, _NAME.findall(token)))
        else:
            names = tuple(token.split("."))
            if names[0].lower() in RESERVED:
                span = Span(token.start, token.start + len(names[0]))
                raise Refusal.writing(messages.RESERVED_NAME, span, f"`{names[0]}`", name=names[0])
        return ast.Path(names, span=at(token))

    def STRING(self, token: Piece) -> ast.Text:
        value = token[1:-1]
        if "\\" in value:
            value = _ESCAPE.sub(lambda match: _unescaped(match, at(token)), value)
        if len(value) > limits.TEXT_BYTES // 4 and len(value.encode(errors="surrogatepass")) > limits.TEXT_BYTES:
            raise Refusal(messages.TEXT_TOO_LONG, at(token), limit=limits.TEXT_BYTES)
        return ast.Text(value, span=at(token))

    def DATE(self, token: Piece) -> ast.Day:
        try:
            return ast.Day(date.fromisoformat(token), span=at(token))
        except ValueError:
            raise Refusal(messages.NO_SUCH_DAY, at(token), text=str(token)) from None

    def INSTANT(self, token: Piece) -> ast.Moment:
        try:
            return ast.Moment(datetime.fromisoformat(token), span=at(token))
        except ValueError:
            raise Refusal(messages.NO_SUCH_DAY, at(token), text=str(token)) from None

    def MONEY(self, token: Piece) -> ast.Amount:
        number, currency = token[:-3].rstrip(), token[-3:]
        scale = CURRENCIES.get(currency)
        if scale is None:
            raise messages.unknown_currency(currency, Span(token.end - 3, token.end), CURRENCIES)
        if len(number.partition(".")[2]) > scale:
            raise messages.too_many_decimals(number, scale, currency, Span(token.start, token.start + len(number)))
        return ast.Amount(_decimal(number, token), currency, span=at(token))

    def PERCENT(self, token: Piece) -> ast.Percent:
        return ast.Percent(_decimal(token[:-1].rstrip(), token), span=at(token))

    def DECIMAL(self, token: Piece) -> ast.Number:
        return ast.Number(_decimal(token, token), span=at(token))

    def INTEGER(self, token: Piece) -> ast.Number:
        return ast.Number(_decimal(token, token), span=at(token))

    def PARAMETER(self, token: Piece) -> ast.Parameter:
        return ast.Parameter(token[1:], span=at(token))


def at(token: Piece) -> Span:
    """Return where a token stands."""
    return Span(token.start, token.end)


def name_of(token: str) -> str:
    """Return a name without its backquotes."""
    return composed(token[1:-1] if token[0] == "`" else str(token))


def unit_of(token: Piece) -> ast.Unit:
    """Return a unit of time."""
    return _UNITS[token.lower()]


def whole(number: ast.Number) -> int:
    """Return a whole number that is no operand."""
    return int(number.value)


def _decimal(text: str, token: Piece) -> Decimal:
    value = Decimal(text)
    if value > limits.LARGEST_NUMBER:
        raise Refusal(messages.NUMBER_TOO_LARGE, at(token), text=shortened(text))
    return value


def _unescaped(match: re.Match[str], span: Span) -> str:
    if match[1] is None:
        return _ESCAPED.get(match[2], match[2])
    code = int(match[1], 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise Refusal(messages.NO_SUCH_CHARACTER, span, text=match[0])
    return chr(code)
