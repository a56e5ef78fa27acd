"""Segments become idle, active again, archived and deleted, and none that others need is lost."""

import pytest

from kohorte.core.errors import AlreadyExists, NotAllowed, NotFound
from kohorte.core.ports.rules import RuleRefused
from kohorte.core.segments.commands import ChangeSegment
from kohorte.core.segments.events import SegmentDeleted, SegmentUpdated
from kohorte.core.segments.lifecycle import ActivateSegment, ArchiveSegment, DeactivateSegment, DeleteSegment
from kohorte.core.segments.model import BECOMES, SegmentStatus
from tests.core.segments.conftest import GERMANS, Shop

WAYS = {
    SegmentStatus.ACTIVE: ActivateSegment,
    SegmentStatus.INACTIVE: DeactivateSegment,
    SegmentStatus.ARCHIVED: ArchiveSegment,
}


@pytest.mark.parametrize("after", SegmentStatus)
@pytest.mark.parametrize("before", SegmentStatus)
def test_only_the_ways_of_the_table_lead_on(shop: Shop, before: SegmentStatus, after: SegmentStatus) -> None:
    shop.create("A")
    if before is not SegmentStatus.ACTIVE:
        shop.bus.run(WAYS[before]("A"), shop.tenant)
    if after in BECOMES[before]:
        assert shop.bus.run(WAYS[after]("A"), shop.tenant).status is after
    else:
        with pytest.raises(NotAllowed):
            shop.bus.run(WAYS[after]("A"), shop.tenant)
        assert shop.segment("A").status is before


def test_an_inactive_segment_keeps_its_members_its_name_and_its_meaning_for_others(shop: Shop) -> None:
    shop.create("Germans")
    shop.create("rest", 'not in segment "Germans"')
    shop.calculate()
    shop.bus.run(DeactivateSegment("Germans"), shop.tenant)
    assert [each.name for each in shop.calculate()] == ["rest"]
    assert [each.name for each in shop.calculate("rest")] == ["rest"]
    with pytest.raises(NotAllowed):
        shop.calculate("Germans")
    with pytest.raises(AlreadyExists):
        shop.create("Germans")
    assert (shop.members("Germans"), shop.members("rest")) == (["Ann", "Bob"], ["Cem", "Dee"])


def test_an_archived_segment_comes_back_with_its_members(shop: Shop) -> None:
    made = shop.create("Germans")
    shop.calculate()
    shop.bus.run(ArchiveSegment("Germans"), shop.tenant)
    shop.bus.run(ActivateSegment("Germans"), shop.tenant)
    assert shop.events()[-1] == SegmentUpdated(made.id, ("status",))
    assert shop.members("Germans") == ["Ann", "Bob"]


def test_an_archived_segment_does_not_come_back_under_a_name_that_was_taken(shop: Shop) -> None:
    shop.create("Germans")
    shop.bus.run(ArchiveSegment("Germans"), shop.tenant)
    archived = shop.segment("Germans")
    archived.become(SegmentStatus.ACTIVE)
    shop.create("Germans")
    with shop.bus.ports(shop.tenant) as ports, pytest.raises(AlreadyExists):
        ports.work.segments.save(archived)


def test_an_archived_segment_follows_names_that_have_changed_since(shop: Shop) -> None:
    shop.create("Germans")
    shop.create("rest", 'not in segment "Germans"')
    shop.bus.run(ArchiveSegment("rest"), shop.tenant)
    shop.bus.run(ChangeSegment("Germans", new_name="Teutons"), shop.tenant)
    assert shop.bus.run(ActivateSegment("rest"), shop.tenant).ruled.text == 'not in segment "Teutons"'


def test_an_archived_segment_that_needs_one_that_is_archived_stays_so(shop: Shop) -> None:
    shop.create("Germans")
    shop.create("rest", 'not in segment "Germans"')
    for name in ("rest", "Germans"):
        shop.bus.run(ArchiveSegment(name), shop.tenant)
    with pytest.raises(RuleRefused):
        shop.bus.run(ActivateSegment("rest"), shop.tenant)


# -- deleting ----------------------------------------------------------------------------------------------------


def test_a_deleted_segment_is_gone_with_its_members(shop: Shop) -> None:
    made = shop.create("Germans")
    shop.calculate()
    shop.bus.run(DeleteSegment("Germans"), shop.tenant)
    assert shop.events()[-1] == SegmentDeleted(made.id)
    with pytest.raises(NotFound):
        shop.segment("Germans")
    assert shop.create("Germans").member_count is None
    assert shop.members("Germans") == []


def test_a_segment_that_others_refer_to_is_not_deleted_even_if_they_are_archived(shop: Shop) -> None:
    shop.create("Germans")
    shop.create("rest", 'not in segment "Germans"')
    shop.bus.run(ArchiveSegment("rest"), shop.tenant)
    with pytest.raises(NotAllowed) as refused:
        shop.bus.run(DeleteSegment("Germans"), shop.tenant)
    assert refused.value.values["segments"] == ["rest"]
    shop.bus.run(DeleteSegment("rest"), shop.tenant)
    shop.bus.run(DeleteSegment("Germans"), shop.tenant)


# -- renaming ----------------------------------------------------------------------------------------------------


def test_rules_of_others_follow_a_new_name_on_request(shop: Shop) -> None:
    shop.create("Germans")
    rest = shop.create("rest", 'not in segment "Germans"  # everybody else')
    shop.create("more", 'in segment "rest" and in segment "Germans"')
    before = {name: shop.members(name) for name in ("rest", "more")}
    shop.bus.run(ChangeSegment("Germans", new_name='Teu"tons', rewrite=True), shop.tenant)
    assert shop.segment("rest").ruled.text == r'not in segment "Teu\"tons"  # everybody else'
    assert shop.segment("more").ruled.text == r'in segment "rest" and in segment "Teu\"tons"'
    assert shop.segment("rest").ruled.segments == rest.ruled.segments
    assert {name: shop.members(name) for name in ("rest", "more")} == before
    assert [each.name for each in shop.calculate() if each.error] == []


def test_a_new_name_and_a_new_rule_come_together(shop: Shop) -> None:
    shop.create("Germans")
    shop.create("rest", 'not in segment "Germans"')
    changed = ChangeSegment("Germans", new_name="Austrians", rule='contact.country = "AT"', rewrite=True)
    shop.bus.run(changed, shop.tenant)
    assert shop.segment("rest").ruled.text == 'not in segment "Austrians"'
    assert shop.segment("Austrians").ruled.text != GERMANS
