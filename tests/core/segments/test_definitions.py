"""Segments are created, changed and archived; rules are checked first, and nobody loses what they refer to."""

import pytest

from kohorte.core.errors import AlreadyExists, Conflict, InvalidValue, NotAllowed, NotFound, ReferenceCycle
from kohorte.core.ports.rules import RuleRefused
from kohorte.core.segments.commands import ChangeSegment, CreateSegment
from kohorte.core.segments.events import SegmentArchived, SegmentCreated, SegmentUpdated
from kohorte.core.segments.lifecycle import ArchiveSegment
from kohorte.core.segments.model import SegmentStatus
from kohorte.core.segments.queries import list_segments, show_segment
from kohorte.core.testing.fakes import NOON
from tests.core.segments.conftest import GERMANS, HOUR, Shop

# -- creating ----------------------------------------------------------------------------------------------------


def test_a_new_segment_has_its_rule_in_canonical_form_and_no_members_yet(shop: Shop) -> None:
    made = shop.bus.run(CreateSegment(" Germans ", 'contact.country=="DE"  # all of them', "People\nhere"), shop.tenant)
    assert (made.name, made.description, made.member_count, made.calculated_at) == (
        "Germans",
        "People\nhere",
        None,
        None,
    )
    assert made.ruled.text == 'contact.country = "DE"  # all of them'
    assert (made.ruled.version, made.ruled.created_at, made.version) == (1, NOON, 1)
    assert made.ruled.fields == {"contact.country"}
    assert shop.segment("Germans") == made
    assert shop.events() == [SegmentCreated(made.id)]


@pytest.mark.parametrize("name", ["", " ", "x" * 121, "a\0b"])
def test_a_bad_name_is_refused(shop: Shop, name: str) -> None:
    with pytest.raises(InvalidValue):
        shop.create(name)


def test_a_taken_name_is_refused(shop: Shop) -> None:
    shop.create("Germans")
    with pytest.raises(AlreadyExists):
        shop.create("Germans", 'contact.country = "AT"')
    assert shop.segment("Germans").ruled.text == GERMANS


def test_a_rule_that_cannot_be_used_is_refused_and_nothing_is_kept(shop: Shop) -> None:
    with pytest.raises(RuleRefused):
        shop.create("bad", 'contact.contry = "DE"')
    with pytest.raises(NotFound):
        shop.segment("bad")
    assert shop.events() == []


def test_a_segment_knows_what_it_refers_to(shop: Shop) -> None:
    germans = shop.create("Germans")
    rest = shop.create("rest", 'not in segment "Germans"')
    assert rest.ruled.segments == {germans.id}
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        assert [each.name for each in show_segment(ports, "rest").refers_to] == ["Germans"]
        assert [each.name for each in show_segment(ports, "Germans").referred_to_by] == ["rest"]


def test_an_archived_segment_cannot_be_referred_to(shop: Shop) -> None:
    shop.create("Germans")
    shop.bus.run(ArchiveSegment("Germans"), shop.tenant)
    with pytest.raises(RuleRefused):
        shop.create("rest", 'not in segment "Germans"')


# -- circles -----------------------------------------------------------------------------------------------------


def test_a_segment_that_refers_to_itself_is_refused(shop: Shop) -> None:
    with pytest.raises(ReferenceCycle) as refused:
        shop.create("snake", 'in segment "snake"')
    assert refused.value.values["path"] == '"snake" > "snake"'


def test_a_change_that_closes_a_circle_is_refused_with_the_path(shop: Shop) -> None:
    shop.create("a")
    shop.create("b", 'in segment "a"')
    shop.create("c", 'in segment "b" and contact.city is set')
    with pytest.raises(ReferenceCycle) as refused:
        shop.bus.run(ChangeSegment("a", rule='not in segment "c"'), shop.tenant)
    assert refused.value.values["path"] == '"c" > "b" > "a" > "c"'
    assert shop.segment("a").ruled.text == GERMANS


def test_a_change_with_a_new_name_cannot_hide_a_circle(shop: Shop) -> None:
    shop.create("a")
    with pytest.raises(ReferenceCycle):
        shop.bus.run(ChangeSegment("a", new_name="z", rule='in segment "z"'), shop.tenant)
    with pytest.raises(RuleRefused):
        shop.bus.run(ChangeSegment("a", new_name="z", rule='in segment "a"'), shop.tenant)


# -- changing ----------------------------------------------------------------------------------------------------


def test_a_new_rule_is_a_new_version_and_the_old_ones_stay_readable(shop: Shop) -> None:
    made = shop.create("Germans")
    shop.clock.advance(HOUR)
    changed = shop.bus.run(ChangeSegment("Germans", rule='contact.country = "AT"'), shop.tenant)
    assert (changed.ruled.version, changed.ruled.created_at, changed.changed_at) == (2, NOON + HOUR, NOON + HOUR)
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        shown = show_segment(ports, "Germans")
    assert list(shown.versions) == [changed.rule, made.rule]
    assert shop.events()[1:] == [SegmentUpdated(made.id, ("rule",))]


def test_name_and_description_change_together_or_alone(shop: Shop) -> None:
    made = shop.create("Germans")
    changed = shop.bus.run(ChangeSegment("Germans", new_name="Teutons", description="Old word"), shop.tenant)
    assert (changed.name, changed.description, changed.rule) == ("Teutons", "Old word", made.rule)
    assert shop.bus.run(ChangeSegment("Teutons", description=""), shop.tenant).description is None
    assert shop.events()[1:] == [
        SegmentUpdated(made.id, ("name", "description")),
        SegmentUpdated(made.id, ("description",)),
    ]


def test_what_is_the_same_as_before_changes_nothing(shop: Shop) -> None:
    made = shop.create("Germans")
    shop.clock.advance(HOUR)
    shop.bus.run(ChangeSegment("Germans", rule=' contact.country ==  "DE"', new_name="Germans"), shop.tenant)
    assert shop.segment("Germans") == made
    assert len(shop.events()) == 1


def test_a_name_that_others_refer_to_stays(shop: Shop) -> None:
    shop.create("Germans")
    shop.create("rest", 'not in segment "Germans"')
    shop.create("more", 'in segment "Germans" and contact.city is set')
    with pytest.raises(NotAllowed) as refused:
        shop.bus.run(ChangeSegment("Germans", new_name="Teutons"), shop.tenant)
    assert refused.value.values["segments"] == ["more", "rest"]
    assert '"more", "rest"' in str(refused.value)
    assert shop.bus.run(ChangeSegment("Germans", rule='contact.country = "AT"'), shop.tenant).ruled.version == 2


def test_a_taken_name_cannot_be_taken_over(shop: Shop) -> None:
    shop.create("Germans")
    shop.create("French", 'contact.country = "FR"')
    with pytest.raises(AlreadyExists):
        shop.bus.run(ChangeSegment("French", new_name="Germans"), shop.tenant)


def test_whoever_saw_another_version_is_told(shop: Shop) -> None:
    made = shop.create("Germans")
    shop.bus.run(ChangeSegment("Germans", description="new", version=made.version), shop.tenant)
    with pytest.raises(Conflict):
        shop.bus.run(ChangeSegment("Germans", description="newer", version=made.version), shop.tenant)


def test_a_calculation_is_no_change_for_whoever_edits(shop: Shop) -> None:
    made = shop.create("Germans")
    shop.calculate("Germans")
    changed = shop.bus.run(ChangeSegment("Germans", description="new", version=made.version), shop.tenant)
    assert (changed.member_count, changed.calculated_at) == (2, NOON)
    assert shop.segment("Germans").member_count == 2


# -- archiving ---------------------------------------------------------------------------------------------------


def test_an_archived_segment_keeps_its_members_and_leaves_its_name(shop: Shop) -> None:
    made = shop.create("Germans")
    shop.calculate()
    archived = shop.bus.run(ArchiveSegment("Germans"), shop.tenant)
    assert archived.status is SegmentStatus.ARCHIVED
    assert shop.members("Germans") == ["Ann", "Bob"]
    assert shop.events()[-1] == SegmentArchived(made.id)
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        assert list(list_segments(ports)) == []
        assert [each.id for each in list_segments(ports, archived=True)] == [made.id]
    assert shop.create("Germans").id != made.id


def test_a_segment_that_others_refer_to_is_not_archived(shop: Shop) -> None:
    shop.create("Germans")
    shop.create("rest", 'not in segment "Germans"')
    with pytest.raises(NotAllowed) as refused:
        shop.bus.run(ArchiveSegment("Germans"), shop.tenant)
    assert refused.value.values["segments"] == ["rest"]
    shop.bus.run(ArchiveSegment("rest"), shop.tenant)
    shop.bus.run(ArchiveSegment("Germans"), shop.tenant)


def test_an_archived_segment_is_neither_changed_nor_archived_again(shop: Shop) -> None:
    shop.create("Germans")
    shop.bus.run(ArchiveSegment("Germans"), shop.tenant)
    for command in (ChangeSegment("Germans", description="new"), ArchiveSegment("Germans")):
        with pytest.raises(NotAllowed):
            shop.bus.run(command, shop.tenant)


def test_what_is_not_there_is_not_found(shop: Shop) -> None:
    for command in (ChangeSegment("nobody", description="new"), ArchiveSegment("nobody")):
        with pytest.raises(NotFound):
            shop.bus.run(command, shop.tenant)
