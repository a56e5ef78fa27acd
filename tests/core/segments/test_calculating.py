"""Segments are calculated after those that they refer to; one that fails never stops the others."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from attrs import define, evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.bus import Bus
from kohorte.core.errors import InvalidInput, NotAllowed, NotFound
from kohorte.core.fields import Catalogue
from kohorte.core.ports.clock import Clock
from kohorte.core.ports.records import RecordKind
from kohorte.core.ports.rules import References
from kohorte.core.segments.commands import CalculatedSegment, CalculateSegments, ChangeSegment, CreateSegment
from kohorte.core.segments.events import MembersChanged, SegmentCalculated
from kohorte.core.segments.lifecycle import ArchiveSegment
from kohorte.core.segments.model import CalculatedLater, Segment, SegmentRule
from kohorte.core.segments.references import in_dependency_order
from kohorte.core.tenants.commands import CreateTenant
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.core.testing.fakes import NOON, FixedClock, SteppingClock, counted_id
from kohorte.dsl.compiled import CompiledRule
from kohorte.dsl.language import RuleLanguage
from tests.core.segments.conftest import HOUR, Shop


@frozen
class Meddled(RuleLanguage):
    """The rule language, with something that happens before each check: somebody else's doing, or a failure."""

    before_each_check: Callable[[str], None]

    def check(self, text: str, catalogue: Catalogue, references: References) -> CompiledRule:
        self.before_each_check(text)
        return super().check(text, catalogue, references)


def calculate_with(shop: Shop, *, before_each_check: Callable[[str], None]) -> list[CalculatedSegment]:
    meddled = evolve(shop.bus, rules=Meddled(before_each_check))
    return list(meddled.run(CalculateSegments(), shop.tenant))


@define
class Meanwhile:
    """A clock; from the second time on that it is asked, something happens first: somebody else's doing."""

    clock: Clock
    something: Callable[[], None]
    asked: int = 0

    def now(self) -> datetime:
        self.asked += 1
        if self.asked > 1:
            self.something()
        return self.clock.now()


def calculate_after(shop: Shop, something: Callable[[], None]) -> list[CalculatedSegment]:
    """Calculate, once all segments were read and before each attempt something has happened."""
    meddled = evolve(shop.bus, clock=Meanwhile(shop.clock, something))
    return list(meddled.run(CalculateSegments(), shop.tenant))


def test_a_calculation_says_who_entered_and_who_left(shop: Shop) -> None:
    made = shop.create("Germans")
    (first,) = shop.calculate("Germans")
    assert (first.id, first.name, first.at) == (made.id, "Germans", NOON)
    assert (first.members, first.entered, first.left, first.error) == (2, 2, 0, None)
    write(shop.storage, shop.tenant, batch(RecordKind.CONTACTS, "key country", ("Ann", "FR")))
    shop.clock.advance(HOUR)
    (second,) = shop.calculate("Germans")
    assert (second.members, second.entered, second.left, second.at) == (1, 0, 1, NOON + HOUR)
    assert shop.members("Germans") == ["Bob"]
    assert (shop.segment("Germans").member_count, shop.segment("Germans").calculated_at) == (1, NOON + HOUR)
    assert shop.events()[1:] == [
        MembersChanged(made.id, 1, 2, 0),
        SegmentCalculated(made.id, 1, 2, 2, 0),
        MembersChanged(made.id, 2, 0, 1),
        SegmentCalculated(made.id, 1, 1, 0, 1),
    ]


def test_all_are_calculated_each_after_those_that_it_refers_to(shop: Shop) -> None:
    shop.create("z Germans")
    shop.create("m rest", 'not in segment "z Germans"')
    shop.create("a both", 'in segment "m rest" or in segment "z Germans"')
    shop.create("b alone", "contact.country is empty")
    names = [each.name for each in shop.calculate()]
    assert sorted(names) == ["a both", "b alone", "m rest", "z Germans"]
    assert names.index("z Germans") < names.index("m rest") < names.index("a both")
    assert [shop.members(name) for name in sorted(names)] == [
        ["Ann", "Bob", "Cem", "Dee"],
        ["Dee"],
        ["Cem", "Dee"],
        ["Ann", "Bob"],
    ]


def test_a_named_one_brings_those_that_it_refers_to_and_no_others(shop: Shop) -> None:
    shop.create("Germans")
    shop.create("rest", 'not in segment "Germans"')
    shop.create("other")
    assert [each.name for each in shop.calculate("rest", "rest")] == ["Germans", "rest"]
    assert shop.segment("other").calculated_at is None


def test_one_that_is_broken_never_stops_the_others(shop: Shop) -> None:
    for name in ("a", "b", "c"):
        shop.create(name)
    shop.create("d", 'in segment "b"')
    shop.break_rule("b")
    found = {each.name: each for each in shop.calculate()}
    assert {name for name, each in found.items() if each.error} == {"b", "d"}
    assert (found["a"].members, found["c"].members) == (2, 2)
    error = found["b"].error
    assert error is not None
    assert error.code == "rule_refused"
    assert (found["b"].members, found["b"].entered, found["b"].left) == (None, None, None)
    assert shop.segment("b").calculated_at is None


def test_an_unforeseen_failure_is_told_without_the_words_of_a_driver(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    shop.create("a")
    shop.create("b", 'contact.country = "TR"')

    def fail_over_germans(text: str) -> None:
        if "DE" in text:
            raise RuntimeError("secret words")

    found = {each.name: each for each in calculate_with(shop, before_each_check=fail_over_germans)}
    error = found["a"].error
    assert error is not None
    assert error.code == "calculation_failed"
    assert "secret" not in error.text() + error.advice()
    assert found["b"].members == 1
    assert "secret words" in caplog.text


def test_a_name_that_is_unknown_or_archived_is_refused_before_anything_happens(shop: Shop) -> None:
    shop.create("Germans")
    shop.create("gone")
    shop.bus.run(ArchiveSegment("gone"), shop.tenant)
    with pytest.raises(NotFound):
        shop.calculate("Germans", "nobody")
    with pytest.raises(NotAllowed):
        shop.calculate("Germans", "gone")
    assert shop.segment("Germans").calculated_at is None
    assert [each.name for each in shop.calculate()] == ["Germans"]


def test_without_segments_nothing_is_calculated(shop: Shop) -> None:
    assert shop.calculate() == []


def test_another_instant_can_be_asked_for_and_an_earlier_one_is_an_error(shop: Shop) -> None:
    shop.create("buyers", "purchases(last 30 days).count >= 1")
    later, earlier = NOON + timedelta(days=25), NOON + timedelta(days=20)
    with pytest.raises(InvalidInput):
        shop.bus.run(CalculateSegments(at=later), shop.tenant)
    shop.clock.advance(timedelta(days=30))
    (found,) = shop.bus.run(CalculateSegments(at=later), shop.tenant)
    assert (found.at, found.members, found.error) == (later, 1, None)
    (refused,) = shop.bus.run(CalculateSegments(["buyers"], at=earlier), shop.tenant)
    assert isinstance(refused.error, CalculatedLater)
    assert shop.segment("buyers").calculated_at == later


def test_a_later_calculation_that_came_first_only_moves_the_clock_on(shop: Shop) -> None:
    shop.create("Germans")

    def let_somebody_else_calculate() -> None:
        if shop.segment("Germans").calculated_at is None:
            other = evolve(shop.bus, clock=FixedClock(NOON + HOUR))
            other.run(CalculateSegments(), shop.tenant)
            shop.clock.advance(2 * HOUR)

    (found,) = calculate_after(shop, let_somebody_else_calculate)
    assert (found.error, found.at, found.members) == (None, NOON + 2 * HOUR, 2)


def test_later_calculations_that_come_first_again_and_again_are_told(shop: Shop) -> None:
    shop.create("Germans")
    ahead = FixedClock(NOON + HOUR)

    def let_somebody_else_calculate() -> None:
        evolve(shop.bus, clock=ahead).run(CalculateSegments(), shop.tenant)
        ahead.advance(HOUR)

    (found,) = calculate_after(shop, let_somebody_else_calculate)
    assert isinstance(found.error, CalculatedLater)


def test_a_rule_that_changes_before_it_is_calculated_is_the_one_that_counts(shop: Shop) -> None:
    made = shop.create("Germans")

    def let_somebody_change_it() -> None:
        if shop.segment("Germans").version == made.version:
            shop.bus.run(ChangeSegment("Germans", rule='contact.country = "TR"'), shop.tenant)

    (found,) = calculate_after(shop, let_somebody_change_it)
    assert (found.error, found.members) == (None, 1)
    assert shop.members("Germans") == ["Cem"]


def test_it_says_how_long_each_took(bus: Bus, shop: Shop) -> None:
    shop.create("Germans")
    stepping = evolve(bus, clock=SteppingClock(NOON, timedelta(seconds=2)))
    (found,) = stepping.run(CalculateSegments(), shop.tenant)
    assert found.seconds == 2.0


def test_a_tenant_calculates_its_own_segments_alone(shop: Shop, bus: Bus) -> None:
    rival = bus.administer(CreateTenant("rival"))
    shop.create("Germans")
    bus.run(CreateSegment("Germans", "contact.key is set"), rival)
    (found,) = bus.run(CalculateSegments(), rival)
    assert found.members == 0
    assert shop.segment("Germans").calculated_at is None


# -- the order ---------------------------------------------------------------------------------------------------


def segment(number: int, *refers_to: int) -> Segment:
    ids = frozenset(map(counted_id, refers_to))
    rule = SegmentRule(1, "", {}, ids, frozenset(), frozenset(), NOON)
    return Segment(counted_id(number), str(number), rule, NOON, NOON)


@given(st.dictionaries(st.integers(0, 12), st.sets(st.integers(0, 12), max_size=4)), st.sets(st.integers(0, 12)))
def test_the_order_holds_all_that_is_referred_to_each_once_and_first(
    references: dict[int, set[int]], wanted: set[int]
) -> None:
    known = {counted_id(number): segment(number, *to) for number, to in references.items()}
    chosen = [known[counted_id(number)] for number in sorted(wanted) if number in references]
    ordered = [each.id for each in in_dependency_order(chosen, known)]
    assert len(ordered) == len(set(ordered))
    assert set(ordered) == reachable([each.id for each in chosen], known)
    place = {each: number for number, each in enumerate(ordered)}
    for each in ordered:
        for other in known[each].refers_to & known.keys():
            assert place[other] < place[each] or each in reachable([other], known)


def reachable(begin: list[UUID], known: dict[UUID, Segment]) -> set[UUID]:
    found: set[UUID] = set()
    waiting = list(begin)
    while waiting:
        each = waiting.pop()
        if each in known and each not in found:
            found.add(each)
            waiting.extend(known[each].refers_to)
    return found


def test_a_chain_may_be_longer_than_the_stack_is_deep() -> None:
    known = {counted_id(number): segment(number, number + 1) for number in range(5_000)}
    ordered = in_dependency_order([known[counted_id(0)]], known)
    assert [each.name for each in ordered] == [str(number) for number in reversed(range(5_000))]
