"""Custom fields renamed, changed and removed: rules follow or are in the way, and never change silently."""

from collections.abc import Sequence

import pytest

from kohorte.adapters.memory import MemoryStorage
from kohorte.core.bus import Bus
from kohorte.core.contacts.commands import SaveContact
from kohorte.core.custom_fields.commands import AddField, ChangeField, RemoveField, RenameField
from kohorte.core.custom_fields.events import FieldChanged, FieldRemoved, FieldRenamed
from kohorte.core.custom_fields.model import CustomField
from kohorte.core.custom_fields.queries import ShownField, show_field
from kohorte.core.errors import AlreadyExists, InvalidValue, NotAllowed, NotFound
from kohorte.core.fields import Kind
from kohorte.core.ports.rules import RuleRefused
from kohorte.core.segments.commands import CalculateSegments, ChangeSegment, CreateSegment
from kohorte.core.segments.lifecycle import ActivateSegment, ArchiveSegment
from kohorte.core.segments.model import SegmentRule
from kohorte.core.segments.versions import CompareRule, RestoreRule, compare_rule
from kohorte.core.tenants.model import Tenant


@pytest.fixture
def score(bus: Bus, tenant: Tenant) -> CustomField:
    return bus.run(AddField("contact", "score", Kind.INTEGER), tenant)


@pytest.fixture
def tier(bus: Bus, tenant: Tenant) -> CustomField:
    return bus.run(AddField("contact", "tier", Kind.ENUMERATION, choices=("gold", "silver", "tin")), tenant)


def shown(bus: Bus, tenant: Tenant, name: str) -> ShownField:
    with bus.ports(tenant, reading=True) as ports:
        return show_field(ports.work, "contact", name)


def versions(bus: Bus, tenant: Tenant, name: str) -> Sequence[SegmentRule]:
    with bus.ports(tenant, reading=True) as ports:
        return ports.work.segments.rule_versions(ports.work.segments.by_name(name).id)


# -- renamed -------------------------------------------------------------------------------------------------------


def test_a_field_that_no_rule_reads_gets_another_name(
    bus: Bus, storage: MemoryStorage, tenant: Tenant, score: CustomField
) -> None:
    assert bus.run(RenameField("contact", "score", " score "), tenant) == score
    renamed = bus.run(RenameField("contact", "score", "Points"), tenant)
    assert (renamed.id, renamed.full_name) == (score.id, "contact.Points")
    assert storage.outbox(tenant)[1:] == (FieldRenamed(score.id, "contact", "Points"),)
    bus.run(RenameField("contact", "Points", "points"), tenant)  # its own name, otherwise capitalised, is free
    bus.run(SaveContact("C1", {"points": "5"}), tenant)
    assert shown(bus, tenant, "points").records == 1


def test_a_field_that_rules_read_stays_and_they_are_named(bus: Bus, tenant: Tenant, score: CustomField) -> None:
    bus.run(CreateSegment("good", "contact.score > 1"), tenant)
    bus.run(CreateSegment("best", "contact.score > 9"), tenant)
    bus.run(CreateSegment("others", "contact.email is empty"), tenant)
    assert [each.name for each in shown(bus, tenant, "score").segments] == ["best", "good"]
    for command in (RenameField("contact", "score", "points"), RemoveField("contact", "score")):
        with pytest.raises(NotAllowed) as refused:
            bus.run(command, tenant)
        assert refused.value.values["segments"] == ["best", "good"]
        assert '"best", "good"' in refused.value.text()


def test_rules_follow_a_new_name_on_request_each_after_those_that_it_refers_to(
    bus: Bus, tenant: Tenant, score: CustomField
) -> None:
    bus.run(AddField("purchases", "score", Kind.INTEGER), tenant)
    bus.run(CreateSegment("good", "contact.score > 1 # enough"), tenant)
    bus.run(CreateSegment("a best", 'in segment "good" and any purchases(score > contact.score)'), tenant)
    bus.run(SaveContact("C1", {"score": "5"}), tenant)
    bus.run(CalculateSegments(), tenant)
    bus.run(RenameField("contact", "score", "points", rewrite=True), tenant)
    (good, before), (best, _) = versions(bus, tenant, "good"), versions(bus, tenant, "a best")
    assert good.text == "contact.points > 1  # enough"
    assert best.text == 'in segment "good" and any purchases(score > contact.points)'
    assert {(each.version, each.note) for each in (good, best)} == {
        (2, 'The field "contact.points" has this name now.')
    }
    assert before.text == "contact.score > 1  # enough"
    results = bus.run(CalculateSegments(), tenant)
    assert [(each.name, each.members, each.entered, each.left, each.error) for each in results] == [
        ("good", 1, 0, 0, None),
        ("a best", 0, 0, 0, None),
    ]


@pytest.mark.parametrize(
    ("name", "error"),
    [("", InvalidValue), ("a b", InvalidValue), ("email", AlreadyExists), ("TIER", AlreadyExists)],
)
def test_a_bad_or_taken_name_is_refused(
    bus: Bus, tenant: Tenant, score: CustomField, tier: CustomField, name: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        bus.run(RenameField("contact", "score", name), tenant)


def test_built_in_and_unknown_fields_stay_as_they_are(bus: Bus, tenant: Tenant) -> None:
    for command in (
        RenameField("contact", "email", "mail"),
        ChangeField("contact", "email", "x"),
        RemoveField("contact", "email"),
    ):
        with pytest.raises(NotAllowed):
            bus.run(command, tenant)
    for owner, name in (("contact", "nobody"), ("nobody", "x")):
        with pytest.raises(NotFound):
            bus.run(RemoveField(owner, name), tenant)


# -- back to an earlier version ------------------------------------------------------------------------------------


def test_an_earlier_version_speaks_of_fields_by_the_names_that_they_have_now(
    bus: Bus, tenant: Tenant, score: CustomField
) -> None:
    bus.run(AddField("contact", "level", Kind.INTEGER), tenant)
    bus.run(CreateSegment("good", "contact.score > contact.level"), tenant)
    bus.run(ChangeSegment("good", "contact.email is set"), tenant)
    for name, new_name in (("score", "x"), ("level", "score"), ("x", "level")):  # they swap names
        bus.run(RenameField("contact", name, new_name), tenant)
    with bus.ports(tenant, reading=True) as ports:
        assert compare_rule(CompareRule("good", rule_version=1), ports).rule == "contact.level > contact.score"
    restored = bus.run(RestoreRule("good", 1), tenant)
    assert restored.ruled.text == "contact.level > contact.score"
    assert restored.ruled.custom_fields["contact.level"] == score.id


def test_a_field_that_was_removed_is_no_way_back_even_where_another_has_its_name(
    bus: Bus, tenant: Tenant, score: CustomField
) -> None:
    bus.run(CreateSegment("good", "contact.score > 1"), tenant)
    bus.run(ChangeSegment("good", "contact.email is set"), tenant)
    bus.run(RemoveField("contact", "score"), tenant)
    with pytest.raises(NotAllowed) as refused:
        bus.run(RestoreRule("good", 1), tenant)
    assert "contact.score" in refused.value.text()
    bus.run(AddField("contact", "score", Kind.INTEGER), tenant)
    with pytest.raises(NotAllowed):
        bus.run(RestoreRule("good", 1), tenant)


def test_an_archived_segment_follows_when_it_is_taken_into_use_again(
    bus: Bus, tenant: Tenant, score: CustomField
) -> None:
    bus.run(CreateSegment("good", "contact.score > 1"), tenant)
    bus.run(ArchiveSegment("good"), tenant)
    bus.run(RenameField("contact", "score", "points"), tenant)
    assert bus.run(ActivateSegment("good"), tenant).ruled.text == "contact.points > 1"
    bus.run(ArchiveSegment("good"), tenant)
    bus.run(RemoveField("contact", "points"), tenant)
    with pytest.raises(NotAllowed):
        bus.run(ActivateSegment("good"), tenant)


# -- changed -------------------------------------------------------------------------------------------------------


def test_a_change_says_what_is_different(bus: Bus, storage: MemoryStorage, tenant: Tenant, tier: CustomField) -> None:
    assert bus.run(ChangeField("contact", "tier", choices=tier.field.choices), tenant) == tier
    changed = bus.run(
        ChangeField("contact", "tier", " Agreed ", ("gold", "silver", "tin", "iron"), indexed=True), tenant
    )
    assert (changed.description, changed.field.choices[-1], changed.field.indexed) == ("Agreed", "iron", True)
    assert bus.run(ChangeField("contact", "tier", ""), tenant).description is None
    told = [event.fields for event in storage.outbox(tenant) if isinstance(event, FieldChanged)]
    assert told == [("description", "choices", "indexed"), ("description",)]
    bus.run(CreateSegment("irons", 'contact.tier = "iron"'), tenant)


def test_choices_are_those_of_an_enumeration_each_once(
    bus: Bus, tenant: Tenant, score: CustomField, tier: CustomField
) -> None:
    for name, choices in (("score", ("a",)), ("tier", ()), ("tier", ("a", "a"))):
        with pytest.raises(InvalidValue):
            bus.run(ChangeField("contact", name, choices=choices), tenant)


def test_a_choice_that_records_have_stays_and_they_are_counted(bus: Bus, tenant: Tenant, tier: CustomField) -> None:
    for key, choice in (("1", "gold"), ("2", "gold"), ("3", "tin")):
        bus.run(SaveContact(key, {"tier": choice}), tenant)
    with pytest.raises(NotAllowed) as refused:
        bus.run(ChangeField("contact", "tier", choices=("bronze",)), tenant)
    assert refused.value.values["records"] == {"gold": 2, "tin": 1}
    assert "gold (2), tin (1)" in refused.value.text()
    bus.run(ChangeField("contact", "tier", choices=("gold", "tin")), tenant)


def test_a_choice_that_rules_name_stays_and_they_are_told(bus: Bus, tenant: Tenant, tier: CustomField) -> None:
    for choice in ("silver", "gold"):
        bus.run(CreateSegment(choice, f'contact.tier in ("{choice}")'), tenant)
    with pytest.raises(NotAllowed) as refused:
        bus.run(ChangeField("contact", "tier", choices=("gold", "tin")), tenant)
    assert refused.value.values["segments"] == ["silver"]
    bus.run(ArchiveSegment("silver"), tenant)
    bus.run(ChangeField("contact", "tier", choices=("gold", "tin")), tenant)
    with pytest.raises(RuleRefused):
        bus.run(ActivateSegment("silver"), tenant)


# -- removed -------------------------------------------------------------------------------------------------------


def test_a_removed_field_takes_its_values_along(
    bus: Bus, storage: MemoryStorage, tenant: Tenant, score: CustomField
) -> None:
    bus.run(SaveContact("C1", {"score": "5"}), tenant)
    bus.run(RemoveField("contact", "score"), tenant)
    assert storage.outbox(tenant)[-1] == FieldRemoved(score.id, "contact", "score")
    with pytest.raises(RuleRefused):
        bus.run(CreateSegment("good", "contact.score > 1"), tenant)
    bus.run(AddField("contact", "score", Kind.INTEGER), tenant)
    assert shown(bus, tenant, "score").records == 0


def test_a_field_that_archived_segments_alone_read_can_be_removed(bus: Bus, tenant: Tenant, score: CustomField) -> None:
    bus.run(CreateSegment("good", "contact.score > 1"), tenant)
    bus.run(ArchiveSegment("good"), tenant)
    bus.run(RemoveField("contact", "score"), tenant)
