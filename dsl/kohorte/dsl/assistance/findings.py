"""What is wrong with a rule that is being written, what mends it, and how it would be laid out."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from kohorte.core.errors import KohorteError
from kohorte.core.ports.rules import Edit, Fix, Problem, RuleRefused
from kohorte.dsl.assistance.knowledge import Knowledge
from kohorte.dsl.language import RuleLanguage


def findings(text: str, knowledge: Knowledge, now: datetime | None = None) -> tuple[Problem, ...]:
    """Return what is wrong with a rule, or may be meant otherwise; fields that the reader may not see are unknown.

    With an instant (aware), what is so from then on is among it where the rule is understood: parts that change
    nothing, that never or always hold, or that hold because a value is missing (see ``analysis``).
    """
    try:
        rule = RuleLanguage().check(text, knowledge.catalogue, knowledge.references)
        return rule.warnings if now is None else rule.findings(now)
    except RuleRefused as refused:
        return refused.problems
    except KohorteError as error:  # its segments refer to each other in a circle
        return (Problem(error.code, error.template, 0, len(text), 1, 1, error.values, error.hint_template),)


def fixes_between(problems: Iterable[Problem], start: int, end: int) -> Iterator[tuple[Problem, Fix]]:
    """Yield the fixes of the problems that touch a stretch of the text, an empty one too."""
    for problem in problems:
        if problem.start <= end and start <= problem.end:
            for fix in problem.fixes:
                yield problem, fix


def layout(text: str) -> Edit | None:
    """Return the edit that writes a rule in canonical form, comments kept.

    None where it is written so, and where it cannot be read. Line breaks at the end of the text stay, and all are of
    the kind that the text has.
    """
    try:
        formatted = RuleLanguage().format(text)
    except RuleRefused:
        return None
    formatted += "\n" * text[len(text.rstrip()) :].count("\n")
    if "\r\n" in text:
        formatted = formatted.replace("\n", "\r\n")
    return None if formatted == text else Edit(0, len(text), formatted)
