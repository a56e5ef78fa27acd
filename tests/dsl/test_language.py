"""The public face: rules over an embedder's own records and tables, and the core's port."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from attrs import frozen

import kohorte.dsl
from kohorte.core.errors import InvalidInput, ReferenceCycle
from kohorte.core.fields import Kind
from kohorte.core.ports.rules import RuleRefused
from kohorte.core.testing.fakes import ListedValues
from kohorte.core.values import Money
from kohorte.dsl import Language
from kohorte.dsl.assistance.completion import complete
from kohorte.dsl.declared import catalogue_of
from kohorte.dsl.json_tree.tree import InvalidTree

NOW = datetime(2024, 2, 29, 12, 0, tzinfo=UTC)
SHOP = {
    "contact": {
        "id": "integer!",
        "country": "code",
        "city": "text",
        "score": "integer",
        "rate": "decimal(2)",
        "tier": ["gold", "silver"],
        "tags": "tags",
        "subscribed": "boolean",
        "birthday": "date",
    },
    "company": {"category": "text"},
    "purchases": [{"at": "instant!", "amount": "money", "items": [{"product": "code", "price": "money"}]}],
}


# -- records -----------------------------------------------------------------------------------------------------


def days_ago(days: int) -> datetime:
    return NOW - timedelta(days=days)


ANNA = {
    "id": 1,
    "country": "DE",
    "city": "KÖLN",
    "company": {"category": "Wholesale"},
    "purchases": [
        {"at": days_ago(3), "amount": Decimal("12.50"), "currency": "EUR", "items": [{"product": "A", "price": 12}]},
        {"at": days_ago(100), "amount": Decimal(40), "currency": "EUR"},
    ],
}
BEN = {"id": 2, "country": "AT", "purchases": [{"at": NOW + timedelta(days=1)}]}


def test_a_rule_answers_for_a_dict() -> None:
    matches = Language.of(SHOP).rule('contact.country = "DE" and purchases(last 90 days).count >= 1').predicate(NOW)
    assert matches(ANNA)
    assert not matches(BEN)
    assert not matches({})


def test_a_rule_answers_for_an_object() -> None:
    @frozen
    class Company:
        category: str | None

    @frozen
    class Person:
        country: str
        company: Company | None = None

    matches = Language.of(SHOP).rule('company.category = "WHOLESALE"').predicate(NOW)
    assert matches(Person("DE", Company("wholesale")))
    assert not matches(Person("DE"))


def test_the_same_rule_answers_at_any_instant() -> None:
    rule = Language.of(SHOP).rule("purchases(last 90 days).count >= 1")
    answers = [rule.predicate(NOW + timedelta(days=days))(ANNA) for days in (-200, -50, 0, 80, 95)]
    assert answers == [False, True, True, True, False]


def test_matching_records_are_picked_one_after_the_other() -> None:
    rule = Language.of(SHOP).rule('contact.country in ("DE", "AT") and no purchases')

    def endless() -> Iterator[dict[str, object]]:
        while True:
            yield ANNA
            yield BEN

    assert next(rule.select(endless(), NOW)) is BEN


def test_lines_have_the_time_and_the_currency_of_their_row() -> None:
    language = Language.of(SHOP)
    assert language.rule("items(last 7 days).sum(price) = 12 EUR").predicate(NOW)(ANNA)
    assert not language.rule("any items(last 7 days)").predicate(NOW + timedelta(days=30))(ANNA)
    assert language.rule('any purchases(any items(product = "A"))').predicate(NOW)(ANNA)


def test_money_may_be_given_as_money() -> None:
    matches = Language.of(SHOP).rule("purchases.sum(amount) > 5 GBP").predicate(NOW)
    assert matches({"purchases": [{"at": days_ago(1), "amount": Money(Decimal(6), "GBP")}]})


def test_the_zone_of_the_language_is_that_of_rules_that_state_none() -> None:
    evening = {"purchases": [{"at": datetime(2024, 2, 28, 23, 30, tzinfo=UTC)}]}
    rule = "any purchases(at on today)"
    assert Language.of(SHOP, zone="Europe/Berlin").rule(rule).predicate(NOW)(evening)
    assert not Language.of(SHOP).rule(rule).predicate(NOW)(evening)
    assert Language.of(SHOP).rule(f'in zone "Europe/Berlin" {rule}').predicate(NOW)(evening)


def test_segments_are_rules_or_sets_of_keys_and_lists_are_texts() -> None:
    language = Language.of(
        SHOP,
        segments={"Germans": 'contact.country = "DE"', "friends": {2, 3}, "nice Germans": 'in segment "Germans"'},
        lists={"cities": ["Köln", "Wien"]},
        key="id",
    )
    assert language.rule('in segment "nice Germans" and not in segment "friends"').predicate(NOW)(ANNA)
    assert language.rule('in segment "friends"').predicate(NOW)(BEN)
    assert language.rule('contact.city in list "cities"').predicate(NOW)(ANNA)
    with pytest.raises(RuleRefused, match="Germany"):
        language.rule('in segment "Germany"')
    with pytest.raises(ReferenceCycle):
        Language.of(SHOP, segments={"a": 'in segment "a"'}).rule('in segment "a"')


def test_an_instant_without_an_offset_is_refused() -> None:
    rule = Language.of(SHOP).rule("contact.subscribed")
    with pytest.raises(InvalidInput, match="offset"):
        rule.predicate(datetime.fromisoformat("2024-02-29T12:00"))


@pytest.mark.parametrize("asked", ["contact.birthday has anniversary in the next 100 years", "purchases.count > 1"])
def test_instants_at_the_ends_of_time_are_refused_and_all_others_answered(asked: str) -> None:
    language = Language.of({"contact": {"birthday": "date"}, "purchases": [{"at": "instant"}]})
    rule = language.rule(f'in zone "Pacific/Apia"\n{asked}')
    record = {"birthday": date(1990, 5, 1), "purchases": [{"at": datetime(2024, 1, 1, tzinfo=UTC)}]}
    for instant in (datetime(300, 1, 1, tzinfo=UTC), datetime(9799, 12, 31, tzinfo=UTC)):
        assert rule.next_change(record, instant).holds is rule.predicate(instant)(record)
        rule.findings(instant)
    for instant in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        with pytest.raises(InvalidInput, match="No rule is asked"):
            rule.predicate(instant)


def test_a_language_knows_what_help_may_speak_of() -> None:
    language = Language.of(SHOP, segments={"lapsed": "no purchases(last 90 days)"}, lists={"press": []})
    values = ListedValues({("contact", "city"): {"Köln": 7}})

    def offered(text: str) -> list[str]:
        return [each.text for each in complete(text, len(text), language.knowledge(values)).offers]

    assert offered("in segment ") == ['"lapsed"']
    assert '"press"' in offered("contact.city in list ")
    assert offered("contact.city = ")[0] == '"Köln"'
    text = "contact.city = "
    assert '"Köln"' not in [each.text for each in complete(text, len(text), language.knowledge()).offers]


# -- what a rule says about itself -------------------------------------------------------------------------------


def test_a_rule_knows_what_it_reads() -> None:
    rule = Language.of(SHOP, segments={"x": "contact.score > 3"}, lists={"y": []}).rule(
        'contact.city in list "y" and (any purchases(contact.country = "DE", amount > 3 EUR) or in segment "x")'
    )
    assert rule.fields == {
        "contact.city",
        "contact.country",
        "purchases.at",
        "purchases.amount",
        "purchases.currency",
    }
    assert len(rule.segments) == len(rule.lists) == 1


def test_the_text_is_canonical_and_keeps_comments() -> None:
    rule = Language.of(SHOP).rule('contact.country=="DE"   # those\n  AND NOT contact.subscribed')
    assert "# those" in rule.text
    assert Language.of(SHOP).rule(rule.text).text == rule.text
    assert Language.of(SHOP).format('contact.country=="DE"') == 'contact.country = "DE"'


def test_a_tree_is_read_back_and_names_segments_by_their_ids() -> None:
    rule = 'in segment "friends" and contact.city in list "cities"'
    before = Language.of(SHOP, segments={"friends": {1}}, lists={"cities": []})
    tree = before.rule(rule).tree
    assert before.from_tree(tree).text == before.rule(rule).text
    identifier = str(*before.rule('in segment "friends"').segments)
    assert identifier in str(tree)
    renamed = {"rule": {"operator": "in_segment", "value": {"id": identifier, "name": "pals"}}}
    assert before.from_tree(renamed).text == 'in segment "friends"'
    with pytest.raises(InvalidTree):
        before.from_tree({"rule": 5})


def test_warnings_do_not_stop_a_rule() -> None:
    rule = Language.of(SHOP).rule("any purchases(next 7 days)")
    assert [warning.code for warning in rule.warnings] == ["nothing_ahead"]


# -- declarations ------------------------------------------------------------------------------------------------


def test_plain_declarations_become_a_catalogue() -> None:
    catalogue = catalogue_of(SHOP, verbs={"purchase": "purchases"})
    assert catalogue.subject == "contact"
    assert catalogue.field("contact", "rate").scale == 2
    assert catalogue.field("contact", "tier").choices == ("gold", "silver")
    assert not catalogue.field("contact", "id").nullable
    assert catalogue.owners["company"].optional
    purchases, items = catalogue.collections["purchases"], catalogue.collections["items"]
    assert (purchases.time, purchases.past_only, purchases.parent) == ("at", True, None)
    assert (items.time, items.parent) == ("at", "purchases")
    assert catalogue.field("items", "price").currency == "currency"
    assert catalogue.field("contact", "tags").kind is Kind.TAGS
    assert catalogue.verbs["purchase"].time == "at"


@pytest.mark.parametrize(
    "declared",
    [
        {},
        {"purchases": [{"at": "instant"}]},
        {"contact": {"country": "string"}},
        {"contact": {"rate": "decimal"}},
        {"contact": {"rate": "integer(2)"}},
        {"contact": {"rate": 5}},
        {"contact": {"country": "code"}, "purchases": "many"},
        {"contact": {"country": "code"}, "purchases": []},
        {"contact": {"country": "code"}, "purchases": [{"at": "instant"}, {"at": "instant"}]},
    ],
)
def test_what_is_no_declaration_is_refused(declared: dict[str, dict[str, str]]) -> None:
    with pytest.raises(InvalidInput):
        catalogue_of(declared)


def test_a_verb_needs_rows_with_a_time() -> None:
    with pytest.raises(InvalidInput):
        catalogue_of({"contact": {"country": "code"}, "marks": [{"label": "code"}]}, verbs={"mark": "marks"})


# -- what importing costs ----------------------------------------------------------------------------------------


def loaded_after(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_importing_the_package_loads_nothing_heavy() -> None:
    loaded = loaded_after("import kohorte.dsl")
    assert not {"lark", "sqlalchemy", "attrs"} & loaded


def test_rules_in_memory_need_no_sqlalchemy() -> None:
    code = (
        "from datetime import datetime, timezone\n"
        "from kohorte.dsl import Language, RuleRefused\n"
        "rule = Language.of({'contact': {'country': 'code'}}).rule('contact.country = \"DE\"')\n"
        "assert rule.predicate(datetime.now(timezone.utc))({'country': 'DE'}) and rule.tree"
    )
    assert "sqlalchemy" not in loaded_after(code)


def test_conditions_without_sqlalchemy_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in sys.modules if each.partition(".")[0] == "sqlalchemy" or "dsl.sql" in each]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    rule = Language.of(SHOP).rule('contact.country = "DE"')
    with pytest.raises(ModuleNotFoundError, match=r'pip install "kohorte\[sql\]"'):
        rule.parameters(NOW)


def test_the_package_has_only_its_documented_names() -> None:
    assert set(kohorte.dsl.__all__) == {"Language", "RuleRefused"}
    assert kohorte.dsl.RuleRefused is RuleRefused
    with pytest.raises(AttributeError):
        getattr(kohorte.dsl, "Nothing")  # noqa: B009 - it is not there for type checkers either
