"""Members are brought up to date for what has changed, and as a calculation of everybody would have it."""

from collections.abc import Sequence

from kohorte.core.lists.commands import AddEntries, CreateList
from kohorte.core.ports.records import RecordKind
from kohorte.core.segments.commands import CalculatedSegment, ChangeSegment, CreateSegment
from kohorte.core.segments.events import MembersChanged, SegmentCalculated
from kohorte.core.segments.lifecycle import ActivateSegment, DeactivateSegment
from kohorte.core.segments.model import SegmentType
from kohorte.core.segments.pins import AddMembers
from kohorte.core.segments.updating import UpdateMembers
from kohorte.core.testing.contracts.rows import batch, write
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


def test_a_segment_follows_the_members_of_one_that_is_kept_by_hand(shop: Shop) -> None:
    shop.bus.run(CreateSegment("guests", type=SegmentType.STATIC), shop.tenant)
    shop.create("invited", f'in segment "guests" and {GERMANS}')
    update(shop)
    shop.bus.run(AddMembers("guests", ("Ann", "Cem")), shop.tenant)
    assert ("invited", 1, 1, 0) in told(shop)


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
