"""Many records saved at once are read and written as imports do it, on every storage."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing

import pytest

from kohorte.adapters.memory import MemoryStorage
from kohorte.adapters.storage.unit_of_work import open_storage
from kohorte.core.bus import Bus
from kohorte.core.custom_fields.commands import AddField
from kohorte.core.errors import InvalidInput
from kohorte.core.event_feed import read_events
from kohorte.core.fields import Kind
from kohorte.core.imports.bulk import AT_ONCE, SavedRecords, SaveRecords
from kohorte.core.imports.commands import ImportFile
from kohorte.core.ports.record_pages import ListContacts, ListPurchases
from kohorte.core.ports.records import RecordKind
from kohorte.core.ports.storage import Storage
from kohorte.core.record_pages import list_contacts, list_purchases
from kohorte.core.registry import registry
from kohorte.core.tenants.commands import CreateTenant
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.fakes import CountingIds, FixedClock
from kohorte.core.testing.rows import GivenRows, KeptRejects
from kohorte.dsl.language import RuleLanguage

CUSTOMERS, CONTACTS, PURCHASES, ITEMS, ACTIVITIES = RecordKind
Texts = Mapping[str, str | None]
DAY = "2024-05-01 10:00"


@pytest.fixture(params=["memory", "sqlite_url", pytest.param("migrated_postgres", marks=pytest.mark.postgres)])
def storage(request: pytest.FixtureRequest) -> Iterator[Storage]:
    if request.param == "memory":
        yield MemoryStorage(FixedClock(), CountingIds())
        return
    found = request.getfixturevalue(request.param)
    url = found if isinstance(found, str) else found.app_url
    with closing(open_storage(url, clock=FixedClock(), ids=CountingIds())) as opened:
        yield opened


class Shop:
    """A tenant whose records are saved."""

    def __init__(self, storage: Storage, name: str = "shop", first_id: int = 2_000_000) -> None:
        self.bus = Bus(registry(), FixedClock(), CountingIds(first_id), RuleLanguage(), storage)
        self.tenant: Tenant = self.bus.administer(CreateTenant(name, "Europe/Berlin", "EUR", "de"))

    def save(self, kind: RecordKind, *rows: Texts) -> SavedRecords:
        return self.bus.run(SaveRecords(kind, rows), self.tenant)

    def contacts(self) -> Sequence[Mapping[str, object]]:
        """Return the contacts without what differs from tenant to tenant."""
        with self.bus.ports(self.tenant, reading=True) as ports:
            return [
                {**{name: getattr(each, name) for name in ("key", "email", "city", "customer")}, **each.custom}
                for each in list_contacts(ports, ListContacts()).rows
            ]

    def events(self) -> Sequence[Mapping[str, object]]:
        with self.bus.ports(self.tenant, reading=True) as ports:
            return [each.data for each in read_events(ports).events if each.type == "crm.import.batch_written"]


@pytest.fixture
def shop(storage: Storage) -> Shop:
    return Shop(storage)


def told(saved: SavedRecords) -> list[tuple[int, str, str]]:
    return [(each.index, each.column, each.error.code) for each in saved.refused]


def test_good_rows_are_written_and_bad_ones_come_back(shop: Shop) -> None:
    saved = shop.save(
        CONTACTS,
        {"key": "1", "email": "ann@example.com", "city": "Köln"},
        {"key": "2", "email": "nobody", "birthday": "yesterday"},
        {"key": "", "city": "Bonn"},
        {"city": "Bonn"},
        {"key": "3", "town": "Bonn", "emial": "x"},
        {"key": "4"},
    )
    assert (saved.created, saved.updated, saved.waiting) == (2, 0, 0)
    assert told(saved) == [
        (1, "email", "invalid_value"),
        (1, "birthday", "invalid_value"),
        (2, "key", "invalid_value"),
        (3, "key", "invalid_value"),
        (4, "town", "invalid_input"),
        (4, "emial", "invalid_input"),
    ]
    assert [each["key"] for each in shop.contacts()] == ["1", "4"]


def test_what_a_row_does_not_name_stays_and_none_clears(shop: Shop) -> None:
    shop.save(CONTACTS, {"key": "1", "email": "ann@example.com", "city": "Köln"})
    saved = shop.save(CONTACTS, {"key": "1", "city": None}, {"key": "2", "city": "Ulm"})
    assert (saved.created, saved.updated) == (1, 1)
    found = [(each["email"], each["city"]) for each in shop.contacts()]
    assert found == [("ann@example.com", None), (None, "Ulm")]


def test_rows_with_one_key_are_written_one_after_the_other(shop: Shop) -> None:
    saved = shop.save(CONTACTS, {"key": "1", "city": "Köln"}, {"key": "1", "email": "a@example.com", "city": "Bonn"})
    assert (saved.created, saved.updated, saved.refused) == (1, 0, ())
    (found,) = shop.contacts()
    assert (found["email"], found["city"]) == ("a@example.com", "Bonn")


def test_rows_wait_for_their_parents_and_join_them(shop: Shop) -> None:
    assert shop.save(CONTACTS, {"key": "1", "customer": "ACME"}, {"key": "2"}).waiting == 1
    saved = shop.save(CUSTOMERS, {"key": "ACME", "name": "Acme"})
    assert (saved.created, saved.joined) == (1, {CONTACTS: 1})
    assert [each["customer"] for each in shop.contacts()] == ["ACME", None]


def test_what_the_storage_refuses_comes_back_as_well(shop: Shop) -> None:
    shop.save(CONTACTS, {"key": "1"})
    shop.save(PURCHASES, {"key": "P", "contact": "1", "at": DAY, "amount": "5", "currency": "JPY"})
    saved = shop.save(
        ITEMS, {"key": "a", "purchase": "P", "amount": "2"}, {"key": "b", "purchase": "P", "amount": "2.50"}
    )
    assert (saved.created, told(saved)) == (1, [(1, "amount", "invalid_value")])
    with shop.bus.ports(shop.tenant, reading=True) as ports:
        (purchase,) = list_purchases(ports, ListPurchases(items=True)).rows
    assert [each.key for each in purchase.items] == ["a"]


def test_fields_of_the_tenants_own_are_saved_as_well(shop: Shop) -> None:
    shop.bus.run(AddField("contact", "tier", Kind.ENUMERATION, choices=("gold", "silver")), shop.tenant)
    saved = shop.save(CONTACTS, {"key": "1", "tier": "gold"}, {"key": "2", "tier": "lead"})
    assert (saved.created, told(saved)) == (1, [(1, "tier", "invalid_value")])
    assert [each["tier"] for each in shop.contacts()] == ["gold"]


def test_a_batch_is_one_event_and_none_where_nothing_was_written(shop: Shop) -> None:
    shop.save(CONTACTS, {"key": "1"}, {"key": "2", "customer": "ACME"}, {"email": "no key"})
    shop.save(CONTACTS, {"email": "no key"})
    shop.save(CONTACTS)
    assert shop.events() == [{"kind": "contacts", "created": 1, "updated": 0, "waiting": 1, "joined": 0}]


def test_too_many_records_at_once_are_refused_before_any_is_written(shop: Shop) -> None:
    rows = [{"key": str(number)} for number in range(AT_ONCE + 1)]
    with pytest.raises(InvalidInput):
        shop.save(CONTACTS, *rows)
    assert not shop.contacts()


def test_it_comes_to_the_same_as_an_import(shop: Shop, storage: Storage) -> None:
    rows: list[dict[str, str]] = [
        {"key": "1", "email": "ann@example.com", "city": " Köln "},
        {"key": "2", "email": "wrong"},
        {"city": "Bonn", "key": "1"},
        {"key": "3", "customer": "ACME", "city": ""},
    ]
    other = Shop(storage, "other", first_id=4_000_000)
    rejects = KeptRejects()
    run = other.bus.run(ImportFile(CONTACTS, GivenRows(None, rows), rejects), other.tenant).run
    saved = shop.save(CONTACTS, *rows)
    assert (saved.created, saved.updated, saved.waiting) == (run.created, run.updated, run.waiting)
    assert [each.index + 1 for each in saved.refused] == list(rejects.lines)
    assert shop.contacts() == other.contacts()
