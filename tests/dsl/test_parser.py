"""Text to syntax tree: canonical form, where things stand, comments, and that nothing written makes it fail."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.ports.rules import RuleRefused
from kohorte.dsl.errors import apply_fix, render
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.limits import parts
from kohorte.dsl.syntax.parser import parse
from kohorte.dsl.syntax.printer import format_rule
from kohorte.dsl.syntax.scanner import scraps
from tests.dsl.corpus import rules
from tests.dsl.strategies import RULES

COUNTRY = ast.Path(("contact", "country"))
MIXED = "CONTACT.x = 1 AND contact.y = 2 Or contact.z = 3"
"""The grammar takes it; the language refuses ``and`` beside ``or`` (see the tests of messages)."""


@pytest.mark.parametrize("rule", [rule for rule in rules("accepted") if rule != MIXED])
def test_every_rule_that_must_be_accepted_is_read(rule: str) -> None:
    parse(rule)


@pytest.mark.parametrize(
    "spellings",
    [
        ('contact.country = "DE"', "contact.country == 'DE'", 'contact.country is "DE"', 'contact.country IS "DE"'),
        ('contact.country != "DE"', 'contact.country <> "DE"', 'contact.country is not "DE"'),
        ('a in ("x", "y")', 'a is in ("x", "y",)', "a IN ('x','y')"),
        ('a not in ("x")', 'a is not in ("x")'),
        ("a is empty", "a is not set", "(a is empty)"),
        ("a is set", "a is not empty"),
        ("a between 1 and 2", "a is between 1 and 2", "(a) between (1) and (2)"),
        ("a before today", "a is before today", "a BEFORE Today"),
        ("a in last month", "a last month", "a is in last month"),
        ("a in the last 90 days", "a in last 90 day", "a IN THE LAST 90 DAYS"),
        ('a = exactly "x"', 'a exactly "x"', 'a is exactly "x"'),
        ("purchases(last 90 days).count > 3", "purchases(in the last 90 days).count > 3"),
        ("purchases.count > 3", "purchases.count() > 3", "purchases().count > 3"),
        ("no purchases", "not any purchases", "no purchases()", "not (any purchases)"),
        ('not in segment "x"', 'not (in segment "x")'),
        ('has consent for email "newsletter"', "has consent for email newsletter"),
        ("did purchase in this year", "did purchase this year"),
        ('did open campaign "x" at least 2 times', 'did open at least 2 times campaign "x"'),
        ("a > 5.25 %", "a > 5.25%"),
        ("a > 1000.50", "a > 1_000.50"),
        ("a > 500 EUR", "a > 500EUR", "a\u00a0>\u00a0500\u00a0EUR"),
        ("a and b and c", "a\nand b # comment\r\nand\tc", "\ufeffa and\u200b b and (c)"),
        ("a = 1 - 2 * 3 + 4", "a = (1 - (2 * 3)) + 4"),
        ("contact.`country` = 1", "contact.country = 1"),
        ("a = \"\u00e9\"", "a = '\\u{E9}'"),
    ],
)  # fmt: skip
def test_all_spellings_of_one_thing_are_one_tree(spellings: tuple[str, ...]) -> None:
    first, *others = map(parse, spellings)
    assert all(other == first for other in others)
    assert len({format_rule(parse(spelling)) for spelling in spellings if "#" not in spelling}) == 1


def test_names_are_composed_as_the_catalogue_composes_them() -> None:
    assert parse("contact.`Gro\u0308\u00dfe` > 1") == parse("contact.`Größe` > 1")


def test_a_name_that_would_compose_to_a_backquote_stays_as_it_is() -> None:
    rule = parse("a.`x\u1fef` = 1")  # GREEK VARIA is a backquote in NFC
    assert parse(format_rule(rule)) == rule


def test_chains_are_flat_and_groups_stay() -> None:
    a, b, c = (ast.Bare(ast.Path((name,))) for name in "abc")
    assert parse("a and b and c").condition == ast.And((a, b, c))
    assert parse("(a and b) and c").condition == ast.And((ast.And((a, b)), c))
    assert parse("((a or b)) and c").condition == ast.And((ast.Or((a, b)), c))
    assert parse("not a and b").condition == ast.And((ast.Not(a), b))


def test_literals_keep_their_exact_values() -> None:
    found = parse(
        'a in ("x\\u{1F600}\\n", 1.50, 5 %, 1.50 EUR, 2024-02-29, 2024-02-29T10:30:00.5Z, 90 days, true, now, $p)'
    )
    assert isinstance(found.condition, ast.OneOf)
    assert found.condition.choices == ast.ListOf(
        (
            ast.Text("x😀\n"),
            ast.Number(Decimal("1.50")),
            ast.Percent(Decimal(5)),
            ast.Amount(Decimal("1.50"), "EUR"),
            ast.Day(date(2024, 2, 29)),
            ast.Moment(datetime(2024, 2, 29, 10, 30, 0, 500_000, UTC)),
            ast.Duration(90, ast.Unit.DAY),
            ast.Truth(True),
            ast.NamedDay(ast.DayWord.NOW),
            ast.Parameter("p"),
        )
    )


def test_what_looks_like_money_in_capitals_is_not() -> None:
    assert parse("a = 1 AND b") == parse("a = 1 and b")
    assert parse("a MORE THAN 90 DAYS AGO") == parse("a more than 90 days ago")
    assert parse("a MORE THAN 1 DAY AGO") == parse("a more than 1 day ago")


def test_a_bracket_in_a_header_is_a_list_unless_it_holds_a_calculation() -> None:
    lets = parse('let $a = ("x") let $b = (today - 1 day) let $c = () let $d = (1 + 2,) b in $a').lets
    one, two = ast.Number(Decimal(1)), ast.Number(Decimal(2))
    assert [let.value for let in lets] == [
        ast.ListOf((ast.Text("x"),)),
        ast.Calculation(ast.Arithmetic.SUBTRACT, ast.NamedDay(ast.DayWord.TODAY), ast.Duration(1, ast.Unit.DAY)),
        ast.ListOf(()),
        ast.ListOf((ast.Calculation(ast.Arithmetic.ADD, one, two),)),
    ]


def test_every_node_knows_where_it_stands() -> None:
    text = 'a = 1 and (b.c contains "x" or not any d(e > 5 EUR, last 2 days))'
    found = parse(text).condition
    assert isinstance(found, ast.And)
    assert [text[part.span.start : part.span.end] for part in found.parts] == ["a = 1", text[10:]]
    said = {text[node.span.start : node.span.end] for node in _nodes(found)}
    assert {"b.c", '"x"', 'b.c contains "x"', "not any d(e > 5 EUR, last 2 days)", "5 EUR", "last 2 days"} <= said


@given(RULES)
def test_nodes_stand_within_their_parents_and_the_text(rule: ast.Rule) -> None:
    text = format_rule(rule)
    found = parse(text)
    for node in _nodes(found.condition):
        assert 0 <= node.span.start < node.span.end <= len(text)
        assert all(node.span.start <= part.span.start <= part.span.end <= node.span.end for part in parts(node))


def _nodes(node: ast.Node) -> list[ast.Node]:
    return [node, *(inner for part in parts(node) for inner in _nodes(part))]


def test_the_zone_and_the_parameters_know_where_they_stand() -> None:
    text = 'let $a = 5 EUR\nin zone "UTC"\nb > $a'
    found = parse(text)
    assert text[found.zone_span.start : found.zone_span.end] == 'in zone "UTC"'
    assert text[found.lets[0].span.start : found.lets[0].span.end] == "let $a = 5 EUR"


def test_comments_are_kept_and_quoted_signs_are_none() -> None:
    found = parse('# first\na = "#no" #second \nand b # third')
    assert [(comment.text, comment.own_line) for comment in found.comments] == [
        ("first", True), ("second", False), ("third", False),
    ]  # fmt: skip


STRAY = ["“", "”", "€", "1,000", "007", "null", "like", "&&", ";", "[", "!", '"', "'", "`", "#", "..", "\\", "\0", "😀"]
WORDS = st.sampled_from([*sorted({scrap.text for rule in rules("accepted") for scrap in scraps(rule)}), *STRAY])


def read_or_explained(text: str) -> None:
    try:
        found = parse(text)
    except RuleRefused as refused:
        problems = refused.problems
    else:
        assert parse(format_rule(found)) == found
        return
    assert problems
    for problem in problems:
        assert render(problem, text)
        assert all(isinstance(apply_fix(fix, text), str) for fix in problem.fixes)


@given(st.lists(WORDS, max_size=14).map(" ".join) | st.text(max_size=60))
def test_whatever_is_written_is_read_or_explained(text: str) -> None:
    read_or_explained(text)


@given(RULES, st.data())
def test_a_rule_with_a_word_too_few_or_too_many_is_read_or_explained(rule: ast.Rule, data: st.DataObject) -> None:
    words = [scrap.text for scrap in scraps(format_rule(rule))]
    at = data.draw(st.integers(0, len(words) - 1))
    words[at : at + data.draw(st.integers(0, 1))] = data.draw(st.lists(WORDS, max_size=1))
    read_or_explained(" ".join(words).replace(" . ", "."))
