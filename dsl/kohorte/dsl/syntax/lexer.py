"""Lark's contextual lexer without the counting of lines, which took a third of the time of a parse.

In each state of the parser only those terminals are looked for that the grammar can use there, in Lark's order
(priority, then length). So ``at`` and ``status`` are names wherever no keyword is due.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from lark import Token
from lark.common import LexerConf
from lark.exceptions import UnexpectedCharacters
from lark.lexer import Lexer, LexerState
from lark.parsers.lalr_parser_state import ParserState

Matcher = Callable[[str, int], re.Match[str] | None]

_END = "END_OF_TEXT"


class Piece(Token):
    """A token that knows where it stands (``start`` to ``end``, in characters) and nothing of lines."""

    __slots__ = ("end", "start")
    start: int
    end: int
    # Lark copies these to its end mark; nobody reads them.
    start_pos = end_pos = line = column = end_line = end_column = None


class ContextualLexer(Lexer):
    """Find the next token among those that the parser's state has a use for."""

    __future_interface__ = 2  # lex() is given the parser's state

    def __init__(self, conf: LexerConf) -> None:
        ignored = "|".join(each.pattern.to_regexp() for each in conf.terminals if each.name in conf.ignore)
        # Possessive and atomic: a stretch of blanks or comments is taken whole or not at all, in linear time.
        self._blank = f"(?>(?:{ignored})*+)"
        self._skip = re.compile(self._blank).match
        self._terminals = sorted(
            (each for each in conf.terminals if each.name not in conf.ignore),
            key=lambda each: (-each.priority, -each.pattern.max_width, -len(each.pattern.value), each.name),
        )
        self._by_state: dict[Any, Matcher] = {}
        self._by_terminals: dict[frozenset[str], Matcher] = {}

    def lex(self, lexer_state: LexerState, parser_state: ParserState[int]) -> Iterator[Token]:
        """Yield the tokens of a text; raise ``UnexpectedCharacters`` where none of those that fit comes next."""
        text = cast("str", lexer_state.text.text)  # pyright: ignore[reportUnknownMemberType]
        states, matchers, new = parser_state.state_stack, self._by_state, str.__new__
        end = 0
        while True:
            matcher = matchers.get(states[-1]) or self._matcher(parser_state)
            match = matcher(text, end)
            if match is None:
                raise self._unexpected(text, end, parser_state)
            kind = match.lastgroup or _END
            start, end = match.span(kind)
            if kind == _END:
                return
            piece = new(Piece, text[start:end])
            piece.type, piece.start, piece.end = kind, start, end
            yield piece

    def _matcher(self, parser_state: ParserState[int]) -> Matcher:
        # Threads may do this at once; they build the same and the last one stays.
        accepted = frozenset(cast("Mapping[str, Any]", parser_state.parse_conf.states[parser_state.position]))  # pyright: ignore[reportUnknownMemberType]
        matcher = self._by_terminals.get(accepted)
        if matcher is None:
            wanted = [
                f"(?P<{each.name}>{each.pattern.to_regexp()})" for each in self._terminals if each.name in accepted
            ]
            matcher = re.compile(self._blank + "(?:" + "|".join([*wanted, rf"(?P<{_END}>\Z)"]) + ")").match
            self._by_terminals[accepted] = matcher
        self._by_state[parser_state.position] = matcher
        return matcher

    def _unexpected(self, text: str, end: int, parser_state: ParserState[int]) -> UnexpectedCharacters:
        blank = self._skip(text, end)
        start = blank.end() if blank else end
        return UnexpectedCharacters(text, start, 1, start + 1, state=parser_state)  # type: ignore[no-untyped-call]
