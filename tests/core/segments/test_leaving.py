"""Members stay for a minimum of days, or until a second rule lets them go; every version of a rule says so."""

from typing import Any

import pytest

from kohorte.core.custom_fields.commands import AddField, ChangeField, RemoveField, RenameField
from kohorte.core.errors import InvalidInput, InvalidValue, NotAllowed, ReferenceCycle
from kohorte.core.fields import Kind
from kohorte.core.lists.commands import CreateList, DeleteList, RenameList
from kohorte.core.ports.records import RecordKind
from kohorte.core.ports.rules import RuleRefused
from kohorte.core.segments.commands import ChangeSegment, CreateSegment
from kohorte.core.segments.examples import ExamplesFailed
from kohorte.core.segments.lifecycle import ActivateSegment, ArchiveSegment, DeleteSegment
from kohorte.core.segments.model import Example, Leaving, Segment, SegmentType
from kohorte.core.segments.updating import UpdateMembers
from kohorte.core.segments.versions import CompareRule, RestoreRule, compare_rule
from kohorte.core.testing.contracts.rows import batch, write
from tests.core.segments.conftest import GERMANS, HOUR, Shop

FRENCH = 'contact.country = "FR"'
DAY = 24 * HOUR


def create(shop: Shop, name: str, rule: str = GERMANS, **given: object) -> Segment:
    return shop.bus.run(CreateSegment(name, rule, **given), shop.tenant)  # type: ignore[arg-type]


def change(shop: Shop, name: str, **changes: object) -> Segment:
    return shop.bus.run(ChangeSegment(name, **changes), shop.tenant)  # type: ignore[arg-type]


def move(shop: Shop, key: str, country: str | None) -> None:
    write(shop.storage, shop.tenant, batch(RecordKind.CONTACTS, "key country", (key, country)))


def update(shop: Shop) -> dict[str, tuple[int | None, int | None]]:
    found = shop.bus.run(UpdateMembers(), shop.tenant)
    assert not any(each.error for each in found)
    return {each.name: (each.entered, each.left) for each in found}


def said(segment: Segment) -> tuple[str, str | None, int]:
    return segment.ruled.text, segment.leaving.text, segment.leaving.minimum_stay_days


# -- as part of a version ------------------------------------------------------------------------------------------


def test_a_version_says_when_members_leave(shop: Shop) -> None:
    made = create(shop, "A", leave_when='contact.country   =  "FR"', minimum_stay_days=7)
    assert said(made) == (GERMANS, FRENCH, 7)
    assert change(shop, "A", minimum_stay_days=7, leave_when=FRENCH) == made
    assert (said(change(shop, "A", minimum_stay_days=3)), shop.segment("A").rule_number) == ((GERMANS, FRENCH, 3), 2)
    assert said(change(shop, "A", leave_when="")) == (GERMANS, None, 3)
    assert said(change(shop, "A", rule=FRENCH)) == (FRENCH, None, 3)
    assert change(shop, "A", minimum_stay_days=0).leaving == Leaving()


def test_an_earlier_version_comes_back_with_its_way_to_leave(shop: Shop) -> None:
    create(shop, "A", leave_when=FRENCH, minimum_stay_days=7)
    change(shop, "A", leave_when="", minimum_stay_days=0)
    assert said(shop.bus.run(RestoreRule("A", 1), shop.tenant)) == (GERMANS, FRENCH, 7)
    assert shop.segment("A").rule_number == 3
    assert shop.bus.run(RestoreRule("A", 3), shop.tenant).rule_number == 3


def test_what_cannot_be_is_refused(shop: Shop) -> None:
    with pytest.raises(RuleRefused):
        create(shop, "A", leave_when="contact.nonsense = 5")
    for days in (-1, 36_501):
        with pytest.raises(InvalidValue):
            create(shop, "A", minimum_stay_days=days)
    with pytest.raises(ReferenceCycle):
        create(shop, "A", leave_when='in segment "A"')
    shop.bus.run(CreateSegment("by hand", type=SegmentType.STATIC), shop.tenant)
    ways: tuple[dict[str, Any], ...] = ({"leave_when": FRENCH}, {"minimum_stay_days": 1})
    for leaving in ways:
        with pytest.raises(InvalidInput):
            shop.bus.run(CreateSegment("B", type=SegmentType.STATIC, **leaving), shop.tenant)
        with pytest.raises(NotAllowed):
            change(shop, "by hand", **leaving)


def test_examples_ask_who_would_enter(shop: Shop) -> None:
    examples = (Example("Ann", is_member=True), Example("Cem", is_member=False))
    create(shop, "A", examples=examples, leave_when=FRENCH)
    with pytest.raises(ExamplesFailed):
        change(shop, "A", leave_when=GERMANS)
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        assert compare_rule(CompareRule("A", FRENCH), ports).removes == 2


def test_another_rule_is_compared_with_what_becomes_of_the_members_by_now(shop: Shop) -> None:
    create(shop, "A", leave_when=FRENCH)
    shop.calculate("A")  # Ann and Bob
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        stay = compare_rule(CompareRule("A", 'contact.country = "TR"'), ports)  # nobody need leave by it
        go = compare_rule(CompareRule("A", leave_when=""), ports)
        sooner = compare_rule(CompareRule("A", 'contact.country = "TR"', leave_when=GERMANS), ports)
    assert [(each.adds, each.removes) for each in (stay, go, sooner)] == [(1, 0), (0, 0), (1, 2)]
    assert [each.key for each in sooner.removed] == ["Ann", "Bob"]


# -- what it refers to ---------------------------------------------------------------------------------------------


def test_what_the_second_rule_names_is_used_and_follows_new_names(shop: Shop) -> None:
    shop.bus.run(AddField("contact", "score", Kind.INTEGER), shop.tenant)
    shop.bus.run(CreateList("vip"), shop.tenant)
    create(shop, "base")
    leave = 'in segment "base" and contact.email in list "vip" and contact.score < 5'
    create(shop, "A", FRENCH, leave_when=leave)
    for command in (
        *(DeleteSegment("base"), ArchiveSegment("base"), DeleteList("vip"), RemoveField("contact", "score")),
        *(ChangeSegment("base", new_name="b"), RenameList("vip", "v"), RenameField("contact", "score", "s")),
    ):
        with pytest.raises(NotAllowed):
            shop.bus.run(command, shop.tenant)
    shop.bus.run(ChangeSegment("base", new_name="b", rewrite=True), shop.tenant)
    shop.bus.run(RenameList("vip", "v", rewrite=True), shop.tenant)
    shop.bus.run(RenameField("contact", "score", "s", rewrite=True), shop.tenant)
    assert shop.segment("A").leaving.text == 'in segment "b" and contact.email in list "v" and contact.s < 5'
    assert shop.segment("A").ruled.text == FRENCH
    shop.bus.run(ArchiveSegment("A"), shop.tenant)
    shop.bus.run(RenameField("contact", "s", "score"), shop.tenant)
    activated = shop.bus.run(ActivateSegment("A"), shop.tenant)
    assert activated.leaving.text == 'in segment "b" and contact.email in list "v" and contact.score < 5'


def test_a_choice_that_the_second_rule_names_stays(shop: Shop) -> None:
    shop.bus.run(AddField("contact", "tier", Kind.ENUMERATION, choices=("gold", "tin")), shop.tenant)
    create(shop, "A", leave_when='contact.tier = "tin"')
    with pytest.raises(NotAllowed):
        shop.bus.run(ChangeField("contact", "tier", choices=("gold",)), shop.tenant)


def test_segments_that_refer_to_each_other_over_the_second_rule_are_refused(shop: Shop) -> None:
    create(shop, "A", leave_when=FRENCH)
    create(shop, "B", 'in segment "A"')
    with pytest.raises(ReferenceCycle):
        change(shop, "A", leave_when='not in segment "B"')


# -- members -------------------------------------------------------------------------------------------------------


def test_members_follow_changes_and_stay_as_long_as_they_must(shop: Shop) -> None:
    create(shop, "A", leave_when=FRENCH, minimum_stay_days=2)
    assert update(shop) == {"A": (2, 0)}
    shop.clock.advance(DAY)
    move(shop, "Ann", "FR")
    move(shop, "Bob", "TR")
    assert update(shop) == {"A": (0, 0)}
    shop.clock.advance(DAY)
    assert [(each.entered, each.left) for each in shop.calculate("A")] == [(0, 1)]
    assert shop.members("A") == ["Bob"]


def test_who_refers_to_it_asks_its_members_and_follows_them(shop: Shop) -> None:
    create(shop, "A", minimum_stay_days=7)
    create(shop, "others", 'not in segment "A"')
    assert update(shop) == {"A": (2, 0), "others": (2, 0)}
    move(shop, "Ann", "FR")
    update(shop)
    assert (shop.members("A"), shop.members("others")) == (["Ann", "Bob"], ["Cem", "Dee"])
    shop.clock.advance(7 * DAY)
    shop.calculate("A")
    update(shop)
    assert (shop.members("A"), shop.members("others")) == (["Bob"], ["Ann", "Cem", "Dee"])


def test_who_refers_to_a_segment_follows_when_its_members_begin_to_stay(shop: Shop) -> None:
    create(shop, "A")
    create(shop, "others", 'not in segment "A"')
    update(shop)
    change(shop, "A", leave_when=FRENCH)
    move(shop, "Ann", "TR")
    update(shop)
    assert (shop.members("A"), shop.members("others")) == (["Ann", "Bob"], ["Cem", "Dee"])
