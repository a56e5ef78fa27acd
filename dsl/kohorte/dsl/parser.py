"""Text in, syntax tree out."""

from functools import lru_cache
from importlib.resources import files
from typing import cast

from lark import Lark
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from kohorte.core.ports.rules import RuleRefused
from kohorte.dsl import ast, errors
from kohorte.dsl.actions import Actions
from kohorte.dsl.errors import Refusal
from kohorte.dsl.lexer import ContextualLexer


def parse(text: str) -> ast.Rule:
    """Return the syntax tree of a rule; raise ``RuleRefused`` with every problem found."""
    try:
        return cast("ast.Rule", _parser().parse(text))
    except Refusal as refusal:
        raise RuleRefused(text, [refusal.problem(text)]) from None
    except (UnexpectedToken, UnexpectedCharacters) as unexpected:
        start = unexpected.pos_in_stream or 0
        word = text[start:].split(maxsplit=1)[:1]
        span = ast.Span(start, start + len(word[0]) if word else start)
        raise RuleRefused(text, [errors.UNEXPECTED.at(text, span, text=text[span.start : span.end], expected="")]) from None


@lru_cache(maxsize=1)
def _parser() -> Lark:
    grammar = files("kohorte.dsl").joinpath("grammar.lark").read_text("utf-8")
    return Lark(
        grammar,
        parser="lalr",
        keep_all_tokens=True,
        maybe_placeholders=False,
        lexer=ContextualLexer,
        transformer=Actions(),
    )
