"""Findings about one rule: what they claim is so in a small world, and people are told what they did not see."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.fields import Catalogue, Collection, Field, Kind, Owner
from kohorte.core.ports.rules import Problem, Severity
from kohorte.dsl import Language
from kohorte.dsl.analysis.answers import Proved
from kohorte.dsl.analysis.comparison import compare
from kohorte.dsl.analysis.linting import STEPS, findings
from kohorte.dsl.compiled import CompiledRule
from kohorte.dsl.errors import apply_fix
from kohorte.dsl.language import RuleLanguage
from kohorte.dsl.testing import instants, rules
from tests.dsl.analysis.small import LATER, NOW, every_record, rule, small_rules
from tests.dsl.analysis.test_canonical import SHOP
from tests.dsl.catalogues import EVERYTHING

_CHANGING_NOTHING = {"redundant_part", "dead_part", "never_holds", "always_holds"}


def codes(text: str) -> list[str]:
    return [problem.code for problem in findings(rule(text), NOW)]


def fixed(text: str) -> list[str]:
    return [apply_fix(fix, text) for problem in findings(rule(text), NOW) for fix in problem.fixes]


# -- laws --------------------------------------------------------------------------------------------------------


@given(text=small_rules(), steps=st.just(STEPS) | st.integers(0, 800))
def test_what_is_said_of_a_rule_is_so_however_small_the_budget(text: str, steps: int) -> None:
    for problem in findings(rule(text), NOW, steps=steps):
        _see(problem, text)


def _see(problem: Problem, text: str) -> None:
    original = rule(text)
    if problem.code in {"contradiction", "always_true"}:
        _see_constant(text, holds=problem.code == "always_true")
    for fix in problem.fixes:
        changed = rule(apply_fix(fix, text))
        pairs = list(_answers(original, changed))
        if problem.code in _CHANGING_NOTHING:
            assert all(before == after for before, after in pairs), problem
        elif problem.code in {"matches_missing", "new_match_as_well"} and "Rows" not in problem.template:
            assert all(before or not after for before, after in pairs), problem
            takes_away = any(before and not after for before, after in pairs)
            assert takes_away or not isinstance(compare(original, changed, NOW).within, Proved), problem


def _answers(one: CompiledRule, other: CompiledRule) -> Iterator[tuple[bool, bool]]:
    """Yield what two rules answer for the records of the small world, now and later."""
    for later in LATER:
        first, second = one.predicate(NOW + later), other.predicate(NOW + later)
        yield from ((first(record), second(record)) for record in every_record(one, other, most=300))


def _see_constant(text: str, *, holds: bool) -> None:
    original = rule(text)
    for later in LATER:
        matches = original.predicate(NOW + later)
        assert all(matches(record) is holds for record in every_record(original, most=300))


@given(text=rules(SHOP, segments=["x", "y", "vip", "churned"], lists=["vip", "countries"], depth=3), now=instants())
def test_every_rule_can_be_looked_at(text: str, now: datetime) -> None:
    checked = RuleLanguage().check(text, SHOP, EVERYTHING)
    for problem in findings(checked, now):
        assert problem.text()
        problem.advice()
        for fix in problem.fixes:
            RuleLanguage().check(apply_fix(fix, text), SHOP, EVERYTHING)


# -- examples ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("contact.b = 1", []),
        ("contact.a > 2 and contact.a < 2", ["contradiction"]),
        ("contact.a > 2 and contact.a < 3", ["contradiction"]),
        ("contact.a is set or contact.a is empty", ["always_true"]),
        ("contact.b > 2 or contact.b <= 2", ["always_true"]),
        ("contact.seen in the last 7 days and contact.seen more than 8 days ago", ["contradiction"]),
        ("any purchases(last 7 days) and no purchases(last 30 days)", ["contradiction"]),
        ("contact.a > 1 and contact.a > 2", ["redundant_part"]),
        ("contact.a > 2 or contact.a > 1", ["dead_part"]),
        ("contact.b = 1 and (contact.b = 2 or contact.vip)", ["dead_part"]),
        ("contact.b = 1 or (contact.b = 1 and contact.vip)", ["dead_part"]),
        ("contact.vip or contact.a > 1_000_000_000_000", ["never_holds"]),
        ("contact.vip and contact.b <= 1_000_000_000_000", ["always_holds"]),
        ("contact.vip and purchases.count >= 0", ["always_holds"]),
        ("contact.vip or any purchases(n > 3 and n < 2)", ["never_holds"]),
        ("contact.vip or contact.seen between tomorrow and yesterday", ["ends_before_start"]),
        ("contact.vip or contact.seen between 2024-02-01 and 2024-01-01", ["ends_before_start"]),
        ("contact.a != 1", ["matches_missing"]),
        ("not contact.a = 1", ["matches_missing"]),
        ("contact.a != 1 and contact.a is set", []),
        ("contact.a != 1 or contact.a is empty", []),
        ("contact.b != 1", []),
        ('not in segment "rich"', ["matches_missing"]),
        ('any purchases(status != "paid")', ["matches_missing"]),
        ('any purchases(status != "paid" and status is set)', []),
        ("did not purchase in the last 30 days", ["new_match_as_well"]),
        ("no purchases(last 30 days)", ["new_match_as_well"]),
        ("did not purchase in the last 30 days and contact.created_at more than 30 days ago", []),
        ("did not purchase in the last 30 days and contact.created_at more than 2 months ago", []),
        ("did not purchase in the last 30 days and contact.created_at more than 20 days ago", ["new_match_as_well"]),
        ("did purchase in the last 30 days", []),
        ("let $x = 1\ncontact.b = 2", ["unused_parameter"]),
        ("contact.seen before 0024-01-01", ["unlikely_year"]),
    ],
)
def test_people_are_told_what_they_did_not_see(text: str, expected: list[str]) -> None:
    assert codes(text) == expected


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("contact.a > 1 and contact.a > 2", "contact.a > 2"),
        ("contact.vip and contact.a > 2 and contact.a > 1", "contact.vip and contact.a > 2"),
        ("contact.a = 1 and contact.a = 1", "contact.a = 1"),
        ("let $x = 1\ncontact.b = 2", "\ncontact.b = 2"),
        ("contact.a != 1", "contact.a != 1 and contact.a is set"),
        ("contact.vip or contact.a != 1", "contact.vip or (contact.a != 1 and contact.a is set)"),
        ("contact.vip and contact.a != 1", "contact.vip and contact.a != 1 and contact.a is set"),
        ("not contact.a = 1", "not contact.a = 1 and contact.a is set"),
        (
            "not (contact.a = 1 and contact.b = 2)",
            "not ((contact.a = 1 or contact.a is empty) and contact.b = 2)",
        ),
        (
            "did not purchase in the last 30 days",
            "did not purchase in the last 30 days and contact.created_at more than 30 days ago",
        ),
        (
            "not (contact.b = 1 and did purchase in the last 9 days)",
            "not (contact.b = 1 and (did purchase in the last 9 days or not contact.created_at more than 9 days ago))",
        ),
        (
            "did not purchase in the last 30 days where n > 1",
            "(did not purchase in the last 30 days where n > 1) and contact.created_at more than 30 days ago",
        ),
        (
            'did purchase where status != "paid"',
            'did purchase where (status != "paid" and status is set)',
        ),
    ],
)
def test_a_fix_says_what_was_probably_meant(text: str, after: str) -> None:
    assert fixed(text) == [after]


def test_a_legal_field_that_is_missing_is_an_error_through_a_segment_too() -> None:
    catalogue = Catalogue.of(
        Owner("contact", (Field("key", Kind.CODE, nullable=False), Field("consent", Kind.CODE, legal=True))),
        collections=[Collection("letters", (Field("state", Kind.CODE, legal=True),))],
    )
    language = Language(catalogue, segments={"withdrawn": 'contact.consent = "withdrawn"'})
    for text in (
        'contact.consent != "withdrawn"',
        'not in segment "withdrawn"',
        'any letters(state != "withdrawn")',
    ):
        (problem,) = findings(language.rule(text), NOW)
        assert (problem.code, problem.severity) == ("matches_missing", Severity.ERROR)
        assert not findings(language.rule(apply_fix(problem.fixes[0], text)), NOW)


def test_a_share_and_a_percentage_are_not_mixed_up_unseen() -> None:
    language = Language.of({"contact": {"open_rate": "decimal(4)", "height": "decimal(2)"}})

    def said(text: str) -> list[tuple[str, list[str]]]:
        return [
            (each.code, [apply_fix(fix, text) for fix in each.fixes]) for each in findings(language.rule(text), NOW)
        ]

    assert said("contact.open_rate > 5") == [("percent_meant", ["contact.open_rate > 5 %"])]
    assert said("contact.open_rate > 0.05 %") == [("percent_meant", ["contact.open_rate > 5 %"])]
    assert said("contact.open_rate > 5 % and contact.height > 1.8") == []
    assert said("contact.height > 5 % and contact.height < 7") == [
        ("percent_meant", ["contact.height > 5 % and contact.height < 7 %"])
    ]


def test_a_large_rule_stays_within_its_budget() -> None:
    parts = [f"(contact.a > {number} or contact.b != {number} or purchases.count > {number})" for number in range(160)]
    found: tuple[Any, ...] = findings(rule(" and ".join(parts)), NOW)
    assert isinstance(found, tuple)
