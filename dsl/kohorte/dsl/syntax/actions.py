"""What each rule of the grammar builds: nodes of the syntax tree, in canonical form, with their spans.

The parser calls these while it reads, so that no tree in between is ever made. Children come in the order of the text,
tokens included. Whatever the grammar cannot say (a day that the calendar lacks, ``and`` beside ``or``) is refused here.
"""

# ruff: noqa: D102 - the methods are named and described by the grammar

from typing import Any, Final, get_args

from attrs import frozen

from kohorte.dsl.errors import Refusal
from kohorte.dsl.syntax import ast, limits, messages
from kohorte.dsl.syntax.ast import Span
from kohorte.dsl.syntax.canonical import CALENDAR_UNITS, aggregate, is_literal, negation
from kohorte.dsl.syntax.lexer import Piece
from kohorte.dsl.syntax.terminals import Terminals, at, name_of, unit_of, whole

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
_OPERANDS: Final = frozenset(get_args(ast.Operand))


class Actions(Terminals):
    """One method for each rule that builds something."""

    # -- the whole rule --

    def start(self, children: Children) -> ast.Rule:
        *headers, condition = children
        zones = [header for header in headers if header.__class__ is _Zone]
        if len(zones) > 1:
            raise Refusal(messages.SECOND_ZONE, zones[1].span)
        lets = tuple(header for header in headers if header.__class__ is ast.Let)
        for index, let in enumerate(lets):
            if any(let.name == earlier.name for earlier in lets[:index]):
                raise Refusal(messages.SECOND_PARAMETER, let.span, name=let.name)
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
            raise _mixed(parts, at(children[1]))
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
            raise Refusal(messages.TAGS_WITHOUT_LIST, choices.span)
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
        return ast.Ago(children[0], more, whole(children[3]), unit_of(children[4]), span=_span(children))

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
        named = purpose.value if isinstance(purpose, ast.Text) else name_of(purpose)
        return ast.HasConsent(name_of(children[3]), named, span=_span(children))

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
                raise Refusal(messages.SAID_TWICE, detail.span)
            found[place] = detail
        of, where = found.get("object"), found.get("where")
        return ast.Did(
            name_of(verb),
            negated,
            of.kind if of else None,
            of.name if of else None,
            found.get("times"),
            found.get("when"),
            where.condition if where else None,
            span=_span(children),
        )

    def object(self, children: Children) -> "_Object":
        return _Object(name_of(children[0]), children[1].value, span=_span(children))

    def times(self, children: Children) -> ast.HowOften:
        how = ast.Times(" ".join(children[:-2]).lower())
        return ast.HowOften(how, whole(children[-2]), span=_span(children))

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
        return ast.Rolling(which.type == "NEXT", whole(amount), unit_of(unit), span=_span(children))

    def calendar(self, children: Children) -> ast.Calendar:
        which, unit = children
        if unit.lower() not in CALENDAR_UNITS:
            raise messages.period_without_number(which.lower(), unit_of(unit).value, _span(children))
        return ast.Calendar(ast.Which(which.lower()), unit_of(unit), span=_span(children))

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
            raise Refusal(messages.SAID_TWICE, at(children[2]))  # nothing else nests without brackets
        return ast.Converted(operand, str(children[2]), span=_span(children))

    def negative(self, children: Children) -> ast.Negative:
        return ast.Negative(children[1], span=_span(children))

    def bracket(self, children: Children) -> ast.ListOf:
        items = tuple(item for item in children if item.__class__ is not Piece)
        if len(items) > limits.LIST_ENTRIES:
            raise Refusal(messages.LIST_TOO_LONG, _span(children), count=len(items), limit=limits.LIST_ENTRIES)
        return ast.ListOf(items, span=_span(children))

    def latest(self, children: Children) -> ast.Latest:
        """Build from ``last``, path, call, dot and name, or from ``last`` and the path of it all."""
        path, span = children[1], _span(children)
        if len(children) == 2:
            if len(path.names) == 1:
                raise Refusal(messages.LATEST_WITHOUT_FIELD, span, name=path.names[0])
            return ast.Latest(path.names[:-1], path.names[-1], span=span)
        filters, windows = _rows(children[2])
        return ast.Latest(path.names, name_of(children[4]), filters, windows, span=span)

    def aggregate(self, children: Children) -> ast.Aggregate | ast.Path:
        """Build from path and call, or from path, call, dot, name and perhaps a second call."""
        path, call = children[0], children[1]
        if len(children) == 2:
            return _aggregate(*_function(path, call), call=None, arguments=call, span=_span(children))
        arguments = children[4] if len(children) == 5 else None
        return _aggregate(path.names, name_of(children[3]), call=call, arguments=arguments, span=_span(children))

    def distinct(self, children: Children) -> ast.Aggregate | ast.Path:
        """Build from path, ``distinct`` and call, or from path, call, dot, name, ``distinct`` and call."""
        path, arguments, span = children[0], children[-1], _span(children)
        if len(children) == 3:
            return _aggregate(*_function(path, arguments), call=None, arguments=arguments, distinct=True, span=span)
        name = name_of(children[3])
        return _aggregate(path.names, name, call=children[1], arguments=arguments, distinct=True, span=span)

    def call(self, children: Children) -> "_Call":
        return _Call(tuple(each for each in children if each.__class__ is not Piece), span=_span(children))

    def exact_text(self, children: Children) -> ast.Text:
        return ast.Text(children[1].value, exact=True, span=_span(children))

    def duration(self, children: Children) -> ast.Duration:
        return ast.Duration(whole(children[0]), unit_of(children[1]), span=_span(children))

    def truth(self, children: Children) -> ast.Truth:
        return ast.Truth(children[0].type == "TRUE", span=at(children[0]))

    def named_day(self, children: Children) -> ast.NamedDay:
        return ast.NamedDay(ast.DayWord(children[0].lower()), span=at(children[0]))


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
    return messages.mixed(
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
            raise Refusal.writing(messages.FILTER_WITHOUT_LAST, argument.span, last)
        elif argument.__class__ in _OPERANDS:
            filters.append(ast.Bare(argument, span=argument.span))
        else:
            filters.append(argument)
    return tuple(filters), tuple(windows)


def _values(call: _Call) -> tuple[ast.Operand, ...]:
    """Return the arguments of a function, which are values."""
    for argument in call.arguments:
        if argument.__class__ not in _OPERANDS:
            raise Refusal(messages.CONDITION_IN_FUNCTION, argument.span)
    return call.arguments


def _function(path: ast.Path, call: _Call) -> tuple[tuple[str, ...], str]:
    """Part ``purchases.sum`` into collection and function."""
    if len(path.names) == 1:
        raise messages.call_without_function(path.names[0], call.arguments, Span(path.span.start, call.span.end))
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
