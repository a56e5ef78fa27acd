"""The beginning of a rule without what is wrong in it, as far as that does not matter for what comes next."""

import re
from collections.abc import Sequence
from typing import Any, Final

from lark.parsers.lalr_parser_state import ParserState

from kohorte.dsl.errors import Refusal
from kohorte.dsl.syntax.limits import SOURCE_BYTES, WORDS
from kohorte.dsl.syntax.reader import Unexpected, reached
from kohorte.dsl.syntax.scanner import Scrap, condition_start, innermost_bracket, scraps

State = ParserState[Any]

_LONG: Final = 2_000
"""Characters that are read in a moment; of longer texts only what encloses the place is read."""
_DEEPEST: Final = 64
_HEADER: Final = re.compile(r"\s*(?:let\b|in\s+zone\b)[^\n]*(?:\n|\Z)", re.IGNORECASE)
_STAND_IN: Final = "1"
"""A condition, as far as the grammar can tell, of one letter."""


def state_behind(text: str) -> tuple[State, str] | None:
    """Return the parser's state behind the beginning of a rule, and the text of equal length that was read for it.

    Where it cannot be read as it is, earlier conditions give way, then the header. None where the condition that is
    being written makes no sense itself.
    """
    if len(text) > SOURCE_BYTES:
        return None
    if len(text) <= _LONG and (state := _read(text)):
        return state, text
    words = [scrap for scrap in scraps(text) if scrap.kind != "comment"]
    if len(words) > WORDS:
        return None
    header = _header_end(text)
    kept = _skeleton(text, words, header)
    for attempt in (text[:header] + kept[header:], _blank(text[:header]) + kept[header:]):
        if state := _read(attempt):
            return state, attempt
    return None


def _read(text: str) -> State | None:
    try:
        return reached(text)
    except (Refusal, Unexpected):
        return None


def _header_end(text: str) -> int:
    """Return where the header ends; what is being written on its last line is part of it."""
    end = 0
    while found := _HEADER.match(text, end):
        end = found.end()
    return end


def _skeleton(text: str, words: Sequence[Scrap], header: int) -> str:
    """Return the text with blanks for all conditions but those that enclose its end, and with their joints."""
    kept = [*_blank(text)]
    inner, end = len(words), len(text)
    for _ in range(_DEEPEST):
        if not words:
            break
        first = condition_start(words, inner)
        while first < len(words) and words[first].start < header:
            first += 1
        if first < len(words):
            start = words[first].start
            kept[start:end] = text[start:end]
        _keep_joint(kept, text, words, first)
        bracket = innermost_bracket(words, inner)
        if bracket < 0:
            break
        kept[words[bracket].start] = "("
        inner, end = bracket, words[bracket].end
    return "".join(kept)


def _keep_joint(kept: list[str], text: str, words: Sequence[Scrap], first: int) -> None:
    """Keep the ``and`` or ``or`` before a condition, with something in place of what it joins."""
    joint = words[first - 1] if 0 < first <= len(words) else None
    if joint is not None and joint.word in {"and", "or"} and joint.start > 1:
        kept[joint.start : joint.end] = text[joint.start : joint.end]
        kept[joint.start - 2] = _STAND_IN


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)
