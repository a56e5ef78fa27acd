"""Rules edited node by node: the text follows, everything else stays as it is, and so do the comments."""

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.errors import InvalidInput, NotAllowed
from kohorte.core.ports.rule_nodes import EditedRule, LogicalOperator, RulePart
from kohorte.core.ports.rules import RuleRefused
from kohorte.dsl.language import RuleLanguage
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.parser import parse
from kohorte.dsl.syntax.printer import format_rule
from tests.dsl.strategies import CONDITIONS, RULES

RULE = "a = 1 and (b = 2 or c = 3) and not d = 4"
"""Places: 0 the whole, 1 a, 2 the or, 3 b, 4 c, 5 the not, 6 d."""
LANGUAGE = RuleLanguage()
AND, OR = LogicalOperator.AND, LogicalOperator.OR
PLACES = st.integers(0, 1_000)
POSITIONS = st.none() | st.integers(0, 5)
OPERATORS = st.sampled_from([None, AND, OR])


def text_of(condition: ast.Condition) -> str:
    return format_rule(ast.Rule(condition))


def asked(node: RulePart) -> str:
    """Return the text of a condition, or of the one that it negates: what is left below a ``not`` takes it up."""
    if node.operator == "none":
        return "any " + node.text.removeprefix("no ")
    return node.text.removeprefix("not ") if node.operator in {"not_in_segment", "not_in_sample"} else node.text


def refuse_changed(before: str, edited: EditedRule) -> Sequence[RulePart]:
    """Raise where a node that was kept says something else than before; return the nodes as they are now."""
    old, new = LANGUAGE.nodes(before), LANGUAGE.nodes(edited.text)
    assert len(set(edited.kept.values())) == len(edited.kept)
    for place, was in edited.kept.items():
        assert new[place].logical_operator is old[was].logical_operator
        if new[place].logical_operator is None and place != edited.node:
            assert asked(new[place]) == asked(old[was])
            assert new[place].text == old[was].text or len(new) < len(old)
    return new


# -- adding ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("to", "at", "operator", "text"),
    [
        (0, None, None, "a = 1 and (b = 2 or c = 3) and not d = 4 and x = 9"),
        (0, 0, AND, "x = 9 and a = 1 and (b = 2 or c = 3) and not d = 4"),
        (0, 1, None, "a = 1 and x = 9 and (b = 2 or c = 3) and not d = 4"),
        (0, 99, None, "a = 1 and (b = 2 or c = 3) and not d = 4 and x = 9"),
        (0, None, OR, "(a = 1 and (b = 2 or c = 3) and not d = 4) or x = 9"),
        (0, 0, OR, "x = 9 or (a = 1 and (b = 2 or c = 3) and not d = 4)"),
        (2, 1, None, "a = 1 and (b = 2 or x = 9 or c = 3) and not d = 4"),
        (1, None, OR, "(a = 1 or x = 9) and (b = 2 or c = 3) and not d = 4"),
        (3, 0, None, "a = 1 and ((x = 9 and b = 2) or c = 3) and not d = 4"),
        (5, None, OR, "a = 1 and (b = 2 or c = 3) and (not d = 4 or x = 9)"),
        (6, None, OR, "a = 1 and (b = 2 or c = 3) and not (d = 4 or x = 9)"),
    ],
)
def test_a_part_is_added_to_a_group_or_beside_what_is_none(
    to: int, at: int | None, operator: LogicalOperator | None, text: str
) -> None:
    added = LANGUAGE.add_node(RULE, to, "x == 9", at=at, operator=operator)
    assert added.text == text
    new = refuse_changed(RULE, added)
    assert set(added.kept.values()) == set(range(7))
    assert added.node is not None
    assert new[added.node].text == "x = 9"


def test_a_group_that_is_added_stays_one() -> None:
    assert LANGUAGE.add_node("a", 0, "b and c").text == "a and (b and c)"
    assert LANGUAGE.add_node("a or b", 0, "c and d", at=1).text == "a or (c and d) or b"


@given(RULES, CONDITIONS, PLACES, POSITIONS, OPERATORS)
def test_what_is_added_and_removed_again_leaves_the_rule_as_it_was(
    rule: ast.Rule, part: ast.Condition, to: int, at: int | None, operator: LogicalOperator | None
) -> None:
    text = format_rule(rule)
    try:
        added = LANGUAGE.add_node(text, to % len(LANGUAGE.nodes(text)), text_of(part), at=at, operator=operator)
    except InvalidInput:  # a rule too deep
        return
    new = refuse_changed(text, added)
    assert added.node is not None
    assert parse(new[added.node].text).condition == part
    assert set(added.kept.values()) == set(range(len(LANGUAGE.nodes(text))))
    removed = LANGUAGE.remove_node(added.text, added.node)
    assert removed.text == text
    assert {place: added.kept[was] for place, was in removed.kept.items()} == {
        place: place for place in range(len(LANGUAGE.nodes(text)))
    }


# -- changing ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("node", "part", "text"),
    [
        (0, "x or y", "x or y"),
        (1, "x or y", "(x or y) and (b = 2 or c = 3) and not d = 4"),
        (2, "x", "a = 1 and x and not d = 4"),
        (6, "x or y", "a = 1 and (b = 2 or c = 3) and not (x or y)"),
        (6, 'in segment "x"', 'a = 1 and (b = 2 or c = 3) and not in segment "x"'),
        (6, "any purchases(x)", "a = 1 and (b = 2 or c = 3) and no purchases(x)"),
        (6, 'not in segment "x"', 'a = 1 and (b = 2 or c = 3) and not not in segment "x"'),
    ],
)
def test_a_part_takes_the_place_of_a_node(node: int, part: str, text: str) -> None:
    changed = LANGUAGE.change_node(RULE, node, part)
    assert changed.text == text
    assert changed.node is not None
    assert changed.kept[changed.node] == node


@given(RULES, CONDITIONS, PLACES)
def test_a_node_becomes_what_is_written_and_all_others_stay(rule: ast.Rule, part: ast.Condition, place: int) -> None:
    text = format_rule(rule)
    old = LANGUAGE.nodes(text)
    node = place % len(old)
    try:
        changed = LANGUAGE.change_node(text, node, text_of(part))
    except InvalidInput:  # a rule too deep
        return
    assert changed.node is not None
    assert changed.kept[changed.node] == node
    outside = {each for each in range(len(old)) if each < node or old[each].start >= old[node].end}
    group = old[node].group
    if group is not None and old[group].logical_operator is LogicalOperator.NOT:
        outside -= {group}  # what it stands at may have a negated form of its own
    assert outside <= set(changed.kept.values())
    assert LANGUAGE.change_node(text, node, old[node].text).text == text


def test_a_text_that_says_the_same_changes_nothing_comments_included() -> None:
    text = "# about a\na = 1  # so\nand (\n    # about b\n    b = 2\n"
    text += "    or any rows(\n        # c\n        c = 3\n    )\n)"
    assert format_rule(parse(text)) == text
    for place, node in enumerate(LANGUAGE.nodes(text)):
        assert LANGUAGE.change_node(text, place, node.text).text == text


def test_what_is_said_as_before_keeps_its_comments_and_new_ones_replace_them() -> None:
    text = "a = 1  # one\nand (\n    b = 2  # two\n    or c = 3  # three\n)"
    assert LANGUAGE.change_node(text, 1, "a = 5").text == text.replace("a = 1", "a = 5")
    assert LANGUAGE.change_node(text, 1, "a = 5  # five").text == text.replace("a = 1  # one", "a = 5  # five")
    assert LANGUAGE.change_node(text, 2, "c = 3 or b = 2 or x").text == (
        "a = 1  # one\nand (\n    c = 3  # three\n    or b = 2  # two\n    or x\n)"
    )


# -- removing and moving -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (1, "(b = 2 or c = 3) and not d = 4"),
        (2, "a = 1 and not d = 4"),
        (3, "a = 1 and c = 3 and not d = 4"),
        (5, "a = 1 and (b = 2 or c = 3)"),
        (6, "a = 1 and (b = 2 or c = 3)"),
    ],
)
def test_a_group_with_one_part_left_becomes_it_and_not_goes_with_what_it_stood_at(node: int, text: str) -> None:
    removed = LANGUAGE.remove_node(RULE, node)
    assert (removed.text, removed.node) == (text, None)
    refuse_changed(RULE, removed)


@pytest.mark.parametrize(("rule", "node"), [("a", 0), (RULE, 0), ("not a", 1), ("not not a", 2)])
def test_a_rule_is_never_emptied(rule: str, node: int) -> None:
    with pytest.raises(NotAllowed, match="Nothing would be left"):
        LANGUAGE.remove_node(rule, node)


def test_a_not_and_what_is_left_below_it_are_said_as_one() -> None:
    removed = LANGUAGE.remove_node('x and not (a or in segment "y")', 4)
    assert removed.text == 'x and not in segment "y"'
    assert removed.kept == {0: 0, 1: 1, 2: 5}


@given(RULES, PLACES)
def test_removing_a_node_takes_it_away_with_what_is_in_it_and_nothing_else(rule: ast.Rule, place: int) -> None:
    text = format_rule(rule)
    old = LANGUAGE.nodes(text)
    node = place % len(old)
    try:
        removed = LANGUAGE.remove_node(text, node)
    except NotAllowed:
        return
    refuse_changed(text, removed)
    gone = {each for each in range(len(old)) if old[node].start <= old[each].start < old[node].end and each >= node}
    left = {each for each in range(len(old)) if old[each].logical_operator is None} - gone
    assert {each for each in removed.kept.values() if old[each].logical_operator is None} == left


@pytest.mark.parametrize(
    ("node", "to", "at", "operator", "text"),
    [
        (1, 0, None, None, "(b = 2 or c = 3) and not d = 4 and a = 1"),
        (1, 0, 1, None, "(b = 2 or c = 3) and a = 1 and not d = 4"),
        (1, 2, 1, None, "(b = 2 or a = 1 or c = 3) and not d = 4"),
        (3, 0, 0, None, "b = 2 and a = 1 and c = 3 and not d = 4"),
        (3, 2, None, None, "a = 1 and (c = 3 or b = 2) and not d = 4"),
        (3, 1, None, OR, "(a = 1 or b = 2) and c = 3 and not d = 4"),
        (5, 2, 0, None, "a = 1 and (not d = 4 or b = 2 or c = 3)"),
        (1, 0, None, OR, "((b = 2 or c = 3) and not d = 4) or a = 1"),
    ],
)
def test_a_node_moves_to_a_group(
    node: int, to: int, at: int | None, operator: LogicalOperator | None, text: str
) -> None:
    moved = LANGUAGE.move_node(RULE, node, to, at=at, operator=operator)
    assert moved.text == text
    new = refuse_changed(RULE, moved)
    assert moved.node is not None
    assert moved.kept[moved.node] == node
    assert new[moved.node].text == LANGUAGE.nodes(RULE)[node].text


@given(RULES, PLACES, PLACES, POSITIONS, OPERATORS)
def test_a_move_keeps_every_condition(
    rule: ast.Rule, node: int, to: int, at: int | None, operator: LogicalOperator | None
) -> None:
    text = format_rule(rule)
    old = LANGUAGE.nodes(text)
    try:
        moved = LANGUAGE.move_node(text, node % len(old), to % len(old), at=at, operator=operator)
    except (NotAllowed, InvalidInput):
        return
    new = refuse_changed(text, moved)
    assert Counter(asked(each) for each in new if each.operator) == Counter(
        asked(each) for each in old if each.operator
    )


@pytest.mark.parametrize(("node", "to"), [(0, 0), (0, 3), (2, 2), (2, 4), (6, 0), (6, 5)])
def test_what_cannot_move_is_refused(node: int, to: int) -> None:
    with pytest.raises(NotAllowed) as refused:
        LANGUAGE.move_node(RULE, node, to)
    assert refused.value.advice()


# -- comments, headers, and what is wrong ------------------------------------------------------------------------


COMMENTED = [
    "# all\na = 1  # one\nand b = 2  # two\n# end",
    "a = 1 and (b = 2 or c = 3)  # short",
    "# before\na = 1\n# after",
    "a = 1\nand not (\n    # b\n    b = 2  # two\n    or c = 3\n)  # group\n# end",
    '# about\nin zone "Europe/Berlin"  # ours\nlet $min = 5  # least\n# why\na > $min',
    "any rows(\n    # c\n    c = 3,  # three\n    last 90 days  # lately\n)",
    'a in (\n    "x",  # first\n    "y"\n)\nor b = 2  #',
]


@pytest.mark.parametrize("text", COMMENTED)
def test_no_comment_is_lost_where_a_part_is_added(text: str) -> None:
    before = Counter(each.text for each in parse(text).comments)
    for place in range(len(LANGUAGE.nodes(text))):
        for at in (0, None):
            for operator in (AND, OR):
                added = LANGUAGE.add_node(text, place, "x = 9  # new", at=at, operator=operator)
                assert Counter(each.text for each in parse(added.text).comments) == before + Counter(["new"])


def test_comments_stay_with_what_they_stand_at() -> None:
    text = "# all\na = 1  # one\nand b = 2  # two\n# end"
    assert LANGUAGE.add_node(text, 0, "c = 3").text == "# all\na = 1  # one\nand b = 2  # two\nand c = 3\n# end"
    assert LANGUAGE.move_node(text, 2, 0, at=0).text == "# all\nb = 2  # two\nand a = 1  # one\n# end"
    assert LANGUAGE.remove_node(text, 2).text == "# all\na = 1  # one\n# end"
    assert LANGUAGE.remove_node(text, 1).text == "# all\nb = 2  # two\n# end"
    assert LANGUAGE.add_node(text, 0, "c = 3", operator=OR).text == (
        "# all\n(\n    a = 1  # one\n    and b = 2  # two\n)\nor c = 3\n# end"
    )


def test_the_header_stays() -> None:
    text = 'in zone "Europe/Berlin"\nlet $min = 5\na > $min'
    assert LANGUAGE.add_node(text, 0, "b < $min").text == text + " and b < $min"
    assert LANGUAGE.change_node(text, 0, "b").text == text.replace("a > $min", "b")


@pytest.mark.parametrize("part", ["let $x = 5\na > $x", 'in zone "Europe/Berlin"\na'])
def test_a_part_with_a_header_is_refused(part: str) -> None:
    for edit in (LANGUAGE.add_node, LANGUAGE.change_node):
        with pytest.raises(InvalidInput, match="no header"):
            edit("a", 0, part)


def test_a_part_that_cannot_be_read_is_refused_with_the_place_in_it() -> None:
    with pytest.raises(RuleRefused) as refused:
        LANGUAGE.add_node(RULE, 0, "x =")
    assert refused.value.source == "x ="


def test_not_joins_nothing() -> None:
    with pytest.raises(InvalidInput):
        LANGUAGE.add_node(RULE, 0, "x", operator=LogicalOperator.NOT)


def test_a_rule_that_would_become_too_large_is_refused() -> None:
    text = " and ".join(f"a{number}" for number in range(500))
    with pytest.raises(InvalidInput, match="500"):
        LANGUAGE.add_node(text, 0, "x")
