"""Lark at work: the grammar is loaded when the first rule is read, and kept.

Building the tables takes a tenth of a second, once in a process; threads share them.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from importlib.resources import files
from threading import Lock
from typing import Any, Final, cast

from lark import Lark
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.parsers.lalr_analysis import Shift
from lark.parsers.lalr_parser_state import ParserState

from kohorte.dsl.errors import Refusal, bracketing, replacing
from kohorte.dsl.syntax import ast, messages
from kohorte.dsl.syntax.actions import Actions
from kohorte.dsl.syntax.ast import Span
from kohorte.dsl.syntax.lexer import ContextualLexer, Piece
from kohorte.dsl.syntax.scanner import Scrap, condition_end, innermost_bracket, scraps

Row = Mapping[str, tuple[Any, Any]]
"""What the parser does in a state with each terminal: an action and its argument."""

_END: Final = "$END"
_NOTHING: Final = "\0"
"""What no terminal of the grammar begins with."""


class Unexpected(Exception):
    """The grammar has no use for what stands at ``offset``."""

    def __init__(self, text: str, offset: int, state: ParserState[int] | None = None) -> None:
        super().__init__(offset)
        self.offset = offset
        self._text = text
        self._state = state

    def accepted(self) -> frozenset[str]:
        """Return the terminals that could stand there instead."""
        return accepted_by(self._state or _state_after(self._text[: self.offset]))


def read(text: str) -> ast.Rule:
    """Return the tree of a rule without its comments; raise ``Refusal`` or ``Unexpected`` at the first fault."""
    if "where" in text.lower():
        _check_where(text)
    try:
        rule = cast("ast.Rule", _grammar().parse(text))  # pyright: ignore[reportUnknownMemberType]
    except UnexpectedCharacters as unexpected:
        raise Unexpected(text, cast("int", unexpected.pos_in_stream), unexpected.state) from None
    except UnexpectedToken as unexpected:
        offset = unexpected.token.start if isinstance(unexpected.token, Piece) else len(text)
        raise Unexpected(text, offset) from None
    for let in rule.lets:
        _check_header_line(text, let)
    return rule


def reached(text: str) -> ParserState[int]:
    """Return the parser's state behind the beginning of a rule; raise ``Refusal`` or ``Unexpected`` at the first fault.

    Nothing is reduced yet for the sake of what follows.
    """
    try:
        _grammar().parse(text + _NOTHING)  # pyright: ignore[reportUnknownMemberType]
    except UnexpectedCharacters as stopped:
        offset, state = cast("int", stopped.pos_in_stream), cast("ParserState[int]", stopped.state)
        if offset == len(text):
            return state
        raise Unexpected(text, offset, state) from None
    except UnexpectedToken as unexpected:
        raise Unexpected(text, unexpected.token.start if isinstance(unexpected.token, Piece) else len(text)) from None
    raise Unexpected(text, len(text))  # it ends in a comment


def pieces(text: str) -> Iterator[Piece]:
    """Yield the tokens of a rule, as far as it can be read."""
    interactive = _grammar().parse_interactive(text)  # pyright: ignore[reportUnknownMemberType]
    with suppress(Refusal, UnexpectedInput):
        yield from cast("Iterator[Piece]", interactive.iter_parse())


def accepted_by(state: ParserState[int]) -> frozenset[str]:
    """Return the terminals that could come next."""
    terminals = cast("Row", state.parse_conf.states[state.position])  # pyright: ignore[reportUnknownMemberType]
    return frozenset(name for name in terminals if _accepts(state, name))


def _grammar() -> Lark:
    with _LOCK:
        return _load()


_LOCK: Final = Lock()


@lru_cache(maxsize=1)
def _load() -> Lark:
    grammar = files("kohorte.dsl.syntax").joinpath("grammar.lark").read_text("utf-8")
    return Lark(
        grammar,
        parser="lalr",
        lexer=ContextualLexer,
        transformer=Actions(),
        keep_all_tokens=True,
        maybe_placeholders=False,
    )


def _state_after(text: str) -> ParserState[int]:
    """Return the parser's state behind a text, before it reduces anything for the sake of what follows."""
    try:
        _grammar().parse(text + _NOTHING)  # pyright: ignore[reportUnknownMemberType]
    except UnexpectedInput as stopped:
        state: ParserState[int] = stopped.state
        return state
    raise AssertionError(text)  # nothing reads what no terminal begins with


def _accepts(state: ParserState[int], terminal: str) -> bool:
    """Say whether the parser would take the terminal, going through its reductions without doing them."""
    states = cast("Mapping[int, Row]", state.parse_conf.states)  # pyright: ignore[reportUnknownMemberType]
    stack = list(state.state_stack)
    while terminal in states[stack[-1]]:
        action, argument = states[stack[-1]][terminal]
        if action is Shift:
            return True
        if argument.expansion:
            del stack[-len(argument.expansion) :]
        stack.append(states[stack[-1]][argument.origin.name][1])
        if stack[-1] == state.parse_conf.end_state:
            return terminal == _END
    return False


# -- what the grammar cannot say ---------------------------------------------------------------------------------


def _check_header_line(text: str, let: ast.Let) -> None:
    """Refuse ``let $a = 5 contact.score = $a``: only a text or a bracket shows where the value ends."""
    if isinstance(let.value, ast.Text) or text[let.span.end - 1] == ")":
        return
    rest = text[let.span.end :].partition("\n")[0]
    if rest.strip() and not rest.lstrip().startswith("#"):
        start = let.span.end + len(rest) - len(rest.lstrip())
        fix = replacing("Begin a new line", Span(let.span.end, start), "\n")
        raise Refusal(messages.HEADER_LINE, Span(start, start + len(rest.strip())), fixes=[fix])


def _check_where(text: str) -> None:
    """Refuse ``did purchase where A and B``, which is read both ways."""
    words = [scrap for scrap in scraps(text) if scrap.kind != "comment"]
    for index, scrap in enumerate(words):
        if scrap.word == "where" and (index == 0 or words[index - 1].text != "."):
            joint = condition_end(words, index + 1)
            if joint < len(words) and words[joint].word and not _is_group(words[index + 1 : joint]):
                raise _mixed_where(words, index, joint)


def _is_group(words: list[Scrap]) -> bool:
    """Say whether one pair of brackets encloses all of the words."""
    return bool(words) and words[0].text == "(" and innermost_bracket(words, len(words) - 1) == 0


def _mixed_where(words: list[Scrap], where: int, joint: int) -> Refusal:
    did = max((at for at in range(where) if words[at].word == "did"), default=where)
    word, end = words[joint].word, condition_end(words, joint + 1)
    while end < len(words) and words[end].word == word:
        end = condition_end(words, end + 1)
    event = Span(words[did].start, words[joint - 1].end)
    inside = Span(words[where + 1].start, words[end - 1].end)
    is_mixed = end < len(words) and bool(words[end].word)
    around = [event, Span(event.start, inside.end)] if is_mixed else [event]
    fixes = (
        bracketing("Put the event in parentheses: the rest is about the contact", *around),
        bracketing("Put what follows where in parentheses: all of it is about the event", inside),
    )
    return Refusal(messages.MIXED_WHERE, words[joint].span, fixes=fixes, word=word)
