"""Rules that were checked, and what is wrong with others, as programs read them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from attrs import asdict, frozen

from kohorte.core.errors import KohorteError, Translate, as_written, filled
from kohorte.core.ports.rules import CheckedRule, Edit, Fix, Problem, RuleRefused, Severity
from kohorte.core.segments.estimating import Estimate
from kohorte.entrypoints.languages import LANGUAGES

if TYPE_CHECKING:  # slow to read, and few commands ask for it
    from kohorte.dsl.assistance.offers import Completion
    from kohorte.dsl.compiled import CompiledRule

_MILLISECOND: Final = timedelta(milliseconds=1)


@frozen
class ProblemView:
    """A finding about a rule's text; lines and columns count from 1."""

    code: str
    message: str
    line: int
    column: int


@frozen
class FindingView(ProblemView):
    """A finding with how much it matters, and the names of the changes that would mend it."""

    severity: Severity
    fixes: Sequence[str]


@frozen
class FixView:
    """A change that mends a problem: replace the source from an offset to another one by a text."""

    title: str
    edits: Sequence[tuple[int, int, str]]


@frozen
class MendableProblemView(ProblemView):
    """A problem with what to do about it, where it is in the source (offsets of characters), and changes that mend it.

    ``hint`` is empty where there is no advice.
    """

    hint: str
    start: int
    end: int
    fixes: Sequence[FixView]


@frozen
class ErrorView:
    """What was wrong (``message``), what to do (``hint``, perhaps empty), and which error it is (``code``)."""

    code: str
    message: str
    hint: str


@frozen
class RuleRefusedView(ErrorView):
    """A rule that was refused, with every problem in the order of the text."""

    problems: Sequence[MendableProblemView]


@frozen
class CheckedRuleView:
    """A rule that was understood: its canonical text and its syntax, the fields that it reads, and what looks wrong."""

    text: str
    tree: Mapping[str, object]
    fields: Sequence[str]
    warnings: Sequence[ProblemView]


@frozen
class FormattedRuleView:
    """A rule in canonical spelling and layout."""

    text: str


@frozen
class StatementView:
    """The statement that selects a rule's contacts, in the words of one kind of database, with its parameters."""

    dialect: str
    sql: str
    parameters: Mapping[str, object]


@frozen
class AnalysisView:
    """What was found about a rule; the fingerprint of its meaning, and the segments that have the same."""

    findings: Sequence[FindingView]
    fingerprint: str
    same_as: Sequence[str]


@frozen
class SaidRuleView:
    """A rule in plain words, and its label for lists, by language."""

    sentence: Mapping[str, str]
    label: Mapping[str, str]


@frozen
class OfferView:
    """What may be written at a place of a rule, and in how many records such a value occurs."""

    text: str
    category: str
    detail: str
    uses: int


@frozen
class CompletionView:
    """Offers that take the place of the text from one offset to another; ``is_complete`` where there are no more."""

    start: int
    end: int
    offers: Sequence[OfferView]
    is_complete: bool


@frozen
class EstimateView:
    """How many contacts a rule selects: ``count`` exactly where ``is_exact``, otherwise as a sample of contacts says.

    The true count lies from ``low`` to ``high`` with so much ``confidence`` at least. ``drawn`` contacts were asked of
    all ``population``, which is an estimate itself above 100,000: the interval allows for that. Both are None where the
    whole count was ready in time, and ``count`` is None where nobody could be asked in time. ``budget_ms`` is the time
    that was given, ``took_ms`` the time that it took.
    """

    rule: str
    at: datetime
    count: int | None
    is_exact: bool
    low: int
    high: int
    confidence: float
    drawn: int | None
    population: int | None
    budget_ms: int
    took_ms: float
    warnings: Sequence[ProblemView]


def checked_rule_view(rule: CheckedRule, translate: Translate = as_written) -> CheckedRuleView:
    """Return a checked rule for programs."""
    warnings = [problem_view(each, translate) for each in rule.warnings]
    return CheckedRuleView(rule.text, rule.tree, sorted(rule.fields), warnings)


def estimate_view(found: Estimate, translate: Translate = as_written) -> EstimateView:
    """Return how many contacts a rule selects for programs."""
    return EstimateView(
        rule=found.rule,
        at=found.at,
        count=found.count,
        is_exact=found.is_exact,
        low=found.interval.low,
        high=found.interval.high,
        confidence=found.confidence,
        drawn=None if found.sample is None else found.sample.drawn,
        population=None if found.sample is None else found.sample.population.size,
        budget_ms=found.budget // _MILLISECOND,
        took_ms=found.took / _MILLISECOND,
        warnings=[problem_view(each, translate) for each in found.warnings],
    )


def problem_view(problem: Problem, translate: Translate = as_written) -> ProblemView:
    """Return a finding for programs."""
    return ProblemView(problem.code, problem.text(translate), problem.line, problem.column)


def finding_view(problem: Problem, translate: Translate = as_written) -> FindingView:
    """Return a finding for programs, with how much it matters."""
    titles = [_title(fix, problem, translate) for fix in problem.fixes]
    return FindingView(**asdict(problem_view(problem, translate)), severity=problem.severity, fixes=titles)


def mendable_problem_view(problem: Problem, translate: Translate = as_written) -> MendableProblemView:
    """Return a problem for programs that offer to mend it."""
    return MendableProblemView(
        **asdict(problem_view(problem, translate)),
        hint=problem.advice(translate),
        start=problem.start,
        end=problem.end,
        fixes=[FixView(_title(fix, problem, translate), [_edit(each) for each in fix.edits]) for fix in problem.fixes],
    )


def error_view(error: KohorteError, translate: Translate = as_written) -> ErrorView:
    """Return an error for programs; a refused rule with its problems."""
    told = ErrorView(error.code, error.text(translate), error.advice(translate))
    if isinstance(error, RuleRefused):
        problems = [mendable_problem_view(each, translate) for each in error.problems]
        return RuleRefusedView(**asdict(told), problems=problems)
    return told


def _title(fix: Fix, problem: Problem, translate: Translate) -> str:
    return filled(fix.title, problem.values, translate)


def _edit(edit: Edit) -> tuple[int, int, str]:
    return edit.start, edit.end, edit.text


def analysis_view(
    found: Sequence[Problem], fingerprint: str, same_as: Sequence[str], translate: Translate = as_written
) -> AnalysisView:
    """Return what was found about a rule for programs."""
    return AnalysisView([finding_view(each, translate) for each in found], fingerprint, same_as)


def said_rule_view(rule: "CompiledRule") -> SaidRuleView:
    """Return a rule in plain words for programs."""
    return SaidRuleView({code: rule.say(code) for code in LANGUAGES}, {code: rule.label(code) for code in LANGUAGES})


def completion_view(found: "Completion", translate: Translate = as_written) -> CompletionView:
    """Return what may be written at a place of a rule for programs."""
    offers = [OfferView(each.text, each.category.value, each.described(translate), each.uses) for each in found.offers]
    return CompletionView(found.start, found.end, offers, found.is_complete)
