"""The nodes of a rule: in the order of the text, with their places in the tree and in the text."""

from collections.abc import Sequence
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given

from kohorte.core.ports.rule_nodes import LogicalOperator, RulePart
from kohorte.dsl.language import RuleLanguage
from kohorte.dsl.nodes.listing import nodes_of
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.parser import parse
from kohorte.dsl.syntax.printer import format_rule
from tests.dsl.strategies import RULES

NESTED = 'a = 1 and (b = 2 or not (c = 3 and d = 4)) and in segment "x"'


def joined(nodes: Sequence[RulePart], place: int = 0) -> str:
    """Return the text of a node, put together from the texts of the conditions in it."""
    node = nodes[place]
    if node.logical_operator is None:
        return node.text
    inner = [bracketed(nodes, at) for at, each in enumerate(nodes) if each.group == place]
    if node.logical_operator is LogicalOperator.NOT:
        return f"not {inner[0]}"
    return f" {node.logical_operator.value} ".join(inner)


def bracketed(nodes: Sequence[RulePart], place: int) -> str:
    is_open = nodes[place].logical_operator is not None or nodes[place].operator in {"did", "did_not"}
    return f"({joined(nodes, place)})" if is_open else joined(nodes, place)


@given(RULES)
def test_nodes_put_together_are_the_rule(rule: ast.Rule) -> None:
    nodes = nodes_of(parse(format_rule(rule)))
    assert parse(joined(nodes)).condition == rule.condition


@given(RULES)
def test_a_node_stands_in_the_text_where_it_says(rule: ast.Rule) -> None:
    text = format_rule(rule)
    for node in RuleLanguage().nodes(text):
        written = parse(text[node.start : node.end]).condition
        assert written == parse(node.text).condition


@given(RULES)
def test_nodes_come_in_the_order_of_the_text_each_group_before_its_parts(rule: ast.Rule) -> None:
    nodes = nodes_of(parse(format_rule(rule)))
    assert nodes[0].group is None
    for place, node in enumerate(nodes[1:], 1):
        assert node.group is not None
        group = nodes[node.group]
        assert node.group < place
        assert group.logical_operator is not None
        assert group.start <= node.start < node.end <= group.end
        assert (node.logical_operator is None) != (node.operator is None)
        earlier = [each for each in nodes[:place] if each.group == node.group]
        assert node.order == len(earlier)
        assert all(each.end <= node.start for each in earlier)


def test_groups_are_nested_as_they_were_written() -> None:
    nodes = nodes_of(parse(NESTED))
    assert [(each.group, each.order, each.logical_operator and each.logical_operator.value) for each in nodes] == [
        (None, 0, "and"),
        (0, 0, None),
        (0, 1, "or"),
        (2, 0, None),
        (2, 1, "not"),
        (4, 0, "and"),
        (5, 0, None),
        (5, 1, None),
        (0, 2, None),
    ]
    assert [NESTED[each.start : each.end] for each in nodes[1:3]] == ["a = 1", "(b = 2 or not (c = 3 and d = 4))"]
    assert nodes[2].text == "b = 2 or not (c = 3 and d = 4)"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('contact.country = "DE"', {"field": "contact.country", "operator": "equals", "value": "DE"}),
        (
            "contact.x between 1 and 1.50",
            {"field": "contact.x", "operator": "between", "value": [1, {"number": "1.50"}]},
        ),
        ("contact.x is set", {"field": "contact.x", "operator": "is_set"}),
        ("contact.subscribed", {"field": "contact.subscribed", "operator": "is_true"}),
        ('not in segment "x"', {"operator": "not_in_segment", "value": "x"}),
        ('contact.email not in list "vip"', {"field": "contact.email", "operator": "not_in_list", "value": "vip"}),
        (
            "contact.at in the last 90 days",
            {"field": "contact.at", "operator": "in_last", "value": {"amount": 90, "unit": "day"}},
        ),
        ("purchases.count >= 3", {"field": "purchases.count", "operator": "greater_or_equal", "value": 3}),
        (
            'purchases(status = "paid", last 90 days).sum(amount, EUR) > 5',
            {
                "field": "purchases.sum(amount, EUR)",
                "operator": "greater_than",
                "value": 5,
                "collection": "purchases",
                "filters": ('status = "paid"',),
                "windows": ("last 90 days",),
            },
        ),
        (
            "last purchases(a or b).status is empty",
            {
                "field": "last purchases.status",
                "operator": "is_empty",
                "collection": "purchases",
                "filters": ("a or b",),
            },
        ),
        (
            "no purchases(last 90 days)",
            {"operator": "none", "collection": "purchases", "windows": ("last 90 days",)},
        ),
        (
            'did not open campaign "Spring" at least 2 times on or after 2024-01-01 where device = "x"',
            {
                "field": "open",
                "operator": "did_not",
                "value": {
                    "object": "campaign",
                    "object_name": "Spring",
                    "times": {"operator": "at_least", "count": 2},
                },
                "filters": ('device = "x"',),
                "windows": ("on or after 2024-01-01",),
            },
        ),
        ("did purchase", {"field": "purchase", "operator": "did"}),
    ],
)
def test_a_condition_tells_what_it_asks(text: str, told: dict[str, Any]) -> None:
    (node,) = nodes_of(parse(text))
    assert node == evolve(RulePart(None, 0, 0, len(text), text), **told)


def test_what_stands_in_a_filter_is_no_node_of_its_own() -> None:
    assert len(nodes_of(parse("any purchases(a = 1 and b = 2)"))) == 1


def test_the_header_and_comments_move_nodes_and_are_none() -> None:
    text = 'in zone "Europe/Berlin"\nlet $min = 5\n# why\ncontact.x > $min  # so much\nand contact.y'
    nodes = nodes_of(parse(text))
    assert [text[each.start : each.end] for each in nodes[1:]] == ["contact.x > $min", "contact.y"]
    assert nodes[0].text == "contact.x > $min and contact.y"
