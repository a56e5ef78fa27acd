"""Findings inside the filters of rows: what they claim is so for every row of a small world."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.ports.rules import Problem
from kohorte.core.values import to_micros
from kohorte.dsl.analysis.linting import findings
from kohorte.dsl.errors import apply_fix
from kohorte.dsl.records import preparation
from tests.dsl.analysis.small import LATER, NOW, rule

ROWS = [
    {"at": NOW + timedelta(days=days), "status": status, "n": n}
    for days, status, n in product((-400, -100, -40, -5, -2, 3), (None, "paid", "open"), (None, 0, 1, 2, 3, 4))
]
CONDITIONS = (
    *(f"n {test}" for test in ("= 1", "!= 1", "> 1", "> 2", "< 3", "<= 1", "between 1 and 2", "not between 1 and 2")),
    *("n in (1, 2)", "n not in (1, 2)", "n is set", "n is empty", "n > contact.a", "n <= contact.a", "n = contact.a"),
    *('status = "paid"', 'status != "paid"', 'status in ("paid", "open")', "status is set", "status is empty"),
    *('status starts with "p"', 'status does not contain "a"', "contact.a > 1", "contact.a is set", "contact.a < 3"),
    *("at in the last 7 days", "at in the last 90 days", "at more than 30 days ago", "at before 2024-05-01"),
    *("at on or before today", "at after tomorrow", "at not in the last 30 days", "at in this month"),
)
WINDOWS = ("last 7 days", "last 90 days", "this month", "last year", "next 7 days")
FORMS = ("any purchases({})", "no purchases({})", "purchases({}).count = 1", "purchases({}).max(n) is set")
_CHANGING_NOTHING = {"redundant_part", "dead_part", "never_holds", "always_holds"}


@st.composite
def conditions(draw: st.DrawFn, depth: int = 2) -> str:
    """Draw a condition on a row."""
    if depth == 0 or draw(st.integers(0, 2)) == 0:
        return draw(st.sampled_from(CONDITIONS))
    word = draw(st.sampled_from((" and ", " or ")))
    parts = [f"({draw(conditions(depth - 1))})" for _ in range(draw(st.integers(2, 3)))]
    return draw(st.sampled_from(("", "", "not "))) + f"({word.join(parts)})"


@st.composite
def row_rules(draw: st.DrawFn) -> str:
    """Draw a rule that one row decides."""
    if draw(st.integers(0, 4)) == 0:
        when = draw(st.sampled_from(("", " in the last 7 days", " on or after 2024-04-20")))
        return f"did purchase{when} where ({draw(conditions())})"
    pieces = draw(st.lists(conditions(), min_size=1, max_size=3)) + draw(st.lists(st.sampled_from(WINDOWS), max_size=2))
    return draw(st.sampled_from(FORMS)).format(", ".join(draw(st.permutations(pieces))))


def records() -> Iterator[dict[str, Any]]:
    """Yield records with one row each."""
    for row, a in product(ROWS, (None, 1, 2, 3)):
        yield {"key": "k", "b": 0, "created_at": NOW, "a": a, "purchases": [row]}


RECORDS = list(records())


def answers(text: str) -> list[bool]:
    compiled = rule(text)
    prepare = preparation(compiled.compiled.reads, compiled.catalogue)
    prepared = [prepare(each) for each in RECORDS]
    bound = (compiled.compiled.at(to_micros(NOW + later), members={}, entries={}) for later in LATER)
    return [each.matches(record) for each in bound for record in prepared]


def in_filter(problem: Problem, text: str) -> bool:
    return not text[problem.start :].startswith(("any ", "no ", "purchases", "did "))


@given(row_rules())
def test_what_is_said_of_a_filter_is_so(text: str) -> None:
    for problem in findings(rule(text), NOW):
        if problem.code in _CHANGING_NOTHING:
            for fix in problem.fixes:
                assert answers(text) == answers(apply_fix(fix, text)), problem
            if in_filter(problem, text):
                _see_inside(problem, text)


def _see_inside(problem: Problem, text: str) -> None:
    inner = text[problem.start : problem.end]
    if problem.code == "never_holds":
        assert not any(answers(f"any purchases({inner})")), problem
    elif problem.code == "always_holds" or (not problem.fixes and not text.startswith("did")):
        assert answers(f"any purchases({inner})") == answers("any purchases"), problem
    elif not problem.fixes:
        assert answers(text) == answers(text[: text.index(" where ")]), problem


@pytest.mark.parametrize(
    ("text", "expected", "after"),
    [
        ('any purchases(status = "paid" and status != "x")', ["redundant_part"], 'any purchases(status = "paid")'),
        ("purchases(n > 5, n > 3).count > 2", ["redundant_part"], "purchases(n > 5).count > 2"),
        ("purchases(n > 3, n > 5).count > 2", ["redundant_part"], "purchases(n > 5).count > 2"),
        ("no purchases(n > 3 and n > 5)", ["redundant_part"], "no purchases(n > 5)"),
        ("purchases(n = 1 or n > 0).sum(n) > 9", ["dead_part"], "purchases(n > 0).sum(n) > 9"),
        ("purchases(last 30 days, last 90 days).sum(n) > 2", ["redundant_part"], "purchases(last 30 days).sum(n) > 2"),
        ("purchases(at in the last 90 days, last 30 days).sum(n) > 2", ["redundant_part"], None),
        ("purchases(n is set or n is empty, n > 1).count > 2", ["always_holds"], "purchases(n > 1).count > 2"),
        ("purchases(n > 3 and n < 2).sum(n) > purchases.sum(n)", ["never_holds"], None),
        ("did purchase where (n > 1 and n > 2)", ["redundant_part"], "did purchase where (n > 2)"),
        ("did purchase in the last 3 days where at in the last 7 days", ["redundant_part"], None),
        ("last purchases(n > 3, n > 1).status is set", ["redundant_part"], "last purchases(n > 3).status is set"),
        (
            "purchases(contact.a > 1 and contact.a > 2).count > 1",
            ["redundant_part"],
            "purchases(contact.a > 2).count > 1",
        ),
        (
            "not (contact.b = 1 or no purchases(n > 5 and n > 3))",
            ["redundant_part"],
            "not (contact.b = 1 or no purchases(n > 5))",
        ),
        ('any purchases(n > 3 and status = "paid")', [], None),
        ("any purchases(n != 3)", ["matches_missing"], "any purchases((n != 3 and n is set))"),
    ],
)
def test_a_part_of_a_filter_that_changes_nothing_is_found(text: str, expected: list[str], after: str | None) -> None:
    found = findings(rule(text), NOW)
    assert [each.code for each in found if "first_seen" not in each.code] == expected
    if after is not None:
        assert [apply_fix(fix, text) for each in found for fix in each.fixes] == [after]


def test_a_filter_of_lines_inside_a_filter_is_looked_at_too() -> None:
    from kohorte.dsl import Language  # noqa: PLC0415

    language = Language.of({"contact": {"a": "integer"}, "orders": [{"items": [{"n": "integer"}]}]})
    text = "orders(any items(n > 2 and n > 1)).count >= 2"
    (found,) = findings(language.rule(text), NOW)
    assert apply_fix(found.fixes[0], text) == "orders(any items(n > 2)).count >= 2"


def test_what_a_rule_says_beside_it_does_not_make_a_part_of_a_filter_superfluous() -> None:
    assert not findings(rule("contact.a > 2 and any purchases(contact.a > 1 and n > 3)"), NOW)
