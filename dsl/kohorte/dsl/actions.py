"""What each rule of the grammar builds: nodes of the syntax tree, in canonical form, with their spans.

The parser calls these while it reads, so that no tree in between is ever made. Children come in the order of the text,
tokens included. Whatever the grammar cannot say (a day that the calendar lacks, ``and`` beside ``or``) is refused here.
"""

# ruff: noqa: D102, N802 - the methods are named and described by the grammar

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from unicodedata import normalize

from attrs import frozen
from lark import Token

from kohorte.core.values import CURRENCIES
from kohorte.dsl import ast, errors, limits
from kohorte.dsl.ast import Span
from kohorte.dsl.errors import Refusal

Children = list[Any]

_SIGNS: Final = {each.value: each for each in ast.Comparator} | {
    "==": ast.Comparator.EQUAL,
    "<>": ast.Comparator.UNEQUAL,
}
_UNITS: Final = {unit.value + ending: unit for unit in ast.Unit for ending in ("", "s")}
_CALENDAR_UNITS: Final = frozenset((ast.Unit.WEEK, ast.Unit.MONTH, ast.Unit.QUARTER, ast.Unit.YEAR))
_ARITHMETIC: Final = {each.value: each for each in ast.Arithmetic}
_DAY_WORDS: Final = {each.value: each for each in ast.DayWord}
_ESCAPE: Final = re.compile(r"\\(?:u\{([0-9A-Fa-f]+)\}|(.))")
_ESCAPED: Final = {"n": "\n", "t": "\t"}

RESERVED: Final = frozenset(
    "and or not in is between contains starts ends matches regex does exactly before after on more less this last next"
    " has any all no did where true false today yesterday tomorrow now empty set let like null".split()
)
"""Words that begin or join conditions: as the first part of a name they stand in backquotes."""


def _start(child: Any) -> int:
    start: Any = child.start_pos if child.__class__ is Token else child.span.start
    return start


def _end(child: Any) -> int:
    end: Any = child.end_pos if child.__class__ is Token else child.span.end
    return end


def _span(children: Children) -> Span:
    return Span(_start(children[0]), _end(children[-1]))


def token_span(token: Token) -> Span:
    """Return where a token stands."""
    return Span(token.start_pos or 0, token.end_pos or 0)


def _word(token: Token) -> str:
    return str.lower(token)


@frozen
class _Call(ast.Node):
    """What stands in the parentheses of a collection or a function."""

    arguments: tuple[Any, ...]


@frozen
class _Where(ast.Node):
    """The condition after ``where``."""

    condition: ast.Condition


@frozen
class _DayRelation(ast.Node):
    relation: ast.Relation


class Actions:
    """One method for each rule or terminal that builds something; the names are those of the grammar."""

    # -- the whole rule --

    def start(self, children: Children) -> ast.Rule:
        *headers, condition = children
        zones = [header for header in headers if header.__class__ is not ast.Let]
        if len(zones) > 1:
            raise Refusal(errors.SECOND_ZONE, zones[1].span)
        lets = tuple(header for header in headers if header.__class__ is ast.Let)
        names = set()
        for let in lets:
            if let.name in names:
                raise Refusal(errors.SECOND_PARAMETER, let.span, name=let.name)
            names.add(let.name)
        return ast.Rule(condition, lets, zones[0].value if zones else None)

    def let(self, children: Children) -> ast.Let:
        return ast.Let(children[1].name, children[3], span=_span(children))

    def zone(self, children: Children) -> ast.Text:
        return ast.Text(children[2].value, span=_span(children))

    # -- conditions --

    def conjunction(self, children: Children) -> ast.And:
        return ast.And(tuple(children[::2]), span=_span(children))

    def disjunction(self, children: Children) -> ast.Or:
        parts = tuple(children[::2])
        for part in parts:
            # A group's span holds its parentheses, so it begins before its first part.
            if part.__class__ is ast.And and part.span.start == part.parts[0].span.start:
                raise _mixed(children)
        return ast.Or(parts, span=_span(children))

    def negation(self, children: Children) -> ast.Condition:
        part: ast.Condition = children[1]
        span = _span(children)
        if isinstance(part, ast.InSegment) and not part.negated:
            return ast.InSegment(part.name, negated=True, span=span)
        if isinstance(part, ast.Exists) and not part.negated:
            return ast.Exists(part.collection, part.filters, part.windows, negated=True, span=span)
        return ast.Not(part, span=span)

    def bare(self, children: Children) -> ast.Bare:
        return ast.Bare(children[0], span=children[0].span)

    def group(self, children: Children) -> Any:
        # The node was made a moment ago and nobody else knows it yet.
        object.__setattr__(children[1], "span", _span(children))
        return children[1]

    def comparison(self, children: Children) -> ast.Comparison:
        left, sign, right = children
        return ast.Comparison(left, sign, right, span=Span(left.span.start, right.span.end))

    def sign(self, children: Children) -> ast.Comparator:
        if children[0].type == "IS":
            return ast.Comparator.UNEQUAL if len(children) == 2 else ast.Comparator.EQUAL
        return _SIGNS[children[0].value]

    def equals_exactly(self, children: Children) -> ast.Comparison:
        operand, sign, text = children
        exact = ast.Text(text.value, exact=True, span=Span(sign.start_pos, text.span.end))
        return ast.Comparison(operand, ast.Comparator.EQUAL, exact, span=_span(children))

    def presence(self, children: Children) -> ast.Presence:
        present = (children[-1].type == "SET") != (children[-2].type == "NOT")
        return ast.Presence(children[0], present, span=_span(children))

    def between(self, children: Children) -> ast.Between:
        negated = children[-5].__class__ is Token and children[-5].type == "NOT"
        return ast.Between(children[0], children[-3], children[-1], negated, span=_span(children))

    def membership(self, children: Children) -> ast.Condition:
        operand, member = children[0], children[-1]
        negated = children[-3].__class__ is Token and children[-3].type == "NOT"
        span = _span(children)
        if isinstance(member, ast.Rolling | ast.Calendar):
            return ast.InPeriod(operand, member, negated, span=span)
        if isinstance(member, ast.Text):  # the name of a stored list
            return ast.InStoredList(operand, member.value, negated, span=span)
        return ast.OneOf(operand, member, negated, span=span)

    def stored_list(self, children: Children) -> ast.Text:
        return ast.Text(children[1].value, span=_span(children))

    def tag_match(self, children: Children) -> ast.TagMatch:
        choices = children[4]
        if not isinstance(choices, ast.ListOf | ast.Parameter):
            raise Refusal(errors.TAGS_WITHOUT_LIST, choices.span)
        return ast.TagMatch(children[0], children[2].type == "ALL", choices, span=_span(children))

    def text_match(self, children: Children) -> ast.TextMatch:
        return _text_match(children, children[1].type, negated=False)

    def text_mismatch(self, children: Children) -> ast.TextMatch:
        return _text_match(children, children[3].type, negated=True)

    def day_test(self, children: Children) -> ast.DayTest:
        return ast.DayTest(children[0], children[-2].relation, children[-1], span=_span(children))

    def day_relation(self, children: Children) -> _DayRelation:
        return _DayRelation(ast.Relation(" ".join(map(_word, children))), span=_span(children))

    def ago(self, children: Children) -> ast.Ago:
        amount, unit = _amount_of(children[3]), _unit(children[4])
        return ast.Ago(children[0], children[1].type == "MORE", amount, unit, span=_span(children))

    def in_calendar(self, children: Children) -> ast.InPeriod:
        return ast.InPeriod(children[0], children[1], span=_span(children))

    def anniversary(self, children: Children) -> ast.Anniversary:
        when = children[-1]
        if when.__class__ is Token:
            when = ast.NamedDay(ast.DayWord.TODAY, span=token_span(when))
        return ast.Anniversary(children[0], when, span=_span(children))

    def in_segment(self, children: Children) -> ast.InSegment:
        return ast.InSegment(children[2].value, span=_span(children))

    def in_sample(self, children: Children) -> ast.InSample:
        return ast.InSample(children[2].value, children[4].value, span=_span(children))

    def has_consent(self, children: Children) -> ast.HasConsent:
        purpose = children[4]
        named = purpose.value if isinstance(purpose, ast.Text) else _name(purpose)
        return ast.HasConsent(_name(children[3]), named, span=_span(children))

    def exists(self, children: Children) -> ast.Exists:
        filters, windows = _collected(children[2]) if len(children) == 3 else ((), ())
        negated = children[0].type == "NO"
        return ast.Exists(children[1].names, filters, windows, negated, span=_span(children))

    def did(self, children: Children) -> ast.Did:
        rest = list(reversed(children[1:]))
        negated = rest[-1].type == "NOT"
        if negated:
            rest.pop()
        verb = _name(rest.pop())
        of, of_name = None, None
        if rest and rest[-1].__class__ is Token:
            of, of_name = _name(rest.pop()), rest.pop().value
        times = rest.pop() if rest and isinstance(rest[-1], ast.HowOften) else None
        when = rest.pop() if rest and isinstance(rest[-1], ast.When) else None
        where = rest.pop().condition if rest else None
        return ast.Did(verb, negated, of, of_name, times, when, where, span=_span(children))

    def times(self, children: Children) -> ast.HowOften:
        how = ast.Times(" ".join(map(_word, children[:-2])))
        return ast.HowOften(how, _amount_of(children[-2]), span=_span(children))

    def when(self, children: Children) -> ast.When:
        span = _span(children)
        if len(children) == 4:
            return ast.DayRange(children[1], children[3], span=span)
        if isinstance(children[0], _DayRelation):
            return ast.OnDay(children[0].relation, children[1], span=span)
        period: ast.Period = children[-1]
        return period

    def where(self, children: Children) -> _Where:
        return _Where(children[1], span=_span(children))

    # -- periods --

    def rolling(self, children: Children) -> ast.Rolling:
        which, amount, unit = children[-3:]
        return ast.Rolling(which.type == "NEXT", _amount_of(amount), _unit(unit), span=_span(children))

    def calendar(self, children: Children) -> ast.Calendar:
        which, unit = children
        if _word(unit).endswith("s") or _unit(unit) not in _CALENDAR_UNITS:
            raise Refusal(errors.PERIOD_WITHOUT_NUMBER, _span(children), which=_word(which), unit=_unit(unit).value)
        return ast.Calendar(ast.Which(_word(which)), _unit(unit), span=_span(children))

    def window(self, children: Children) -> ast.Period:
        period: ast.Period = children[-1]
        return period

    # -- values --

    def calculation(self, children: Children) -> ast.Calculation:
        left, sign, right = children
        return ast.Calculation(_ARITHMETIC[sign.value], left, right, span=Span(left.span.start, right.span.end))

    def converted(self, children: Children) -> ast.Converted:
        return ast.Converted(children[0], children[2].value, span=_span(children))

    def negative(self, children: Children) -> ast.Negative:
        return ast.Negative(children[1], span=_span(children))

    def bracket(self, children: Children) -> ast.Operand:
        items = tuple(item for item in children if item.__class__ is not Token)
        span = _span(children)
        if len(items) > limits.LIST_ITEMS:
            raise Refusal(errors.LIST_TOO_LONG, span, count=len(items), limit=limits.LIST_ITEMS)
        return ast.ListOf(items, span=span)

    def latest(self, children: Children) -> ast.Latest:
        filters, windows = _collected(children[2])
        return ast.Latest(children[1].names, _name(children[4]), filters, windows, span=_span(children))

    def path(self, children: Children) -> ast.Path:
        first = children[0]
        if first.value.lower() in RESERVED:
            raise Refusal(errors.RESERVED_NAME, token_span(first), name=first.value)
        return ast.Path(tuple(map(_name, children[::2])), span=_span(children))

    def aggregate(self, children: Children) -> ast.Aggregate:
        span = _span(children)
        path, call = children[0], children[1]
        if len(children) == 2:
            if len(path.names) == 1:
                raise Refusal(errors.CALL_WITHOUT_FUNCTION, span, name=path.names[0])
            return ast.Aggregate(path.names[:-1], path.names[-1], arguments=_arguments(call), span=span)
        filters, windows = _collected(call)
        arguments = _arguments(children[4]) if len(children) == 5 else ()
        return ast.Aggregate(path.names, _name(children[3]), filters, windows, arguments, span=span)

    def distinct(self, children: Children) -> ast.Aggregate:
        span = _span(children)
        path, arguments = children[0], _arguments(children[-1])
        if len(children) == 3:
            if len(path.names) == 1:
                raise Refusal(errors.CALL_WITHOUT_FUNCTION, span, name=path.names[0])
            return ast.Aggregate(path.names[:-1], path.names[-1], arguments=arguments, distinct=True, span=span)
        filters, windows = _collected(children[1])
        return ast.Aggregate(path.names, _name(children[3]), filters, windows, arguments, distinct=True, span=span)

    def call(self, children: Children) -> _Call:
        arguments = tuple(argument for argument in children if argument.__class__ is not Token)
        return _Call(arguments, span=_span(children))

    def duration(self, children: Children) -> ast.Duration:
        return ast.Duration(_amount_of(children[0]), _unit(children[1]), span=_span(children))

    def exact_text(self, children: Children) -> ast.Text:
        return ast.Text(children[1].value, exact=True, span=_span(children))

    def truth(self, children: Children) -> ast.Truth:
        return ast.Truth(children[0].type == "TRUE", span=token_span(children[0]))

    def named_day(self, children: Children) -> ast.NamedDay:
        return ast.NamedDay(_DAY_WORDS[_word(children[0])], span=token_span(children[0]))

    # -- terminals --

    def STRING(self, token: Token) -> ast.Text:
        span = token_span(token)
        value = token.value[1:-1]
        if "\\" in value:
            value = _ESCAPE.sub(lambda match: _unescaped(match, span), value)
        if len(value) > limits.TEXT_BYTES // 4 and len(value.encode(errors="surrogatepass")) > limits.TEXT_BYTES:
            raise Refusal(errors.TEXT_TOO_LONG, span, limit=limits.TEXT_BYTES)
        return ast.Text(value, span=span)

    def DATE(self, token: Token) -> ast.Day:
        try:
            return ast.Day(date.fromisoformat(token.value), span=token_span(token))
        except ValueError:
            raise Refusal(errors.NO_SUCH_DAY, token_span(token), text=token.value) from None

    def INSTANT(self, token: Token) -> ast.Moment:
        try:
            return ast.Moment(datetime.fromisoformat(token.value), span=token_span(token))
        except ValueError:
            raise Refusal(errors.NO_SUCH_DAY, token_span(token), text=token.value) from None

    def MONEY(self, token: Token) -> ast.Amount:
        number, currency = token.value[:-3].rstrip(), token.value[-3:]
        if currency not in CURRENCIES:
            raise errors.unknown_currency(currency, Span(_end(token) - 3, _end(token)))
        value = _decimal(number, token)
        decimals = len(number.partition(".")[2])
        if decimals > CURRENCIES[currency]:
            raise errors.too_many_decimals(number, token_span(token), CURRENCIES[currency], f" {currency}")
        return ast.Amount(value, currency, span=token_span(token))

    def PERCENT(self, token: Token) -> ast.Percent:
        return ast.Percent(_decimal(token.value[:-1].rstrip(), token), span=token_span(token))

    def DECIMAL(self, token: Token) -> ast.Number:
        return ast.Number(_decimal(token.value, token), span=token_span(token))

    def INTEGER(self, token: Token) -> ast.Number:
        return ast.Number(_decimal(token.value, token), span=token_span(token))

    def PARAMETER(self, token: Token) -> ast.Parameter:
        return ast.Parameter(token.value[1:], span=token_span(token))


def _text_match(children: Children, how: str, *, negated: bool) -> ast.TextMatch:
    match = {"C": ast.Match.CONTAINS, "S": ast.Match.STARTS, "E": ast.Match.ENDS, "M": ast.Match.GLOB}[how[0]]
    regex = children[-2].type == "REGEX"
    return ast.TextMatch(children[0], match, children[-1], negated, regex, span=_span(children))


def _mixed(children: Children) -> Refusal:
    """Return the finding about ``a and b or c`` with both ways to bracket it."""
    tight = [part.span for part in children[::2] if _is_open_and(part)]
    loose: list[list[ast.Condition]] = [[]]
    for part in children[::2]:
        members = part.parts if _is_open_and(part) else (part,)
        loose[-1].append(members[0])
        loose.extend([member] for member in members[1:])
    runs = [Span(run[0].span.start, run[-1].span.end) for run in loose if len(run) > 1]
    return Refusal(
        errors.MIXED_AND_OR,
        _span(children),
        fixes=(
            errors.bracketing("Put the conditions joined by and in parentheses", *tight),
            errors.bracketing("Put the conditions joined by or in parentheses", *runs),
        ),
    )


def _is_open_and(part: ast.Condition) -> bool:
    return isinstance(part, ast.And) and part.span.start == part.parts[0].span.start


def _collected(call: _Call) -> tuple[tuple[ast.Condition, ...], tuple[ast.Period, ...]]:
    """Return the filters and the windows among the arguments of a collection."""
    filters: list[ast.Condition] = []
    windows: list[ast.Period] = []
    for argument in call.arguments:
        if isinstance(argument, ast.Period):
            windows.append(argument)
        elif isinstance(argument, ast.Operand):
            filters.append(ast.Bare(argument, span=argument.span))
        else:
            filters.append(argument)
    return tuple(filters), tuple(windows)


def _arguments(call: _Call) -> tuple[ast.Operand, ...]:
    """Return the arguments of a function, which are values."""
    for argument in call.arguments:
        if not isinstance(argument, ast.Operand):
            raise Refusal(errors.CONDITION_IN_FUNCTION, argument.span)
    return call.arguments


def _name(token: Token) -> str:
    value: str = token.value
    if value[0] == "`":
        value = value[1:-1]
    return value if value.isascii() else normalize("NFC", value)


def _unit(token: Token) -> ast.Unit:
    return _UNITS[_word(token)]


def _amount_of(number: ast.Number) -> int:
    return int(number.value)


def _decimal(text: str, token: Token) -> Decimal:
    value = Decimal(text)
    if value > limits.LARGEST_NUMBER:
        raise Refusal(errors.NUMBER_TOO_LARGE, token_span(token), text=text)
    return value


def _unescaped(match: re.Match[str], span: Span) -> str:
    if match[1] is None:
        return _ESCAPED.get(match[2], match[2])
    code = int(match[1], 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise Refusal(errors.NO_SUCH_CHARACTER, span, text=match[0])
    return chr(code)
