"""What every storage promises about lists of records."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import TypeVar

import pytest
from attrs import evolve

from kohorte.core.activities.model import Activity
from kohorte.core.contacts.model import Contact
from kohorte.core.customers.model import Customer
from kohorte.core.errors import InvalidInput, InvalidValue, NotFound
from kohorte.core.paging import Page, Place
from kohorte.core.ports.record_pages import (
    ListActivities,
    ListContacts,
    ListCustomers,
    ListedItem,
    ListItems,
    ListPurchases,
)
from kohorte.core.ports.records import Batch, RecordKind
from kohorte.core.ports.storage import Storage, UnitOfWork
from kohorte.core.purchases.model import Purchase, PurchaseItem
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.storage import StorageContract
from kohorte.core.testing.fakes import NOON, CountingIds
from kohorte.core.values import Money

R = TypeVar("R")
Q = TypeVar("Q", ListContacts, ListCustomers, ListPurchases, ListItems, ListActivities)

KEYS = ("10", "9", "A", "Z", "a", "a_", "a%", "aa", "b", "z", "Ä", "ä", "ß", "日", "\U0010ffff", "😀")
"""Keys in the order of their code points but for the last two, which are the other way round."""
PEOPLE = (
    # key, e-mail address, last name
    ("smith-1", "zoe@example.com", "Ant"),
    ("SMITH-2", None, "Smith"),
    ("Smith-3", "smith@example.com", None),
    ("4", "Smithers@example.com", "Smith"),
    ("5", "smith@example.org", "Jones"),
    ("6", "x@example.com", "SMITHSON"),
    ("7", None, "smith"),
    ("8", "y@smith.example", "Blacksmith"),
    ("9", "smit@example.com", "Smit"),
    ("S", "s@example.com", "smıth"),
)


def all_pages(read: Callable[[Q], Page[R]], query: Q) -> Iterator[R]:
    """Yield what is on all pages."""
    while True:
        page = read(query.cleaned())
        yield from page.rows
        if page.after is None:
            return
        assert len(page.rows) == query.limit
        query = evolve(query, after=Place.of(str(page.after)))


class RecordPagesContract(StorageContract):
    """Lists of records, page by page."""

    @pytest.mark.parametrize("limit", [1, 3, 500])
    def test_records_of_every_kind_come_in_the_order_of_their_keys(
        self, storage: Storage, tenant: Tenant, ids: CountingIds, limit: int
    ) -> None:
        expected = sorted(KEYS)
        with storage.work(tenant) as work:
            for key in KEYS:
                work.customers.save(Customer(ids.new(), key))
                work.contacts.save(Contact(ids.new(), key, NOON, customer=key))
                item = PurchaseItem(ids.new(), key)
                work.purchases.save(Purchase(ids.new(), key, key, NOON, "EUR", items=(item,)))
                work.activities.save(Activity(ids.new(), key, key, "call", NOON))
            work.commit()
        with storage.work(tenant, reading=True) as work:
            pages = work.record_pages
            customers = list(all_pages(pages.customers, ListCustomers(limit=limit)))
            assert customers == [work.customers.by_key(key) for key in expected]
            contacts = list(all_pages(pages.contacts, ListContacts(limit=limit)))
            assert contacts == [work.contacts.by_key(key) for key in expected]
            purchases = list(all_pages(pages.purchases, ListPurchases(items=True, limit=limit)))
            assert purchases == [work.purchases.by_key(key) for key in expected]
            items = list(all_pages(pages.items, ListItems(limit=limit)))
            assert items == [ListedItem(each.items[0], each.key) for each in purchases]
            activities = list(all_pages(pages.activities, ListActivities(limit=limit)))
            assert activities == [work.activities.by_key(key) for key in expected]

    def test_contacts_are_listed_by_customer_and_by_address(
        self, storage: Storage, tenant: Tenant, ids: CountingIds
    ) -> None:
        with storage.work(tenant) as work:
            for key in ("ACME", "OTHER", "EMPTY"):
                work.customers.save(Customer(ids.new(), key))
            for key, customer, email in (
                ("c", "ACME", "Ann@Example.com"),
                ("a", "ACME", None),
                ("b", "OTHER", "ann@example.com"),
                ("d", None, "ann@example.co"),
                ("B", "ACME", "ann@example.com"),
            ):
                work.contacts.save(Contact(ids.new(), key, NOON, customer=customer, email=email))
            for limit in (1, 2, 500):

                def keys(query: ListContacts, limit: int = limit) -> list[str]:
                    return [each.key for each in all_pages(work.record_pages.contacts, evolve(query, limit=limit))]

                assert keys(ListContacts(customer="ACME")) == ["B", "a", "c"]
                assert keys(ListContacts(customer="EMPTY")) == []
                assert keys(ListContacts(email="ANN@example.com")) == ["B", "b", "c"]
                assert keys(ListContacts(email="ann@example")) == []
                assert keys(ListContacts(email=" ")) == []
            with pytest.raises(NotFound):
                work.record_pages.contacts(ListContacts(customer="nobody").cleaned())

    @pytest.mark.parametrize("limit", [1, 2, 3, 500])
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("smith", ["SMITH-2", "smith-1", "Smith-3", "5", "4", "7", "6"]),
            ("Smith", ["SMITH-2", "Smith-3", "smith-1", "5", "4", "7", "6"]),
            ("SMITH@", ["Smith-3", "5"]),
            ("  y@ ", ["8"]),
            ("", sorted(key for key, _, _ in PEOPLE)),
            ("s", ["S", "SMITH-2", "Smith-3", "smith-1", "9", "5", "4", "7", "6"]),
            ("smıth", ["SMITH-2", "S"]),
            ("%", []),
            ("nobody", []),
        ],
    )
    def test_contacts_are_found_by_the_beginning_of_key_address_or_last_name(
        self, storage: Storage, tenant: Tenant, ids: CountingIds, text: str, expected: Sequence[str], limit: int
    ) -> None:
        with storage.work(tenant) as work:
            for key, email, last_name in PEOPLE:
                work.contacts.save(Contact(ids.new(), key, NOON, email=email, last_name=last_name))
            found = all_pages(work.record_pages.contacts, ListContacts(text=text, limit=limit))
            assert [each.key for each in found] == expected

    @pytest.mark.parametrize("limit", [1, 2, 500])
    def test_customers_are_found_by_the_beginning_of_key_or_name(
        self, storage: Storage, tenant: Tenant, ids: CountingIds, limit: int
    ) -> None:
        with storage.work(tenant) as work:
            named = (("ac-2", "Zenith"), ("1", "Acme"), ("2", "ACME"), ("3", None), ("AC-1", "acme"), ("4", "A"))
            for key, name in named:
                work.customers.save(Customer(ids.new(), key, name=name))
            for text, expected in (("ac", ["AC-1", "ac-2", "1", "2"]), ("Z", ["ac-2"]), ("x", [])):
                found = all_pages(work.record_pages.customers, ListCustomers(text=text, limit=limit))
                assert [each.key for each in found] == expected

    @pytest.mark.parametrize("limit", [1, 2, 500])
    def test_what_belongs_to_a_contact_comes_the_newest_first(
        self, storage: Storage, tenant: Tenant, ids: CountingIds, limit: int
    ) -> None:
        hours = (3, 1, 2, 2, 1)
        with storage.work(tenant) as work:
            for key in ("Ann", "Bo"):
                work.contacts.save(Contact(ids.new(), key, NOON))
            for number, hour in enumerate(hours):
                for contact in ("Ann", "Bo"):
                    key, at = f"{contact}-{number}", NOON + timedelta(hours=hour)
                    work.purchases.save(Purchase(ids.new(), key, contact, at, "EUR"))
                    work.activities.save(Activity(ids.new(), key, contact, "call", at))
            expected = ["Ann-0", "Ann-2", "Ann-3", "Ann-1", "Ann-4"]
            purchases = all_pages(work.record_pages.purchases, ListPurchases(contact="Ann", limit=limit))
            assert [each.key for each in purchases] == expected
            activities = all_pages(work.record_pages.activities, ListActivities(contact="Ann", limit=limit))
            assert [each.key for each in activities] == expected
            with pytest.raises(NotFound):
                work.record_pages.purchases(ListPurchases(contact="nobody").cleaned())
            with pytest.raises(NotFound):
                work.record_pages.activities(ListActivities(contact="nobody").cleaned())

    def test_purchases_come_with_their_items_on_request(
        self, storage: Storage, tenant: Tenant, ids: CountingIds
    ) -> None:
        with storage.work(tenant) as work:
            work.contacts.save(Contact(ids.new(), "Ann", NOON))
            for key, lines in (("P1", "ba"), ("P2", ""), ("P3", "c")):
                items = tuple(
                    PurchaseItem(ids.new(), line, quantity=2, amount=Money(Decimal("1.50"), "EUR")) for line in lines
                )
                work.purchases.save(Purchase(ids.new(), key, "Ann", NOON, "EUR", items=items))
            for query in (ListPurchases(), ListPurchases(contact="Ann")):
                without = work.record_pages.purchases(query.cleaned()).rows
                assert [each.items for each in without] == [(), (), ()]
                found = work.record_pages.purchases(evolve(query, items=True).cleaned()).rows
                assert found == [work.purchases.by_key(key) for key in ("P1", "P2", "P3")]
            listed = list(all_pages(work.record_pages.items, ListItems(purchase="P1", limit=1)))
            assert [(each.item.key, each.purchase) for each in listed] == [("a", "P1"), ("b", "P1")]
            assert not work.record_pages.items(ListItems(purchase="P2").cleaned()).rows
            with pytest.raises(NotFound):
                work.record_pages.items(ListItems(purchase="nothing").cleaned())

    def test_pages_go_on_whatever_comes_and_goes_between_them(
        self, storage: Storage, tenant: Tenant, ids: CountingIds
    ) -> None:
        with storage.work(tenant) as work:
            for key in "aceg":
                work.contacts.save(Contact(ids.new(), key, NOON))
            first = work.record_pages.contacts(ListContacts(limit=2).cleaned())
            for key in "bd":
                work.contacts.save(Contact(ids.new(), key, NOON))
            second = work.record_pages.contacts(ListContacts(limit=2, after=first.after).cleaned())
        assert [each.key for each in (*first.rows, *second.rows)] == ["a", "c", "d", "e"]

    def test_rows_that_wait_for_a_parent_are_on_no_page(self, storage: Storage, tenant: Tenant) -> None:
        with storage.work(tenant) as work:
            work.records.write(Batch(RecordKind.CONTACTS, ("key", "customer"), [("C1", "nobody"), ("C2", None)]))
            work.records.write(Batch(RecordKind.ACTIVITIES, ("key", "contact", "kind", "at"), [("A", "C1", "x", NOON)]))
            assert [each.key for each in work.record_pages.contacts(ListContacts().cleaned()).rows] == ["C2"]
            assert [each.key for each in work.record_pages.contacts(ListContacts(text="c").cleaned()).rows] == ["C2"]
            assert not work.record_pages.activities(ListActivities().cleaned()).rows

    @pytest.mark.parametrize("limit", [0, -1, 501])
    def test_a_page_has_one_row_at_least_and_500_at_most(self, limit: int) -> None:
        with pytest.raises(InvalidInput):
            ListContacts(limit=limit).cleaned()

    def test_a_place_in_another_list_is_refused(self, ids: CountingIds) -> None:
        newest, keyed = Place("newest", 5, ids.new()), Place("key", "5", ids.new())
        for query in (
            ListContacts(after=newest),
            ListContacts(after=Place("email", "a@example.com", ids.new())),
            ListContacts(after=Place("key", 5, ids.new())),
            ListCustomers(after=newest),
            ListPurchases(after=newest),
            ListPurchases(contact="Ann", after=keyed),
            ListPurchases(contact="Ann", after=Place("newest", "5", ids.new())),
            ListItems(after=newest),
            ListActivities(contact="Ann", after=keyed),
        ):
            with pytest.raises(InvalidInput):
                query.cleaned()

    def test_what_cannot_be_looked_for_is_refused(self) -> None:
        for query in (
            ListContacts(customer="ACME", text="a"),
            ListContacts(email="a@example.com", customer="ACME"),
            ListContacts(text="a\0"),
            ListContacts(text="\ud800"),
            ListContacts(text="a" * 201),
        ):
            with pytest.raises((InvalidInput, InvalidValue)):
                query.cleaned()

    def test_a_tenant_lists_no_others(self, storage: Storage, tenant: Tenant, other: Tenant, ids: CountingIds) -> None:
        def fill(work: UnitOfWork) -> None:
            work.customers.save(Customer(ids.new(), "K", name="K"))
            work.contacts.save(Contact(ids.new(), "K", NOON, customer="K", email="k@example.com", last_name="K"))
            items = (PurchaseItem(ids.new(), "K"),)
            work.purchases.save(Purchase(ids.new(), "K", "K", NOON, "EUR", items=items))
            work.activities.save(Activity(ids.new(), "K", "K", "call", NOON))
            work.commit()

        with storage.work(tenant) as work:
            fill(work)
        with storage.work(other) as work:
            pages = work.record_pages
            for text in ("", "k"):
                assert not pages.contacts(ListContacts(text=text).cleaned()).rows
                assert not pages.customers(ListCustomers(text=text).cleaned()).rows
            assert not pages.contacts(ListContacts(email="k@example.com").cleaned()).rows
            assert not pages.purchases(ListPurchases().cleaned()).rows
            assert not pages.items(ListItems().cleaned()).rows
            assert not pages.activities(ListActivities().cleaned()).rows
            fill(work)
            (mine,) = pages.purchases(ListPurchases(contact="K", items=True).cleaned()).rows
            assert mine == work.purchases.by_key("K")
