r"""The outline of a text: its brackets, commas and joints; what lies between them is passed over at once.

It is the scanner's view of the text, found in a fraction of the time: for those who look at one place of a long rule.
"""

import re
from collections.abc import Sequence
from typing import Final

from attrs import define

from kohorte.dsl.syntax.scanner import KINDS

_GAP: Final = f"(?: {KINDS['blank']} | {KINDS['comment']} )"
_JOINT: Final = r"(?i: and | or | between )(?!\w)"
_COMMON: Final = (
    KINDS["blank"],
    rf"(?! {_JOINT} | (?i: on )(?!\w) ) {KINDS['word']} (?! ['’] )",
    r"\d++ (?= [\s)] | \Z )",
    KINDS["sign"],
)
"""What most of a text is, tried first: nothing else begins in the same way."""
_PLAIN: Final = " | ".join(
    [
        *_COMMON,
        *(KINDS[kind] for kind in ("comment", "contraction", "text", "curly", "unclosed", "name")),
        *(KINDS[kind] for kind in ("parameter", "date", "number")),
        rf"\. {_GAP}*+ {KINDS['word']}",  # behind a dot nothing is a keyword
        rf"(?i: on ) {_GAP}++ (?i: or )(?!\w) (?= {_GAP}*+ (?: (?i: before | after )(?!\w) | \w*+ \Z ) )",
        rf"(?! {_JOINT} ) {KINDS['word']}",
        r"[^\w(),`]",
    ]
)
_MARK: Final = re.compile(rf"(?: {_PLAIN} )*+ (?P<mark> {_JOINT} | [(),`] | \Z )", re.VERBOSE)


@define
class Mark:
    """A bracket, comma or joint, or a backquote that opens a name."""

    text: str
    start: int
    end: int


@define
class Level:
    """An open bracket or, outermost, the text as such; ``bracket`` is None there.

    ``start`` is where the condition begins that is the last in it, ``before`` what ended the one before.
    """

    bracket: Mark | None
    start: int
    before: Mark | None = None
    betweens: int = 0
    """How many ``between`` of the condition wait for their ``and``."""


def marks(text: str) -> list[Mark]:
    """Return the marks of a text, their letters in lower case."""
    return [Mark(match["mark"].lower(), *match.span("mark")) for match in _MARK.finditer(text) if match["mark"]]


def levels(found: Sequence[Mark]) -> list[Level]:
    """Return the levels that are open behind the last of the marks, the outermost first."""
    open_levels = [Level(None, 0)]
    for mark in found:
        level = open_levels[-1]
        match mark.text:
            case "(":
                open_levels.append(Level(mark, mark.end))
            case ")" if len(open_levels) > 1:
                open_levels.pop()
            case "between":
                level.betweens += 1
            case "and" if level.betweens:
                level.betweens -= 1
            case "`":
                pass
            case _:
                open_levels[-1] = Level(level.bracket, mark.end, mark)
    return open_levels


def scrap_start(text: str, before: int) -> int:
    """Return where a scrap begins, one or more marks before the end of a text, and before a name that is open there."""
    found = marks(text)
    line = text.rfind("\n") + 1
    last = next((place for place, mark in enumerate(found) if mark.text == "`" and mark.start >= line), len(found))
    return found[last - before].start if last >= before else 0
