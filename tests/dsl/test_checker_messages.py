"""What people read when a rule is wrong: golden files, fixes that mend, several findings at once.

``KOHORTE_GOLDEN=1`` writes the golden files anew; read the difference before you commit it.
"""

import os
from pathlib import Path

import pytest
from attrs import evolve

from kohorte.core.ports.rules import Problem, RuleRefused, Severity
from kohorte.dsl.checker.rule import check
from kohorte.dsl.errors import apply_fix, render
from kohorte.dsl.syntax.parser import parse
from tests.dsl.catalogues import EVERYTHING, shop_catalogue

GOLDEN = Path(__file__).parent / "golden_checker"
NAMES = evolve(EVERYTHING, rules={**EVERYTHING.rules, "broken": "contact.gone = 1"}, held=("EUR", "USD"))
CATALOGUE = evolve(shop_catalogue(), reserved_collections=("campaigns",), reserved_verbs=("click",))


def problems_of(rule: str) -> tuple[Problem, ...]:
    try:
        return check(parse(rule), rule, CATALOGUE, NAMES).warnings
    except RuleRefused as refused:
        return refused.problems


def cases() -> list[tuple[str, str]]:
    """Return each topic and rule of the golden files: a rule, a line of dashes, what is said about it."""
    return [
        (file.stem, case.partition("\n----\n")[0])
        for file in sorted(GOLDEN.glob("*.txt"))
        for case in file.read_text("utf-8").split("\n====\n")
    ]


def rendered(rule: str) -> str:
    return "\n".join(render(problem, rule) for problem in problems_of(rule))


@pytest.mark.parametrize("topic", [file.stem for file in sorted(GOLDEN.glob("*.txt"))])
def test_a_finding_says_what_is_wrong_where_and_what_to_do(topic: str) -> None:
    file = GOLDEN / f"{topic}.txt"
    expected = file.read_text("utf-8")
    rules = [rule for of, rule in cases() if of == topic]
    found = "\n====\n".join(f"{rule}\n----\n{rendered(rule)}" for rule in rules) + "\n"
    if os.environ.get("KOHORTE_GOLDEN") == "1":
        file.write_text(found, "utf-8")
    else:
        assert found == expected


@pytest.mark.parametrize(("topic", "rule"), cases())
def test_every_rule_of_the_golden_files_has_a_finding(topic: str, rule: str) -> None:
    assert problems_of(rule)


@pytest.mark.parametrize(("topic", "rule"), cases())
def test_every_fix_mends_what_it_belongs_to(topic: str, rule: str) -> None:
    before = problems_of(rule)
    for problem in before:
        for fix in problem.fixes:
            mended = apply_fix(fix, rule)
            after = [each for each in problems_of(mended) if each.severity is Severity.ERROR]
            assert len(after) < len(before), (mended, after)


def test_every_advice_fits_its_template() -> None:
    for _, rule in cases():
        for problem in problems_of(rule):
            assert "{" not in problem.text().replace("{", "", rule.count("{"))
            problem.advice()
