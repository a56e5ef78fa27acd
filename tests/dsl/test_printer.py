"""Syntax tree to text: one canonical form that reads as the same tree, laid out for people, every comment kept."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.ports.rules import RuleRefused
from kohorte.dsl.json_tree.tree import from_json, to_json
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.parser import parse
from kohorte.dsl.syntax.printer import WIDTH, format_rule
from kohorte.dsl.syntax.scanner import scraps
from tests.data import shared_data
from tests.dsl.corpus import rules
from tests.dsl.strategies import RULES
from tests.dsl.test_parser import MIXED

LAYOUTS = [
    # wholesale customers: as in the design, untouched
    """\
# wholesale customers with a private mail address who bought lately
customer.category = "wholesale"  # key accounts
and contact.email_domain in ("gmail.com", "gmx.de")
and purchases(last 90 days).count >= 3
# coffee
and items(category = "coffee", last 1 year).sum(amount) >= 500 EUR
and (contact.birthday has anniversary in the next 7 days or contact.name starts with "Mc")
and did not open campaign "Spring" in the last 30 days
and not in segment "churned"
# that is all""",
    # a short rule stays on its line, with its comment
    "a = 1 and (b = 2 or c = 3)  # short",
    # long brackets open, short ones stay closed
    """\
purchases(
    status = "paid"
    and amount > 50 EUR
    and (channel = "web" or channel = "store" or channel = "phone"),
    last 90 days
).sum(amount) >= 500 EUR""",
    # entries with comments have lines of their own
    """\
contact.country in (
    "DE",  # Germany
    # the Alps
    "AT",
    "CH"
)""",
    # header first: zone, then parameters
    """\
# about
in zone "Europe/Berlin"  # ours
let $min = 500 EUR
let $since = (today - 90 days)  # a quarter
purchases(at on or after $since).sum(amount) >= $min""",
    # a comment keeps a group open
    """\
a = 1
and (
    b = 2  # b
    or c = 3
)""",
]


@pytest.mark.parametrize("text", LAYOUTS)
def test_a_rule_in_canonical_form_stays_as_it_is(text: str) -> None:
    assert format_rule(parse(text)) == text


def test_lists_fill_their_lines() -> None:
    text = format_rule(parse(f"contact.country in ({', '.join(chr(34) + f'C{n:03}' + chr(34) for n in range(40))})"))
    first, *middle, last = text.splitlines()
    assert (first, last) == ("contact.country in (", ")")
    assert len(middle) == 4
    assert all(line.startswith("    ") and len(line) <= WIDTH for line in middle)


@pytest.mark.parametrize("rule", [rule for rule in rules("accepted") if rule != MIXED])
def test_rules_of_the_corpus_print_as_themselves_and_once_for_all(rule: str) -> None:
    tree = parse(rule)
    text = format_rule(tree)
    assert parse(text) == tree
    assert format_rule(parse(text)) == text


@given(RULES)
def test_any_tree_prints_as_a_text_that_reads_as_the_same_tree(rule: ast.Rule) -> None:
    text = format_rule(rule)
    assert parse(text) == rule
    assert format_rule(parse(text)) == text


@given(RULES, st.data())
def test_comments_anywhere_survive_and_never_change_the_rule(rule: ast.Rule, data: st.DataObject) -> None:
    text = format_rule(rule)
    words = list(scraps(text))
    commented, last = "", 0
    for number, gap in enumerate(sorted(data.draw(st.lists(st.integers(0, len(words)), max_size=4)))):
        at = words[gap].start if gap < len(words) else len(text)
        commented += text[last:at] + data.draw(st.sampled_from([f" # c{number}\n", f"\n# c{number}\n"]))
        last = at
    try:
        tree = parse(commented + text[last:])
    except RuleRefused:  # between a number and its currency there is no room
        return
    assert tree == rule
    printed = format_rule(tree)
    again = parse(printed)
    assert again == rule
    assert sorted(comment.text for comment in again.comments) == sorted(comment.text for comment in tree.comments)
    assert format_rule(again) == printed
    assert format_rule(from_json(json.loads(json.dumps(to_json(again))))) == printed


@given(RULES)
def test_a_line_is_long_only_where_nothing_in_it_can_be_broken(rule: ast.Rule) -> None:
    for line in format_rule(rule).splitlines():
        if len(line) > WIDTH:
            assert " and " not in line.strip() or "(" in line or "between" in line or chr(34) in line


@pytest.mark.parametrize(
    ("part", "printed"),
    [
        (ast.Path(("last",)), "`last`"),
        (ast.Path(("a", "last")), "a.last"),
        (ast.Path(("first name", "x.y")), "`first name`.`x.y`"),
        (ast.Text("a\u202eb\x07\u00a0\U0001f600"), '"a\\u{202E}b\\u{7}\\u{A0}😀"'),
        (ast.Text("x", exact=True), 'exactly "x"'),
    ],
)
def test_names_and_texts_are_written_so_that_everything_in_them_shows(part: ast.Path | ast.Text, printed: str) -> None:
    assert format_rule(ast.Rule(ast.Bare(part))) == printed


def test_naughty_texts_survive_as_literals() -> None:
    naughty = json.loads(shared_data("hostile_input/big_list_of_naughty_strings.json").read_text("utf-8"))
    for text in naughty:
        rule = ast.Rule(ast.Comparison(ast.Path(("a",)), ast.Comparator.EQUAL, ast.Text(text)))
        assert parse(format_rule(rule)) == rule


def test_brackets_are_written_only_where_they_are_needed() -> None:
    for text in ("a = 1 - (2 - 3)", "a = 1 - 2 - 3", "a = (1 + 2) * 3", "a = 1 + 2 * 3", "a = -(1 + 2)", "a = - -1"):
        assert format_rule(parse(text)) == text.replace("- -", "--")
    open_event = "(did purchase where amount > 5 EUR) and a"
    assert format_rule(parse(open_event)) == open_event
    assert format_rule(parse("a and (did purchase where amount > 5 EUR)")) == "a and did purchase where amount > 5 EUR"


def test_a_tree_beyond_the_limits_is_not_printed() -> None:
    deep: ast.Condition = ast.Bare(ast.Path(("a",)))
    for _ in range(5_000):
        deep = ast.Not(deep)
    with pytest.raises(RuleRefused):
        format_rule(ast.Rule(deep))
