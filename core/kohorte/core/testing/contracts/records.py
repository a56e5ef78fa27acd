"""What every bulk writer promises of rows whose parents are there; ``joining`` has the others."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.activities.model import Activity
from kohorte.core.columns import OWNERS
from kohorte.core.contacts.model import Contact
from kohorte.core.custom_fields.model import CustomField
from kohorte.core.customers.model import Customer
from kohorte.core.errors import Conflict, InvalidValue, NotFound
from kohorte.core.ports.records import Batch, RecordKind, Written
from kohorte.core.ports.storage import Storage
from kohorte.core.purchases.model import Purchase, PurchaseItem
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.laws import over_one_storage
from kohorte.core.testing.contracts.rows import batch, everything, write
from kohorte.core.testing.contracts.storage import StorageContract, add_tenant
from kohorte.core.testing.fakes import NOON, counted_id
from kohorte.core.testing.strategies import a_custom_field_of_each_kind, batches
from kohorte.core.values import Money

CUSTOMERS, CONTACTS, PURCHASES, ITEMS, ACTIVITIES = (
    RecordKind.CUSTOMERS,
    RecordKind.CONTACTS,
    RecordKind.PURCHASES,
    RecordKind.ITEMS,
    RecordKind.ACTIVITIES,
)
LATER = datetime(2024, 6, 1, 8, 30, 0, 123_456, tzinfo=UTC)
ANN = batch(CONTACTS, "key first_name", ("1", "Ann"))
PAID = Money(Decimal("9.50"), "GBP")
HER_PURCHASE = batch(PURCHASES, "key contact at amount currency", ("1", "1", NOON, PAID, "GBP"))


class RecordsContract(StorageContract):
    """Bulk writing by external key."""

    def test_rows_of_every_kind_become_aggregates(self, storage: Storage, tenant: Tenant) -> None:
        written = write(
            storage,
            tenant,
            batch(CUSTOMERS, "key name category industry website country city", ("1", "A", "B", "C", "D", "E", "F")),
            batch(
                CONTACTS,
                "key email first_name last_name phone language time_zone street postal_code city country birthday "
                "customer created_at",
                (
                    *("1", "ann@example.com", "Ann", "Lee", "+49 1", "de", "Europe/Berlin", "Weg 1", "01067", "Köln"),
                    *("DE", date(1980, 2, 29), "1", LATER),
                ),
            ),
            batch(
                PURCHASES,
                "key contact at amount currency status",
                ("1", "1", NOON, Money(Decimal("-9.50"), "GBP"), "GBP", "returned"),
            ),
            batch(
                ITEMS,
                "key purchase product_code product_name category quantity amount",
                ("1", "1", "85123A", "Light", "Home", -2, Decimal("4.75")),
                ("2", "1", None, None, None, None, None),
            ),
            batch(ACTIVITIES, "key contact kind at subject outcome", ("1", "1", "call", LATER, "Offer", "won")),
        )
        assert written == [Written(created=1)] * 3 + [Written(created=2), Written(created=1)]
        nobody = counted_id(0)
        found = everything(storage, tenant, ["1"])
        assert found["customer 1"] == Customer(nobody, "1", "A", "B", "C", "D", "E", "F")
        assert found["contact 1"] == Contact(
            *(nobody, "1", NOON, "ann@example.com", "Ann", "Lee", "+49 1", "de", "Europe/Berlin", "Weg 1"),
            *("01067", "Köln", "DE", date(1980, 2, 29), "1"),
        )
        light = PurchaseItem(nobody, "1", "85123A", "Light", "Home", -2, Money(Decimal("4.75"), "GBP"))
        assert found["purchase 1"] == Purchase(
            *(nobody, "1", "1", NOON, "GBP", Money(Decimal("-9.50"), "GBP"), "returned"),
            (light, PurchaseItem(nobody, "2")),
        )
        assert found["activity 1"] == Activity(nobody, "1", "1", "call", LATER, "Offer", "won")
        assert found["counts"] == {CUSTOMERS: 1, CONTACTS: 1, PURCHASES: 1, ITEMS: 2, ACTIVITIES: 1}

    def test_a_column_that_is_absent_leaves_what_is_stored_and_none_clears_it(
        self, storage: Storage, tenant: Tenant
    ) -> None:
        write(
            storage,
            tenant,
            batch(CONTACTS, "key first_name last_name city", ("1", "Ann", "Lee", "Köln"), ("2", "Bob", "Ray", "Bonn")),
            batch(CONTACTS, "key city last_name", ("2", "Ulm", None)),
        )
        with storage.work(tenant) as work:
            ann, bob = work.contacts.by_key("1"), work.contacts.by_key("2")
        assert (ann.first_name, ann.last_name, ann.city) == ("Ann", "Lee", "Köln")
        assert (bob.first_name, bob.last_name, bob.city) == ("Bob", None, "Ulm")

    def test_it_tells_new_rows_from_old_ones(self, storage: Storage, tenant: Tenant) -> None:
        written = write(
            storage,
            tenant,
            batch(CUSTOMERS, "key name", ("1", "A"), ("2", "B")),
            batch(CUSTOMERS, "key name", ("2", "B"), ("3", "C"), ("1", "D")),
            Batch(CUSTOMERS, ("key", "name"), ()),
        )
        assert written == [Written(created=2), Written(created=1, updated=2), Written()]

    def test_ids_stay_when_a_row_is_written_again(self, storage: Storage, tenant: Tenant) -> None:
        item = batch(ITEMS, "key purchase quantity", ("1", "1", 2))
        write(storage, tenant, ANN, HER_PURCHASE, item)
        with storage.work(tenant) as work:
            before = work.contacts.by_key("1").id, work.purchases.by_key("1").id, work.purchases.by_key("1").items[0].id
        write(storage, tenant, ANN, HER_PURCHASE, item)
        with storage.work(tenant) as work:
            after = work.contacts.by_key("1").id, work.purchases.by_key("1").id, work.purchases.by_key("1").items[0].id
        assert after == before

    @over_one_storage
    @given(data=st.data())
    def test_what_is_written_is_read(self, storage: Storage, data: st.DataObject) -> None:
        kind = data.draw(st.sampled_from((CUSTOMERS, CONTACTS, PURCHASES, ACTIVITIES)))
        customs = a_custom_field_of_each_kind(OWNERS[kind])
        rows = data.draw(batches(kind, customs))
        tenant = add_tenant(storage)
        _with_parents(storage, tenant, customs)
        write(storage, tenant, rows)
        own = {each.field.name for each in customs}
        with storage.work(tenant) as work:
            by_key: Callable[[str], Any] = {
                CUSTOMERS: work.customers.by_key,
                CONTACTS: work.contacts.by_key,
                PURCHASES: work.purchases.by_key,
                ACTIVITIES: work.activities.by_key,
            }[kind]
            for row in rows.rows:
                stored, told = by_key(str(row[0])), dict(zip(rows.columns, row, strict=True))
                assert {name: getattr(stored, name) for name in told if name not in own} == {
                    name: value for name, value in told.items() if name not in own
                }
                assert stored.custom == {name: told[name] for name in own if told.get(name) is not None}

    @over_one_storage
    @given(data=st.data())
    def test_writing_the_same_batch_again_changes_nothing(self, storage: Storage, data: st.DataObject) -> None:
        kind = data.draw(st.sampled_from(RecordKind))
        customs = a_custom_field_of_each_kind(OWNERS[kind])
        first, second = (data.draw(batches(kind, customs)) for _ in range(2))
        tenant = add_tenant(storage)
        _with_parents(storage, tenant, customs)
        write(storage, tenant, first, second)
        before = everything(storage, tenant)
        (again,) = write(storage, tenant, second)
        assert everything(storage, tenant) == before
        assert again.created == 0

    def test_a_contact_without_a_time_of_creation_is_created_now_and_keeps_it(
        self, storage: Storage, tenant: Tenant
    ) -> None:
        write(storage, tenant, ANN, batch(CONTACTS, "key created_at", ("2", None), ("3", LATER)))
        with storage.work(tenant) as work:
            before = [work.contacts.by_key(key).created_at for key in "123"]
        write(storage, tenant, ANN, batch(CONTACTS, "key created_at", ("2", None), ("3", None)))
        with storage.work(tenant) as work:
            assert [work.contacts.by_key(key).created_at for key in "123"] == before
        assert before[2] == LATER

    def test_a_purchase_without_a_currency_is_in_the_tenants(self, storage: Storage) -> None:
        tenant = add_tenant(storage, currency="JPY")
        write(
            storage,
            tenant,
            ANN,
            batch(PURCHASES, "key contact at", ("1", "1", NOON)),
            batch(PURCHASES, "key contact at currency", ("2", "1", NOON, None)),
        )
        with storage.work(tenant) as work:
            assert [work.purchases.by_key(key).currency for key in "12"] == ["JPY", "JPY"]

    def test_a_purchase_keeps_its_currency_when_none_is_named(self, storage: Storage, tenant: Tenant) -> None:
        write(storage, tenant, ANN, HER_PURCHASE, batch(PURCHASES, "key contact at status", ("1", "1", LATER, "paid")))
        with storage.work(tenant) as work:
            purchase = work.purchases.by_key("1")
        assert (purchase.at, purchase.currency, purchase.amount, purchase.status) == (*(LATER, "GBP", PAID, "paid"),)

    def test_items_take_the_currency_of_their_purchase(self, storage: Storage, tenant: Tenant) -> None:
        write(storage, tenant, ANN, batch(PURCHASES, "key contact at currency", ("1", "1", NOON, "KWD")))
        write(storage, tenant, batch(ITEMS, "key purchase amount", ("1", "1", Decimal("1.125"))))
        with storage.work(tenant) as work:
            assert work.purchases.by_key("1").items[0].amount == Money(Decimal("1.125"), "KWD")

    def test_an_item_that_does_not_fit_is_refused_and_never_spoils_the_rest(
        self, storage: Storage, tenant: Tenant
    ) -> None:
        write(storage, tenant, ANN, HER_PURCHASE)
        rows = [("1", "1", Decimal("1.5")), ("2", "1", Decimal("1.505")), ("3", "1", Decimal(2) * 10**11)]
        (written,) = write(storage, tenant, batch(ITEMS, "key purchase amount", *rows))
        assert (written.created, [(each.index, each.column) for each in written.refused]) == (
            *(1, [(1, "amount"), (2, "amount")]),
        )
        assert all(isinstance(each.error, InvalidValue) for each in written.refused)
        with storage.work(tenant) as work:
            assert [item.key for item in work.purchases.by_key("1").items] == ["1"]
            assert work.records.count(ITEMS) == 1

    def test_amounts_keep_their_numbers_when_the_currency_changes(self, storage: Storage, tenant: Tenant) -> None:
        items = batch(ITEMS, "key purchase amount", ("1", "1", Decimal("4.75")), ("2", "1", None))
        write(storage, tenant, ANN, HER_PURCHASE, items)
        write(storage, tenant, batch(PURCHASES, "key contact at currency", ("1", "1", NOON, "KWD")))
        with storage.work(tenant) as work:
            purchase = work.purchases.by_key("1")
        assert (purchase.currency, purchase.amount) == ("KWD", Money(Decimal("9.500"), "KWD"))
        assert [item.amount for item in purchase.items] == [Money(Decimal("4.750"), "KWD"), None]

    @pytest.mark.parametrize("amount", [None, Decimal(5)])
    def test_a_currency_that_an_amount_does_not_fit_is_refused(
        self, storage: Storage, tenant: Tenant, amount: Decimal | None
    ) -> None:
        write(storage, tenant, ANN, HER_PURCHASE, batch(ITEMS, "key purchase amount", ("1", "1", Decimal("4.75"))))
        before = everything(storage, tenant)
        in_yen = batch(PURCHASES, "key contact at currency", ("1", "1", NOON, "JPY"))
        if amount is not None:
            row = ("1", "1", NOON, "JPY", Money(amount, "JPY"))
            in_yen = batch(PURCHASES, "key contact at currency amount", row)
        (written,) = write(storage, tenant, in_yen)
        assert [(each.index, each.column) for each in written.refused] == [(0, "currency")]
        assert everything(storage, tenant) == before

    def test_a_purchase_takes_its_items_to_another_contact(self, storage: Storage, tenant: Tenant) -> None:
        write(
            storage,
            tenant,
            batch(CONTACTS, "key", ("1",), ("2",)),
            HER_PURCHASE,
            batch(ITEMS, "key purchase quantity", ("1", "1", 3)),
            batch(PURCHASES, "key contact at", ("1", "2", NOON)),
        )
        with storage.work(tenant) as work:
            purchase = work.purchases.by_key("1")
            assert (purchase.contact, [item.quantity for item in purchase.items]) == ("2", [3])
            assert (work.records.count(PURCHASES), work.records.count(ITEMS)) == (1, 1)

    def test_an_item_can_go_to_another_purchase(self, storage: Storage, tenant: Tenant) -> None:
        write(
            storage,
            tenant,
            batch(CONTACTS, "key", ("1",), ("2",)),
            batch(PURCHASES, "key contact at currency", ("1", "1", NOON, "EUR"), ("2", "2", NOON, "KWD")),
            batch(ITEMS, "key purchase quantity amount", ("1", "1", 3, Decimal("1.5"))),
            batch(ITEMS, "key purchase", ("1", "2")),
        )
        with storage.work(tenant) as work:
            assert work.purchases.by_key("1").items == ()
            (item,) = work.purchases.by_key("2").items
            assert (item.quantity, item.amount) == (3, Money(Decimal("1.500"), "KWD"))
            assert work.records.count(ITEMS) == 1

    def test_an_activity_can_go_to_another_contact(self, storage: Storage, tenant: Tenant) -> None:
        write(
            storage,
            tenant,
            batch(CONTACTS, "key", ("1",), ("2",)),
            batch(ACTIVITIES, "key contact kind at subject", ("1", "1", "call", NOON, "Offer")),
            batch(ACTIVITIES, "key contact kind at", ("1", "2", "mail", LATER)),
        )
        with storage.work(tenant) as work:
            activity = work.activities.by_key("1")
            assert (activity.contact, activity.kind, activity.at, activity.subject) == ("2", "mail", LATER, "Offer")
            assert work.records.count(ACTIVITIES) == 1

    def test_a_change_in_bulk_is_a_conflict_for_who_read_before(self, storage: Storage, tenant: Tenant) -> None:
        write(storage, tenant, ANN)
        with storage.work(tenant) as work:
            before = work.contacts.by_key("1")
        write(storage, tenant, batch(CONTACTS, "key city", ("1", "Köln")))
        before.city = "Bonn"
        with storage.work(tenant) as work, pytest.raises(Conflict):
            work.contacts.save(before)

    @pytest.mark.parametrize(
        ("row", "of_whom"),
        [
            (("2", "1", 5), "1"),  # one more
            (("1", "1", 7), "1"),  # another quantity
            (("1", "2", 3), "1"),  # gone to another purchase
            (("1", "2", 3), "2"),  # come from another purchase
        ],
    )
    def test_a_change_of_items_in_bulk_is_a_conflict_for_who_read_their_purchase_before(
        self, storage: Storage, tenant: Tenant, row: tuple[str, str, int], of_whom: str
    ) -> None:
        another = batch(PURCHASES, "key contact at currency", ("2", "1", NOON, "GBP"))
        columns = "key purchase quantity"
        write(storage, tenant, ANN, HER_PURCHASE, another, batch(ITEMS, columns, ("1", "1", 3)))
        with storage.work(tenant) as work:
            before = work.purchases.by_key(of_whom)
        write(storage, tenant, batch(ITEMS, columns, row))
        before.status = "paid"
        with storage.work(tenant) as work, pytest.raises(Conflict):
            work.purchases.save(before)
        with storage.work(tenant) as work:
            kept = [item.key for key in "12" for item in work.purchases.by_key(key).items]
            assert len(kept) == work.records.count(ITEMS) == len({"1", row[0]})

    def test_what_was_read_after_a_change_in_bulk_can_be_saved(self, storage: Storage, tenant: Tenant) -> None:
        write(storage, tenant, ANN, HER_PURCHASE, batch(ITEMS, "key purchase", ("1", "1")))
        with storage.work(tenant) as work:
            contact, purchase = work.contacts.by_key("1"), work.purchases.by_key("1")
            contact.city, purchase.status = "Bonn", "paid"
            work.contacts.save(contact)
            work.purchases.save(purchase)
            work.commit()
        with storage.work(tenant) as work:
            assert (work.contacts.by_key("1").city, work.purchases.by_key("1").status) == ("Bonn", "paid")

    def test_keys_are_compared_exactly(self, storage: Storage, tenant: Tenant) -> None:
        keys = ("Straße", "STRASSE", "straße", "0", "00", "'", "\\", "%", "😀")
        (first,) = write(storage, tenant, batch(CUSTOMERS, "key name", *((key, key) for key in keys)))
        (second,) = write(storage, tenant, batch(CUSTOMERS, "key name", *((key, key) for key in keys)))
        assert (first, second) == (Written(created=len(keys)), Written(updated=len(keys)))
        with storage.work(tenant) as work:
            assert [work.customers.by_key(key).name for key in keys] == list(keys)

    def test_it_takes_many_rows_at_once(self, storage: Storage, tenant: Tenant) -> None:
        rows = [(f"C{number}", f"{number}@example.com", number % 7 or None) for number in range(5_000)]
        texts = [(key, email, None if city is None else f"City {city}") for key, email, city in rows]
        (first,) = write(storage, tenant, batch(CONTACTS, "key email city", *texts))
        (second,) = write(storage, tenant, batch(CONTACTS, "key city", *((key, "Ulm") for key, _, _ in texts[1_000:])))
        assert (first, second) == (Written(created=5_000), Written(updated=4_000))
        with storage.work(tenant) as work:
            assert work.records.count(CONTACTS) == 5_000
            assert (work.contacts.by_key("C999").city, work.contacts.by_key("C1000").city) == ("City 5", "Ulm")

    def test_the_same_rows_written_at_once_are_there_once(self, storage: Storage, tenant: Tenant) -> None:
        rows = [(f"C{number}", f"{number}@example.com") for number in range(300)]
        orders = (rows, rows[::-1], rows[150:] + rows[:150], rows)
        with ThreadPoolExecutor(4) as threads:
            writing = [threads.submit(write, storage, tenant, batch(CONTACTS, "key email", *each)) for each in orders]
            written = [each.result()[0] for each in writing]
        assert (sum(each.created for each in written), sum(each.updated for each in written)) == (300, 900)
        with storage.work(tenant) as work:
            assert work.records.count(CONTACTS) == 300

    def test_what_was_not_committed_is_gone(self, storage: Storage, tenant: Tenant) -> None:
        with storage.work(tenant) as work:
            work.records.write(ANN)
            work.records.write(batch(PURCHASES, "key contact at", ("1", "nobody", NOON)))
        with storage.work(tenant) as work:
            assert work.records.count(CONTACTS) == 0
            assert not any(work.records.waiting_count().values())
            with pytest.raises(NotFound):
                work.contacts.by_key("1")

    def test_a_bulk_may_begin_and_end_at_any_time(self, storage: Storage, tenant: Tenant) -> None:
        for _ in range(2):
            with storage.work(tenant) as work:
                for kind in RecordKind:
                    work.records.begin_bulk(kind)
                work.commit()
                work.records.write(ANN)
                work.commit()
                for kind in (*RecordKind, *RecordKind):
                    work.records.finish_bulk(kind)
                work.commit()
        # An import that died in the middle leaves a bulk open: the next run ends it.
        with storage.work(tenant) as work:
            work.records.begin_bulk(CONTACTS)
            work.commit()
        write(storage, tenant, HER_PURCHASE)
        with storage.work(tenant) as work:
            work.records.begin_bulk(CONTACTS)
            work.records.finish_bulk(CONTACTS)
            work.commit()
            assert (work.records.count(CONTACTS), work.records.count(PURCHASES)) == (1, 1)

    def test_a_tenant_sees_and_changes_no_others(self, storage: Storage, tenant: Tenant, other: Tenant) -> None:
        write(storage, tenant, ANN, HER_PURCHASE)
        before = everything(storage, tenant)
        (written,) = write(storage, other, batch(CONTACTS, "key first_name", ("1", "Bob")))
        assert written == Written(created=1)
        assert everything(storage, tenant) == before
        with storage.work(other) as work:
            assert work.records.count(PURCHASES) == 0
            assert work.contacts.by_key("1").first_name == "Bob"


def _with_parents(storage: Storage, tenant: Tenant, customs: Sequence[CustomField]) -> None:
    """Store custom fields, and customers, contacts and purchases ``1`` to ``3``."""
    with storage.work(tenant) as work:
        for custom in customs:
            work.custom_fields.add(custom)
        work.commit()
    write(
        storage,
        tenant,
        batch(CUSTOMERS, "key", *((key,) for key in "123")),
        batch(CONTACTS, "key customer", *((key, key) for key in "123")),
        batch(PURCHASES, "key contact at currency", *((key, key, NOON, "GBP") for key in "123")),
    )
