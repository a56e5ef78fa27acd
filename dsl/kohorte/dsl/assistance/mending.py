"""The beginning of a rule without what is wrong in it, as far as that does not matter for what comes next."""

import re
from typing import Any, Final

from lark.parsers.lalr_parser_state import ParserState

from kohorte.dsl.errors import Refusal
from kohorte.dsl.syntax.limits import SOURCE_BYTES
from kohorte.dsl.syntax.outline import Level, levels, marks
from kohorte.dsl.syntax.reader import Unexpected, reached

State = ParserState[Any]

_LONG: Final = 500
"""Characters that are read in a moment; of longer texts only what encloses the place is read."""
_DEEPEST: Final = 64
_HEADER: Final = re.compile(r"\s*(?:let\b|in\s+zone\b)[^\n]*(?:\n|\Z)", re.IGNORECASE)
_LINE: Final = re.compile(r"[^\n]+")
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
    header = _header_end(text)
    kept = _skeleton(text, header)
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


def _skeleton(text: str, header: int) -> str:
    """Return the text with blanks for all conditions but those that enclose its end, and with their joints."""
    kept, end = [*_blank(text)], len(text)
    for level in reversed(levels(marks(text))[-_DEEPEST:]):
        start = max(level.start, header)
        kept[start:end] = text[start:end]
        _keep_joint(kept, level)
        if level.bracket is not None:
            kept[level.bracket.start], end = "(", level.bracket.end
    return "".join(kept)


def _keep_joint(kept: list[str], level: Level) -> None:
    """Keep the ``and``, ``or`` or comma before a condition, with something in place of what stands before that."""
    joint = level.before
    if joint is not None and joint.text in {"and", "or"} and joint.start > 1:
        kept[joint.start : joint.end] = joint.text
        kept[joint.start - 2] = _STAND_IN
    elif joint is not None and joint.text == "," and level.bracket is not None:
        kept[joint.start - 1 : joint.end] = f"{_STAND_IN},"


def _blank(text: str) -> str:
    return _LINE.sub(lambda line: " " * len(line[0]), text)
