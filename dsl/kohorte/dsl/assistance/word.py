"""The word that is being written at a place: what of it stands there already, and what would be replaced."""

import re
from collections.abc import Sequence
from typing import Final

from attrs import frozen

from kohorte.dsl.syntax.outline import scrap_start
from kohorte.dsl.syntax.scanner import Scrap, scraps
from kohorte.dsl.syntax.terminals import name_of

_NAMES: Final = frozenset({"word", "name"})
_MARKS_BEFORE: Final = 2
"""A word and its path have none within them; what stands before it may be a bracket."""
_CLOSING: Final = re.compile(r"\w*`")
_MARKS: Final = frozenset("\"'“”„‟＂«»‹›‘’‚‛")
_NEW_THOUGHT: Final = re.compile(r"[=<>()\n,]|\b(?:and|or|not|in|where)\b", re.IGNORECASE)
"""What hardly stands in a text, and shows that a quotation mark further on belongs to another one."""
_PART: Final = re.compile(r"`[^`]+`|[^.`]+")
_NUMBER: Final = re.compile(r"(?<![\w.$-])(?:0|[1-9][0-9_]*+)(?:\.[0-9]++)?+(?:[ \t]++[A-Za-z]*+|[A-Za-z]++)\Z")
"""A number with a unit or currency behind it that is being written."""


@frozen
class Word:
    """A stretch of the rule. ``typed`` is what stands of it before the cursor, quotation marks included."""

    start: int
    end: int
    typed: str

    @property
    def is_text(self) -> bool:
        """Say whether it is a text in quotation marks."""
        return self.typed[:1] in _MARKS

    @property
    def content(self) -> str:
        """Return what is typed, without the quotation mark."""
        return self.typed[1:] if self.is_text else self.typed


def word_at(text: str, at: int) -> Word | None:
    """Return the word that ends at, or holds, the place; an empty one between words; None inside a comment."""
    before = text[:at]
    line = before.rfind("\n") + 1
    words = list(scraps(before, line + scrap_start(before[line:], _MARKS_BEFORE)))
    last = words[-1] if words and words[-1].end == at else None
    if last is not None and last.kind == "comment":
        return None
    if last is not None and last.kind == "unclosed":
        return Word(last.start, _end_of_text(text, at), before[last.start :])
    if (start := _start_of_open_name(words, line)) is not None:
        closing = _CLOSING.match(text, at)
        return Word(start, closing.end() if closing else at, before[start:])
    if last is None:
        return Word(at, at, "")
    if last.kind in _NAMES | {"parameter"} or last.text == ".":
        start = _start_of_path(words)
        return Word(start, _end_of_name(text, at), before[start:])
    if last.kind == "sign" and last.text not in {"+", "-", "*"}:
        return Word(last.start, at, last.text)
    return Word(last.start, at, last.text) if last.text == "$" else Word(at, at, "")


def whole_word(words: Sequence[Scrap], index: int) -> tuple[int, int]:
    """Return where the dotted path up to a name begins and ends; behind a bracket, where the name does."""
    return _start_of_path(words[: index + 1]), words[index].end


def names_in(path: str) -> tuple[str, ...]:
    """Return the names of a dotted path, without backquotes."""
    return tuple(name_of(found[0]) for found in _PART.finditer(path))


def amount_at(text: str, at: int) -> Word | None:
    """Return the number, with the beginning of a unit or currency behind it, that ends at the place."""
    found = _NUMBER.search(text[:at], text.rfind("\n", 0, at) + 1)
    return Word(found.start(), _end_of_name(text, at), found[0]) if found else None


def _end_of_text(text: str, at: int) -> int:
    """Return where the text ends whose beginning stands before the place: behind its closing mark, if that is its."""
    line = text.find("\n", at)
    rest = text[at : line if line >= 0 else len(text)]
    closing = re.search(r"[\"']", rest)
    if closing is None or _NEW_THOUGHT.search(rest[: closing.start()]):
        return at
    return at + closing.end()


def _start_of_open_name(words: Sequence[Scrap], line: int) -> int | None:
    """Return where a path begins whose last name has begun with a backquote on this line."""
    for place in range(len(words) - 1, -1, -1):
        word = words[place]
        if word.start < line:
            return None
        if word.kind == "other" and word.text == "`":
            follows_dot = place > 0 and words[place - 1].text == "." and words[place - 1].end == word.start
            return _start_of_path(words[:place]) if follows_dot else word.start
    return None


def _start_of_path(words: Sequence[Scrap]) -> int:
    """Return where the dotted path begins that the last word belongs to; behind a bracket, the name after the dot."""
    first = len(words) - 1
    start = words[first].start
    if words[first].kind == "parameter":
        return start
    if words[first].text == ".":
        start = words[first].end
        first += 1
    while first >= 2 and words[first - 1].text == "." and words[first - 1].end == start:
        name = words[first - 2]
        if name.kind not in _NAMES or name.end != words[first - 1].start:
            break
        start, first = name.start, first - 2
    return start


def _end_of_name(text: str, at: int) -> int:
    end = at
    while end < len(text) and (text[end].isalnum() or text[end] == "_"):
        end += 1
    return end
