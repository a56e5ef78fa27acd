"""Fields of a rule's tree under other names: wherever a rule can speak of them, and nowhere else."""

from collections.abc import Mapping

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.custom_fields.model import CUSTOM_OWNERS, CustomField, with_custom_fields
from kohorte.core.fields import Catalogue, Field, Kind
from kohorte.core.ports.rules import CheckedRule
from kohorte.core.testing.fakes import NOON, ListedReferences, counted_id
from kohorte.core.testing.strategies import a_custom_field_of_each_kind
from kohorte.dsl.language import RuleLanguage
from kohorte.dsl.testing import rules

LANGUAGE = RuleLanguage()
MINE = a_custom_field_of_each_kind()
YOURS = [evolve(each, field=evolve(each.field, name=f"your {each.field.kind.value}")) for each in MINE]
RENAMED = {mine.full_name: yours.field.name for mine, yours in zip(MINE, YOURS, strict=True)}


def catalogue(customs: list[CustomField]) -> Catalogue:
    return with_custom_fields(kohorte_catalogue(), customs)


def check(text: str, known: Catalogue) -> CheckedRule:
    return LANGUAGE.check(text, known, ListedReferences("Europe/Berlin"))


@given(rules(catalogue(list(MINE))))
def test_a_rule_with_other_names_reads_the_same_fields_by_these_and_comes_back(text: str) -> None:
    rule = check(text, catalogue(list(MINE)))
    tree = LANGUAGE.rename_fields(rule.tree, RENAMED, catalogue(list(MINE)))
    renamed = check(LANGUAGE.text_of(tree, {}, {}), catalogue(YOURS))
    assert renamed.fields == {by_other_name(name) for name in rule.fields}
    back = {f"{name.partition('.')[0]}.{new}": name.partition(".")[2] for name, new in RENAMED.items()}
    assert LANGUAGE.rename_fields(renamed.tree, back, catalogue(YOURS)) == rule.tree


@given(rules(catalogue(list(MINE))), st.sampled_from([{}, {"contact.nobody": "x"}]))
def test_what_a_rule_does_not_name_changes_nothing(text: str, names: Mapping[str, str]) -> None:
    rule = check(text, catalogue(list(MINE)))
    assert LANGUAGE.rename_fields(rule.tree, names, catalogue(list(MINE))) == rule.tree


OF_EVERYBODY = [
    CustomField(counted_id(number), owner, Field(name, Kind.INTEGER, custom=True), NOON)
    for number, (owner, name) in enumerate(
        (owner, name) for owner in CUSTOM_OWNERS for name in ("score", "other", "EUR")
    )
] + [CustomField(counted_id(99), "purchases", Field("count", Kind.INTEGER, custom=True), NOON)]


@pytest.mark.parametrize(
    ("names", "before", "after"),
    [
        (
            {"contact.score": "points"},
            "contact.score > 1 and customer.score > 1",
            "contact.points > 1 and customer.score > 1",
        ),
        ({"contact.score": "points"}, "any purchases(score > contact.score)", "any purchases(score > contact.points)"),
        (
            {"purchases.score": "points"},
            "any purchases(score > contact.score)",
            "any purchases(points > contact.score)",
        ),
        (
            {"items.score": "points"},
            "any purchases(any items(score > 1), score > 1)",
            "any purchases(any items(points > 1), score > 1)",
        ),
        (
            {"purchases.score": "points"},
            "purchases(last 9 days).sum(score) > 1",
            "purchases(last 9 days).sum(points) > 1",
        ),
        ({"purchases.score": "points"}, "last purchases(score > 1).score > 1", "last purchases(points > 1).points > 1"),
        ({"purchases.score": "points"}, "did purchase where score > 1", "did purchase where points > 1"),
        ({"purchases.count": "points"}, "purchases.count > 1", "purchases.count > 1"),
        ({"purchases.EUR": "points"}, "purchases.sum(amount, EUR) > 1 EUR", "purchases.sum(amount, EUR) > 1 EUR"),
        ({"contact.score": "points"}, 'contact.city = "contact.score"', 'contact.city = "contact.score"'),
        (
            {"contact.score": "other", "contact.other": "score"},
            "contact.score > contact.other",
            "contact.other > contact.score",
        ),
        ({"purchases.score": "and"}, "any purchases(score > 1)", "any purchases(`and` > 1)"),
    ],
)
def test_a_name_changes_where_it_means_the_field(names: Mapping[str, str], before: str, after: str) -> None:
    known = catalogue(OF_EVERYBODY)
    rule = check(before, known)
    assert LANGUAGE.text_of(LANGUAGE.rename_fields(rule.tree, names, known), {}, {}) == after


def test_comments_stay_where_they_are() -> None:
    known = catalogue(OF_EVERYBODY)
    rule = check("# about contact.score\ncontact.score > 1 # enough", known)
    tree = LANGUAGE.rename_fields(rule.tree, {"contact.score": "points"}, known)
    assert LANGUAGE.text_of(tree, {}, {}) == "# about contact.score\ncontact.points > 1  # enough"


def by_other_name(name: str) -> str:
    return f"{name.partition('.')[0]}.{RENAMED[name]}" if name in RENAMED else name
