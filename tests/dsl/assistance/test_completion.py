"""Completion where it is easily wrong: personal values, hidden fields, order, ranges, and broken rules."""

import sys
from collections.abc import Callable
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.fields import Field, Kind
from kohorte.core.ports.known_values import LEAST_SHARED, are_told, is_personal
from kohorte.core.testing.fakes import ListedValues
from kohorte.dsl.assistance.completion import complete
from kohorte.dsl.assistance.findings import findings
from kohorte.dsl.assistance.hover import hover
from kohorte.dsl.assistance.knowledge import Knowledge
from kohorte.dsl.assistance.offers import Completion
from kohorte.dsl.language import RuleLanguage
from kohorte.dsl.testing import rules
from tests.dsl.catalogues import EVERYTHING, shop_catalogue

CATALOGUE = shop_catalogue()
FIELDS = [(owner.name, name) for owner in CATALOGUE.owners.values() for name in owner.fields]
HIDDEN = frozenset({"contact.score", "contact.city", "customer.category", "purchases.at", "purchases.amount"})


def knowing(shared: dict[tuple[str, str], dict[str, int]] | None = None, **more: object) -> Knowledge:
    return Knowledge(CATALOGUE, EVERYTHING, ListedValues(shared or {}), **more)  # type: ignore[arg-type]


def at_mark(text: str, knowledge: Knowledge | None = None) -> Completion:
    """Return what is offered where the text has a bar."""
    before, after = text.split("|")
    return complete(before + after, len(before), knowledge or knowing())


def texts(found: Completion) -> list[str]:
    return [offer.text for offer in found.offers]


# -- personal and rare values ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["key", "email", "first_name", "last_name", "name", "phone", "street", "notes"])
def test_values_of_personal_and_long_fields_are_never_offered(name: str) -> None:
    knowledge = knowing({("contact", name): {"a secret": 1_000}})
    assert '"a secret"' not in texts(at_mark(f"contact.{name} = |", knowledge))
    assert '"a secret"' not in texts(at_mark(f'contact.{name} contains "|', knowledge))
    assert '"a secret"' not in texts(at_mark(f'contact.{name} in ("x", |', knowledge))


def test_a_value_that_few_contacts_share_is_not_offered_even_if_the_data_tells_it() -> None:
    knowledge = knowing({("contact", "city"): {"Köln": LEAST_SHARED, "Ulm": LEAST_SHARED - 1}})
    assert [text for text in texts(at_mark("contact.city = |", knowledge)) if text.startswith('"')] == ['"Köln"']


@pytest.mark.parametrize(
    ("name", "personal"),
    [
        *(("eMail", True), ("phoneNumber", True), ("customer_key", True), ("E_MAIL", True), ("Vorname", True)),
        *(("iban", True), ("first_name", True), ("mobile", True), ("email_domain", False), ("product_name", False)),
        *(("Größe", False), ("country", False), ("monkey", False), ("tournament", False)),
        *(("username", True), ("nickName", True), ("Telefonnummer", True), ("voicemail", True), ("phonenumber", True)),
    ],
)
def test_fields_that_tell_who_somebody_is_are_known_by_their_names(name: str, personal: bool) -> None:
    assert is_personal(name) is personal
    assert are_told(Field(name, Kind.TEXT)) is not personal


def test_legal_facts_and_numbers_are_not_told() -> None:
    assert not are_told(Field("consent_source", Kind.TEXT, legal=True))
    assert not are_told(Field("score", Kind.INTEGER))


# -- what a reader may not see -----------------------------------------------------------------------------------


@given(rules(CATALOGUE, segments=("x",), lists=("vip",)), st.integers(0, 300))
def test_hidden_fields_are_nowhere_offered(rule: str, at: int) -> None:
    knowledge = knowing({key: {"x": 9} for key in FIELDS}, readable=lambda name: name not in HIDDEN)
    assert not [text for text in texts(complete(rule, at, knowledge)) if names_hidden(text)]


def names_hidden(text: str) -> bool:
    parts = text.replace("(", " ").replace(")", " ").replace(",", " ").split()
    return any(part in HIDDEN for part in parts) or ("purchases" in text and ("(amount" in text or "(at" in text))


def test_a_hidden_field_is_neither_described_nor_suggested_nor_its_values_told() -> None:
    knowledge = knowing({("contact", "city"): {"Köln": 9}}, readable=lambda name: name not in HIDDEN)
    assert hover('contact.city = "Köln"', 9, knowledge) is None
    assert texts(at_mark('contact.city = "|', knowledge)) == []
    found = findings('contact.citi = "x"', knowledge)
    assert [each.code for each in found] == ["unknown_field"]
    assert "city" not in found[0].text() + found[0].advice() + str(found[0].fixes)


def test_rows_whose_time_is_hidden_have_no_windows() -> None:
    knowledge = knowing(readable=lambda name: name not in HIDDEN)
    assert "last 90 days" not in texts(at_mark("purchases(|", knowledge))
    assert "last 90 days" in texts(at_mark("purchases(|"))


# -- order and ranges --------------------------------------------------------------------------------------------


def test_what_is_often_used_comes_first() -> None:
    knowledge = knowing({("contact", "city"): {"Bonn": 5, "Köln": 50}}, used={"contact.country": 7})
    assert texts(at_mark("|", knowledge))[0] == "contact.country"
    assert texts(at_mark("contact.city = |", knowledge))[:2] == ['"Köln"', '"Bonn"']


def test_an_operator_fits_the_kind_of_its_field() -> None:
    assert "contains " in texts(at_mark("contact.city |"))
    assert "contains " not in texts(at_mark("contact.score |"))
    assert "> " not in texts(at_mark("contact.city |"))
    assert "before " in texts(at_mark("contact.created_at |"))
    assert "is set" not in texts(at_mark("purchases.count |"))


@pytest.mark.parametrize(
    ("text", "replaced"),
    [
        ("contact.cou|ntry = 1", "contact.country"),
        ('contact.city = "K|öln"', '"Köln"'),
        ('contact.city = "K| and contact.score > 5', '"K'),
        ('contact.city = "K| and contact.name = "x"', '"K'),
        ("contact.`Grö|ße` > 5", "contact.`Größe`"),
        ("contact.score > $le|ast", "$least"),
        ("contact.limit > 500 E|", "500 E"),
        ("contact.city = | and true", ""),
    ],
)
def test_the_word_under_the_cursor_is_replaced(text: str, replaced: str) -> None:
    found = at_mark(text, knowing({("contact", "city"): {"Köln": 9}}))
    assert text.replace("|", "")[found.start : found.end] == replaced


def test_names_are_written_with_backquotes_where_they_need_them() -> None:
    assert texts(at_mark("contact.grö|")) == ["contact.`Größe`"]
    assert "`count`" not in texts(at_mark("purchases(cou|"))
    assert "count" in texts(at_mark("purchases(cou|"))
    assert texts(at_mark('contact.city = "say|', knowing({("contact", "city"): {'say "x"': 9}}))) == [r'"say \"x\""']


def test_parameters_are_offered_where_their_values_fit() -> None:
    head = 'let $least = 5\nlet $town = "Köln"\n'
    assert [each for each in texts(at_mark(f"{head}contact.score > |")) if each[0] == "$"] == ["$least"]
    assert [each for each in texts(at_mark(f"{head}contact.city = |")) if each[0] == "$"] == ["$town"]
    assert [each for each in texts(at_mark(f"{head}contact.city contains |")) if each[0] == "$"] == ["$town"]


def test_and_and_or_are_not_mixed_on_one_level() -> None:
    connectives = {"and ", "or "}
    assert connectives & {*texts(at_mark("contact.a = 1 and contact.b = 2 |"))} == {"and "}
    assert connectives & {*texts(at_mark("contact.a = 1 or (contact.b = 2 |"))} == connectives
    assert not connectives & {*texts(at_mark("did purchase where amount > 5 EUR |"))}


# -- broken rules ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "broken",
    [
        "foo bar baz and contact.tier = |",
        "contact.city = = 5 or (contact.a = 1 and contact.tier = |",
        "contact.a = 1 and contact.b = 2 or contact.tier = |",
        'contact.name = “x” and any purchases(status ~ "x", contact.tier = |',
        "let $x = \nlet 5\ncontact.tier = |",
        "purchases(nonsense nonsense, contact.tier = |",
    ],
)
def test_what_is_wrong_before_does_not_matter(broken: str) -> None:
    assert '"gold"' in texts(at_mark(broken))


def test_nothing_is_offered_in_comments_and_where_nothing_makes_sense() -> None:
    assert texts(at_mark("contact.city is set # contact.|")) == []
    assert texts(at_mark("contact.city banana |")) == []
    assert texts(at_mark("nosuch(|")) == []


def test_hostile_texts_are_answered_in_time_that_grows_with_them() -> None:
    for text in ("(" * 20_000, "not " * 5_000, "`" * 16_000, '"' * 16_000, "contact.a = 1 and " * 900, "x." * 8_000):
        assert complete(text, len(text), knowing()) is not None


def test_a_rule_made_of_first_offers_checks() -> None:
    rule = ""
    for typed in ("contact.tier", "= ", '"gold"', "and ", "purchases(last 90 days).count", ">= "):
        found = complete(rule, len(rule), knowing())
        assert typed in texts(found)
        rule = f"{rule[: found.start]}{typed}".rstrip() + " "
    assert RuleLanguage().check(rule + "3", CATALOGUE, EVERYTHING).fields


@pytest.mark.parametrize(
    "text",
    [
        *(
            "purchases.sum(amount, |",
            "purchases(amount > 5 EUR, last 9 days).sum(amount, |",
            "purchases(last 9 days, |",
        ),
        *('contact.tier in ("gold", |', "contact.created_at on or |", "contact.created_at on or bef|"),
        *(
            "contact.score between 1 and |",
            "(contact.score > 1 or contact.city |",
            "did purchase where (amount > 5 EUR and |",
        ),
    ],
)
def test_in_a_long_rule_the_same_is_offered_as_in_a_short_one(text: str) -> None:
    earlier = "contact.score != 1 and\n"
    long = texts(at_mark(400 * earlier + text))
    assert long
    assert long == texts(at_mark(earlier + text))


def calls_in(run: Callable[[], object]) -> int:
    """Count the Python functions that are called."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        run()
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("ask", [complete, hover])
@pytest.mark.parametrize("joint", [" and\n", " and "])
def test_help_in_a_long_rule_hardly_looks_at_earlier_conditions(
    ask: Callable[[str, int, Knowledge], object], joint: str
) -> None:
    knowledge = knowing()

    def calls(conditions: int) -> int:
        text = joint.join(["contact.score != 1"] * conditions)
        ask(text, len(text) - 5, knowledge)  # what is worked out once
        return calls_in(lambda: ask(text, len(text) - 5, knowledge))

    assert calls(500) - calls(100) <= 400 * 4


@pytest.mark.parametrize("text", ["contact.limit = 5 |", "contact.limit in (5 |", "contact.limit in (7 EUR, 5 |"])
def test_behind_a_number_that_is_compared_with_money_comes_a_currency(text: str) -> None:
    assert "5 EUR" in texts(at_mark(text))
