"""Stored lists: made, filled from anything that can be iterated, shown, and deleted when no rule needs them."""

from collections.abc import Iterator

import pytest

from kohorte.adapters.memory import MemoryStorage
from kohorte.core.bus import Bus
from kohorte.core.errors import AlreadyExists, InvalidValue, NotAllowed, NotFound
from kohorte.core.lists.commands import CHUNK, REFUSALS, AddEntries, CreateList, DeleteList, EntriesAdded, RenameList
from kohorte.core.lists.events import ListCreated, ListDeleted, ListEntriesAdded, ListRenamed
from kohorte.core.lists.model import StoredList
from kohorte.core.lists.queries import ShownList, show_list
from kohorte.core.segments.commands import CreateSegment
from kohorte.core.segments.lifecycle import ArchiveSegment
from kohorte.core.tenants.model import Tenant


@pytest.fixture
def vip(bus: Bus, tenant: Tenant) -> StoredList:
    return bus.run(CreateList(" vip "), tenant)


def shown(bus: Bus, tenant: Tenant, *, entries: int = 20) -> ShownList:
    with bus.ports(tenant, reading=True) as ports:
        return show_list(ports.work, "vip", entries=entries)


def test_a_new_list_is_empty(bus: Bus, storage: MemoryStorage, tenant: Tenant, vip: StoredList) -> None:
    assert (vip.name, vip.size) == ("vip", 0)
    assert shown(bus, tenant) == ShownList(vip, [], [])
    assert storage.outbox(tenant) == (ListCreated(vip.id),)


def test_a_bad_or_taken_name_is_refused(bus: Bus, tenant: Tenant, vip: StoredList) -> None:
    with pytest.raises(AlreadyExists):
        bus.run(CreateList("vip"), tenant)
    for name in ("", " ", "x" * 121, "a\0b"):
        with pytest.raises(InvalidValue):
            bus.run(CreateList(name), tenant)


def test_entries_are_cleaned_and_kept_once(bus: Bus, storage: MemoryStorage, tenant: Tenant, vip: StoredList) -> None:
    added = bus.run(AddEntries("vip", ["b@example.com", " a@example.com\n", "", "b@example.com", "\t"]), tenant)
    assert added == EntriesAdded(new=2, known=1, empty=2)
    assert bus.run(AddEntries("vip", ["a@example.com"]), tenant) == EntriesAdded(known=1)
    assert list(shown(bus, tenant).entries) == ["a@example.com", "b@example.com"]
    assert list(shown(bus, tenant, entries=1).entries) == ["a@example.com"]
    assert storage.outbox(tenant)[1:] == (ListEntriesAdded(vip.id, 2),)


def test_a_bad_entry_never_spoils_the_rest(bus: Bus, tenant: Tenant, vip: StoredList) -> None:
    added = bus.run(AddEntries("vip", ["a", "b\0", "c", *["\ud800"] * 200]), tenant)
    assert (added.new, added.refused, len(added.refusals)) == (2, 201, REFUSALS)
    assert [(each.number, each.error.code) for each in added.refusals[:2]] == [
        (2, "invalid_value"),
        (4, "invalid_value"),
    ]


def test_what_was_added_before_a_source_failed_stays(bus: Bus, tenant: Tenant, vip: StoredList) -> None:
    def failing() -> Iterator[str]:
        yield from (str(number) for number in range(CHUNK + 5))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        bus.run(AddEntries("vip", failing()), tenant)
    assert shown(bus, tenant).stored.size == CHUNK
    again = bus.run(AddEntries("vip", (str(number) for number in range(CHUNK + 5))), tenant)
    assert again == EntriesAdded(new=5, known=CHUNK)


def test_an_unknown_list_is_not_found(bus: Bus, tenant: Tenant) -> None:
    for command in (AddEntries("vip", ["a"]), DeleteList("vip")):
        with pytest.raises(NotFound):
            bus.run(command, tenant)


def test_a_list_that_nobody_needs_can_be_deleted(
    bus: Bus, storage: MemoryStorage, tenant: Tenant, vip: StoredList
) -> None:
    bus.run(DeleteList("vip"), tenant)
    with bus.ports(tenant, reading=True) as ports:
        assert list(ports.work.lists.all()) == []
    assert storage.outbox(tenant)[-1] == ListDeleted(vip.id)


def test_a_list_that_segments_use_stays_and_they_are_named(bus: Bus, tenant: Tenant, vip: StoredList) -> None:
    for name in ("good", "best"):
        bus.run(CreateSegment(name, 'contact.email in list "vip"'), tenant)
    bus.run(CreateSegment("others", "contact.email is empty"), tenant)
    assert [segment.name for segment in shown(bus, tenant).segments] == ["best", "good"]
    with pytest.raises(NotAllowed) as refused:
        bus.run(DeleteList("vip"), tenant)
    assert refused.value.values["segments"] == ["best", "good"]
    assert '"best", "good"' in refused.value.text()
    for name in ("good", "best"):
        bus.run(ArchiveSegment(name), tenant)
    bus.run(DeleteList("vip"), tenant)


def test_the_rules_of_segments_follow_a_new_name_on_request(bus: Bus, tenant: Tenant, vip: StoredList) -> None:
    bus.run(CreateSegment("good", 'contact.email in list "vip"'), tenant)
    bus.run(CreateSegment("a best", 'in segment "good" and contact.email in list "vip"'), tenant)
    with pytest.raises(NotAllowed) as refused:
        bus.run(RenameList("vip", "patrons"), tenant)
    assert refused.value.values["segments"] == ["a best", "good"]
    renamed = bus.run(RenameList("vip", " patrons ", rewrite=True), tenant)
    assert (renamed.id, renamed.name) == (vip.id, "patrons")
    with bus.ports(tenant, reading=True) as ports:
        rules = {each.name: each.ruled for each in ports.work.segments.all()}
    assert rules["good"].text == 'contact.email in list "patrons"'
    assert rules["a best"].text == 'in segment "good" and contact.email in list "patrons"'
    assert {(each.version, each.note) for each in rules.values()} == {(2, 'The list "patrons" has this name now.')}


def test_a_list_that_no_rule_uses_gets_another_name(
    bus: Bus, storage: MemoryStorage, tenant: Tenant, vip: StoredList
) -> None:
    assert bus.run(RenameList("vip", "vip"), tenant) == vip
    bus.run(RenameList("vip", "patrons"), tenant)
    assert storage.outbox(tenant)[1:] == (ListRenamed(vip.id),)
    with pytest.raises(NotFound):
        bus.run(RenameList("vip", "x"), tenant)
    with pytest.raises(InvalidValue):
        bus.run(RenameList("patrons", " "), tenant)
