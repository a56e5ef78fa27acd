"""What people read when the text of a rule is wrong: golden files, fixes that mend, several findings at once.

``KOHORTE_GOLDEN=1`` writes the golden files anew; read the difference before you commit it.
"""

import os
from pathlib import Path

import pytest

from kohorte.core.ports.rules import Edit, Fix, Problem, RuleRefused
from kohorte.dsl.errors import Message, apply_fix, render
from kohorte.dsl.syntax import messages
from kohorte.dsl.syntax.parser import parse
from tests.dsl.corpus import rules

GOLDEN = Path(__file__).parent / "golden"
TOPICS = [file.stem for file in sorted(GOLDEN.glob("*.txt"))]
FOR_THE_CHECKER: frozenset[str] = frozenset()
"""Refused rules whose text is right."""


def problems_of(rule: str) -> tuple[Problem, ...]:
    with pytest.raises(RuleRefused) as refused:
        parse(rule)
    return refused.value.problems


def cases() -> list[str]:
    """Return the rules of the golden files: each is a rule, a line of dashes, what is said about it."""
    return [
        case.partition("\n----\n")[0]
        for topic in TOPICS
        for case in (GOLDEN / f"{topic}.txt").read_text("utf-8").removesuffix("\n").split("\n====\n")
    ]


def said(rule: str) -> str:
    """Return all that is said about a rule: code, message, place, advice, and what each fix makes of it."""
    lines: list[str] = []
    for problem in problems_of(rule):
        lines.append(f"[{problem.code}]")
        lines.append(render(problem, rule))
        lines += [f"  => {apply_fix(fix, rule)}" for fix in problem.fixes]
    return "\n".join(lines)


@pytest.mark.parametrize("topic", TOPICS)
def test_a_finding_says_what_is_wrong_where_and_what_to_do(topic: str) -> None:
    file = GOLDEN / f"{topic}.txt"
    expected = file.read_text("utf-8")
    written = [case.partition("\n----\n")[0] for case in expected.removesuffix("\n").split("\n====\n")]
    found = "\n====\n".join(f"{rule}\n----\n{said(rule)}" for rule in written) + "\n"
    if os.environ.get("KOHORTE_GOLDEN") == "1":
        file.write_text(found, "utf-8")
    else:
        assert found == expected


@pytest.mark.parametrize("rule", cases())
def test_each_fix_of_a_single_finding_makes_a_rule_that_reads(rule: str) -> None:
    problems = problems_of(rule)
    for fix in problems[0].fixes if len(problems) == 1 else ():
        parse(apply_fix(fix, rule))


@pytest.mark.parametrize("rule", cases())
def test_the_first_fixes_of_all_findings_make_a_rule_that_reads(rule: str) -> None:
    problems = problems_of(rule)
    if all(problem.fixes for problem in problems):
        edits = [edit for problem in problems for edit in problem.fixes[0].edits]
        parse(apply_fix(Fix("all", _apart(edits)), rule))


def _apart(edits: list[Edit]) -> tuple[Edit, ...]:
    """Return the edits without those that lie within another; they were made for a text where it was done."""
    inner = {
        edit
        for edit in edits
        for other in edits
        if other is not edit and other.start <= edit.start and edit.end <= other.end
        if other.start < other.end and (edit.start < edit.end or other.start < edit.start < other.end)
    }
    return tuple(edit for edit in edits if edit not in inner)


@pytest.mark.parametrize("rule", cases())
def test_a_finding_points_into_the_text_and_fills_its_templates(rule: str) -> None:
    for problem in problems_of(rule):
        assert 0 <= problem.start <= problem.end <= len(rule)
        assert problem.line == rule[: problem.start].count("\n") + 1
        assert "{" not in problem.text() + problem.advice() or "{" in rule
        for fix in problem.fixes:
            assert fix.title.format(**problem.values)
            assert all(0 <= edit.start <= edit.end <= len(rule) for edit in fix.edits)


@pytest.mark.parametrize("rule", rules("refused"))
def test_every_rule_that_must_be_refused_is_refused(rule: str) -> None:
    if rule not in FOR_THE_CHECKER:
        assert problems_of(rule)


def test_a_mix_of_and_and_or_is_refused_with_both_ways_to_bracket_it() -> None:
    rule = "contact.x = 1 AND contact.y = 2 Or contact.z = 3"
    (problem,) = problems_of(rule)
    assert problem.code == "mixed_and_or"
    assert (problem.line, problem.column) == (1, rule.index("Or") + 1)
    assert [apply_fix(fix, rule) for fix in problem.fixes] == [
        "(contact.x = 1 AND contact.y = 2) Or contact.z = 3",
        "contact.x = 1 AND (contact.y = 2 Or contact.z = 3)",
    ]


def test_findings_come_in_the_order_of_the_text() -> None:
    problems = problems_of("contact.a = “x” and contact.b contians “y” and contact.c > 1,5")
    assert [problem.code for problem in problems] == [
        "curly_quotes", "misspelt", "curly_quotes", "thousands_separator",
    ]  # fmt: skip
    assert [problem.start for problem in problems] == sorted(problem.start for problem in problems)


def test_a_name_in_braces_does_not_disturb_the_message() -> None:
    (problem,) = problems_of("contact.a = {x}")[:1]
    assert problem.text()


def test_every_kind_of_finding_has_one_meaning() -> None:
    table = [each for each in vars(messages).values() if isinstance(each, Message)]
    assert len(table) > 40
    assert all(each.code.replace("_", "").isalpha() and each.template.endswith((".", "?")) for each in table)
