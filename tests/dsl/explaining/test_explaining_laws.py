"""Explanations of random rules: they say what the predicate says, their reasons suffice, and their changes work."""

from collections.abc import Collection, Mapping
from datetime import datetime
from itertools import combinations
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from attrs import evolve, frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from kohorte.core.fields import Catalogue
from kohorte.core.values import to_micros
from kohorte.dsl.changes.functions import compile_changes
from kohorte.dsl.checker.rule import check
from kohorte.dsl.explaining.applying import applied_to
from kohorte.dsl.explaining.explain import explain
from kohorte.dsl.explaining.model import (
    Change,
    Changeability,
    Explanation,
    Join,
    Leeway,
    Proposal,
    SeenCondition,
    SetField,
    conditions_of,
    holds,
)
from kohorte.dsl.predicates.functions import Predicate, compile_predicate
from kohorte.dsl.records import Form, Prepared, Reads, preparation
from kohorte.dsl.syntax.parser import parse
from kohorte.dsl.testing import instants, records, rules
from kohorte.dsl.typed import Checked
from tests.dsl.catalogues import EVERYTHING, identifier, shop_catalogue
from tests.dsl.oracle import Oracle

LISTS = {"vip": ("Köln", "straße", "5%", "DE"), "countries": ("DE", "AT", "ΟΔΟΣ")}
ENTRIES: Mapping[UUID, Collection[str]] = {identifier(name): listed for name, listed in LISTS.items()}
NUMBER = 7


@frozen
class Case:
    """A rule, a record and an instant, and what they make of each other."""

    text: str
    checked: Checked
    predicate: Predicate
    record: Prepared
    now: int
    members: Mapping[UUID, frozenset[int]]

    def explained(self) -> Explanation:
        return explain(self.checked, "contact", self.record, self.now, members=self.members, entries=ENTRIES)

    def changed(self, proposals: Collection[Proposal]) -> "Case":
        """Return the case after proposals."""
        joined = {
            each.segment.id: frozenset([NUMBER] if each.enter else []) for each in proposals if isinstance(each, Join)
        }
        record = applied_to(self.record, proposals, "contact")
        return evolve(self, record=record, members={**self.members, **joined})

    def with_other_record(self, data: st.DataObject) -> "Case":
        """Return the rule asked about another record of the same key."""
        record: dict[str, Any] = data.draw(records(CATALOGUE, self.predicate.reads.names)) | {"number": NUMBER}
        members = {identifier("vip"): frozenset([NUMBER] if data.draw(st.booleans()) else [])}
        prepare = preparation(self.predicate.reads, CATALOGUE, key="number")
        return evolve(self, record=prepare(record), members=members)

    def answer(self, proposals: Collection[Proposal] = ()) -> bool:
        """Return the predicate's answer once proposals are applied."""
        changed = self.changed(proposals)
        return self.predicate.at(self.now, members=changed.members, entries=ENTRIES).matches(changed.record)


def everything(catalogue: Catalogue) -> Reads:
    reads = Reads(by_key=True)
    for owner in catalogue.owners.values():
        reads.owners[owner.name] = {each: set(Form) for each in owner.fields.values()}
    for rows in catalogue.collections.values():
        reads.rows[rows.name] = {each: set(Form) for each in rows.fields.values()}
    return reads


CATALOGUE = shop_catalogue()
PREPARE_ALL = preparation(everything(CATALOGUE), CATALOGUE, key="number")


@st.composite
def cases(draw: st.DrawFn, *, is_whole: bool = False) -> Case:
    text = draw(rules(CATALOGUE, segments=list(EVERYTHING.rules), lists=list(LISTS)))
    checked = check(parse(text), text, CATALOGUE, EVERYTHING).rule
    predicate = compile_predicate(checked, "contact")
    record: dict[str, Any] = draw(records(CATALOGUE, predicate.reads.names)) | {"number": NUMBER}
    prepare = PREPARE_ALL if is_whole else preparation(predicate.reads, CATALOGUE, key="number")
    now: datetime = draw(instants())
    members = {identifier("vip"): frozenset([NUMBER] if draw(st.booleans()) else [])}
    return Case(text, checked, predicate, prepare(record), to_micros(now), members)


def verdicts_of(explanation: Explanation) -> list[bool]:
    return [each.verdict for each in explanation.conditions]


def replay(explanation: Explanation, verdicts: list[bool]) -> bool:
    return holds(explanation.seen, lambda condition: verdicts[condition.number])


def flipped(explanation: Explanation, numbers: Collection[int]) -> bool:
    """Return the answer once some conditions have the other verdict."""
    return replay(explanation, [each.verdict != (each.number in numbers) for each in explanation.conditions])


# -- what was seen -----------------------------------------------------------------------------------------------


@given(cases())
def test_an_explanation_says_what_the_predicate_says(case: Case) -> None:
    explanation = case.explained()
    assert explanation.verdict == case.answer()
    assert replay(explanation, verdicts_of(explanation)) == explanation.verdict
    assert [each.number for each in conditions_of(explanation.seen)] == [*range(len(explanation.conditions))]


@given(cases(is_whole=True))
def test_every_condition_is_judged_as_the_oracle_does(case: Case) -> None:
    for each in case.explained().conditions:
        assert each.verdict == _told(case, each), (case.text, each)


def _told(case: Case, condition: SeenCondition) -> bool:
    zone: ZoneInfo = condition.zone
    return Oracle("contact", case.record, case.now, zone, case.members, ENTRIES).holds(condition.condition)


# -- reasons -----------------------------------------------------------------------------------------------------


@given(cases(), st.data())
def test_the_answer_stays_whatever_the_conditions_besides_the_reasons_are(case: Case, data: st.DataObject) -> None:
    explanation = case.explained()
    for _ in range(10):
        other = [
            each.verdict if each.number in explanation.reasons else data.draw(st.booleans())
            for each in explanation.conditions
        ]
        assert replay(explanation, other) == explanation.verdict


@given(cases())
def test_without_one_of_its_reasons_the_answer_can_be_another(case: Case) -> None:
    explanation = case.explained()
    wanted = {*explanation.reasons}
    for reason in explanation.reasons:
        kept = wanted - {reason}
        assert any(replay(explanation, verdicts) != explanation.verdict for verdicts in _extremes(explanation, kept)), (
            case.text,
            reason,
        )


def _extremes(explanation: Explanation, kept: Collection[int]) -> list[list[bool]]:
    """Return the verdicts that speak most against the answer where all but the kept ones are free.

    The conditions under an odd number of negated segments count the other way round.
    """
    against = [flipped_alone(explanation, each.number) for each in explanation.conditions]
    return [
        [each.verdict if each.number in kept else against[each.number] for each in explanation.conditions],
    ]


def flipped_alone(explanation: Explanation, number: int) -> bool:
    """Return the verdict of a condition that can only work against the answer (each stands at one place)."""
    sign = _sign(explanation.seen, number)
    return sign != explanation.verdict


def _sign(seen: Any, number: int, *, sign: bool = True) -> bool:
    """Return whether a true condition speaks for a true answer."""
    if isinstance(seen, SeenCondition):
        return sign
    if hasattr(seen, "parts"):
        return next(_sign(part, number, sign=sign) for part in seen.parts if _contains(part, number))
    return _sign(seen.part, number, sign=sign != seen.negated)


def _contains(seen: Any, number: int) -> bool:
    return any(each.number == number for each in conditions_of(seen))


# -- changes -----------------------------------------------------------------------------------------------------


def change_of(case: Case) -> tuple[Explanation, Change | None]:
    explanation = case.explained()
    return explanation, explanation.change


@given(cases())
def test_the_named_verdicts_flip_the_answer_and_no_part_of_them_does(case: Case) -> None:
    explanation, change = change_of(case)
    if change is None:
        assert explanation.changeability is not Changeability.POSSIBLE
        return
    assert change.conditions
    assert flipped(explanation, change.conditions) != explanation.verdict
    afterwards = verdicts_of(case.changed(change.proposals).explained())
    for number in change.conditions:  # what changes as well may speak for the answer that was, or for the other one
        without = [each != (place == number) for place, each in enumerate(afterwards)]
        stays = flipped(explanation, {*change.conditions} - {number}) == explanation.verdict
        assert stays or replay(explanation, without) == explanation.verdict


@given(cases(), st.data())
def test_with_the_changed_and_the_kept_conditions_the_answer_is_another_whatever_the_others_are(
    case: Case, data: st.DataObject
) -> None:
    explanation, change = change_of(case)
    if change is None or not change.proposals:
        return
    for _ in range(5):
        other = [
            each.verdict != (each.number in change.conditions)
            if each.number in (*change.conditions, *change.kept)
            else data.draw(st.booleans())
            for each in explanation.conditions
        ]
        assert replay(explanation, other) != explanation.verdict


@given(cases())
def test_proposals_flip_the_predicate_and_no_part_of_them_does(case: Case) -> None:
    explanation, change = change_of(case)
    if change is None or not change.proposals:
        assert explanation.changeability is not Changeability.POSSIBLE
        return
    assert case.answer(change.proposals) != explanation.verdict, (case.text, change)
    for size in range(len(change.proposals)):
        for part in combinations(change.proposals, size):
            assert case.answer(part) == explanation.verdict, (case.text, change, part)


@given(cases(), st.data())
def test_the_other_values_of_a_proposal_do_as_well(case: Case, data: st.DataObject) -> None:
    explanation, change = change_of(case)
    proposals = () if change is None else change.proposals
    for proposal in proposals:
        if isinstance(proposal, SetField) and proposal.leeway is not None:
            stored = _within(proposal.stored, proposal.leeway, data.draw(st.integers(0, 10**7)))
            others = [evolve(each, stored=stored) if each is proposal else each for each in proposals]
            assert case.answer(others) != explanation.verdict, (case.text, proposal)


def _within(stored: Any, leeway: Leeway, step: int) -> Any:
    """Return a value that lies a step away from the proposed one, but not beyond the leeway."""
    units, *currency = stored if isinstance(stored, tuple) else (stored,)
    low, high = (
        None if end is None else end.stored[0] if currency else end.stored for end in (leeway.low, leeway.high)
    )
    units = (
        units + step if high is None else min(units + step, high) if low is None or step % 2 else max(units - step, low)
    )
    return (units, *currency) if currency else units


@given(cases(), st.data())
def test_where_nothing_could_change_the_answer_no_other_record_has_another_one(case: Case, data: st.DataObject) -> None:
    explanation = case.explained()
    if explanation.changeability is Changeability.IMPOSSIBLE:
        for _ in range(5):
            assert case.with_other_record(data).answer() == explanation.verdict, case.text


def test_hardly_any_explanation_knows_no_change() -> None:
    unknown: dict[str, bool] = {}

    @settings(max_examples=150, derandomize=True, database=None)
    @given(cases())
    def look_at(case: Case) -> None:
        unknown[case.text] = case.explained().changeability is Changeability.UNKNOWN

    look_at()
    assert sum(unknown.values()) <= 0.02 * len(unknown)


@given(cases())
def test_the_answer_flips_at_the_instant_that_is_said_and_not_before(case: Case) -> None:
    changes = compile_changes(case.checked, "contact")
    explanation = explain(
        case.checked, "contact", case.record, case.now, members=case.members, entries=ENTRIES, changes=changes
    )
    until = explanation.until
    assert until is not None
    if until.at is not None:
        at = to_micros(until.at)
        assert evolve(case, now=at).answer() != explanation.verdict
        assert evolve(case, now=at - 1).answer() == explanation.verdict
        assert until.unless is not None
        assert until.unless.verdict != explanation.verdict


@given(cases())
def test_what_is_explained_is_never_changed(case: Case) -> None:
    before = repr(case.record)
    case.explained()
    assert repr(case.record) == before
