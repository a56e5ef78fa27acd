"""How each node of a tree is said: its words, and the brackets in it that a long line may open."""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

from attrs import frozen

from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.canonical import RESERVED, is_literal


@frozen
class Enclosed:
    """Units in brackets: the arguments of a collection, the entries of a list, or one bracketed condition."""

    units: tuple[ast.Node, ...]
    is_list: bool = False
    is_group: bool = False
    """They enclose a condition that is a unit of something else."""
    comma: str = ""
    """Behind a single entry, where the brackets alone would not make it a list."""


Phrase = list[str | Enclosed]
"""What is said, in order."""


def phrase(node: ast.Node) -> Phrase:
    """Return what is said for a node."""
    return _SAY[node.__class__](node)


def flat(node: ast.Node) -> str:
    """Return what is said for a node, on one line."""
    return flattened(phrase(node))


def flattened(said: Phrase) -> str:
    """Return a phrase on one line."""
    return "".join(
        each if isinstance(each, str) else f"({', '.join(map(flat, each.units))}{each.comma})" for each in said
    )


# -- names and literals ------------------------------------------------------------------------------------------

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
_SPECIAL: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}
_SHOWN: Final = frozenset("\u200c\u200d\u3000")
"""Joiners and the blank of East Asian text: not printable for Python, and yet part of what people write."""


def name(text: str, reserved: frozenset[str] = frozenset()) -> str:
    """Return a name, in backquotes where the grammar would read it otherwise."""
    return text if _PLAIN.fullmatch(text) and text.lower() not in reserved else f"`{text}`"


def path(names: Sequence[str]) -> str:
    """Return a dotted path; only its first name could be taken for a keyword."""
    return ".".join([name(names[0], RESERVED), *map(name, names[1:])])


def literal(text: str) -> str:
    """Return a text in quotation marks; what nobody could see in it is written as an escape."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join(map(_shown, text)) + '"'


def _shown(character: str) -> str:
    if character in _SPECIAL:
        return _SPECIAL[character]
    return character if character.isprintable() or character in _SHOWN else f"\\u{{{ord(character):X}}}"


def _decimal(value: Decimal) -> str:
    return format(value, "f")


def _amount(count: int, unit: ast.Unit) -> str:
    return f"{count} {unit.value}{'' if count == 1 else 's'}"


def _text(node: ast.Text) -> Phrase:
    return ["exactly " * node.exact + literal(node.value)]


def _moment(node: ast.Moment) -> Phrase:
    return [node.value.isoformat().removesuffix("+00:00") + "Z" * node.value.isoformat().endswith("+00:00")]


# -- other operands ----------------------------------------------------------------------------------------------


def _in_order(*said: str | Phrase | ast.Node) -> Phrase:
    """Join words, phrases and nodes to one phrase."""
    result: Phrase = []
    for each in said:
        result.extend([each] if isinstance(each, str) else each if isinstance(each, list) else phrase(each))
    return result


def _list(node: ast.ListOf) -> Phrase:
    return [Enclosed(node.items, is_list=True)]


def _calculation(node: ast.Calculation) -> Phrase:
    times = node.sign is ast.Arithmetic.MULTIPLY
    left = _bracketed(node.left, _is_loose(node.left) if times else isinstance(node.left, ast.Converted))
    right = _bracketed(
        node.right, isinstance(node.right, ast.Converted | ast.Calculation) and (times or _is_loose(node.right))
    )
    return _in_order(left, f" {node.sign.value} ", right)


def _is_loose(operand: ast.Operand) -> bool:
    """Say whether an operand binds less tightly than ``*``."""
    if isinstance(operand, ast.Calculation):
        return operand.sign is not ast.Arithmetic.MULTIPLY
    return isinstance(operand, ast.Converted)


def _bracketed(operand: ast.Node, needed: bool) -> Phrase:
    return _in_order("(", operand, ")") if needed else phrase(operand)


def _negative(node: ast.Negative) -> Phrase:
    return _in_order("-", _bracketed(node.operand, isinstance(node.operand, ast.Calculation | ast.Converted)))


def _converted(node: ast.Converted) -> Phrase:
    return _in_order(_bracketed(node.operand, isinstance(node.operand, ast.Converted)), f" in {node.currency}")


def _rows(collection: Sequence[str], filters: tuple[ast.Node, ...], windows: tuple[ast.Node, ...]) -> Phrase:
    units = (*filters, *windows)
    return [path(collection), Enclosed(units)] if units else [path(collection)]


def _aggregate(node: ast.Aggregate) -> Phrase:
    arguments = ", ".join(map(flat, node.arguments))
    call = f" distinct({arguments})" if node.distinct else f"({arguments})" if arguments else ""
    return [*_rows(node.collection, node.filters, node.windows), f".{name(node.function)}{call}"]


def _latest(node: ast.Latest) -> Phrase:
    said = _rows(node.collection, node.filters, node.windows)
    if _UNIT.fullmatch(node.collection[0]):  # a collection that is called like a unit of time
        said[0] = ".".join([f"`{node.collection[0]}`", *map(name, node.collection[1:])])
    return ["last ", *said, f".{name(node.name)}"]


_UNIT: Final = re.compile(r"(minute|hour|day|week|month|quarter|year)s?", re.IGNORECASE)


def _rolling(node: ast.Rolling) -> Phrase:
    return [f"{'next' if node.forward else 'last'} {_amount(node.amount, node.unit)}"]


def _calendar(node: ast.Calendar) -> Phrase:
    return [f"{node.which.value} {node.unit.value}"]


def _in_period(period: ast.Period) -> str:
    return f"in {'the ' if isinstance(period, ast.Rolling) else ''}{flat(period)}"


# -- conditions --------------------------------------------------------------------------------------------------


def member(part: ast.Node, *, is_last: bool) -> Phrase:
    """Return a condition as one of several: in brackets where it would run into its neighbours."""
    is_chain = isinstance(part, ast.And | ast.Or)
    return [Enclosed((part,), is_group=True)] if is_chain or (_is_open(part) and not is_last) else phrase(part)


def _is_open(part: ast.Node) -> bool:
    """Say whether a condition ends in a ``where`` that would take what follows for its own."""
    if isinstance(part, ast.Not):
        return _is_open(part.part)
    return isinstance(part, ast.Did) and part.where is not None and not isinstance(part.where, ast.And | ast.Or)


def _chain(node: ast.And | ast.Or) -> Phrase:
    said = _in_order(member(node.parts[0], is_last=False))
    for part in node.parts[1:]:
        said += [f" {joint(node)} ", *member(part, is_last=part is node.parts[-1])]
    return said


def joint(node: ast.And | ast.Or) -> str:
    """Return the word between the parts."""
    return "and" if isinstance(node, ast.And) else "or"


def _comparison(node: ast.Comparison) -> Phrase:
    return _in_order(node.left, f" {node.sign.value} ", node.right)


def _between(node: ast.Between) -> Phrase:
    return _in_order(node.operand, _not(node), " between ", node.low, " and ", node.high)


def _not(node: Any) -> str:
    return " not" if node.negated else ""


def _one_of(node: ast.OneOf) -> Phrase:
    return _in_order(node.operand, _not(node), " in ", node.choices)


def _in_stored_list(node: ast.InStoredList) -> Phrase:
    return _in_order(node.operand, _not(node), f" in list {literal(node.name)}")


def _text_match(node: ast.TextMatch) -> Phrase:
    verb, *preposition = node.match.value.split()
    if node.negated:
        verb = "does not " + (verb.removesuffix("es") if verb == "matches" else verb.removesuffix("s"))
    words = " ".join([verb, *preposition, *(["regex"] if node.regex else [])])
    return _in_order(node.operand, f" {words} ", node.needle)


def _tag_match(node: ast.TagMatch) -> Phrase:
    return _in_order(node.operand, f" contains {'all' if node.every else 'any'} of ", node.choices)


def _presence(node: ast.Presence) -> Phrase:
    return _in_order(node.operand, f" is {'set' if node.present else 'empty'}")


def _day_test(node: ast.DayTest) -> Phrase:
    return _in_order(node.operand, f" {node.relation.value} ", node.day)


def _period_test(node: ast.InPeriod) -> Phrase:
    return _in_order(node.operand, f"{_not(node)} {_in_period(node.period)}")


def _ago(node: ast.Ago) -> Phrase:
    return _in_order(node.operand, f" {'more' if node.more else 'less'} than {_amount(node.amount, node.unit)} ago")


def _anniversary(node: ast.Anniversary) -> Phrase:
    when = flat(node.when) if isinstance(node.when, ast.NamedDay) else _in_period(node.when)
    return _in_order(node.operand, f" has anniversary {when}")


def _exists(node: ast.Exists) -> Phrase:
    return _in_order("no " if node.negated else "any ", _rows(node.collection, node.filters, node.windows))


def _did(node: ast.Did) -> Phrase:
    said: Phrase = [f"did{_not(node)} {name(node.verb, RESERVED)}"]
    if node.object is not None:
        said.append(f" {name(node.object, _AFTER_VERB)} {literal(node.object_name or '')}")
    if node.times is not None:
        count = node.times.count
        said.append(f" {node.times.times.value} {count} time{'' if count == 1 else 's'}")
    if node.when is not None:
        said += [" ", *said_when(node.when)]
    if node.where is not None:
        said += [" where ", *member(node.where, is_last=True)]
    return said


_AFTER_VERB: Final = RESERVED | {"at"}


def said_when(when: ast.When) -> Phrase:
    """Return what is said of the time of an event."""
    if isinstance(when, ast.OnDay):
        return _in_order(f"{when.relation.value} ", when.day)
    if isinstance(when, ast.DayRange):
        return _in_order("between ", when.low, " and ", when.high)
    return [_in_period(when)]


def _let(node: ast.Let) -> Phrase:
    value = node.value
    if isinstance(value, ast.ListOf):
        needs_comma = len(value.items) == 1 and not is_literal(value.items[0])
        said: Phrase = [Enclosed(value.items, is_list=True, comma="," * needs_comma)]
    else:
        said = _bracketed(value, not is_literal(value))
    return _in_order(f"let ${node.name} = ", said)


_SAY: Final[dict[type[ast.Node], Callable[[Any], Phrase]]] = {
    ast.Text: _text,
    ast.Number: lambda node: [_decimal(node.value)],
    ast.Percent: lambda node: [f"{_decimal(node.value)} %"],
    ast.Amount: lambda node: [f"{_decimal(node.value)} {node.currency}"],
    ast.Day: lambda node: [node.value.isoformat()],
    ast.Moment: _moment,
    ast.Duration: lambda node: [_amount(node.amount, node.unit)],
    ast.Truth: lambda node: ["true" if node.value else "false"],
    ast.NamedDay: lambda node: [node.word.value],
    ast.Parameter: lambda node: [f"${node.name}"],
    ast.ListOf: _list,
    ast.Path: lambda node: [path(node.names)],
    ast.Calculation: _calculation,
    ast.Negative: _negative,
    ast.Rolling: _rolling,
    ast.Calendar: _calendar,
    ast.Aggregate: _aggregate,
    ast.Latest: _latest,
    ast.Converted: _converted,
    ast.And: _chain,
    ast.Or: _chain,
    ast.Not: lambda node: _in_order("not ", member(node.part, is_last=True)),
    ast.Comparison: _comparison,
    ast.Between: _between,
    ast.OneOf: _one_of,
    ast.InStoredList: _in_stored_list,
    ast.TextMatch: _text_match,
    ast.TagMatch: _tag_match,
    ast.Presence: _presence,
    ast.DayTest: _day_test,
    ast.InPeriod: _period_test,
    ast.Ago: _ago,
    ast.Anniversary: _anniversary,
    ast.InSegment: lambda node: [f"{'not ' if node.negated else ''}in segment {literal(node.name)}"],
    ast.InSample: lambda node: [
        f"{'not ' if node.negated else ''}in sample {_decimal(node.percent)} % of {literal(node.seed)}"
    ],
    ast.HasConsent: lambda node: [f"has consent for {name(node.channel, RESERVED)} {literal(node.purpose)}"],
    ast.Exists: _exists,
    ast.Did: _did,
    ast.Bare: lambda node: phrase(node.operand),
    ast.Let: _let,
}
