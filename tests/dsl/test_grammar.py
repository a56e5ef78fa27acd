"""The grammar by itself: one page without conflicts, and a lexer that finds what Lark's own finds."""

import subprocess
import sys
from functools import cache
from importlib.resources import files

import pytest
from hypothesis import given
from lark import Lark

from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.lexer import ContextualLexer
from kohorte.dsl.syntax.printer import format_rule
from tests.dsl.corpus import rules
from tests.dsl.strategies import RULES

GRAMMAR = files("kohorte.dsl.syntax").joinpath("grammar.lark").read_text("utf-8")


def tokens(parser: Lark, rule: str) -> list[tuple[str, str]]:
    found = parser.parse_interactive(rule).exhaust_lexer()
    return [(token.type, str(token)) for token in found]


@cache
def strict() -> Lark:
    """Return Lark as it comes, which refuses conflicts; skip where what it compares patterns with is not installed."""
    pytest.importorskip("interegular", reason="Lark's strict mode needs interegular")
    return Lark(GRAMMAR, parser="lalr", lexer="contextual", strict=True)


@cache
def ours() -> Lark:
    return Lark(GRAMMAR, parser="lalr", lexer=ContextualLexer)


@pytest.mark.parametrize("rule", rules("accepted"))
def test_the_grammar_takes_every_rule_that_it_must_without_a_conflict(rule: str) -> None:
    strict().parse(rule)


def test_the_grammar_fits_on_a_page() -> None:
    lines = GRAMMAR.splitlines()
    assert len([line for line in lines if line and not line.endswith("/i")]) <= 120
    assert all(len(line) <= 120 for line in lines)


@pytest.mark.parametrize("rule", rules("accepted"))
def test_the_lexer_finds_what_larks_own_finds(rule: str) -> None:
    assert tokens(ours(), rule) == tokens(strict(), rule)


@given(RULES)
def test_the_lexer_finds_what_larks_own_finds_in_random_rules(rule: ast.Rule) -> None:
    text = format_rule(rule)
    assert tokens(ours(), text) == tokens(strict(), text)


def test_nothing_is_built_before_the_first_rule_is_read() -> None:
    code = "import kohorte.dsl.syntax.parser, kohorte.dsl.syntax.reader as r; assert r._load.cache_info().currsize == 0"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_threads_that_begin_together_read_with_one_grammar() -> None:
    code = (
        "import kohorte.dsl.syntax.parser as p, kohorte.dsl.syntax.reader as r\n"
        "from concurrent.futures import ThreadPoolExecutor as T\n"
        "texts = [f'contact.a = {n}' for n in range(50)] * 4\n"
        "with T(8) as pool: found = list(pool.map(p.parse, texts))\n"
        "assert found == [p.parse(text) for text in texts] and r._load.cache_info().misses == 1"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
