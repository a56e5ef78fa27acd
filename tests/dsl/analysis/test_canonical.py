"""The canonical form keeps the meaning, and equal hashes mean the same."""

import subprocess
import sys
from datetime import datetime
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given

from kohorte.core.fields import Field, Kind
from kohorte.core.values import to_micros
from kohorte.dsl import Language
from kohorte.dsl.analysis.fingerprints import canonical, fingerprint
from kohorte.dsl.checker.rule import check
from kohorte.dsl.compiled import CompiledRule
from kohorte.dsl.syntax.parser import parse
from kohorte.dsl.testing import instants, records, rules
from kohorte.dsl.typed import Checked, Compare, FieldOf, Order
from tests.dsl.analysis.small import CONDITIONS, NOW, every_record, rule
from tests.dsl.catalogues import EVERYTHING, shop_catalogue
from tests.dsl.oracle import answer
from tests.dsl.test_normal import ENTRIES, MEMBERS, prepared

SHOP = shop_catalogue()


def checked(text: str) -> Checked:
    return check(parse(text), text, SHOP, EVERYTHING).rule


def same_hash(one: str, other: str) -> bool:
    return fingerprint(checked(one), "contact") == fingerprint(checked(other), "contact")


# -- laws --------------------------------------------------------------------------------------------------------


@given(
    text=rules(SHOP, segments=["x", "y", "vip", "churned"], lists=["vip", "countries"], depth=3),
    record=records(SHOP),
    now=instants(),
)
def test_the_canonical_form_means_the_same(text: str, record: dict[str, Any], now: datetime) -> None:
    whole = checked(text)
    facts, at = prepared(record), to_micros(now)
    assert answer(canonical(whole, "contact"), "contact", facts, at, MEMBERS, ENTRIES) == answer(
        whole, "contact", facts, at, MEMBERS, ENTRIES
    )


@given(text=rules(SHOP, segments=["x", "vip"], lists=["vip"], depth=3))
def test_the_canonical_form_is_its_own(text: str) -> None:
    whole = checked(text)
    once = canonical(whole, "contact")
    assert fingerprint(once, "contact") == fingerprint(whole, "contact")


def test_rules_with_one_hash_agree() -> None:
    known: dict[str, CompiledRule] = {}
    shared = 0
    for text in [*CONDITIONS, *(f"not ({each})" for each in CONDITIONS)]:
        one = rule(text)
        other = known.setdefault(one.fingerprint, one)
        if other is not one:
            shared += 1
            first, second = one.predicate(NOW), other.predicate(NOW)
            assert all(first(each) == second(each) for each in every_record(one, other)), (text, other.text)
    assert shared > 10


# -- examples ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("contact.a = 1 and contact.b = 2", "contact.b = 2 and contact.a = 1"),
        ("contact.a = 1 or contact.a = 2", "contact.a in (2, 1)"),
        ("contact.a > 4", "contact.a >= 5"),
        ("contact.a = 1", "contact.a = 1 and contact.a = 1"),
        ("contact.a = 1", "contact.a = 1 and (contact.a = 1 or contact.b = 2)"),
        ("contact.a = 1", "contact.a = 1 or (contact.a = 1 and contact.b = 2)"),
        ("not (contact.a = 1 or contact.b = 2)", "contact.a != 1 and contact.b != 2"),
        ("any purchases", "purchases.count > 0"),
        ("no purchases(last 30 days)", "did not purchase in the last 30 days"),
        ("purchases.count < 3", "not purchases.count >= 3"),
        ('contact.city starts with "B"', 'contact.city matches "b*"'),
        ('contact.city = "Köln"', 'contact.city = "KÖLN"'),
        ('contact.tags contains any of ("a", "b")', 'contact.tags contains "b" or contact.tags contains "a"'),
        ("contact.created_at in the last 30 days", "not contact.created_at not in the last 30 days"),
        (
            "purchases(amount > 5 EUR, last 30 days).count >= 2",
            "did purchase at least 2 times in the last 30 days where amount > 5 EUR",
        ),
        ("let $n = 5\ncontact.a = $n", "contact.a = 5"),
        ('in zone "Asia/Kathmandu"\ncontact.a = 5', "contact.a = 5"),
        ("contact.a < contact.b", "contact.b > contact.a"),
        ("contact.a = 1 or contact.a != 1", "true"),
        ("contact.created_at is set", "true"),
        ("contact.a is set and contact.a is empty", "false"),
        ("contact.a > 5 and contact.a > 3", "contact.a > 5"),
        ("contact.a > 5 or contact.a > 3", "contact.a >= 4"),
        ("contact.a > 5 and contact.a < 3", "false"),
        ("contact.a > 3 and contact.a is set", "contact.a > 3"),
        ("any purchases(last 7 days) and any purchases(last 30 days)", "any purchases(last 7 days)"),
    ],
)
def test_rules_that_say_the_same_have_one_hash(one: str, other: str) -> None:
    assert same_hash(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("contact.a = 1", "contact.a = 2"),
        ("contact.a > 4", "contact.a > 5"),
        ('contact.city = "Köln"', 'contact.city = exactly "köln"'),
        ("not contact.a > 4", "contact.a <= 4"),
        ("let $n = 5\ncontact.a = $n", "let $n = 6\ncontact.a = $n"),
        ('in zone "Asia/Kathmandu"\ncontact.created_at today', "contact.created_at today"),
        ('in segment "x"', 'in segment "y"'),
        ("purchases.sum(amount) > 5 EUR", "purchases.sum(amount) > 5 USD"),
        ("purchases.avg(amount) > 5 EUR", "purchases.avg(amount) >= 5.01 EUR"),
        ('contact.tier in ("gold", "silver", "bronze")', "contact.tier is set"),
        ('in segment "x"', 'contact.country = "DE"'),
    ],
)
def test_rules_that_say_something_else_have_another_hash(one: str, other: str) -> None:
    one, other = (each.replace("created_at today", "created_at on today") for each in (one, other))
    assert not same_hash(one, other)


def test_a_field_of_another_kind_changes_the_hash() -> None:
    whole, decimal = (
        evolve(checked("true"), condition=Compare(FieldOf("contact", field), Order.EQUAL, 1))
        for field in (Field("a", Kind.INTEGER), Field("a", Kind.DECIMAL, scale=2))
    )
    assert fingerprint(whole, "contact") != fingerprint(decimal, "contact")


def test_the_hash_is_the_same_in_another_process() -> None:
    text = 'contact.country in ("DE", "AT", "CH") and purchases(last 30 days).count >= 3 and contact.city = "Köln"'
    declared = {"contact": {"country": "code", "city": "text"}, "purchases": [{"at": "instant"}]}
    program = f"from kohorte.dsl import Language; print(Language.of({declared!r}).rule({text!r}).fingerprint)"
    run = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONHASHSEED": "7"}, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == Language.of(declared).rule(text).fingerprint


def test_a_hash_that_was_stored_once_stays_valid() -> None:
    stored = "d6c9083df7f2b2eef5aaef39e0909522bbdc1fdcb67c09a606598509310c659b"
    assert fingerprint(checked("contact.a = 1 and contact.b >= 2"), "contact") == stored
