"""What was probably meant where brackets, joints, headers or whole conditions are amiss."""

import re
from typing import Final

from kohorte.core.errors import Terms
from kohorte.dsl.errors import Refusal, replacing
from kohorte.dsl.syntax import messages
from kohorte.dsl.syntax.ast import Span
from kohorte.dsl.syntax.scanner import innermost_bracket
from kohorte.dsl.syntax.spot import Explanation, Spot

_JOINTS: Final = frozenset({"and", "or"})
_CONDITION_COMES: Final = _JOINTS | {"not", "where"}
_SIGNS: Final = frozenset({"=", "!=", "<", "<=", ">", ">=", "==", "<>"})
_VALUE_EXPECTED: Final = Terms(("a field or a value",))
_HEADER: Final = re.compile(r"\s*(?:let\b|in\s+zone\b)", re.IGNORECASE)
_OPEN_VALUE: Final = re.compile(
    r"\s*let\s*\$\w+\s*=\s*([^\n(#]*[-+*][^\n#]*?)\s*(?:#[^\n]*)?$", re.IGNORECASE | re.MULTILINE
)


def empty(spot: Spot) -> Explanation:
    """Find a rule without a condition."""
    last = spot.words[-1].start if spot.words else 0
    if not spot.words or (spot.scrap() is None and _HEADER.match(spot.text, spot.text.rfind("\n", 0, last) + 1)):
        yield Refusal(messages.EMPTY_RULE, spot.span())


def false_start(spot: Spot) -> Explanation:
    """Find ``if``, ``where`` and other words that lead up to a rule."""
    if spot.index == 1 and spot.word(-1) in {"if", "when", "where", "filter", "find", "rule", "contacts", "all"}:
        first = spot.span(-1, -1)
        fixes = [replacing("Remove it", Span(first.start, spot.span().start), "")]
        yield Refusal(messages.FALSE_START, first, fixes=fixes, text=spot.said(first))


def brackets(spot: Spot) -> Explanation:
    """Find brackets that close nothing or are never closed."""
    opened = innermost_bracket(spot.words, spot.index)
    if spot.written() == ")" and opened < 0:
        yield Refusal(messages.STRAY_BRACKET, spot.span(), fixes=[replacing("Remove it", spot.span(), "")])
    if spot.scrap() is None and opened >= 0 and "RPAR" in spot.accepted:
        depth, outer = 1, opened
        while (outer := innermost_bracket(spot.words, outer)) >= 0:
            depth += 1
        fix = replacing("Close it at the end", spot.span(), ")" * depth)
        yield Refusal(messages.UNCLOSED_BRACKET, spot.words[opened].span, fixes=[fix])


def missing_condition(spot: Spot) -> Explanation:
    """Find ``and`` and its like with nothing to join."""
    before = spot.word(-1)
    begins = spot.scrap(-1) is None or spot.written(-1) in {"(", ","}
    if spot.word() in _JOINTS and (begins or before in _CONDITION_COMES):
        following = spot.scrap(1)
        gap = Span(spot.span().start, following.start if following else len(spot.text))
        fixes = [replacing("Remove it", gap, "")]
        yield Refusal(messages.MISSING_BEFORE, spot.span(), fixes=fixes, word=spot.word())
    elif before in _CONDITION_COMES and spot.word(-2) != "is" and spot.is_end():
        gap = Span(spot.span(-2, -2).end if spot.scrap(-2) else 0, spot.span(-1, -1).end)
        fixes = [replacing("Remove it", gap, "")] if before in _JOINTS else []
        yield Refusal(messages.MISSING_AFTER, spot.span(-1, -1), fixes=fixes, word=before)
    elif spot.word() in _JOINTS and spot.written(-1) in _SIGNS:
        yield Refusal(messages.MISSING_WORD, spot.span(-1, -1), text=spot.written(-1), expected=_VALUE_EXPECTED)


def between(spot: Spot) -> Explanation:
    """Find a ``between`` whose values are joined otherwise."""
    if "AND" not in spot.accepted or "OR" in spot.accepted or spot.word() == "and":
        return
    if spot.word() in {"or", "to", "until", "till", "bis"}:
        yield Refusal.writing(messages.BETWEEN_AND, spot.span(), "and")
    elif spot.written() in {",", "..", "–"}:
        yield Refusal.writing(messages.BETWEEN_AND, spot.span(), " and")
    elif spot.is_end():
        yield Refusal(messages.BETWEEN_AND, spot.span(-1, -1))


def open_header(spot: Spot) -> Explanation:
    """Find ``let $since = today - 90 days``, which needs brackets to have an end."""
    for header in _OPEN_VALUE.finditer(spot.text, 0, spot.span().end):
        span = Span(*header.span(1))
        yield Refusal.writing(messages.OPEN_HEADER, span, f"({header[1]})")


def parameter(spot: Spot) -> Explanation:
    """Find ``let min = 5`` and ``let $min 5``."""
    if spot.accepted == frozenset({"PARAMETER"}) and spot.word():
        yield Refusal.writing(messages.PARAMETER_SIGN, spot.span(), f"${spot.written()}", text=spot.said(spot.span()))


def missing_joint(spot: Spot) -> Explanation:
    """Find conditions that stand side by side."""
    if "AND" not in spot.accepted or (spot.is_end() and spot.written() != ","):
        return
    if spot.written() == "," and innermost_bracket(spot.words, spot.index) < 0:
        yield Refusal.writing(messages.MISSING_JOINT, spot.span(), " and", " or")
    elif spot.scrap() and not _is_operator(spot):
        here = Span(spot.span().start, spot.span().start)
        yield Refusal.writing(messages.MISSING_JOINT, spot.span(), "and ", "or ", instead_of=here)


def _is_operator(spot: Spot) -> bool:
    """Say whether a single word behind a field was rather meant to compare it."""
    before, scrap = spot.scrap(-1), spot.scrap()
    follows_field = before is not None and before.kind in {"word", "name"}
    return (
        follows_field
        and scrap is not None
        and scrap.kind == "word"
        and spot.written(1) != "."
        and scrap.word not in _STARTS
    )


_STARTS: Final = frozenset({"not", "in", "any", "no", "did", "has"})
_SIGN_OF: Final = {"EQUALS": "=", "LPAR": "(", "COMMA": ",", "DOT": "."}


def missing_word(spot: Spot) -> Explanation:
    """Find the only word or sign that could come next missing."""
    if len(spot.accepted) == 1 and spot.scrap():
        (terminal,) = spot.accepted
        if terminal in _SIGN_OF or terminal in {"WITH", "OF", "THAN", "FOR", "SEGMENT"}:
            word = _SIGN_OF.get(terminal, terminal.lower())
            here = Span(spot.span().start, spot.span().start)
            yield Refusal.writing(
                messages.WORD_MISSING, spot.span(), f"{word} ", instead_of=here, text=spot.said(spot.span())
            )
