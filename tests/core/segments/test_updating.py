"""Members are brought up to date for what has changed, and as a calculation of everybody would have it."""

from collections.abc import Mapping, Sequence, Set
from datetime import timedelta
from uuid import UUID

import pytest
from attrs import evolve

from kohorte.core.errors import InvalidValue
from kohorte.core.kept import Kept
from kohorte.core.lists.commands import AddEntries, CreateList
from kohorte.core.ports.records import RecordKind
from kohorte.core.segments.commands import CalculatedSegment, CalculateSegments, ChangeSegment, CreateSegment
from kohorte.core.segments.events import MembersChanged, SegmentCalculated
from kohorte.core.segments.lifecycle import ActivateSegment, DeactivateSegment
from kohorte.core.segments.model import SegmentType
from kohorte.core.segments.pins import AddMembers
from kohorte.core.segments.updating import UpdateMembers
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.dsl.index.segments import SegmentIndex, SegmentsAt
from kohorte.dsl.language import RuleLanguage
from tests.core.segments.conftest import GERMANS, HOUR, Shop


def update(shop: Shop) -> Sequence[CalculatedSegment]:
    shop.clock.advance(HOUR)
    return shop.bus.run(UpdateMembers(), shop.tenant)


def told(shop: Shop) -> list[tuple[str, int | None, int | None, int | None]]:
    return [(each.name, each.members, each.entered, each.left) for each in update(shop)]


def move(shop: Shop, key: str, country: str) -> None:
    write(shop.storage, shop.tenant, batch(RecordKind.CONTACTS, "key country", (key, country)))


def test_a_new_segment_is_calculated_whole_and_then_there_is_nothing_to_do(shop: Shop) -> None:
    shop.create("Germans")
    assert told(shop) == [("Germans", 2, 2, 0)]
    assert told(shop) == []


def test_only_contacts_that_changed_are_looked_at(shop: Shop) -> None:
    made = shop.create("Germans")
    update(shop)
    move(shop, "Ann", "FR")
    move(shop, "Cem", "DE")
    assert told(shop) == [("Germans", 2, 1, 1)]
    assert shop.members("Germans") == ["Bob", "Cem"]
    assert shop.events()[-1] == MembersChanged(made.id, 2, 1, 1)
    assert sum(isinstance(event, SegmentCalculated) for event in shop.events()) == 1


def test_a_new_rule_is_calculated_whole_for_those_who_refer_to_it_too(shop: Shop) -> None:
    shop.create("Germans")
    shop.create("others", 'not in segment "Germans"')
    shop.create("the same", 'in segment "others"')
    shop.create("all", "contact.key is set")
    update(shop)
    shop.bus.run(ChangeSegment("Germans", rule='contact.country = "TR"'), shop.tenant)
    assert told(shop) == [("Germans", 1, 1, 2), ("others", 3, 2, 1), ("the same", 3, 2, 1)]


def test_a_change_that_leaves_the_rule_as_it_is_calculates_nothing(shop: Shop) -> None:
    shop.create("Germans")
    update(shop)
    shop.bus.run(ChangeSegment("Germans", description="from Germany", tags=("x",)), shop.tenant)
    assert told(shop) == []


def test_a_segment_follows_a_list_that_it_reads(shop: Shop) -> None:
    shop.bus.run(CreateList("vip"), shop.tenant)
    shop.create("vips", 'contact.key in list "vip"')
    shop.create("Germans")
    update(shop)
    shop.bus.run(AddEntries("vip", ["Cem", "Dee"]), shop.tenant)
    assert told(shop) == [("vips", 2, 2, 0)]


def test_a_segment_follows_a_list_that_the_rule_within_its_own_reads(shop: Shop) -> None:
    shop.bus.run(CreateList("vip"), shop.tenant)
    shop.create("vips", 'contact.key in list "vip"')
    shop.create("others", 'not in segment "vips"')
    shop.create("the same", 'in segment "others"')
    update(shop)
    shop.bus.run(DeactivateSegment("vips"), shop.tenant)
    shop.bus.run(AddEntries("vip", ["Cem", "Dee"]), shop.tenant)
    assert told(shop) == [("others", 2, 0, 2), ("the same", 2, 0, 2)]


def test_a_segment_comes_after_one_whose_members_it_asks_for_through_one_that_is_inactive(shop: Shop) -> None:
    shop.create("C")
    shop.create("B")
    shop.create("A")
    shop.bus.run(ChangeSegment("C", minimum_stay_days=1), shop.tenant)
    shop.bus.run(ChangeSegment("B", rule='in segment "C"'), shop.tenant)
    shop.bus.run(ChangeSegment("A", rule='in segment "B"'), shop.tenant)
    shop.bus.run(DeactivateSegment("B"), shop.tenant)
    assert [(each.name, each.entered) for each in shop.calculate("A")] == [("C", 2), ("A", 2)]
    move(shop, "Cem", "DE")
    assert [(each.name, each.entered) for each in shop.calculate()] == [("C", 1), ("A", 1)]


def test_a_segment_follows_the_members_of_one_that_is_kept_by_hand(shop: Shop) -> None:
    shop.bus.run(CreateSegment("guests", type=SegmentType.STATIC), shop.tenant)
    shop.create("invited", f'in segment "guests" and {GERMANS}')
    update(shop)
    shop.bus.run(AddMembers("guests", ("Ann", "Cem")), shop.tenant)
    assert ("invited", 1, 1, 0) in told(shop)


def test_a_segment_follows_a_list_that_a_rule_reads_which_it_refers_to(shop: Shop) -> None:
    shop.bus.run(CreateList("vip"), shop.tenant)
    shop.create("vips", 'contact.key in list "vip"')
    shop.create("others", 'not in segment "vips"')
    update(shop)
    shop.bus.run(AddEntries("vip", ["Cem"]), shop.tenant)
    assert told(shop) == [("vips", 1, 1, 0), ("others", 3, 0, 1)]
    move(shop, "Ann", "FR")
    assert {each.error for each in update(shop)} <= {None}
    assert shop.members("others") == ["Ann", "Bob", "Dee"]


def test_who_refers_to_members_that_move_moves_once(shop: Shop) -> None:
    shop.bus.run(CreateSegment("kept", GERMANS, type=SegmentType.HYBRID), shop.tenant)
    made = shop.create("alone", 'not in segment "kept" and contact.country != "TR"')
    update(shop)
    move(shop, "Cem", "DE")
    assert told(shop) == [("kept", 3, 1, 0)]
    assert [each for each in shop.events() if isinstance(each, MembersChanged) and each.about == made.id] == [
        MembersChanged(made.id, 1, 1, 0)  # Dee, at first; Cem never was among them
    ]


def test_a_rule_that_changes_while_others_refer_to_it_is_followed(shop: Shop) -> None:
    shop.create("first")
    shop.create("second", 'not in segment "first"')
    update(shop)
    move(shop, "Cem", "DE")
    update(shop)
    shop.bus.run(ChangeSegment("first", rule='contact.country = "FR"'), shop.tenant)
    update(shop)
    move(shop, "Bob", "FR")
    assert told(shop) == [("first", 1, 1, 0), ("second", 3, 0, 1)]
    shop.bus.run(ChangeSegment("first", new_name="1st", rewrite=True), shop.tenant)
    move(shop, "Ann", "FR")
    update(shop)
    assert (shop.members("1st"), shop.members("second")) == (["Ann", "Bob"], ["Cem", "Dee"])


class _Broken(SegmentIndex):
    def at(self, now: int, members: Mapping[UUID, Set[UUID]]) -> SegmentsAt:
        raise RuntimeError(now, members)


class _BrokenLanguage(RuleLanguage):
    def index(self) -> SegmentIndex:
        return _Broken()


def test_where_the_index_fails_segments_follow_one_by_one(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    shop = evolve(shop, bus=evolve(shop.bus, rules=_BrokenLanguage(), kept=Kept()))
    shop.create("Germans")
    shop.create("others", 'not in segment "Germans"')
    update(shop)
    caplog.clear()
    move(shop, "Cem", "DE")
    assert told(shop) == [("Germans", 3, 1, 0), ("others", 1, 0, 1)]
    assert [each.levelname for each in caplog.records] == ["WARNING"]
    assert not changes(shop)


def test_one_that_fails_stops_no_other_and_is_tried_again(shop: Shop) -> None:
    shop.create("broken")
    shop.create("Germans")
    update(shop)
    shop.break_rule("broken")
    move(shop, "Cem", "DE")
    results = {each.name: each for each in update(shop)}
    assert results["broken"].error is not None
    assert (results["Germans"].members, results["Germans"].entered) == (3, 1)
    assert [each.name for each in update(shop)] == ["broken"]
    shop.bus.run(ChangeSegment("broken", rule='contact.country = "TR"'), shop.tenant)
    assert told(shop) == [("broken", 0, 0, 2)]
    assert told(shop) == []


def test_an_inactive_segment_stays_as_it_is_until_it_is_active_again(shop: Shop) -> None:
    shop.create("Germans")
    update(shop)
    shop.bus.run(DeactivateSegment("Germans"), shop.tenant)
    move(shop, "Cem", "DE")
    assert told(shop) == []
    shop.bus.run(ActivateSegment("Germans"), shop.tenant)
    assert told(shop) == [("Germans", 3, 1, 0)]


def test_once_all_segments_were_calculated_nothing_is_left_to_look_at(shop: Shop) -> None:
    shop.create("Germans")
    shop.create("others", 'not in segment "Germans"')
    move(shop, "Cem", "DE")
    shop.calculate("Germans")
    assert changes(shop)
    shop.calculate()
    assert not changes(shop)
    move(shop, "Cem", "TR")
    assert told(shop) == [("Germans", 2, 0, 1), ("others", 2, 1, 0)]


def test_a_calculation_of_all_that_fails_for_one_leaves_changes_to_look_at(shop: Shop) -> None:
    shop.create("broken")
    shop.create("Germans")
    shop.calculate()
    shop.break_rule("broken")
    move(shop, "Cem", "DE")
    shop.calculate()
    assert changes(shop)


def changes(shop: Shop) -> int:
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        return len(ports.work.changes.read(1_000).marks)


def test_a_segment_that_fails_says_why_and_is_tried_again_later_and_later(shop: Shop) -> None:
    shop.create("broken")
    shop.break_rule("broken")
    delays: list[int] = []
    for attempt in range(1, 14):
        [found] = shop.bus.run(UpdateMembers(), shop.tenant)
        failure = shop.segment("broken").failure
        assert failure is not None
        assert (failure.attempts, failure.at, failure.code) == (attempt, shop.clock.now(), "rule_refused")
        assert found.error is not None
        assert failure.error.text() == found.error.text()
        shop.clock.advance(failure.retry_at - failure.at - timedelta(microseconds=1))
        assert list(shop.bus.run(UpdateMembers(), shop.tenant)) == []
        shop.clock.advance(timedelta(microseconds=1))
        delays.append((failure.retry_at - failure.at) // timedelta(minutes=1))
    assert delays == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 1440]


def test_what_failed_is_forgotten_with_a_success_another_rule_or_a_calculation_that_somebody_asks_for(
    shop: Shop,
) -> None:
    shop.create("broken")
    shop.break_rule("broken")
    shop.bus.run(UpdateMembers(), shop.tenant)
    shop.calculate("broken")
    failure = shop.segment("broken").failure
    assert failure is not None
    assert failure.attempts == 1
    shop.bus.run(ChangeSegment("broken", rule=GERMANS), shop.tenant)
    assert shop.segment("broken").failure is None
    assert told(shop) == [("broken", 2, 2, 0)]
    shop.break_rule("broken")
    update(shop)
    shop.break_rule("broken", GERMANS)
    shop.bus.run(UpdateMembers(), shop.tenant)
    assert shop.segment("broken").failure is None


def test_who_refers_to_a_segment_that_is_mended_is_tried_again_at_once(shop: Shop) -> None:
    shop.create("first")
    shop.create("second", 'in segment "first"')
    shop.break_rule("first")
    assert {each.name for each in update(shop) if each.error} == {"first", "second"}
    shop.bus.run(ChangeSegment("first", rule=GERMANS), shop.tenant)
    assert [each.name for each in shop.bus.run(UpdateMembers(), shop.tenant)] == ["first", "second"]


def test_a_calculation_of_another_instant_that_fails_is_no_failure_of_the_segment(shop: Shop) -> None:
    shop.create("Germans")
    update(shop)
    [found] = shop.bus.run(CalculateSegments(at=shop.clock.now() - HOUR), shop.tenant)
    assert found.error is not None
    assert shop.segment("Germans").failure is None


def test_all_members_are_calculated_as_often_as_the_segment_says(shop: Shop) -> None:
    shop.bus.run(CreateSegment("Germans", GERMANS, every=3 * HOUR), shop.tenant)
    shop.create("others", 'not in segment "Germans"')
    assert told(shop) == [("Germans", 2, 2, 0), ("others", 2, 2, 0)]
    assert [told(shop), told(shop), told(shop)] == [[], [], [("Germans", 2, 0, 0)]]
    shop.bus.run(ChangeSegment("Germans", every=timedelta(0)), shop.tenant)
    shop.clock.advance(99 * HOUR)
    assert told(shop) == []


@pytest.mark.parametrize("every", [timedelta(seconds=59), timedelta(days=367), timedelta(days=-1)])
def test_a_schedule_that_is_too_short_or_too_long_is_refused(shop: Shop, every: timedelta) -> None:
    with pytest.raises(InvalidValue):
        shop.bus.run(CreateSegment("Germans", GERMANS, every=every), shop.tenant)
