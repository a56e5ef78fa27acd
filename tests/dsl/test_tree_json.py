"""The rule as JSON: every operator of a visual builder, nothing lost, and errors with their path."""

import json
from typing import Any

import pytest
from hypothesis import given

from kohorte.dsl.json_tree.conditions import OPERATORS
from kohorte.dsl.json_tree.tree import InvalidTree, from_json, to_json
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.parser import parse
from kohorte.dsl.syntax.printer import format_rule
from tests.dsl.corpus import rules
from tests.dsl.strategies import RULES
from tests.dsl.test_parser import MIXED

Json = dict[str, Any]


def rule(node: Json) -> Json:
    return {"rule": node, "zone": None, "lets": []}


def test_of_field(operator: str, *value: object) -> Json:
    return rule({"field": "contact.x", "operator": operator} | ({"value": value[0]} if value else {}))


test_of_field.__test__ = False  # type: ignore[attr-defined]
DAYS = {"amount": 90, "unit": "day"}
BY_OPERATOR: dict[str, tuple[Json, str]] = {
    **{
        operator: (test_of_field(operator, value), f"contact.x {text}")
        for operator, value, text in [
            ("equals", "DE", '= "DE"'),
            ("not_equals", {"text": "McDonald", "exact": True}, '!= exactly "McDonald"'),
            ("less_than", 5, "< 5"),
            ("less_or_equal", {"number": "1.50"}, "<= 1.50"),
            ("greater_than", {"amount": "-500", "currency": "EUR"}, "> -500 EUR"),
            ("greater_or_equal", {"percent": "5"}, ">= 5 %"),
            ("between", [1, -2], "between 1 and -2"),
            ("not_between", [{"field": "contact.y"}, {"parameter": "p"}], "not between contact.y and $p"),
            ("in", ["DE", 1, True, {"date": "2024-02-29"}], 'in ("DE", 1, true, 2024-02-29)'),
            ("not_in", {"parameter": "countries"}, "not in $countries"),
            ("in_list", "vip", 'in list "vip"'),
            ("not_in_list", "vip", 'not in list "vip"'),
            ("contains", "x", 'contains "x"'),
            ("not_contains", "x", 'does not contain "x"'),
            ("starts_with", "x", 'starts with "x"'),
            ("not_starts_with", "x", 'does not start with "x"'),
            ("ends_with", "x", 'ends with "x"'),
            ("not_ends_with", "x", 'does not end with "x"'),
            ("matches", "x*", 'matches "x*"'),
            ("not_matches", "x*", 'does not match "x*"'),
            ("matches_regex", "x+", 'matches regex "x+"'),
            ("not_matches_regex", "x+", 'does not match regex "x+"'),
            ("contains_any", ["a", "b"], 'contains any of ("a", "b")'),
            ("contains_all", {"parameter": "tags"}, "contains all of $tags"),
            ("before", {"day": "today"}, "before today"),
            ("after", {"instant": "2024-02-29T10:30:00+00:00"}, "after 2024-02-29T10:30:00Z"),
            ("on", {"date": "2024-02-29"}, "on 2024-02-29"),
            ("on_or_before", {"day": "yesterday"}, "on or before yesterday"),
            (
                "on_or_after",
                {"calculation": "-", "left": {"day": "now"}, "right": {"duration": 3, "unit": "hour"}},
                "on or after now - 3 hours",
            ),
            ("in_last", DAYS, "in the last 90 days"),
            ("in_next", DAYS, "in the next 90 days"),
            ("not_in_last", DAYS, "not in the last 90 days"),
            ("not_in_next", DAYS, "not in the next 90 days"),
            ("in_period", {"calendar": "last", "unit": "month"}, "in last month"),
            ("not_in_period", {"calendar": "this", "unit": "week"}, "not in this week"),
            ("more_than_ago", DAYS, "more than 90 days ago"),
            ("less_than_ago", DAYS, "less than 90 days ago"),
            ("has_anniversary", {"next": 7, "unit": "day"}, "has anniversary in the next 7 days"),
        ]
    },
    "is_set": (test_of_field("is_set"), "contact.x is set"),
    "is_empty": (test_of_field("is_empty"), "contact.x is empty"),
    "is_true": (test_of_field("is_true"), "contact.x"),
    "in_segment": (rule({"operator": "in_segment", "value": "vip"}), 'in segment "vip"'),
    "not_in_segment": (rule({"operator": "not_in_segment", "value": "vip"}), 'not in segment "vip"'),
    "not_in_sample": (
        rule({"operator": "not_in_sample", "value": {"percent": "10", "seed": "a"}}), 'not in sample 10 % of "a"',
    ),
    "in_sample": (
        rule({"operator": "in_sample", "value": {"percent": "10", "seed": "a"}}), 'in sample 10 % of "a"',
    ),
    "has_consent": (
        rule({"operator": "has_consent", "value": {"channel": "email", "purpose": "news"}}),
        'has consent for email "news"',
    ),
    "any": (
        rule(
            {
                "operator": "any",
                "collection": "purchases",
                "filters": [{"field": "status", "operator": "equals", "value": "paid"}],
                "windows": [{"last": 90, "unit": "day"}],
            }
        ),
        'any purchases(status = "paid", last 90 days)',
    ),
    "none": (rule({"operator": "none", "collection": "purchases"}), "no purchases"),
    "did": (
        rule(
            {
                "operator": "did",
                "verb": "open",
                "object": "campaign",
                "object_name": "Spring",
                "times": {"operator": "at_least", "count": 3},
                "when": {"last": 30, "unit": "day"},
                "where": {"field": "device", "operator": "not_equals", "value": "bot"},
            }
        ),
        'did open campaign "Spring" at least 3 times in the last 30 days where device != "bot"',
    ),
    "did_not": (
        rule(
            {
                "operator": "did_not",
                "verb": "purchase",
                "when": {"operator": "on_or_after", "value": {"date": "2024-01-01"}},
            }
        ),
        "did not purchase on or after 2024-01-01",
    ),
}  # fmt: skip


def test_every_operator_has_an_example_here() -> None:
    assert set(OPERATORS) == set(BY_OPERATOR)


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_operator_maps_to_the_language_and_back(operator: str) -> None:
    tree, text = BY_OPERATOR[operator]
    assert format_rule(from_json(tree)) == text
    assert to_json(parse(text)) == tree


def test_groups_aggregates_zone_and_parameters_have_their_form() -> None:
    text = 'in zone "Europe/Berlin"\nlet $min = 500 EUR\npurchases(last 1 year).sum(amount) >= $min and not (a or b)'
    tree = {
        "rule": {
            "logical_operator": "and",
            "rules": [
                {
                    "field": {
                        "collection": "purchases",
                        "windows": [{"last": 1, "unit": "year"}],
                        "function": "sum",
                        "arguments": ["amount"],
                    },
                    "operator": "greater_or_equal",
                    "value": {"parameter": "min"},
                },
                {
                    "logical_operator": "not",
                    "rules": [
                        {
                            "logical_operator": "or",
                            "rules": [
                                {"field": "a", "operator": "is_true"},
                                {"field": "b", "operator": "is_true"},
                            ],
                        }
                    ],
                },
            ],
        },
        "zone": "Europe/Berlin",
        "lets": [{"name": "min", "value": {"amount": "500", "currency": "EUR"}}],
    }
    assert to_json(parse(text)) == tree
    assert from_json(tree) == parse(text)


@given(RULES)
def test_any_tree_survives_json(tree: ast.Rule) -> None:
    assert from_json(json.loads(json.dumps(to_json(tree)))) == tree


@pytest.mark.parametrize("text", [each for each in rules("accepted") if each != MIXED])
def test_rules_of_the_corpus_survive_json_with_their_comments(text: str) -> None:
    tree = parse(text)
    back = from_json(json.loads(json.dumps(to_json(tree))))
    assert back == tree
    assert format_rule(back) == format_rule(tree)


def test_nodes_from_json_stand_in_the_canonical_text() -> None:
    back = from_json(BY_OPERATOR["did"][0])
    text = format_rule(back)
    assert text[back.condition.span.start : back.condition.span.end] == text


def test_segments_and_lists_carry_their_ids_and_take_their_present_names() -> None:
    tree = to_json(parse('in segment "old" and a in list "vip"'), segment_ids={"old": "s-1"}, list_ids={"vip": "l-1"})
    assert [node["value"] for node in tree["rule"]["rules"]] == [
        {"id": "s-1", "name": "old"},
        {"id": "l-1", "name": "vip"},
    ]
    renamed = from_json(tree, segment_names={"s-1": "new"})
    assert format_rule(renamed) == 'in segment "new" and a in list "vip"'


def test_what_builders_add_to_nodes_is_passed_over() -> None:
    node = {"id": "n-1", "order": 0, "field": "a", "operator": "is_set"}
    assert from_json({"rule": node}) == parse("a is set")


DEEP: Json = {"field": "a", "operator": "is_set"}
for _ in range(3_000):
    DEEP = {"logical_operator": "not", "rules": [DEEP]}


@pytest.mark.parametrize(
    ("tree", "path"),
    [
        ([], "$"),
        ({}, "$"),
        ({"rule": 5}, "rule"),
        ({"rule": {"field": "a", "operator": "equels", "value": 1}}, "rule.operator"),
        ({"rule": {"field": "a", "operator": "equals"}}, "rule"),
        ({"rule": {"field": "a", "operator": "equals", "value": 1, "vlaue": 2}}, "rule"),
        ({"rule": {"field": "a", "operator": "equals", "value": {"dat": "x"}}}, "rule.value"),
        ({"rule": {"field": "a", "operator": "equals", "value": {"date": "2024-02-30"}}}, "rule.value.date"),
        ({"rule": {"field": "a", "operator": "equals", "value": float("nan")}}, "rule.value"),
        ({"rule": {"field": "a", "operator": "equals", "value": None}}, "rule.value"),
        ({"rule": {"field": "a", "operator": "equals", "value": [1]}}, "rule.value"),
        ({"rule": {"field": "a", "operator": "equals", "value": "\ud800"}}, "rule.value"),
        ({"rule": {"field": "a..b", "operator": "is_set"}}, "rule.field"),
        ({"rule": {"field": "a", "operator": "greater_than", "value": {"amount": "1.000", "currency": "EUR"}}},
         "rule.value.amount"),
        ({"rule": {"field": "a", "operator": "greater_than", "value": {"amount": "1", "currency": "EUX"}}},
         "rule.value.currency"),
        ({"rule": {"field": "a", "operator": "in", "value": ["x", {"number": "1e5"}]}}, "rule.value[1].number"),
        ({"rule": {"field": "a", "operator": "between", "value": [1]}}, "rule.value"),
        ({"rule": {"logical_operator": "and", "rules": [{"field": "a", "operator": "is_set"}]}}, "rule.rules"),
        ({"rule": {"logical_operator": "nand", "rules": []}}, "rule.logical_operator"),
        ({"rule": {"logical_operator": "or", "rules": [{"field": "a", "operator": "is_set"}, {"operator": "any"}]}},
         "rule.rules[1]"),
        ({"rule": {"operator": "did", "verb": "x", "times": {"operator": "at_most", "count": -1}}}, "rule.times.count"),
        ({"rule": {"operator": "in_segment", "value": {"id": "unknown"}}}, "rule.value.id"),
        ({"rule": {"field": "a", "operator": "is_set"}, "lets": [{"name": "1", "value": 5}]}, "lets[0].name"),
        ({"rule": {"field": "a", "operator": "is_set"}, "lets": [{"name": "a", "value": 5}] * 2}, "lets[1]"),
        ({"rule": {"field": "a", "operator": "is_set"}, "zone": 5}, "zone"),
        ({"rule": {"field": "a", "operator": "in", "value": ["x"] * 1_001}}, "rule.value"),
        ({"rule": {"field": "a", "operator": "equals", "value": "x" * 1_025}}, "rule.value"),
        ({"rule": {"field": "a", "operator": "in", "value": ["x" * 100] * 900}}, "$"),
        ({"rule": {"field": "a", "operator": "in", "value": list(range(100_000))}}, "rule.value[19996]"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_path(tree: object, path: str) -> None:
    with pytest.raises(InvalidTree) as refused:
        from_json(tree)
    assert refused.value.values["path"] == path
    assert refused.value.text().startswith(path)


def test_json_without_end_is_refused() -> None:
    with pytest.raises(InvalidTree, match="too large"):
        from_json({"rule": DEEP})
