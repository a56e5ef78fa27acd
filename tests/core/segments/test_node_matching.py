"""Which nodes of a changed rule are those of the rule before."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from kohorte.core.ports.rule_nodes import LogicalOperator, RulePart
from kohorte.core.segments.node_matching import same_nodes
from kohorte.dsl.language import RuleLanguage

LANGUAGE = RuleLanguage()
Shape = Any
"""A rule's tree with nothing in it: None for a condition, else an operator and what it joins."""


def _groups(inner: SearchStrategy[Shape]) -> SearchStrategy[Shape]:
    several = st.lists(inner, min_size=2, max_size=4)
    negated = st.tuples(st.just("not"), inner.map(lambda each: [each]))
    return negated | st.tuples(st.sampled_from(["and", "or"]), several)


SHAPES: SearchStrategy[Shape] = st.recursive(st.none(), _groups, max_leaves=10)


def written(shape: Shape, condition: Callable[[], str], *, outermost: bool = True) -> str:
    """Return the text of a shape, with conditions in it."""
    if shape is None:
        return condition()
    word, inner = shape
    parts = [written(each, condition, outermost=False) for each in inner]
    said = f"not {parts[0]}" if word == "not" else f" {word} ".join(parts)
    return said if outermost else f"({said})"


def distinct(shape: Shape) -> str:
    """Return a rule whose conditions are all different."""
    numbers = iter(range(100))
    return LANGUAGE.format(written(shape, lambda: f"contact.f{next(numbers)} = 1"))


@st.composite
def repeating(draw: st.DrawFn) -> str:
    """Draw a rule in which the same condition may stand more than once."""
    some = st.sampled_from([f"contact.{field} = {value}" for field in "ab" for value in (1, 2)])
    return LANGUAGE.format(written(draw(SHAPES), lambda: draw(some)))


def matched(old: str, new: str) -> Mapping[int, int]:
    return same_nodes(LANGUAGE.nodes(old), LANGUAGE.nodes(new), {})


def by_text(old: str, new: str) -> Mapping[str, str]:
    """Return the nodes that are the same, by their texts."""
    before, after = LANGUAGE.nodes(old), LANGUAGE.nodes(new)
    return {after[place].text: before[was].text for place, was in matched(old, new).items()}


@given(repeating(), repeating())
def test_what_is_unchanged_is_the_same_wherever_it_stands(old: str, new: str) -> None:
    before, after, same = LANGUAGE.nodes(old), LANGUAGE.nodes(new), matched(old, new)
    kept = Counter(after[place].text for place, was in same.items() if after[place].text == before[was].text)
    assert kept == Counter(each.text for each in before) & Counter(each.text for each in after)


@given(repeating(), repeating())
def test_no_node_is_two_and_the_answer_is_always_the_same(old: str, new: str) -> None:
    same = matched(old, new)
    assert len(set(same.values())) == len(same)
    assert matched(old, new) == same


@given(repeating())
def test_a_rule_that_says_the_same_has_the_same_nodes(text: str) -> None:
    assert matched(text, text) == {place: place for place in range(len(LANGUAGE.nodes(text)))}


@given(repeating(), st.integers(0, 100))
def test_a_condition_that_is_changed_in_its_place_is_the_same_and_so_are_all_others(text: str, which: int) -> None:
    nodes = LANGUAGE.nodes(text)
    conditions = [place for place, each in enumerate(nodes) if each.logical_operator is None]
    place = conditions[which % len(conditions)]
    changed = LANGUAGE.change_node(text, place, f"{nodes[place].field} > 3").text
    assert matched(text, changed) == {each: each for each in range(len(nodes))}


@given(SHAPES, st.integers(0, 100), st.none() | st.integers(0, 4), st.sampled_from(["and", "or"]))
def test_a_text_in_which_something_was_added_has_the_nodes_that_adding_by_node_keeps(
    shape: Shape, to: int, at: int | None, word: str
) -> None:
    text = distinct(shape)
    group = to % len(LANGUAGE.nodes(text))
    edited = LANGUAGE.add_node(text, group, "contact.new = 1", at=at, operator=LogicalOperator(word))
    assert matched(text, edited.text) == edited.kept


@given(SHAPES.filter(lambda shape: shape is not None), st.integers(0, 100))
def test_a_text_in_which_something_was_removed_has_the_nodes_that_removing_by_node_keeps(
    shape: Shape, which: int
) -> None:
    text = distinct(shape)
    nodes = LANGUAGE.nodes(text)
    joined = [place for place, each in enumerate(nodes) if _is_one_of_several(nodes, each)]
    if joined:
        edited = LANGUAGE.remove_node(text, joined[which % len(joined)])
        assert matched(text, edited.text) == edited.kept


def _is_one_of_several(nodes: Sequence[RulePart], node: RulePart) -> bool:
    return node.group is not None and nodes[node.group].logical_operator is not LogicalOperator.NOT


def test_a_changed_condition_is_the_same_only_in_its_place_and_about_the_same_field() -> None:
    old = 'contact.country = "DE" and contact.city = "Ulm"'
    assert by_text(old, 'contact.country in ("DE", "AT") and contact.city = "Ulm"') == {
        'contact.country in ("DE", "AT") and contact.city = "Ulm"': old,
        'contact.country in ("DE", "AT")': 'contact.country = "DE"',
        'contact.city = "Ulm"': 'contact.city = "Ulm"',
    }
    assert 'contact.language = "DE"' not in by_text(old, 'contact.language = "DE" and contact.city = "Ulm"')
    assert 'contact.country = "AT"' not in by_text(old, 'contact.city = "Ulm" and contact.country = "AT"')


def test_another_window_or_another_segment_in_its_place_is_the_same_node() -> None:
    old = 'purchases(last 90 days).count >= 3 and in segment "old"'
    new = 'purchases(last 30 days, status = "paid").count >= 5 and not in segment "new"'
    assert list(matched(old, new).items()) == [(0, 0), (1, 1), (2, 2)]
    assert matched('in segment "a"', 'in sample 5 % of "a"') == {}


def test_a_group_stays_where_its_operator_changes_and_where_it_gets_brackets() -> None:
    assert matched("contact.a = 1 and contact.b = 2", "contact.a = 1 or contact.b = 2") == {0: 0, 1: 1, 2: 2}
    old, new = "contact.a = 1 and contact.b = 2", "(contact.a = 1 and contact.b = 3) or contact.c = 4"
    assert matched(old, new) == {1: 0, 2: 1, 3: 2}


def test_rules_of_the_greatest_size_are_matched_whole() -> None:
    old = LANGUAGE.nodes(" and ".join(f"(a = {number} or b = {number})" for number in range(250)))
    new = LANGUAGE.nodes(" or ".join(f"(b = {number} and a = {number})" for number in range(250)))
    assert len(same_nodes(old, new, {})) == len(new) == 751
