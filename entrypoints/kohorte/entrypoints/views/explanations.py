"""Why a contact is in or not, as programs read it.

Apart from the other views, because what explains rules is slow to read.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from attrs import asdict, frozen

from kohorte.core.ports.audiences import Member
from kohorte.core.ports.pins import Pin, Side
from kohorte.core.segments.model import SegmentRule
from kohorte.dsl.compiled import CompiledRule
from kohorte.dsl.explaining.model import Changeability, Explanation, SeenCondition
from kohorte.dsl.explaining.telling import sentences
from kohorte.dsl.sentences import clause, spellings
from kohorte.entrypoints.languages import LANGUAGES, Code


@frozen
class Explained:
    """An explanation with the rule that it explains."""

    rule: CompiledRule
    explanation: Explanation

    def sentences(self, language: Code) -> tuple[str, ...]:
        """Return it in words."""
        spelled = spellings(self.rule.syntax)
        return sentences(self.explanation, language, catalogue=self.rule.catalogue, spelled=spelled)

    def clause(self, seen: SeenCondition, language: Code) -> str:
        """Return a condition in words: those of referenced segments stand in no text of this rule."""
        spelled = spellings(self.rule.syntax)
        return clause(seen.condition, language, catalogue=self.rule.catalogue, spelled=spelled)


@frozen
class SeenRowsView:
    """How many rows of a collection counted, of how many that there are."""

    counted: int
    of: int


@frozen
class ConditionView:
    """A condition in words, by language, with its verdict, the values that it saw, and the rows behind them."""

    number: int
    condition: Mapping[str, str]
    verdict: bool
    values: Sequence[object]
    rows: Sequence[SeenRowsView]


@frozen
class ExplanationView:
    """Why a rule selects a contact or not at an instant.

    ``reasons`` are the numbers of the fewest conditions that suffice, ``change`` those whose verdict must change for
    another answer. The answer flips at ``until``, or surely holds until ``not_before``, if no data change.
    """

    verdict: bool
    at: datetime
    conditions: Sequence[ConditionView]
    reasons: Sequence[int]
    changeability: Changeability
    change: Sequence[int] | None
    until: datetime | None
    not_before: datetime | None
    sentences: Mapping[str, Sequence[str]]


@frozen
class StayView:
    """When a contact entered a segment, and when it left."""

    entered_at: datetime
    left_at: datetime | None


@frozen
class SideView:
    """On which side of a segment a contact was put by hand: by whom, and since when."""

    side: Side
    by: str
    at: datetime


@frozen
class KeptView:
    """A contact in a segment that has no rule."""

    member: StayView | None
    pin: SideView | None
    rule_version: int | None = None
    rule: str | None = None


@frozen
class MembershipExplanationView(ExplanationView):
    """Why a contact is in a segment or not: by which version of its rule, and what was said by hand."""

    rule_version: int
    rule: str
    member: StayView | None
    pin: SideView | None


def explanation_view(explained: Explained) -> ExplanationView:
    """Return an explanation for programs."""
    found = explained.explanation
    until, change = found.until, found.change
    return ExplanationView(
        verdict=found.verdict,
        at=found.now,
        conditions=[_condition(each, explained) for each in found.conditions],
        reasons=found.reasons,
        changeability=found.changeability,
        change=None if change is None else change.conditions,
        until=None if until is None else until.at,
        not_before=None if until is None else until.not_before,
        sentences={code: explained.sentences(code) for code in LANGUAGES},
    )


def kept_view(stay: Member | None, pin: Pin | None) -> KeptView:
    """Return for programs whether a contact is in a segment that has no rule."""
    return KeptView(_stay(stay), _side(pin))


def membership_explanation_view(
    explained: Explained, version: SegmentRule, stay: Member | None, pin: Pin | None
) -> MembershipExplanationView:
    """Return for programs why a contact is in a segment or not, by a version of its rule."""
    return MembershipExplanationView(
        **asdict(explanation_view(explained), recurse=False),
        rule_version=version.version,
        rule=version.text,
        member=_stay(stay),
        pin=_side(pin),
    )


def _condition(seen: SeenCondition, explained: Explained) -> ConditionView:
    return ConditionView(
        number=seen.number,
        condition={code: explained.clause(seen, code) for code in LANGUAGES},
        verdict=seen.verdict,
        values=[each.value for each in seen.values],
        rows=[SeenRowsView(each.rows.counted, each.rows.of) for each in seen.values if each.rows],
    )


def _stay(stay: Member | None) -> StayView | None:
    return None if stay is None else StayView(stay.entered_at, stay.left_at)


def _side(pin: Pin | None) -> SideView | None:
    return None if pin is None else SideView(pin.side, pin.by, pin.at)
