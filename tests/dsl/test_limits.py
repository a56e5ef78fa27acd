"""What a rule may ask of us: each limit, what is said beyond it, and that hostile text costs next to nothing."""

import json
from collections.abc import Callable

import pytest

from kohorte.core.ports.rules import Problem, RuleRefused
from kohorte.dsl.syntax import ast, limits
from kohorte.dsl.syntax.parser import parse
from kohorte.dsl.syntax.printer import format_rule
from tests.data import shared_data


def problem_of(rule: str) -> Problem:
    with pytest.raises(RuleRefused) as refused:
        parse(rule)
    return refused.value.problems[0]


def nested(levels: int) -> str:
    return "".join(f"a = {level} {'and' if level % 2 else 'or'} (" for level in range(levels)) + "b" + ")" * levels


def filtered(levels: int) -> str:
    return "any p(" * levels + "b" + ")" * levels


@pytest.mark.parametrize(
    ("make", "most", "code"),
    [
        (lambda n: "a and " * n + "b", limits.CONDITIONS - 1, "too_many_conditions"),
        (lambda n: f"a in ({', '.join(['1'] * n)})", limits.LIST_ENTRIES, "list_too_long"),
        (lambda n: f'a = "{"x" * n}"', limits.TEXT_BYTES, "text_too_long"),
        (lambda n: f'a = "{"é" * n}"', limits.TEXT_BYTES // 2, "text_too_long"),
        (lambda n: "(" * n + "a" + ")" * n, limits.DEPTH, "too_deep"),
        (lambda n: "not " * n + "a", limits.DEPTH, "too_deep"),
        (lambda n: "a = " + "-" * n + "1", limits.DEPTH, "too_deep"),
        (lambda n: "a = 1" + " + 1" * n, limits.DEPTH, "too_deep"),
        (lambda n: "did v where " * n + "a", limits.NESTING, "nested_too_deep"),
        (nested, limits.NESTING - 1, "nested_too_deep"),
        (filtered, limits.NESTING, "nested_too_deep"),
        (lambda n: "a = 1  # " + "x" * (n - 9), limits.SOURCE_BYTES, "rule_too_long"),
    ],
)
def test_a_rule_at_a_limit_is_read_and_beyond_it_refused(make: Callable[[int], str], most: int, code: str) -> None:
    rule = parse(make(most))
    assert parse(format_rule(rule)) == rule
    problem = problem_of(make(most + 4))
    assert problem.code == code
    assert problem.text()
    assert problem.advice() or code == "number_too_large"


def test_words_are_counted_before_anything_is_read() -> None:
    assert problem_of("a " * 4_001).code == "too_many_words"
    assert problem_of("a in (" + "1," * 4_001 + "1)").code == "too_many_words"
    assert problem_of("a = 1 and " * 400 + "“").code != "too_many_words"


def test_a_rule_whose_canonical_text_would_be_too_long_is_refused() -> None:
    entries = ",".join(f"1{number}" for number in range(100, 1_000))
    assert problem_of(" and ".join([f"a in({entries})"] * 3) + "#" + "x" * 3_000).code == "rule_too_long"
    assert problem_of("a and (b or (" * 5 + "#\n" * 500 + "c" + "))" * 5).code == "rule_too_long"


def test_chains_grouped_alike_do_not_nest() -> None:
    rule = "(" * 60 + "a" + " and b)" * 60
    parse(rule)
    parse("not (" * 30 + "a and b" + ")" * 30)


def test_negation_counts_where_it_turns_and_into_or() -> None:
    parse("a or not (b and (" * 12 + "c" + "))" * 12)
    assert problem_of("a or (b and (" * 12 + "c" + "))" * 12).code == "nested_too_deep"


HOSTILE = {
    "pipes": "a = 1" + " || a = 1" * 20_000,
    "large text": 'a = "' + "x" * 10**6 + '"',
    "brackets": "(" * 20_000,
    "half the brackets": "(" * 8_000,
    "nots": "not " * 4_000,
    "signs": "a = " + "-" * 16_000,
    "where": "did a where " * 1_300 + "b",
    "currencies": "a" + " in EUR" * 1_300 + " > 1",
    "open text": 'a = "' + "x" * 16_000,
    "quotes": '"' * 16_000,
    "backquotes": "`" * 16_000,
    "curly quotes": "“" * 5_000,
    "digits": "a = " + "9" * 16_000,
    "dots": "a" + "." * 16_000,
    "names": "a" + ".a" * 8_000 + " = 1",
    "escapes": 'a = "' + "\\u{1F600}" * 1_700 + '"',
    "hashes": "#" * 16_000,
    "blanks": " " * 16_000 + "@",
    "lines": "\r\n" * 8_000,
    "sum": "a = " + "1+" * 7_000 + "1",
    "list": "a in (" + "1," * 7_900 + "1)",
    "deep list": "a in " + "(" * 60 + ")" * 60,
    "zeros": "\0" * 16_000,
    "emoji": "😀" * 4_000,
    "words": "abc " * 3_900,
    "calls": "a.b(" * 60,
    "betweens": "a between " * 1_500,
    "like": 'a like "x" ' * 1_300,
    "thousands": "1,000 " * 2_600,
    "wrong at the end": "contact.score > 1 and " * 480 + 'x contians "y"',
    "wrong at the start": 'x contians "y"' + " and contact.score > 1" * 480,
    "dates": "2024-13-45 " * 1_400,
    "surrogate": 'a = "\ud800" and',
    "long name": "a" * 16_000 + " = ",
    "headers": "let $a = 5\n" * 999,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_is_refused_with_a_reason(kind: str) -> None:
    problem = problem_of(HOSTILE[kind])
    assert problem.text()
    assert problem.line >= 1


def test_naughty_strings_are_read_or_refused_wherever_they_stand() -> None:
    naughty = json.loads(shared_data("hostile_input/big_list_of_naughty_strings.json").read_text("utf-8"))
    for text in naughty:
        for rule in (text, f"a = {text}", f'a = "{text}"', f"contact.{text} = 1", f"a in ({text})", f"`{text}` = 1"):
            try:
                format_rule(parse(rule))
            except RuleRefused as refused:
                refused.problems[0].text()


def test_trees_from_elsewhere_are_measured_too() -> None:
    bare = ast.Bare(ast.Path(("a",)))
    with pytest.raises(limits.BeyondLimits) as refused:
        limits.check_tree(ast.Rule(ast.And((bare,) * 501)))
    assert refused.value.message.code == "too_many_conditions"
    assert refused.value.node == bare
