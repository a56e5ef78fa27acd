"""A rule has versions: each with its author and its reason, what it would change, and a way back."""

import pytest

from kohorte.core.errors import Conflict, NotAllowed, NotFound
from kohorte.core.lists.commands import CreateList, DeleteList
from kohorte.core.ports.rules import RuleRefused
from kohorte.core.segments.commands import ChangeSegment, CreateSegment
from kohorte.core.segments.events import SegmentUpdated
from kohorte.core.segments.examples import ExamplesFailed
from kohorte.core.segments.lifecycle import ArchiveSegment
from kohorte.core.segments.model import Example, Segment, SegmentRule
from kohorte.core.segments.queries import show_segment
from kohorte.core.segments.versions import CompareRule, RestoreRule, RuleDifference, compare_rule, restore_rule
from tests.core.segments.conftest import GERMANS, HOUR, Shop

TURKS = 'contact.country = "TR"'


def change(shop: Shop, name: str, **changes: object) -> Segment:
    return shop.bus.run(ChangeSegment(name, **changes), shop.tenant, by="Bo")  # type: ignore[arg-type]


def restore(shop: Shop, name: str, version: int) -> Segment:
    return shop.bus.run(RestoreRule(name, version), shop.tenant, by="Cy")


def versions(shop: Shop, name: str) -> list[SegmentRule]:
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        return list(show_segment(ports, name).versions)


def compared(shop: Shop, name: str, **asked: object) -> RuleDifference:
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        return compare_rule(CompareRule(name, **asked), ports)  # type: ignore[arg-type]


# -- who, when and why -------------------------------------------------------------------------------------------


def test_every_version_says_who_wrote_it_and_what_for(shop: Shop) -> None:
    shop.bus.run(CreateSegment("A", GERMANS, note="To begin with"), shop.tenant, by="Ada")
    shop.clock.advance(HOUR)
    changed = change(shop, "A", rule=TURKS, note="They moved")
    told = [(each.version, each.author, each.note) for each in versions(shop, "A")]
    assert told == [(2, "Bo", "They moved"), (1, "Ada", "To begin with")]
    assert (changed.created_by, changed.changed_by) == ("Ada", "Bo")


def test_tags_are_kept_once_and_in_order_and_stay_where_nobody_names_them(shop: Shop) -> None:
    made = shop.bus.run(CreateSegment("A", GERMANS, tags=(" b", "a", "b ", "")), shop.tenant)
    assert made.tags == ("a", "b")
    assert change(shop, "A", description="new").tags == ("a", "b")
    assert change(shop, "A", tags=()).tags == ()
    assert shop.events()[-1] == SegmentUpdated(made.id, ("tags",))


# -- back --------------------------------------------------------------------------------------------------------


def test_an_earlier_version_comes_back_as_a_new_one(shop: Shop) -> None:
    made = shop.create("A", GERMANS)
    change(shop, "A", rule=TURKS)
    restored = restore(shop, "A", 1)
    assert (restored.ruled.version, restored.ruled.text, restored.ruled.author) == (3, GERMANS, "Cy")
    assert [each.version for each in versions(shop, "A")] == [3, 2, 1]
    assert shop.events()[-1] == SegmentUpdated(made.id, ("rule",))


def test_the_present_version_comes_back_as_it_is(shop: Shop) -> None:
    made = shop.create("A", GERMANS)
    assert restore(shop, "A", 1) == made


def test_an_earlier_version_speaks_of_segments_by_the_names_that_they_have_now(shop: Shop) -> None:
    shop.create("Germans")
    shop.create("rest", 'not in segment "Germans"')
    change(shop, "rest", rule="contact.country is set")
    change(shop, "Germans", new_name="Teutons")
    assert restore(shop, "rest", 1).ruled.text == 'not in segment "Teutons"'


def test_a_name_that_went_to_another_segment_is_no_way_back(shop: Shop) -> None:
    shop.create("Germans")
    shop.create("rest", 'not in segment "Germans"')
    change(shop, "rest", rule="contact.country is set")
    shop.bus.run(ArchiveSegment("Germans"), shop.tenant)
    with pytest.raises(RuleRefused):
        restore(shop, "rest", 1)
    shop.create("Germans", TURKS)
    with pytest.raises(NotAllowed):
        restore(shop, "rest", 1)


def test_a_list_that_is_gone_is_no_way_back_even_where_another_has_its_name(shop: Shop) -> None:
    shop.bus.run(CreateList("vip"), shop.tenant)
    shop.create("A", 'contact.email in list "vip"')
    change(shop, "A", rule=GERMANS)
    shop.bus.run(DeleteList("vip"), shop.tenant)
    shop.bus.run(CreateList("vip"), shop.tenant)
    with pytest.raises(NotAllowed):
        restore(shop, "A", 1)


def test_there_is_no_way_back_to_what_never_was(shop: Shop) -> None:
    made = shop.create("A")
    with pytest.raises(NotFound):
        restore(shop, "A", 2)
    with pytest.raises(NotFound):
        restore(shop, "B", 1)
    change(shop, "A", rule=TURKS)
    with pytest.raises(Conflict):
        shop.bus.run(RestoreRule("A", 1, seen=made.version), shop.tenant)
    shop.bus.run(ArchiveSegment("A"), shop.tenant)
    with pytest.raises(NotAllowed), shop.bus.ports(shop.tenant) as ports:
        restore_rule(RestoreRule("A", 1), ports)


# -- what would change -------------------------------------------------------------------------------------------


def test_a_difference_says_whom_another_rule_adds_and_removes_and_saves_nothing(shop: Shop) -> None:
    made = shop.create("A", GERMANS)
    found = compared(shop, "A", rule='contact.country in ("TR", "DE") and contact.key != "Ann"')
    assert (found.adds, found.removes) == (1, 1)
    assert [each.key for each in (*found.added, *found.removed)] == ["Cem", "Ann"]
    assert found.rule == 'contact.country in ("TR", "DE") and contact.key != "Ann"'
    assert shop.segment("A") == made


def test_a_difference_is_that_of_an_instant(shop: Shop) -> None:
    shop.create("A", "purchases(last 5 days).count >= 1")
    wider = "purchases(last 30 days).count >= 1"
    assert (compared(shop, "A", rule=wider).adds, compared(shop, "A", rule=wider).removes) == (0, 0)
    later = shop.clock.now() + 24 * 10 * HOUR
    assert [each.key for each in compared(shop, "A", rule=wider, at=later).added] == ["Ann"]


def test_a_difference_to_an_earlier_version(shop: Shop) -> None:
    shop.create("A", GERMANS)
    change(shop, "A", rule=TURKS)
    found = compared(shop, "A", rule_version=1, sample=1)
    assert (found.rule, found.adds, found.removes, len(found.added)) == (GERMANS, 2, 1, 1)


def test_a_difference_names_the_examples_that_would_fail(shop: Shop) -> None:
    shop.bus.run(CreateSegment("A", GERMANS, examples=(Example("Ann", is_member=True),)), shop.tenant)
    assert [each.example.key for each in compared(shop, "A", rule=TURKS).failed] == ["Ann"]
    with pytest.raises(ExamplesFailed):
        change(shop, "A", rule=TURKS)
