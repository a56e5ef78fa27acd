"""Rules: checked, tried, said in words, analysed, and completed while somebody types."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

from attrs import frozen
from litestar import post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from kohorte.core.access.permissions import Permission
from kohorte.core.errors import InvalidInput
from kohorte.core.segments.estimating import BUDGET_MS, EstimateRule, estimate_rule
from kohorte.core.segments.queries import PreviewRule, preview_rule
from kohorte.core.segments.rules import check_rule
from kohorte.dsl.assistance.completion import complete
from kohorte.dsl.assistance.offers import Category
from kohorte.entrypoints.compiling import compiled_rule
from kohorte.entrypoints.http.asking import Asked, needs
from kohorte.entrypoints.languages import LANGUAGES
from kohorte.entrypoints.lsp.tenant import TenantKnowledge
from kohorte.entrypoints.views.rules import (
    CheckedRuleView,
    EstimateView,
    FindingView,
    checked_rule_view,
    estimate_view,
    finding_view,
)
from kohorte.entrypoints.views.segments import PreviewView, preview_view

MOST_SAMPLE: Final = 1_000


@frozen
class RuleBody:
    """A rule as text."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"rule": "purchases(last 90 days).count >= 3"}
    rule: str


@frozen
class DatedRuleBody:
    """A rule as text, asked at an instant, or now."""

    rule: str
    at: datetime | None = None


@frozen
class PreviewBody:
    """A rule as text, asked at an instant, or now; `sample` is how many contacts to show."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"rule": "purchases(last 90 days).count >= 3", "sample": 5}
    rule: str
    at: datetime | None = None
    sample: int = 10


@frozen
class EstimateBody:
    """A rule as text, asked at an instant, or now; the answer may take so many milliseconds."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"rule": "purchases(last 90 days).count >= 3", "budget_ms": 250}
    rule: str
    at: datetime | None = None
    budget_ms: int = BUDGET_MS


@frozen
class CompletionBody:
    """A rule that is being written, and the place of the cursor, counted in characters."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"rule": "contact.coun"}
    rule: str
    cursor: int | None = None


@frozen
class SaidView:
    """A rule in words, and as the label that a list needs, by language."""

    sentence: Mapping[str, str]
    label: Mapping[str, str]


@frozen
class AnalysisView:
    """What is wrong with a rule, superfluous or probably not meant; rules of one fingerprint mean the same."""

    findings: Sequence[FindingView]
    fingerprint: str


@frozen
class OfferView:
    """A text that may be inserted; `uses` counts what speaks for it."""

    text: str
    category: Category
    detail: str
    uses: int


@frozen
class CompletionView:
    """Offers, the likeliest first, each to be put in place of the text from `start` to `end`."""

    start: int
    end: int
    offers: Sequence[OfferView]
    is_complete: bool


@post("/check", opt=needs(Permission.SEGMENTS_READ), status_code=HTTP_200_OK, sync_to_thread=True)
def check(data: JSONBody[RuleBody], asked: NamedDependency[Asked]) -> CheckedRuleView:
    """Check a rule, and return it in canonical form; every error has its place and what to do."""
    return checked_rule_view(asked.read(lambda ports: check_rule(data.rule, ports)), asked.language)


@post("/preview", opt=needs(Permission.MEMBERS_READ), status_code=HTTP_200_OK, sync_to_thread=True)
def preview(data: JSONBody[PreviewBody], asked: NamedDependency[Asked]) -> PreviewView:
    """Count whom a rule selects, exactly, and show some of them; nothing is saved."""
    query = PreviewRule(data.rule, data.at, sample_size(data.sample))
    return preview_view(asked.read(lambda ports: preview_rule(query, ports)))


@post("/estimate", opt=needs(Permission.MEMBERS_READ), status_code=HTTP_200_OK, sync_to_thread=True)
def estimate(data: JSONBody[EstimateBody], asked: NamedDependency[Asked]) -> EstimateView:
    """Count whom a rule selects within a time: exactly, or from a sample, with the interval in which the count lies."""
    query = EstimateRule(data.rule, data.at, data.budget_ms)
    return estimate_view(asked.read(lambda ports: estimate_rule(query, ports)), asked.language)


@post("/say", opt=needs(Permission.SEGMENTS_READ), status_code=HTTP_200_OK, sync_to_thread=True)
def say(data: JSONBody[RuleBody], asked: NamedDependency[Asked]) -> SaidView:
    """Say in plain words whom a rule selects."""
    rule = asked.read(lambda ports: compiled_rule(data.rule, ports))
    return SaidView({code: rule.say(code) for code in LANGUAGES}, {code: rule.label(code) for code in LANGUAGES})


@post("/analyse", opt=needs(Permission.SEGMENTS_READ), status_code=HTTP_200_OK, sync_to_thread=True)
def analyse(data: JSONBody[DatedRuleBody], asked: NamedDependency[Asked]) -> AnalysisView:
    """Find what is wrong with a rule, superfluous or probably not meant. What is said is proved."""
    rule = asked.read(lambda ports: compiled_rule(data.rule, ports))
    found = rule.findings(data.at or asked.application.clock.now())
    return AnalysisView([finding_view(each, asked.language) for each in found], rule.fingerprint)


@post("/complete", opt=needs(Permission.SEGMENTS_READ), status_code=HTTP_200_OK, sync_to_thread=True)
def complete_rule(data: JSONBody[CompletionBody], asked: NamedDependency[Asked]) -> CompletionView:
    """Tell what may be written at a place of a rule. Of values, only those that at least five contacts share."""
    place = len(data.rule) if data.cursor is None else data.cursor
    found = complete(data.rule, place, TenantKnowledge(asked.application, asked.tenant)())
    offers = [OfferView(each.text, each.category, each.described(asked.language), each.uses) for each in found.offers]
    return CompletionView(found.start, found.end, offers, found.is_complete)


def sample_size(asked_for: int) -> int:
    """Return how many contacts to show; raise ``InvalidInput`` for less than none and for too many."""
    if not 0 <= asked_for <= MOST_SAMPLE:
        raise InvalidInput("A sample has from 0 to {most} contacts.", hint="Ask for fewer.", most=MOST_SAMPLE)
    return asked_for


ROUTES: Sequence[HTTPRouteHandler] = (check, preview, estimate, say, analyse, complete_rule)
