"""Two rules: what is proved holds for every record of a small world, and what is refuted has a witness."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.errors import InvalidInput
from kohorte.core.values import to_micros
from kohorte.dsl import Language
from kohorte.dsl.analysis.answers import Answer, Proved, Refuted, Unknown, Witness
from kohorte.dsl.analysis.comparison import Comparison, compare
from kohorte.dsl.compiled import CompiledRule
from kohorte.dsl.language import RuleLanguage
from kohorte.dsl.testing import instants, records, rules
from tests.dsl.analysis.small import LATER, NOW, every_record, pairs, rule
from tests.dsl.catalogues import EVERYTHING, identifier, shop_catalogue
from tests.dsl.oracle import answer
from tests.dsl.test_normal import ENTRIES, MEMBERS, prepared


def holds(of: CompiledRule, answer: Answer) -> bool:
    assert isinstance(answer, Refuted)
    return of.predicate(answer.witness.now)(answer.witness.record)


@given(texts=pairs())
def test_what_is_claimed_of_two_rules_is_so(texts: tuple[str, str]) -> None:
    one, other = map(rule, texts)
    compared = compare(one, other, NOW)
    _see_witnesses(one, other, compared)
    for later in LATER:
        first, second = one.predicate(NOW + later), other.predicate(NOW + later)
        for record in every_record(one, other, most=300):
            answers = first(record), second(record)
            assert not (isinstance(compared.within, Proved) and answers == (True, False)), record
            assert not (isinstance(compared.covers, Proved) and answers == (False, True)), record
            assert not (isinstance(compared.apart, Proved) and answers == (True, True)), record


def _see_witnesses(one: CompiledRule, other: CompiledRule, compared: Comparison) -> None:
    for claim, wanted in (
        (compared.within, (True, False)),
        (compared.covers, (False, True)),
        (compared.apart, (True, True)),
    ):
        if isinstance(claim, Refuted):
            assert (holds(one, claim), holds(other, claim)) == wanted


SHOP = shop_catalogue()
_RULES = rules(SHOP, segments=["x", "y", "vip"], lists=["vip", "countries"], depth=1)


@given(texts=st.tuples(_RULES, _RULES), record=records(SHOP), now=instants())
def test_what_is_claimed_of_rules_over_a_whole_catalogue_is_so(
    texts: tuple[str, str], record: dict[str, Any], now: datetime
) -> None:
    one, other = (RuleLanguage().check(text, SHOP, EVERYTHING) for text in texts)
    compared, at = compare(one, other, now), to_micros(now)
    holds = [answer(each.checked, "contact", prepared(record), at, MEMBERS, ENTRIES) for each in (one, other)]
    for claim, excluded in (
        (compared.within, [True, False]),
        (compared.covers, [False, True]),
        (compared.apart, [True, True]),
    ):
        assert not (isinstance(claim, Proved) and holds == excluded)
        if isinstance(claim, Refuted):
            assert [_judged(each, claim.witness) for each in (one, other)] == excluded


def _judged(of: CompiledRule, witness: Witness) -> bool:
    """Return what the oracle says of a witness, in the segments and lists that it was taken to belong to."""
    facts = prepared(dict(witness.record))
    members = {identifier("vip"): {facts[""]} if identifier("vip") in witness.segments else set[str]()}
    entries = {identifier(name): witness.entries.get(identifier(name), frozenset()) for name in ("vip", "countries")}
    return answer(of.checked, "contact", facts, to_micros(witness.now), members, entries)


PROVED, REFUTED, UNKNOWN = Proved, Refuted, Unknown


@pytest.mark.parametrize(
    ("one", "other", "within", "covers", "apart"),
    [
        ("contact.a > 2", "contact.a > 1", PROVED, REFUTED, REFUTED),
        ("contact.a > 2", "contact.a <= 2", REFUTED, REFUTED, PROVED),
        ("contact.a != 1", "not contact.a = 1", PROVED, PROVED, REFUTED),
        ('contact.city = "Köln"', 'contact.city starts with "kö"', PROVED, REFUTED, REFUTED),
        ('contact.city starts with "a"', 'contact.city starts with "b"', REFUTED, REFUTED, PROVED),
        ("contact.seen in the last 7 days", "contact.seen in the last 30 days", PROVED, REFUTED, REFUTED),
        ("contact.seen in the last 7 days", "contact.seen more than 30 days ago", REFUTED, REFUTED, PROVED),
        ("contact.seen more than 30 days ago", "contact.seen before 2024-05-01", REFUTED, REFUTED, REFUTED),
        ("contact.seen before 2020-01-01", "contact.seen more than 1 year ago", PROVED, REFUTED, REFUTED),
        ("purchases(last 30 days).count >= 3", "purchases(last 90 days).count >= 2", PROVED, REFUTED, REFUTED),
        ("no purchases(last 90 days)", "no purchases(last 30 days)", PROVED, REFUTED, REFUTED),
        ('any purchases(status = "paid")', "any purchases", PROVED, REFUTED, REFUTED),
        ("purchases.max(n) > 2", "any purchases", PROVED, REFUTED, REFUTED),
        ("purchases.min(n) > 2", "purchases.max(n) > 1", PROVED, REFUTED, REFUTED),
        ("purchases.sum(n) > 3", "no purchases", REFUTED, REFUTED, PROVED),
        ('in segment "rich"', "contact.a > 0", PROVED, REFUTED, REFUTED),
        ('in segment "vips"', 'in segment "vips" and contact.a > 0', REFUTED, PROVED, REFUTED),
        ('contact.tags contains all of ("x", "y")', 'contact.tags contains "x"', PROVED, REFUTED, REFUTED),
        ("contact.limit > 5 EUR", "contact.limit > 2 EUR", PROVED, REFUTED, REFUTED),
        ("contact.limit > 5 EUR", "contact.limit > 2 USD", REFUTED, REFUTED, PROVED),
        ("contact.a < contact.b", "contact.a <= contact.b", PROVED, REFUTED, REFUTED),
        ("contact.a < contact.b", "contact.b < contact.a", REFUTED, REFUTED, PROVED),
        ("purchases.avg(n) > 1", "purchases.avg(n) >= 3", REFUTED, PROVED, REFUTED),
        ("purchases.avg(n) > 1", "purchases.avg(n) >= 2", UNKNOWN, PROVED, REFUTED),
        ('in sample 10 % of "s"', 'in sample 20 % of "s"', PROVED, REFUTED, REFUTED),
        ('contact.tags does not contain "x" and contact.tags is set', "contact.tags is set", PROVED, REFUTED, REFUTED),
        ("last purchases.n > 1", "any purchases", PROVED, REFUTED, REFUTED),
        ("last purchases.n > 1", "purchases.max(n) > 1", PROVED, UNKNOWN, REFUTED),
        ("last purchases.n > 2", "last purchases.n > 1", PROVED, REFUTED, REFUTED),
        ("contact.seen has anniversary today", "contact.seen is set", PROVED, REFUTED, REFUTED),
        ("purchases(n >= 2).avg(n) < 3", "purchases(n >= 2).min(n) >= 2", PROVED, REFUTED, REFUTED),
        ("last purchases(n in (1, 2)).n = 3", "contact.a = 1", PROVED, REFUTED, PROVED),
        ('purchases(status = "paid").count distinct(status) >= 2', "contact.a = 1", PROVED, REFUTED, PROVED),
        ("purchases(n > 0).sum(n) >= 0", "contact.a = 1", REFUTED, PROVED, REFUTED),
        ('contact.city starts with exactly " x"', "contact.a = 1", PROVED, REFUTED, PROVED),
    ],
)
def test_what_people_expect_is_found_out(
    one: str, other: str, within: type[Answer], covers: type[Answer], apart: type[Answer]
) -> None:
    first, second = rule(one), rule(other)
    compared = compare(first, second, NOW)
    assert (type(compared.within), type(compared.covers), type(compared.apart)) == (within, covers, apart)
    _see_witnesses(first, second, compared)


@pytest.mark.parametrize(
    "text",
    [
        "contact.seen < 0001-01-02",
        "contact.seen > 9999-12-30",
        "contact.seen <= 0001-01-01",
        "contact.created_at < 0001-01-02",
        "contact.created_at > 9999-12-31T23:59:59.999999Z",
        "contact.limit >= 10_000_000_000 EUR",
        "contact.limit < -9_999_999_999.99 EUR",
        "contact.a >= 1_000_000_000_000",
        "contact.seen has anniversary in the next 100 years",
        "purchases.count >= 1_000_000_000",
        "purchases.sum(n) > 999_999_999_999",
    ],
)
def test_values_at_the_ends_of_what_exists_are_no_trouble(text: str) -> None:
    for other in ("contact.b = 1", f"not ({text})"):
        compared = compare(rule(text), rule(other), NOW)
        _see_witnesses(rule(text), rule(other), compared)
    rule(text).findings(NOW)


def test_rules_over_different_catalogues_are_not_compared() -> None:
    other = Language.of({"contact": {"a": "integer"}}).rule("contact.a = 1")
    with pytest.raises(InvalidInput):
        compare(rule("contact.a = 1"), other, NOW)


def test_an_instant_without_an_offset_is_refused() -> None:
    with pytest.raises(InvalidInput):
        compare(rule("contact.a = 1"), rule("contact.a = 1"), datetime(2024, 1, 1))  # noqa: DTZ001 - that is the point
