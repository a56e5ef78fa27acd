r"""A reader of rules that never refuses: it parts any text into words, signs and quoted stretches, right or wrong.

The limits count with it, the comments are found with it, and where the grammar refuses a rule the reasons are looked
for in what it found. Its patterns are possessive, so that no text makes it slow.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from attrs import frozen

from kohorte.dsl.syntax.ast import Span

_QUOTED: Final = r""" "(?:[^"\\\n]|\\[^\n])*+" | '(?:[^'\\\n]|\\[^\n])*+' """
_CURLY: Final = r"[“”„‟＂][^“”„‟＂\n]*+[“”„‟＂\"] | [«»][^«»\n]*+[«»] | [‹›][^‹›\n]*+[‹›] | [‘’‚‛][^‘’‚‛\n]*+[‘’‚‛]"

_DATE: Final = r"(?:\d{4}[-./]\d\d?[-./]\d\d? | \d\d?[-./]\d\d?[-./]\d{4} | \d\d?\.\d\d?\.\d\d)"

KINDS: Final = {
    "blank": r"[\s\ufeff\u200b]++",
    "comment": r"\#[^\n]*+",
    "contraction": r"(?i:(?:do|does|did|is|has|have|was)n['’]t\b)",
    "text": _QUOTED,
    "curly": _CURLY,
    "unclosed": r"""["'“”„‟＂«»‹›‘’‚‛][^\n]*+""",
    "name": r"`[^`\n]++`",
    "parameter": r"\$[^\W\d]\w*+",
    "date": rf"{_DATE}(?:[T ]\d\d?:\d\d(?::\d\d(?:\.\d++)?+)?+(?:Z|[+-]\d\d:\d\d)?+)?+(?![\w.,]*\d)",
    "number": r"\d(?:[\d_]|[.,'’]\d)*+",
    "word": r"[^\W\d]\w*+",
    "sign": r"<=|>=|!=|<>|==|=<|=>|&&|\|\||=~|[<>=+*-]",
    "other": r".",
}
"""What a text is parted into, in the order in which it is tried."""

SCRAP: Final = re.compile(
    " | ".join(f"(?P<{kind}> {pattern} )" for kind, pattern in KINDS.items()), re.VERBOSE | re.DOTALL
)


@frozen
class Scrap:
    """A stretch of a rule: its kind is the name of the alternative above that matched."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def span(self) -> Span:
        """Return where it stands."""
        return Span(self.start, self.end)

    @property
    def word(self) -> str:
        """Return a word in lower case, and an empty text for anything else, names in backquotes included."""
        return self.text.lower() if self.kind == "word" else ""


def scraps(text: str, start: int = 0) -> Iterator[Scrap]:
    """Yield every stretch of the text but the blanks, from a place on where one begins."""
    for match in SCRAP.finditer(text, start):
        kind = match.lastgroup or "other"
        if kind != "blank":
            yield Scrap(kind, match[0], match.start(), match.end())


def innermost_bracket(words: Sequence[Scrap], index: int) -> int:
    """Return the index of the bracket that is open at ``index``, or -1."""
    depth = 0
    for before in range(index - 1, -1, -1):
        if words[before].text == ")":
            depth += 1
        elif words[before].text == "(":
            if depth == 0:
                return before
            depth -= 1
    return -1


def condition_end(words: Sequence[Scrap], index: int) -> int:
    """Return the index of the ``and``, ``or``, comma or bracket that ends the condition begun at ``index``."""
    depth = waiting = 0
    for at in range(index, len(words)):
        scrap = words[at]
        if scrap.text == "(":
            depth += 1
        elif scrap.text == ")":
            depth -= 1
        if depth < 0 or (depth == 0 and scrap.text == ","):
            return at
        if depth == 0 and at and words[at - 1].text != ".":
            if scrap.word == "between":
                waiting += 1
            elif scrap.word == "and":
                waiting -= 1
                if waiting < 0:
                    return at
            elif scrap.word == "or" and not _in_relation(words, at):
                return at
    return len(words)


def condition_start(words: Sequence[Scrap], index: int) -> int:
    """Return the index of the first scrap of the condition that holds, or ends at, ``index``."""
    start = innermost_bracket(words, index) + 1
    while (end := condition_end(words, start)) < index:
        start = end + 1
    return start


def _in_relation(words: Sequence[Scrap], at: int) -> bool:
    """Say whether this is the ``or`` of ``on or before`` and ``on or after``."""
    return words[at - 1].word == "on" and at + 1 < len(words) and words[at + 1].word in {"before", "after"}
