"""Members by hand: put in, taken out, and left to the rule again."""

import pytest

from kohorte.core.errors import AlreadyExists, InvalidInput, NotAllowed, NotFound, ReferenceCycle
from kohorte.core.ports.audiences import Member
from kohorte.core.ports.pins import Side
from kohorte.core.ports.records import RecordKind
from kohorte.core.segments.commands import CalculateSegments, ChangeSegment, CreateSegment
from kohorte.core.segments.events import MembersChanged, SegmentUpdated
from kohorte.core.segments.lifecycle import ActivateSegment, ArchiveSegment, DeactivateSegment
from kohorte.core.segments.model import Cause, Example, Segment, SegmentType
from kohorte.core.segments.pins import AT_ONCE, AddMembers, MovedMembers, ReleaseMembers, RemoveMembers, list_pins
from kohorte.core.segments.queries import list_members, show_segment
from kohorte.core.segments.versions import CompareRule, RestoreRule, compare_rule
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.core.testing.fakes import NOON, counted_id
from tests.core.segments.conftest import GERMANS, HOUR, Shop


def make(shop: Shop, name: str, kind: SegmentType, rule: str | None = GERMANS) -> Segment:
    return shop.bus.run(CreateSegment(name, rule, type=kind), shop.tenant)


def guests(shop: Shop) -> Segment:
    return make(shop, "guests", SegmentType.STATIC, None)


def add(shop: Shop, name: str, *keys: str) -> MovedMembers:
    return shop.bus.run(AddMembers(name, keys), shop.tenant, by="eve")


def remove(shop: Shop, name: str, *keys: str) -> MovedMembers:
    return shop.bus.run(RemoveMembers(name, keys), shop.tenant, by="eve")


def release(shop: Shop, name: str, *keys: str) -> MovedMembers:
    return shop.bus.run(ReleaseMembers(name, keys), shop.tenant, by="eve")


def stays(shop: Shop, name: str) -> dict[str, Member]:
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        return {each.person.key: each for each in list_members(ports, name).members}


def pins(shop: Shop, name: str) -> dict[str, Side]:
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        found = list_pins(ports, name)
    assert found.count == len(found.pins)
    return {each.person.key: each.side for each in found.pins}


# -- kept by hand alone ------------------------------------------------------------------------------------------


def test_a_static_segment_has_those_whom_somebody_put_in(shop: Shop) -> None:
    made = guests(shop)
    assert (made.rule, made.type, made.rule_number) == (None, SegmentType.STATIC, 0)
    moved = add(shop, "guests", "Ann", "Dee", "Ann")
    assert (moved.members, moved.entered, moved.left, moved.unknown) == (2, 2, 0, ())
    assert shop.members("guests") == ["Ann", "Dee"]
    moved = remove(shop, "guests", "Ann", "Bob")
    assert (moved.members, moved.entered, moved.left) == (1, 0, 1)
    assert shop.members("guests") == ["Dee"]
    assert pins(shop, "guests") == {"Dee": Side.IN}


def test_a_calculation_leaves_who_was_put_in_where_they_are(shop: Shop) -> None:
    guests(shop)
    add(shop, "guests", "Cem")
    shop.clock.advance(HOUR)
    (found,) = shop.calculate("guests")
    assert (found.members, found.entered, found.left, found.error) == (1, 0, 0, None)


def test_a_stay_tells_who_put_somebody_in_and_why(shop: Shop) -> None:
    guests(shop)
    add(shop, "guests", "Ann")
    shop.bus.run(AddMembers("guests", ("Bob",), Cause.IMPORT), shop.tenant)
    told = {key: (each.cause, each.added_by, each.rule_version) for key, each in stays(shop, "guests").items()}
    assert told == {"Ann": (Cause.HAND, "eve", 0), "Bob": (Cause.IMPORT, "kohorte", 0)}


def test_an_event_tells_of_each_change_once(shop: Shop) -> None:
    made = guests(shop)
    add(shop, "guests", "Ann", "Bob")
    add(shop, "guests", "Ann")
    remove(shop, "guests", "Bob")
    assert shop.events()[1:] == [MembersChanged(made.id, 1, 2, 0), MembersChanged(made.id, 2, 0, 1)]


def test_a_segment_without_a_rule_has_nothing_to_compare_restore_or_release(shop: Shop) -> None:
    guests(shop)
    for ask in (ReleaseMembers("guests", ("Ann",)), ChangeSegment("guests", rule=GERMANS)):
        with pytest.raises(NotAllowed):
            shop.bus.run(ask, shop.tenant)
    with pytest.raises(NotFound):
        shop.bus.run(RestoreRule("guests", 1), shop.tenant)
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        with pytest.raises(NotAllowed):
            compare_rule(CompareRule("guests", GERMANS), ports)
        shown = show_segment(ports, "guests")
    assert (list(shown.versions), list(shown.refers_to)) == ([], [])


@pytest.mark.parametrize(
    "wrong",
    [
        CreateSegment("x", GERMANS, type=SegmentType.STATIC),
        CreateSegment("x", examples=(Example("Ann", True),), type=SegmentType.STATIC),
        CreateSegment("x"),
        CreateSegment("x", type=SegmentType.HYBRID),
    ],
)
def test_a_rule_is_there_exactly_where_it_decides(shop: Shop, wrong: CreateSegment) -> None:
    with pytest.raises(InvalidInput) as refused:
        shop.bus.run(wrong, shop.tenant)
    assert refused.value.advice()
    assert shop.events() == []


# -- by rule and by hand -----------------------------------------------------------------------------------------


def test_a_hybrid_segment_follows_its_rule_but_for_who_was_put_in_or_taken_out(shop: Shop) -> None:
    make(shop, "both", SegmentType.HYBRID)
    shop.calculate("both")
    add(shop, "both", "Cem")
    remove(shop, "both", "Ann")
    assert shop.members("both") == ["Bob", "Cem"]
    shop.clock.advance(HOUR)
    shop.calculate("both")
    assert shop.members("both") == ["Bob", "Cem"]
    assert pins(shop, "both") == {"Ann": Side.OUT, "Cem": Side.IN}


def test_who_is_taken_out_before_entering_never_enters(shop: Shop) -> None:
    make(shop, "both", SegmentType.HYBRID)
    moved = remove(shop, "both", "Ann", "Dee")
    assert (moved.members, moved.entered, moved.left) == (0, 0, 0)
    shop.calculate("both")
    assert shop.members("both") == ["Bob"]


def test_the_rule_decides_again_at_once_about_who_is_released(shop: Shop) -> None:
    make(shop, "both", SegmentType.HYBRID)
    shop.calculate("both")
    add(shop, "both", "Cem", "Dee")
    remove(shop, "both", "Ann")
    moved = release(shop, "both", "Ann", "Cem")
    assert (moved.members, moved.entered, moved.left) == (3, 1, 1)
    assert shop.members("both") == ["Ann", "Bob", "Dee"]
    assert pins(shop, "both") == {"Dee": Side.IN}


def test_the_rule_is_asked_of_nobody_else(shop: Shop) -> None:
    make(shop, "both", SegmentType.HYBRID)
    shop.calculate("both")
    write(shop.storage, shop.tenant, batch(RecordKind.CONTACTS, "key country", ("Bob", "FR")))
    add(shop, "both", "Cem")
    assert shop.members("both") == ["Ann", "Bob", "Cem"]


def test_another_rule_is_compared_without_those_whom_it_cannot_move(shop: Shop) -> None:
    make(shop, "both", SegmentType.HYBRID)
    add(shop, "both", "Cem")
    remove(shop, "both", "Ann")
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        found = compare_rule(CompareRule("both", 'contact.country = "TR" or contact.country is empty'), ports)
    assert ([each.key for each in found.added], [each.key for each in found.removed]) == (["Dee"], ["Bob"])
    assert (found.adds, found.removes) == (1, 1)


def test_a_rule_reads_the_members_of_a_segment_that_is_kept_by_hand_as_well(shop: Shop) -> None:
    make(shop, "both", SegmentType.HYBRID)
    guests(shop)
    shop.create("invited", 'in segment "both" or in segment "guests"')
    add(shop, "both", "Cem")
    remove(shop, "both", "Ann")
    add(shop, "guests", "Dee")
    shop.calculate("invited")
    assert shop.members("invited") == ["Bob", "Cem", "Dee"]


def test_a_circle_over_members_is_refused_with_its_path(shop: Shop) -> None:
    make(shop, "a", SegmentType.HYBRID)
    shop.create("b", 'in segment "a"')
    make(shop, "c", SegmentType.HYBRID, 'in segment "b" or contact.country = "TR"')
    with pytest.raises(ReferenceCycle) as refused:
        shop.bus.run(ChangeSegment("a", rule='not in segment "c"'), shop.tenant)
    assert refused.value.values["path"] == '"a" > "c" > "b" > "a"'
    with pytest.raises(ReferenceCycle):
        shop.bus.run(ChangeSegment("a", rule='in segment "a"'), shop.tenant)


# -- what a segment can become -----------------------------------------------------------------------------------


def test_a_segment_becomes_hybrid_and_a_rule_alone_again(shop: Shop) -> None:
    shop.create("germans")
    with pytest.raises(NotAllowed):
        add(shop, "germans", "Cem")
    changed = shop.bus.run(ChangeSegment("germans", type=SegmentType.HYBRID), shop.tenant)
    assert changed.type is SegmentType.HYBRID
    assert shop.events()[-1] == SegmentUpdated(changed.id, ("type",))
    add(shop, "germans", "Cem")
    with pytest.raises(NotAllowed) as refused:
        shop.bus.run(ChangeSegment("germans", type=SegmentType.DYNAMIC), shop.tenant)
    assert refused.value.values["count"] == 1
    release(shop, "germans", "Cem")
    changed = shop.bus.run(ChangeSegment("germans", type=SegmentType.DYNAMIC), shop.tenant)
    assert (changed.type, changed.ruled.version) == (SegmentType.DYNAMIC, 1)


def test_a_segment_that_is_kept_by_hand_becomes_hybrid_with_its_first_rule(shop: Shop) -> None:
    guests(shop)
    add(shop, "guests", "Cem")
    with pytest.raises(NotAllowed):
        shop.bus.run(ChangeSegment("guests", type=SegmentType.HYBRID), shop.tenant)
    changed = shop.bus.run(ChangeSegment("guests", rule=GERMANS, type=SegmentType.HYBRID), shop.tenant)
    assert (changed.ruled.version, changed.type) == (1, SegmentType.HYBRID)
    shop.calculate("guests")
    assert shop.members("guests") == ["Ann", "Bob", "Cem"]


@pytest.mark.parametrize(
    ("one", "other"),
    [(SegmentType.DYNAMIC, SegmentType.STATIC), (SegmentType.HYBRID, SegmentType.STATIC)],
)
def test_a_rule_is_not_thrown_away(shop: Shop, one: SegmentType, other: SegmentType) -> None:
    make(shop, "x", one)
    with pytest.raises(NotAllowed):
        shop.bus.run(ChangeSegment("x", type=other), shop.tenant)
    assert shop.segment("x").type is one


def test_nobody_moves_in_a_segment_out_of_use_and_it_comes_back_as_it_was(shop: Shop) -> None:
    guests(shop)
    add(shop, "guests", "Ann")
    for idle in (DeactivateSegment("guests"), ArchiveSegment("guests")):
        shop.bus.run(idle, shop.tenant)
        with pytest.raises(NotAllowed):
            add(shop, "guests", "Bob")
    shop.bus.run(ActivateSegment("guests"), shop.tenant)
    add(shop, "guests", "Bob")
    assert shop.members("guests") == ["Ann", "Bob"]
    with pytest.raises(AlreadyExists):
        guests(shop)


# -- what is wrong -----------------------------------------------------------------------------------------------


def test_keys_that_nobody_has_are_told_and_the_others_are_put_in(shop: Shop) -> None:
    guests(shop)
    moved = add(shop, "guests", "nobody", " Ann ", "", "nobody")
    assert (moved.entered, moved.unknown) == (1, ("nobody", ""))
    assert shop.members("guests") == ["Ann"]


def test_contacts_are_named_by_their_ids_too_and_unknown_ones_are_told(shop: Shop) -> None:
    guests(shop)
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        ann, bob = (ports.work.contacts.by_key(key).id for key in ("Ann", "Bob"))
    nobody = counted_id(999_999)
    moved = shop.bus.run(AddMembers("guests", ("Ann", "x"), ids=(bob, nobody, ann, nobody)), shop.tenant)
    assert (moved.entered, moved.unknown) == (2, ("x", str(nobody)))
    moved = shop.bus.run(RemoveMembers("guests", ids=(ann,)), shop.tenant)
    assert (moved.left, shop.members("guests")) == (1, ["Bob"])


def test_too_many_at_once_are_refused(shop: Shop) -> None:
    guests(shop)
    with pytest.raises(InvalidInput):
        add(shop, "guests", *map(str, range(AT_ONCE + 1)))
    with pytest.raises(InvalidInput):
        shop.bus.run(AddMembers("guests", ("Ann",), ids=[counted_id(each) for each in range(AT_ONCE)]), shop.tenant)


def test_nobody_is_put_in_before_the_last_calculation(shop: Shop) -> None:
    guests(shop)
    shop.clock.at = NOON + HOUR
    shop.bus.run(CalculateSegments(), shop.tenant)
    shop.clock.at = NOON  # another machine's clock
    with pytest.raises(NotAllowed):
        add(shop, "guests", "Ann")
    assert not pins(shop, "guests")
