"""What each rule of the grammar builds: nodes of the syntax tree, in canonical form, with their spans.

The parser calls these while it reads, so that no tree in between is ever made. Children come in the order of the text,
tokens included. Whatever the grammar cannot say (a day that the calendar lacks, ``and`` beside ``or``) is refused here.
"""

# ruff: noqa: D102, N802 - the methods are named and described by the grammar

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, get_args
from unicodedata import normalize

from attrs import frozen

from kohorte.core.values import CURRENCIES
from kohorte.dsl import ast, errors, limits
from kohorte.dsl.ast import Span
from kohorte.dsl.errors import Refusal
from kohorte.dsl.lexer import Piece

Children = list[Any]

_SIGNS: Final = {each.value: each for each in ast.Comparator} | {
    "==": ast.Comparator.EQUAL,
    "<>": ast.Comparator.UNEQUAL,
}
_ARITHMETIC: Final = {each.value: each for each in ast.Arithmetic}
_MATCHES: Final = {
    "CONTAIN": ast.Match.CONTAINS,
    "START": ast.Match.STARTS,
    "END": ast.Match.ENDS,
    "MATCH": ast.Match.GLOB,
}
_UNITS: Final = {unit.value + ending: unit for unit in ast.Unit for ending in ("", "s")}
CALENDAR_UNITS: Final = frozenset(each.value for each in ast.Unit) - {"minute", "hour", "day"}
_OPERANDS: Final = frozenset(get_args(ast.Operand))
_ESCAPE: Final = re.compile(r"\\(?:u\{([0-9A-Fa-f]+)\}|(.))")
_ESCAPED: Final = {"n": "\n", "t": "\t"}
_NAME: Final = re.compile(r"`[^`]+`|[^.]+")

RESERVED: Final = frozenset(
    {"and", "or", "not", "in", "is", "any", "no", "all", "has", "did", "does", "where", "let"}
    | {"between", "contains", "starts", "ends", "matches", "regex", "like", "exactly", "empty", "set"}
    | {"before", "after", "on", "more", "less", "this", "last", "next", "today", "yesterday", "tomorrow", "now"}
    | {"true", "false", "null"}
)
"""Words that begin or join conditions: as the first part of a field they stand in backquotes."""


class Actions:
    """One method for each rule or terminal that builds something."""

    # -- the whole rule --

    def start(self, children: Children) -> ast.Rule:
        *headers, condition = children
        zones = [header for header in headers if header.__class__ is _Zone]
        if len(zones) > 1:
            raise Refusal(errors.SECOND_ZONE, zones[1].span)
        lets = tuple(header for header in headers if header.__class__ is ast.Let)
        for index, let in enumerate(lets):
            if any(let.name == earlier.name for earlier in lets[:index]):
                raise Refusal(errors.SECOND_PARAMETER, let.span, name=let.name)
        if not zones:
            return ast.Rule(condition, lets, span=_span(children))
        return ast.Rule(condition, lets, zones[0].name, zone_span=zones[0].span, span=_span(children))

    def let(self, children: Children) -> ast.Let:
        return ast.Let(children[1].name, children[3], span=_span(children))

    def zone(self, children: Children) -> "_Zone":
        return _Zone(children[2].value, span=_span(children))

    def constant_bracket(self, children: Children) -> ast.Operand:
        """Build a list, unless the brackets hold one thing that a header can only say in brackets."""
        value = children[1]
        if len(children) == 3 and not is_literal(value):
            operand: ast.Operand = _respan(value, _span(children))
            return operand
        return self.bracket(children)

    # -- conditions --

    def conjunction(self, children: Children) -> ast.And:
        return ast.And(tuple(children[::2]), span=_span(children))

    def disjunction(self, children: Children) -> ast.Or:
        parts = tuple(children[::2])
        if any(_is_open_and(part) for part in parts):
            raise _mixed(parts, _at(children[1]))
        return ast.Or(parts, span=_span(children))

    def negation(self, children: Children) -> ast.Condition:
        return negation(children[1], _span(children))

    def bare(self, children: Children) -> ast.Bare:
        return ast.Bare(children[0], span=children[0].span)

    def group(self, children: Children) -> Any:
        return _respan(children[1], _span(children))

    def comparison(self, children: Children) -> ast.Comparison:
        left, sign, right = children
        return ast.Comparison(left, sign, right, span=Span(left.span.start, right.span.end))

    def sign(self, children: Children) -> ast.Comparator:
        if children[0].type == "IS":
            return ast.Comparator.EQUAL if len(children) == 1 else ast.Comparator.UNEQUAL
        return _SIGNS[children[0]]

    def equals_exactly(self, children: Children) -> ast.Comparison:
        return ast.Comparison(children[0], ast.Comparator.EQUAL, self.exact_text(children[1:]), span=_span(children))

    def presence(self, children: Children) -> ast.Presence:
        present = (children[-1].type == "SET") != (len(children) == 4)
        return ast.Presence(children[0], present, span=_span(children))

    def between(self, children: Children) -> ast.Between:
        return ast.Between(children[0], children[-3], children[-1], _negated(children[1:-4]), span=_span(children))

    def membership(self, children: Children) -> ast.Condition:
        operand, member = children[0], children[-1]
        negated, span = _negated(children[1:-2]), _span(children)
        if isinstance(member, ast.Period):
            return ast.InPeriod(operand, member, negated, span=span)
        if isinstance(member, _StoredList):
            return ast.InStoredList(operand, member.name, negated, span=span)
        return ast.OneOf(operand, member, negated, span=span)

    def stored_list(self, children: Children) -> "_StoredList":
        return _StoredList(children[1].value, span=_span(children))

    def tag_match(self, children: Children) -> ast.TagMatch:
        choices = children[4]
        if not isinstance(choices, ast.ListOf | ast.Parameter):
            raise Refusal(errors.TAGS_WITHOUT_LIST, choices.span)
        return ast.TagMatch(children[0], children[2].type == "ALL", choices, span=_span(children))

    def text_match(self, children: Children) -> ast.TextMatch:
        return _text_match(children, children[1], negated=False)

    def text_mismatch(self, children: Children) -> ast.TextMatch:
        return _text_match(children, children[3], negated=True)

    def day_test(self, children: Children) -> ast.DayTest:
        return ast.DayTest(children[0], children[-2].relation, children[-1], span=_span(children))

    def day_relation(self, children: Children) -> "_DayRelation":
        return _DayRelation(ast.Relation(" ".join(children).lower()), span=_span(children))

    def ago(self, children: Children) -> ast.Ago:
        more = children[1].type == "MORE"
        return ast.Ago(children[0], more, _whole(children[3]), _unit(children[4]), span=_span(children))

    def in_calendar(self, children: Children) -> ast.InPeriod:
        return ast.InPeriod(children[0], children[1], span=_span(children))

    def anniversary(self, children: Children) -> ast.Anniversary:
        when = children[-1]
        if when.__class__ is Piece:
            when = self.named_day([when])
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
        filters, windows = _rows(children[2]) if len(children) == 3 else ((), ())
        return ast.Exists(children[1].names, filters, windows, children[0].type == "NO", span=_span(children))

    # -- events --

    def did(self, children: Children) -> ast.Did:
        negated = children[1].type == "NOT"
        verb, *details = children[1 + negated :]
        found: dict[str, Any] = {}
        for detail in details:
            place = _DETAILS[detail.__class__]
            if place in found:
                raise Refusal(errors.SAID_TWICE, detail.span)
            found[place] = detail
        of, where = found.get("object"), found.get("where")
        return ast.Did(
            _name(verb),
            negated,
            of.kind if of else None,
            of.name if of else None,
            found.get("times"),
            found.get("when"),
            where.condition if where else None,
            span=_span(children),
        )

    def object(self, children: Children) -> "_Object":
        return _Object(_name(children[0]), children[1].value, span=_span(children))

    def times(self, children: Children) -> ast.HowOften:
        how = ast.Times(" ".join(children[:-2]).lower())
        return ast.HowOften(how, _whole(children[-2]), span=_span(children))

    def when(self, children: Children) -> ast.When:
        first, last, span = children[0], children[-1], _span(children)
        if len(children) == 4:
            return ast.DayRange(children[1], last, span=span)
        if isinstance(first, _DayRelation):
            return ast.OnDay(first.relation, last, span=span)
        period: ast.Period = _respan(last, span)
        return period

    def where(self, children: Children) -> "_Where":
        return _Where(children[1], span=_span(children))

    # -- periods --

    def rolling(self, children: Children) -> ast.Rolling:
        which, amount, unit = children[-3:]
        return ast.Rolling(which.type == "NEXT", _whole(amount), _unit(unit), span=_span(children))

    def calendar(self, children: Children) -> ast.Calendar:
        which, unit = children
        if unit.lower() not in CALENDAR_UNITS:
            raise errors.period_without_number(which.lower(), _unit(unit).value, _span(children))
        return ast.Calendar(ast.Which(which.lower()), _unit(unit), span=_span(children))

    def window(self, children: Children) -> ast.Period:
        period: ast.Period = _respan(children[-1], _span(children))
        return period

    # -- values --

    def calculation(self, children: Children) -> ast.Operand:
        """Build left to right, ``*`` before ``+`` and ``-``."""
        terms: list[ast.Operand] = [children[0]]
        signs: list[Piece] = []
        for sign, operand in zip(children[1::2], children[2::2], strict=True):
            if sign.type == "STAR":
                terms[-1] = _calculation(terms[-1], sign, operand)
            else:
                signs.append(sign)
                terms.append(operand)
        value = terms[0]
        for sign, term in zip(signs, terms[1:], strict=True):
            value = _calculation(value, sign, term)
        return value

    def converted(self, children: Children) -> ast.Converted:
        operand = children[0]
        if isinstance(operand, ast.Converted) and operand.span.start == operand.operand.span.start:
            raise Refusal(errors.SAID_TWICE, _at(children[2]))  # nothing else nests without brackets
        return ast.Converted(operand, str(children[2]), span=_span(children))

    def negative(self, children: Children) -> ast.Negative:
        return ast.Negative(children[1], span=_span(children))

    def bracket(self, children: Children) -> ast.ListOf:
        items = tuple(item for item in children if item.__class__ is not Piece)
        if len(items) > limits.LIST_ENTRIES:
            raise Refusal(errors.LIST_TOO_LONG, _span(children), count=len(items), limit=limits.LIST_ENTRIES)
        return ast.ListOf(items, span=_span(children))

    def latest(self, children: Children) -> ast.Latest:
        filters, windows = _rows(children[2])
        return ast.Latest(children[1].names, _name(children[4]), filters, windows, span=_span(children))

    def aggregate(self, children: Children) -> ast.Aggregate | ast.Path:
        """Build from path and call, or from path, call, dot, name and perhaps a second call."""
        path, call = children[0], children[1]
        if len(children) == 2:
            return _aggregate(*_function(path, call), call=None, arguments=call, span=_span(children))
        arguments = children[4] if len(children) == 5 else None
        return _aggregate(path.names, _name(children[3]), call=call, arguments=arguments, span=_span(children))

    def distinct(self, children: Children) -> ast.Aggregate | ast.Path:
        """Build from path, ``distinct`` and call, or from path, call, dot, name, ``distinct`` and call."""
        path, arguments, span = children[0], children[-1], _span(children)
        if len(children) == 3:
            return _aggregate(*_function(path, arguments), call=None, arguments=arguments, distinct=True, span=span)
        name = _name(children[3])
        return _aggregate(path.names, name, call=children[1], arguments=arguments, distinct=True, span=span)

    def call(self, children: Children) -> "_Call":
        return _Call(tuple(each for each in children if each.__class__ is not Piece), span=_span(children))

    def exact_text(self, children: Children) -> ast.Text:
        return ast.Text(children[1].value, exact=True, span=_span(children))

    def duration(self, children: Children) -> ast.Duration:
        return ast.Duration(_whole(children[0]), _unit(children[1]), span=_span(children))

    def truth(self, children: Children) -> ast.Truth:
        return ast.Truth(children[0].type == "TRUE", span=_at(children[0]))

    def named_day(self, children: Children) -> ast.NamedDay:
        return ast.NamedDay(ast.DayWord(children[0].lower()), span=_at(children[0]))

    # -- terminals --

    def PATH(self, token: Piece) -> ast.Path:
        if "`" in token:
            names = tuple(map(_name, _NAME.findall(token)))
        else:
            names = tuple(token.split("."))
            if names[0].lower() in RESERVED:
                span = Span(token.start, token.start + len(names[0]))
                raise Refusal.writing(errors.RESERVED_NAME, span, f"`{names[0]}`", name=names[0])
        return ast.Path(names, span=_at(token))

    def STRING(self, token: Piece) -> ast.Text:
        value = token[1:-1]
        if "\\" in value:
            value = _ESCAPE.sub(lambda match: _unescaped(match, _at(token)), value)
        if len(value) > limits.TEXT_BYTES // 4 and len(value.encode(errors="surrogatepass")) > limits.TEXT_BYTES:
            raise Refusal(errors.TEXT_TOO_LONG, _at(token), limit=limits.TEXT_BYTES)
        return ast.Text(value, span=_at(token))

    def DATE(self, token: Piece) -> ast.Day:
        try:
            return ast.Day(date.fromisoformat(token), span=_at(token))
        except ValueError:
            raise Refusal(errors.NO_SUCH_DAY, _at(token), text=str(token)) from None

    def INSTANT(self, token: Piece) -> ast.Moment:
        try:
            return ast.Moment(datetime.fromisoformat(token), span=_at(token))
        except ValueError:
            raise Refusal(errors.NO_SUCH_DAY, _at(token), text=str(token)) from None

    def MONEY(self, token: Piece) -> ast.Amount:
        number, currency = token[:-3].rstrip(), token[-3:]
        scale = CURRENCIES.get(currency)
        if scale is None:
            raise errors.unknown_currency(currency, Span(token.end - 3, token.end), CURRENCIES)
        if len(number.partition(".")[2]) > scale:
            raise errors.too_many_decimals(number, scale, currency, Span(token.start, token.start + len(number)))
        return ast.Amount(_decimal(number, token), currency, span=_at(token))

    def PERCENT(self, token: Piece) -> ast.Percent:
        return ast.Percent(_decimal(token[:-1].rstrip(), token), span=_at(token))

    def DECIMAL(self, token: Piece) -> ast.Number:
        return ast.Number(_decimal(token, token), span=_at(token))

    def INTEGER(self, token: Piece) -> ast.Number:
        return ast.Number(_decimal(token, token), span=_at(token))

    def PARAMETER(self, token: Piece) -> ast.Parameter:
        return ast.Parameter(token[1:], span=_at(token))


def is_literal(node: ast.Operand) -> bool:
    """Say whether this is a literal, perhaps with a minus, which a header takes without brackets."""
    operand = node.operand if isinstance(node, ast.Negative) else node
    return operand.__class__ in _LITERALS


_LITERALS: Final = frozenset(
    {ast.Text, ast.Number, ast.Percent, ast.Amount, ast.Day, ast.Moment, ast.Duration, ast.Truth, ast.NamedDay}
    | {ast.Parameter}
)


# -- canonical nodes, for everything that makes trees ------------------------------------------------------------


def negation(part: ast.Condition, span: Span = ast.NOWHERE) -> ast.Condition:
    """Return ``not`` of a condition; where a condition has a negated form of its own, that is the canonical one."""
    if isinstance(part, ast.InSegment) and not part.negated:
        return ast.InSegment(part.name, negated=True, span=span)
    if isinstance(part, ast.Exists) and not part.negated:
        return ast.Exists(part.collection, part.filters, part.windows, negated=True, span=span)
    return ast.Not(part, span=span)


def aggregate(
    collection: tuple[str, ...],
    function: str,
    filters: tuple[ast.Condition, ...],
    windows: tuple[ast.Period, ...],
    arguments: tuple[ast.Operand, ...],
    *,
    distinct: bool = False,
    span: Span = ast.NOWHERE,
) -> ast.Aggregate | ast.Path:
    """Return an aggregate; ``purchases().count`` and ``purchases.count()`` are ``purchases.count``, a path."""
    if not (filters or windows or arguments or distinct):
        return ast.Path((*collection, function), span=span)
    return ast.Aggregate(collection, function, filters, windows, arguments, distinct, span=span)


# -- what stands between the grammar and the tree ----------------------------------------------------------------


@frozen
class _Zone(ast.Node):
    name: str


@frozen
class _StoredList(ast.Node):
    name: str


@frozen
class _DayRelation(ast.Node):
    relation: ast.Relation


@frozen
class _Object(ast.Node):
    kind: str
    name: str


@frozen
class _Where(ast.Node):
    condition: ast.Condition


@frozen
class _Call(ast.Node):
    """What stands in the parentheses of a collection or a function."""

    arguments: tuple[Any, ...]


_DETAILS: Final = {
    _Object: "object",
    ast.HowOften: "times",
    ast.Rolling: "when",
    ast.Calendar: "when",
    ast.OnDay: "when",
    ast.DayRange: "when",
    _Where: "where",
}


# -- parts of the actions ----------------------------------------------------------------------------------------


def _span(children: Children) -> Span:
    first, last = children[0], children[-1]
    return Span(
        first.start if first.__class__ is Piece else first.span.start,
        last.end if last.__class__ is Piece else last.span.end,
    )


def _at(token: Piece) -> Span:
    return Span(token.start, token.end)


def _respan(node: Any, span: Span) -> Any:
    """Give a node the span of its parentheses too. It was made a moment ago and nobody else knows it yet."""
    object.__setattr__(node, "span", span)
    return node


def _is_open_and(part: ast.Condition) -> bool:
    """Say whether these are conditions joined by ``and`` without parentheses, which are part of a group's span."""
    return isinstance(part, ast.And) and part.span.start == part.parts[0].span.start


def _mixed(parts: tuple[ast.Condition, ...], span: Span) -> Refusal:
    """Return the finding about ``a and b or c``, with both ways to bracket it."""
    chains = [part.parts if isinstance(part, ast.And) and _is_open_and(part) else (part,) for part in parts]
    joined_by_or: list[list[ast.Condition]] = [[]]
    for chain in chains:
        joined_by_or[-1].append(chain[0])
        joined_by_or.extend([condition] for condition in chain[1:])
    return errors.mixed(
        span,
        [_across(chain) for chain in chains if len(chain) > 1],
        [_across(run) for run in joined_by_or if len(run) > 1],
    )


def _across(conditions: Any) -> Span:
    return Span(conditions[0].span.start, conditions[-1].span.end)


def _negated(tokens: Children) -> bool:
    return any(token.type == "NOT" for token in tokens)


def _text_match(children: Children, how: Piece, *, negated: bool) -> ast.TextMatch:
    match = _MATCHES[how.type.removesuffix("ES") if how.type == "MATCHES" else how.type.removesuffix("S")]
    regex = children[-2].type == "REGEX"
    return ast.TextMatch(children[0], match, children[-1], negated, regex, span=_span(children))


def _rows(call: _Call) -> tuple[tuple[ast.Condition, ...], tuple[ast.Period, ...]]:
    """Return the filters and the windows among the arguments of a collection."""
    filters: list[ast.Condition] = []
    windows: list[ast.Period] = []
    for argument in call.arguments:
        if isinstance(argument, ast.Period):
            windows.append(argument)
        elif isinstance(argument, ast.Duration):
            last = f"last {argument.amount} {argument.unit.value}s"
            raise Refusal.writing(errors.FILTER_WITHOUT_LAST, argument.span, last)
        elif argument.__class__ in _OPERANDS:
            filters.append(ast.Bare(argument, span=argument.span))
        else:
            filters.append(argument)
    return tuple(filters), tuple(windows)


def _values(call: _Call) -> tuple[ast.Operand, ...]:
    """Return the arguments of a function, which are values."""
    for argument in call.arguments:
        if argument.__class__ not in _OPERANDS:
            raise Refusal(errors.CONDITION_IN_FUNCTION, argument.span)
    return call.arguments


def _function(path: ast.Path, call: _Call) -> tuple[tuple[str, ...], str]:
    """Part ``purchases.sum`` into collection and function."""
    if len(path.names) == 1:
        raise errors.call_without_function(path.names[0], call.arguments, Span(path.span.start, call.span.end))
    return path.names[:-1], path.names[-1]


def _aggregate(
    collection: tuple[str, ...],
    function: str,
    *,
    call: _Call | None,
    arguments: _Call | None,
    span: Span,
    distinct: bool = False,
) -> ast.Aggregate | ast.Path:
    filters, windows = _rows(call) if call else ((), ())
    values = _values(arguments) if arguments else ()
    return aggregate(collection, function, filters, windows, values, distinct=distinct, span=span)


def _calculation(left: ast.Operand, sign: Piece, right: ast.Operand) -> ast.Calculation:
    return ast.Calculation(_ARITHMETIC[sign], left, right, span=Span(left.span.start, right.span.end))


def _name(token: str) -> str:
    name = token[1:-1] if token[0] == "`" else str(token)
    return name if name.isascii() else normalize("NFC", name)


def _unit(token: Piece) -> ast.Unit:
    return _UNITS[token.lower()]


def _whole(number: ast.Number) -> int:
    return int(number.value)


def _decimal(text: str, token: Piece) -> Decimal:
    value = Decimal(text)
    if value > limits.LARGEST_NUMBER:
        raise Refusal(errors.NUMBER_TOO_LARGE, _at(token), text=errors.shortened(text))
    return value


def _unescaped(match: re.Match[str], span: Span) -> str:
    if match[1] is None:
        return _ESCAPED.get(match[2], match[2])
    code = int(match[1], 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise Refusal(errors.NO_SUCH_CHARACTER, span, text=match[0])
    return chr(code)
