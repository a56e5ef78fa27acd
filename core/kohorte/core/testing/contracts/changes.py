"""What every storage promises of what has changed."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager

import pytest
from attrs import frozen

from kohorte.core.activities.model import Activity
from kohorte.core.contacts.model import Contact
from kohorte.core.customers.model import Customer
from kohorte.core.lists.model import StoredList
from kohorte.core.ports.changes import Changed
from kohorte.core.ports.pins import Side
from kohorte.core.ports.records import RecordKind
from kohorte.core.ports.storage import Storage, UnitOfWork
from kohorte.core.purchases.model import Purchase, PurchaseItem
from kohorte.core.segments.model import Segment, SegmentType
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.core.testing.contracts.storage import StorageContract
from kohorte.core.testing.fakes import NOON, CountingIds

LIMIT = 1_000
MANY = 1_001
"""A storage need not name so many contacts."""
COLUMNS: Mapping[RecordKind, str] = {
    RecordKind.CUSTOMERS: "key name",
    RecordKind.CONTACTS: "key customer",
    RecordKind.PURCHASES: "key contact at",
    RecordKind.ITEMS: "key purchase",
    RecordKind.ACTIVITIES: "key contact kind at",
}


ROWS: Sequence[tuple[RecordKind, tuple[object, ...], set[str]]] = (
    (RecordKind.CUSTOMERS, ("K1", "Other"), {"Ann", "Bob"}),
    (RecordKind.CUSTOMERS, ("K2", "New"), set[str]()),
    (RecordKind.CONTACTS, ("Cem", "K1"), {"Cem"}),
    (RecordKind.CONTACTS, ("new", None), {"new"}),
    (RecordKind.PURCHASES, ("P-Ann", "Ann", NOON.replace(hour=1)), {"Ann"}),
    (RecordKind.PURCHASES, ("P-Ann", "Cem", NOON), {"Ann", "Cem"}),
    (RecordKind.ITEMS, ("I-new", "P-Bob"), {"Bob"}),
    (RecordKind.ITEMS, ("I-Ann", "P-Bob"), {"Ann", "Bob"}),
    (RecordKind.ACTIVITIES, ("A-Ann", "Bob", "call", NOON), {"Ann", "Bob"}),
)
"""Rows, and the contacts that they concern."""

Save = Callable[[UnitOfWork, CountingIds], None]


def _another_phone(work: UnitOfWork, _: CountingIds) -> None:
    contact = work.contacts.by_key("Cem")
    contact.phone = "1"
    work.contacts.save(contact)


def _another_name_of_a_customer(work: UnitOfWork, _: CountingIds) -> None:
    customer = work.customers.by_key("K1")
    customer.name = "Other"
    work.customers.save(customer)


def _a_purchase_of_somebody_else(work: UnitOfWork, _: CountingIds) -> None:
    purchase = work.purchases.by_key("P-Ann")
    purchase.contact = "Bob"
    work.purchases.save(purchase)


def _an_activity_with_somebody_else(work: UnitOfWork, _: CountingIds) -> None:
    activity = work.activities.by_key("A-Ann")
    activity.contact = "Cem"
    work.activities.save(activity)


def _a_new_contact(work: UnitOfWork, ids: CountingIds) -> None:
    work.contacts.save(Contact(ids.new(), "new", NOON))


def _a_new_customer(work: UnitOfWork, ids: CountingIds) -> None:
    work.customers.save(Customer(ids.new(), "K2"))


def _a_new_activity(work: UnitOfWork, ids: CountingIds) -> None:
    work.activities.save(Activity(ids.new(), "A", "Cem", "call", NOON))


def _a_new_purchase(work: UnitOfWork, ids: CountingIds) -> None:
    work.purchases.save(Purchase(ids.new(), "P", "Bob", NOON, "EUR", items=(PurchaseItem(ids.new(), "I"),)))


SAVES: Mapping[str, tuple[Save, set[str]]] = {
    "another phone": (_another_phone, {"Cem"}),
    "another name of a customer": (_another_name_of_a_customer, {"Ann", "Bob"}),
    "a purchase of somebody else": (_a_purchase_of_somebody_else, {"Ann", "Bob"}),
    "an activity with somebody else": (_an_activity_with_somebody_else, {"Ann", "Cem"}),
    "a new contact": (_a_new_contact, {"new"}),
    "a new customer": (_a_new_customer, set()),
    "a new activity": (_a_new_activity, {"Cem"}),
    "a new purchase": (_a_new_purchase, {"Bob"}),
}
"""What is saved, and the contacts that it concerns."""


@frozen
class Shop:
    """A tenant with three contacts, the first two of one customer; nothing has changed since."""

    storage: Storage
    tenant: Tenant

    @contextmanager
    def work(self) -> Generator[UnitOfWork]:
        """Open a unit of work, and commit it."""
        with self.storage.work(self.tenant) as work:
            yield work
            work.commit()

    def write(self, kind: RecordKind, *row: object) -> None:
        """Write a record."""
        write(self.storage, self.tenant, batch(kind, COLUMNS[kind], row))

    def changed(self) -> Changed:
        """Return what has changed."""
        with self.storage.work(self.tenant, reading=True) as work:
            return work.changes.read(LIMIT)

    def forget(self) -> None:
        """Forget all that has changed so far."""
        with self.work() as work:
            work.changes.forget(work.changes.read(LIMIT))

    def keys(self) -> set[str]:
        """Return the keys of the contacts that have changed."""
        changed = self.changed()
        assert not changed.everybody
        with self.storage.work(self.tenant, reading=True) as work:
            named = work.pins.find(("Ann", "Bob", "Cem", "new"))
        return {key for key, contact_id in named.items() if contact_id in changed.contacts}


class ChangesContract(StorageContract):
    """Whatever is written, the contacts that it concerns have changed."""

    @pytest.fixture
    def shop(self, storage: Storage, tenant: Tenant) -> Shop:
        """Return a shop in which each contact has a purchase with an item and an activity, and nothing has changed."""
        shop = Shop(storage, tenant)
        shop.write(RecordKind.CUSTOMERS, "K1", "One")
        for key, customer in (("Ann", "K1"), ("Bob", "K1"), ("Cem", None)):
            shop.write(RecordKind.CONTACTS, key, customer)
            shop.write(RecordKind.PURCHASES, f"P-{key}", key, NOON)
            shop.write(RecordKind.ITEMS, f"I-{key}", f"P-{key}")
            shop.write(RecordKind.ACTIVITIES, f"A-{key}", key, "call", NOON)
        shop.forget()
        return shop

    def test_nothing_has_changed_once_it_was_forgotten(self, shop: Shop) -> None:
        assert shop.changed() == Changed()

    @pytest.mark.parametrize(("kind", "row", "keys"), ROWS)
    def test_a_row_that_is_written_concerns_whose_it_was_and_is(
        self, shop: Shop, kind: RecordKind, row: tuple[object, ...], keys: set[str]
    ) -> None:
        shop.write(kind, *row)
        assert shop.keys() == keys

    @pytest.mark.parametrize("what", SAVES)
    def test_an_aggregate_that_is_saved_concerns_whose_it_was_and_is(
        self, shop: Shop, ids: CountingIds, what: str
    ) -> None:
        save, keys = SAVES[what]
        with shop.work() as work:
            save(work, ids)
        assert shop.keys() == keys

    def test_a_row_that_joins_concerns_whom_it_joins(self, shop: Shop) -> None:
        shop.write(RecordKind.ITEMS, "I", "P")
        shop.write(RecordKind.PURCHASES, "P", "new", NOON)
        assert shop.keys() == set()
        shop.write(RecordKind.CONTACTS, "new", None)
        assert shop.keys() == {"new"}

    def test_what_is_rolled_back_has_not_changed(self, shop: Shop) -> None:
        with shop.storage.work(shop.tenant) as work:
            _another_phone(work, CountingIds())
        assert shop.changed() == Changed()

    def test_what_has_changed_since_it_was_read_is_not_forgotten(self, shop: Shop) -> None:
        shop.write(RecordKind.CONTACTS, "Ann", None)
        changed = shop.changed()
        shop.write(RecordKind.CONTACTS, "Ann", "K1")
        shop.write(RecordKind.CONTACTS, "Cem", "K1")
        with shop.work() as work:
            work.changes.forget(changed)
        assert shop.keys() == {"Ann", "Cem"}

    def test_the_oldest_changes_come_first(self, shop: Shop) -> None:
        for key in ("Ann", "Bob", "Cem"):
            shop.write(RecordKind.CONTACTS, key, None)
        with shop.storage.work(shop.tenant, reading=True) as work:
            first = work.changes.read(1)
            assert first.contacts == frozenset(work.pins.find(["Ann"]).values())
        with shop.work() as work:
            work.changes.forget(first)
        assert shop.keys() == {"Bob", "Cem"}

    def test_a_list_changes_with_its_entries(self, shop: Shop, ids: CountingIds) -> None:
        stored = StoredList(ids.new(), "vip", NOON)
        with shop.work() as work:
            work.lists.add(stored)
            work.lists.add_entries(stored.id, ["a"])
        shop.forget()
        with shop.work() as work:
            assert work.lists.add_entries(stored.id, ["a"]) == 0
        assert shop.changed() == Changed()
        with shop.work() as work:
            work.lists.add_entries(stored.id, ["b"])
        assert (shop.changed().lists, shop.changed().contacts) == (frozenset({stored.id}), frozenset())

    def test_who_moves_in_a_segment_that_is_kept_by_hand_has_changed(self, shop: Shop, ids: CountingIds) -> None:
        segment = Segment(ids.new(), "guests", None, NOON, NOON, type=SegmentType.STATIC)
        with shop.work() as work:
            work.segments.save(segment)
            work.pins.put(segment.id, [*work.pins.find(["Ann"]).values()], Side.IN, by="eve", at=NOON)
            work.audiences.calculate(segment, None, NOON)
        assert shop.keys() == {"Ann"}
        shop.forget()
        with shop.work() as work:
            work.audiences.calculate(segment, None, NOON)
        assert shop.changed() == Changed()

    def test_many_who_move_at_once_concern_nobody_but_them_or_who_refers_to_the_segment(
        self, shop: Shop, ids: CountingIds
    ) -> None:
        many = [(f"new {number}", None) for number in range(MANY)]
        write(shop.storage, shop.tenant, batch(RecordKind.CONTACTS, "key customer", *many))
        segment = Segment(ids.new(), "guests", None, NOON, NOON, type=SegmentType.STATIC)
        shop.forget()
        with shop.work() as work:
            moved = frozenset(work.pins.find([key for key, _ in many]).values())
            work.segments.save(segment)
            work.pins.put(segment.id, sorted(moved), Side.IN, by="eve", at=NOON)
            assert work.audiences.calculate(segment, None, NOON).entered == MANY
        changed = shop.changed()
        assert not changed.everybody
        assert changed.moved == {segment.id} or changed.contacts == moved
        with shop.work() as work:
            work.changes.forget(changed)
        assert shop.changed() == Changed()

    def test_a_tenant_knows_no_others_changes(self, shop: Shop, other: Tenant) -> None:
        shop.write(RecordKind.CONTACTS, "Ann", None)
        with shop.storage.work(other) as work:
            assert work.changes.read(LIMIT) == Changed()
            work.changes.forget(shop.changed())
            work.commit()
        assert shop.keys() == {"Ann"}
