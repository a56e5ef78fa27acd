"""Descriptions, fixes, colours and layout, for whole and for broken rules."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.testing.fakes import ListedValues
from kohorte.dsl.assistance.colours import Colour, colours
from kohorte.dsl.assistance.findings import findings, fixes_between, layout
from kohorte.dsl.assistance.hover import Hover, hover
from kohorte.dsl.assistance.knowledge import Knowledge
from kohorte.dsl.errors import apply_fix
from kohorte.dsl.language import RuleLanguage
from kohorte.dsl.testing import rules
from tests.dsl.catalogues import EVERYTHING, shop_catalogue

CATALOGUE = shop_catalogue()
KNOWLEDGE = Knowledge(CATALOGUE, EVERYTHING, ListedValues({("contact", "city"): {"Köln": 9, "Ulm": 1}}))


def described(text: str) -> Hover:
    """Return what is said of the thing behind the bar."""
    before, after = text.split("|")
    found = hover(before + after, len(before), KNOWLEDGE)
    assert found is not None, text
    return found


@pytest.mark.parametrize(
    ("text", "title", "said"),
    [
        ("contact.ci|ty is set", "contact.city", "text; case does not count"),
        ("contact.city is |set", "is set", "has a value"),
        ('contact.city does |not contain "x"', "does not contain", "does not have this in it"),
        ("purchases(|amount > 5 EUR).count > 3", "amount", "amount of money in its currency"),
        ("purchases(amount > 5 EUR).co|unt > 3", "count", "how many rows there are"),
        ("any pur|chases", "purchases", "related rows: key, at"),
        ("did pur|chase", "did purchase", "something that happened: purchases"),
        ('in segment "|churned"', '"churned"', "the contacts of another segment"),
        ('contact.email in list "|vip"', '"vip"', "a stored list of values"),
        ("let $least = 5\ncontact.score > $le|ast", "$least", "a value named at the head of this rule"),
        ("contact.score |>= 3", ">=", "is greater or equal"),
        ("foo bar and contact.sc|ore > 3", "contact.score", "whole number"),
    ],
)
def test_a_thing_is_described(text: str, title: str, said: str) -> None:
    found = described(text)
    assert found.title == title
    assert found.lines[0].text().startswith(said)
    assert found.start <= text.index("|") <= found.end


def test_a_field_is_described_with_its_common_values_and_rules_that_check() -> None:
    found = described("contact.|city is set")
    assert "Common values: " + '"Köln"' in [line.text() for line in found.lines]
    for owner in CATALOGUE.owners.values():
        for name in owner.fields:
            for example in described(f"{owner.name}.|`{name}` is set").examples:
                RuleLanguage().check(example, CATALOGUE, EVERYTHING)


def test_the_rule_of_a_segment_is_shown() -> None:
    assert described('in segment "|churned"').examples == ("no purchases(last 1 year)",)


def test_the_rule_of_a_segment_is_not_shown_to_who_may_not_see_its_fields() -> None:
    knowledge = Knowledge(CATALOGUE, EVERYTHING, readable=lambda name: name != "contact.country")
    found = hover('in segment "x"', 12, knowledge)
    assert found is not None
    assert found.examples == ()


def test_blanks_unknown_names_and_numbers_are_not_described() -> None:
    for text in ("contact.nosuch is set", "5", "   ", "", "nosuch.field = 1"):
        assert hover(text, 1, KNOWLEDGE) is None


def test_fixes_mend_the_rule_that_they_are_offered_for() -> None:
    text = "contact.city == “Köln”"
    found = [*fixes_between(findings(text, KNOWLEDGE), 16, 17)]
    assert found
    assert findings(apply_fix(found[0][1], text), KNOWLEDGE) == ()
    assert [*fixes_between(findings(text, KNOWLEDGE), 0, 3)] == []


def test_with_an_instant_it_is_told_too_what_changes_nothing_from_then_on() -> None:
    text = "purchases(last 30 days, last 90 days).count > 2"
    assert findings(text, KNOWLEDGE) == ()
    found = findings(text, KNOWLEDGE, datetime(2026, 5, 1, tzinfo=UTC))
    assert [(each.code, text[each.start : each.end]) for each in found] == [("redundant_part", "last 90 days")]
    assert [each.code for each in findings("contact.contry is set", KNOWLEDGE, datetime.now(UTC))] == ["unknown_field"]


def test_layout_changes_what_is_not_canonical_and_nothing_else() -> None:
    edit = layout("contact.city   IS NOT EMPTY  # why\n")
    assert edit is not None
    assert edit.text == "contact.city is set  # why\n"
    assert layout(edit.text) is None
    assert layout("contact.city is") is None
    from_windows = layout("# why\r\ncontact.city   IS SET\r\n")
    assert from_windows is not None
    assert from_windows.text == "# why\r\ncontact.city is set\r\n"
    assert layout(from_windows.text) is None


def test_segments_in_a_circle_are_a_finding() -> None:
    from tests.dsl.catalogues import Names  # noqa: PLC0415

    circle = Knowledge(CATALOGUE, Names(rules={"a": 'in segment "b"', "b": 'in segment "a"'}))
    assert [each.code for each in findings('in segment "a"', circle)] == ["reference_cycle"]


def test_things_have_the_colours_of_what_they_are() -> None:
    text = 'purchases(at before today).count > 3 and contact.`Größe` = $x # why\n or did have activity "x"'
    found = {text[each.start : each.end]: each.colour for each in colours(text, CATALOGUE)}
    assert found == {
        **dict.fromkeys(("before", "today", "and", "or", "did"), Colour.KEYWORD),
        **dict.fromkeys(("at", "`Größe`"), Colour.FIELD),
        **dict.fromkeys((">", "="), Colour.OPERATOR),
        **dict.fromkeys(("activity",), Colour.KEYWORD),
        "purchases": Colour.COLLECTION,
        "count": Colour.FUNCTION,
        "3": Colour.NUMBER,
        "contact": Colour.OWNER,
        "$x": Colour.PARAMETER,
        "# why": Colour.COMMENT,
        "have": Colour.VERB,
        '"x"': Colour.TEXT,
    }


@given(st.one_of(st.text(max_size=80), rules(CATALOGUE)), st.integers(0, 80), st.text(max_size=3))
def test_any_text_is_coloured_in_order_and_described_somehow(rule: str, cut: int, put_in: str) -> None:
    text = rule[:cut] + put_in + rule[cut + 1 :]
    found = colours(text, CATALOGUE)
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert all("\n" not in text[each.start : each.end] for each in found)
    told = hover(text, cut, KNOWLEDGE)
    assert told is None or told.start <= cut <= told.end
