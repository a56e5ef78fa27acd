"""What every bulk writer promises of rows whose parents are not there yet: they wait, and join in any order."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.contacts.model import Contact
from kohorte.core.customers.model import Customer
from kohorte.core.errors import NotFound
from kohorte.core.fields import Kind
from kohorte.core.ports.records import Batch, RecordKind, WaitingRows, Written
from kohorte.core.ports.storage import Storage, UnitOfWork
from kohorte.core.purchases.model import Purchase
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.laws import over_one_storage
from kohorte.core.testing.contracts.rows import batch, everything, write
from kohorte.core.testing.contracts.storage import StorageContract, add_tenant
from kohorte.core.testing.fakes import NOON, CountingIds
from kohorte.core.testing.strategies import a_custom_field_of_each_kind, batches
from kohorte.core.values import Money

CUSTOMERS, CONTACTS, PURCHASES, ITEMS, ACTIVITIES = (
    RecordKind.CUSTOMERS,
    RecordKind.CONTACTS,
    RecordKind.PURCHASES,
    RecordKind.ITEMS,
    RecordKind.ACTIVITIES,
)
A_CUSTOMER = batch(CUSTOMERS, "key name", ("1", "ACME"))
A_CONTACT = batch(CONTACTS, "key customer first_name", ("1", "1", "Ann"))
A_PURCHASE = batch(PURCHASES, "key contact at currency", ("1", "1", NOON, "GBP"))
AN_ITEM = batch(ITEMS, "key purchase amount", ("1", "1", Decimal("4.75")))
AN_ACTIVITY = batch(ACTIVITIES, "key contact kind at", ("1", "1", "call", NOON))
ALL = (A_CUSTOMER, A_CONTACT, A_PURCHASE, AN_ITEM, AN_ACTIVITY)


class JoiningContract(StorageContract):
    """Rows that wait for a parent."""

    @pytest.mark.parametrize("child", [A_CONTACT, A_PURCHASE, AN_ITEM, AN_ACTIVITY], ids=lambda each: each.kind.value)
    def test_a_row_without_its_parent_waits_and_counts_nowhere(
        self, storage: Storage, tenant: Tenant, child: Batch
    ) -> None:
        assert write(storage, tenant, child) == [Written(waiting=1)]
        assert child.kind.parent is not None
        with storage.work(tenant) as work:
            assert work.records.count(child.kind) == 0
            assert {kind: count for kind, count in work.records.waiting_count().items() if count} == {child.kind: 1}
            assert list(work.records.waiting()) == [WaitingRows(child.kind, child.kind.parent[1], "1", 1)]
            for by_key in (work.contacts.by_key, work.purchases.by_key, work.activities.by_key):
                with pytest.raises(NotFound):
                    by_key("1")

    def test_a_parent_brings_in_what_waited_for_it_and_for_that(self, storage: Storage, tenant: Tenant) -> None:
        *children, parent = write(storage, tenant, AN_ITEM, A_PURCHASE, AN_ACTIVITY, A_CONTACT, A_CUSTOMER)
        assert children == [Written(waiting=1)] * 4
        assert parent == Written(created=1, joined={CONTACTS: 1, PURCHASES: 1, ITEMS: 1, ACTIVITIES: 1})
        found = everything(storage, tenant, ["1"])
        assert (found["waiting"], found["waiting counts"]) == ([], {})
        assert found["counts"] == dict.fromkeys(RecordKind, 1)

    @over_one_storage
    @given(order=st.permutations(ALL))
    def test_every_order_of_files_gives_the_same_data(self, storage: Storage, order: Sequence[Batch]) -> None:
        tenant = add_tenant(storage)
        write(storage, tenant, *order)
        with storage.work(tenant) as work:
            assert {kind: work.records.count(kind) for kind in RecordKind} == dict.fromkeys(RecordKind, 1)
            assert list(work.records.waiting()) == []
            assert (work.contacts.by_key("1").customer, work.activities.by_key("1").contact) == ("1", "1")
            assert work.purchases.by_key("1").items[0].amount == Money(Decimal("4.75"), "GBP")

    @over_one_storage
    @given(data=st.data())
    def test_however_files_of_different_kinds_are_mixed_the_data_are_the_same(
        self, storage: Storage, data: st.DataObject
    ) -> None:
        # Every parent comes some time: what still waits when it is given another parent never goes to the first one.
        customs = [each for each in a_custom_field_of_each_kind() if each.field.kind in (Kind.TEXT, Kind.MONEY)]
        more = data.draw(st.lists(st.sampled_from(RecordKind), max_size=5))
        kinds = [CUSTOMERS, CONTACTS, PURCHASES, *more]
        order = [data.draw(batches(kind, customs, all_keys=place < 3)) for place, kind in enumerate(kinds)]
        mixed = _mix(order, data.draw(st.permutations(kinds)))
        tenants = [add_tenant(storage) for _ in range(2)]
        for tenant in tenants:
            with storage.work(tenant) as work:
                for custom in customs:
                    work.custom_fields.add(custom)
                work.commit()
        write(storage, tenants[0], *order)
        write(storage, tenants[1], *mixed)
        assert everything(storage, tenants[0]) == everything(storage, tenants[1])

    @over_one_storage
    @given(data=st.data())
    def test_running_all_files_again_gives_the_same_data(self, storage: Storage, data: st.DataObject) -> None:
        kinds = data.draw(st.permutations(list(RecordKind)))
        order = [data.draw(batches(kind)) for kind in kinds]
        tenant = add_tenant(storage)
        write(storage, tenant, *order)
        before = everything(storage, tenant)
        write(storage, tenant, *data.draw(st.permutations(order)))
        assert everything(storage, tenant) == before

    def test_a_waiting_row_that_is_written_again_is_one_row(self, storage: Storage, tenant: Tenant) -> None:
        write(
            storage,
            tenant,
            batch(CONTACTS, "key customer first_name city", ("1", "1", "Ann", "Köln")),
            batch(CONTACTS, "key first_name last_name", ("1", None, "Lee")),
        )
        with storage.work(tenant) as work:
            assert list(work.records.waiting()) == [WaitingRows(CONTACTS, CUSTOMERS, "1", 1)]
        write(storage, tenant, A_CUSTOMER)
        with storage.work(tenant) as work:
            ann = work.contacts.by_key("1")
        assert (ann.customer, ann.first_name, ann.last_name, ann.city) == ("1", None, "Lee", "Köln")

    def test_a_waiting_row_can_be_given_another_parent(self, storage: Storage, tenant: Tenant) -> None:
        write(storage, tenant, A_PURCHASE, batch(PURCHASES, "key contact at", ("1", "2", NOON)))
        with storage.work(tenant) as work:
            assert list(work.records.waiting()) == [WaitingRows(PURCHASES, CONTACTS, "2", 1)]
        (first,) = write(storage, tenant, batch(CONTACTS, "key", ("1",)))
        (second,) = write(storage, tenant, batch(CONTACTS, "key", ("2",)))
        assert (first, second) == (Written(created=1), Written(created=1, joined={PURCHASES: 1}))
        with storage.work(tenant) as work:
            assert (work.purchases.by_key("1").contact, work.purchases.by_key("1").currency) == ("2", "GBP")

    def test_a_waiting_row_can_be_given_a_parent_that_is_there(self, storage: Storage, tenant: Tenant) -> None:
        write(storage, tenant, batch(CONTACTS, "key", ("2",)), A_PURCHASE, AN_ITEM)
        (written,) = write(storage, tenant, batch(PURCHASES, "key contact at", ("1", "2", NOON)))
        assert written == Written(created=1, joined={ITEMS: 1})
        with storage.work(tenant) as work:
            purchase = work.purchases.by_key("1")
        assert (purchase.contact, purchase.items[0].amount) == ("2", Money(Decimal("4.75"), "GBP"))

    def test_a_contact_without_a_customer_waits_for_nobody(self, storage: Storage, tenant: Tenant) -> None:
        write(storage, tenant, A_CONTACT)
        (written,) = write(storage, tenant, batch(CONTACTS, "key customer", ("1", None), ("2", None)))
        assert written == Written(created=2)
        with storage.work(tenant) as work:
            assert (work.contacts.by_key("1").first_name, work.contacts.by_key("1").customer) == ("Ann", None)
            assert not any(work.records.waiting_count().values())

    def test_a_stored_row_stays_as_it_was_until_its_new_parent_comes(self, storage: Storage, tenant: Tenant) -> None:
        write(storage, tenant, batch(CONTACTS, "key", ("1",)), A_PURCHASE, AN_ITEM)
        moved = batch(PURCHASES, "key contact at status", ("1", "2", NOON, "paid"))
        assert write(storage, tenant, moved, moved) == [Written(waiting=1)] * 2
        with storage.work(tenant) as work:
            purchase = work.purchases.by_key("1")
            assert (purchase.contact, purchase.status, len(purchase.items)) == ("1", None, 1)
            assert list(work.records.waiting()) == [WaitingRows(PURCHASES, CONTACTS, "2", 1)]
            assert work.records.count(PURCHASES) == 1
        (written,) = write(storage, tenant, batch(CONTACTS, "key", ("2",)))
        assert written == Written(created=1, joined={PURCHASES: 1})
        with storage.work(tenant) as work:
            purchase = work.purchases.by_key("1")
            assert (purchase.contact, purchase.status, len(purchase.items)) == ("2", "paid", 1)
            assert work.records.count(PURCHASES) == 1

    def test_what_waits_is_listed_with_the_most_wanted_parent_first(self, storage: Storage, tenant: Tenant) -> None:
        write(
            storage,
            tenant,
            batch(PURCHASES, "key contact at", ("1", "x", NOON), ("2", "y", NOON), ("3", "y", NOON)),
            batch(ACTIVITIES, "key contact kind at", *((key, "z", "call", NOON) for key in "123")),
        )
        with storage.work(tenant) as work:
            assert [(rows.kind, rows.parent_key, rows.count) for rows in work.records.waiting()] == [
                *((ACTIVITIES, "z", 3), (PURCHASES, "y", 2), (PURCHASES, "x", 1)),
            ]
            assert len(work.records.waiting(2)) == 2

    def test_an_item_that_cannot_join_its_purchase_waits_with_its_problem(
        self, storage: Storage, tenant: Tenant
    ) -> None:
        rows = [("1", "1", Decimal("4.75")), ("2", "1", Decimal(5))]
        write(storage, tenant, batch(ITEMS, "key purchase amount", *rows), batch(CONTACTS, "key", ("1",)))
        (written,) = write(storage, tenant, batch(PURCHASES, "key contact at currency", ("1", "1", NOON, "JPY")))
        assert written == Written(created=1, joined={ITEMS: 1})
        with storage.work(tenant) as work:
            (waiting,) = work.records.waiting()
            assert (waiting.kind, waiting.parent_key, waiting.count) == (ITEMS, "1", 1)
            assert waiting.problem
            assert work.records.count(ITEMS) == 1

    @pytest.mark.parametrize("mended", ["item", "purchase"])
    def test_a_problem_can_be_mended_on_either_side(self, storage: Storage, tenant: Tenant, mended: str) -> None:
        write(storage, tenant, AN_ITEM, batch(CONTACTS, "key", ("1",)))
        write(storage, tenant, batch(PURCHASES, "key contact at currency", ("1", "1", NOON, "JPY")))
        if mended == "item":
            (written,) = write(storage, tenant, batch(ITEMS, "key purchase amount", ("1", "1", Decimal(5))))
            assert written == Written(created=1)
        else:
            (written,) = write(storage, tenant, A_PURCHASE)
            assert written == Written(updated=1, joined={ITEMS: 1})
        with storage.work(tenant) as work:
            assert len(work.purchases.by_key("1").items) == 1
            assert list(work.records.waiting()) == []

    def test_saving_an_aggregate_brings_in_what_waited_for_it(
        self, storage: Storage, tenant: Tenant, ids: CountingIds
    ) -> None:
        write(storage, tenant, A_CONTACT, AN_ACTIVITY, AN_ITEM)
        with storage.work(tenant) as work:
            work.customers.save(Customer(ids.new(), "1"))
            work.commit()
            assert (work.records.count(CONTACTS), work.records.count(ACTIVITIES)) == (1, 1)
            work.purchases.save(Purchase(ids.new(), "1", "1", NOON, "EUR"))
            work.commit()
            assert work.records.count(ITEMS) == 1
            assert not any(work.records.waiting_count().values())

    def test_saving_a_contact_brings_in_what_waited_for_it(
        self, storage: Storage, tenant: Tenant, ids: CountingIds
    ) -> None:
        write(storage, tenant, A_PURCHASE, AN_ITEM)
        with storage.work(tenant) as work:
            work.contacts.save(Contact(ids.new(), "1", NOON))
            work.commit()
        assert everything(storage, tenant, ["1"])["counts"] == {
            **dict.fromkeys((CONTACTS, PURCHASES, ITEMS), 1),
            **dict.fromkeys((CUSTOMERS, ACTIVITIES), 0),
        }

    def test_saving_an_aggregate_replaces_the_row_that_waits_under_its_key(
        self, storage: Storage, tenant: Tenant, ids: CountingIds
    ) -> None:
        write(storage, tenant, A_CONTACT)
        with storage.work(tenant) as work:
            work.contacts.save(Contact(ids.new(), "1", NOON, last_name="Lee"))
            work.commit()
            assert not any(work.records.waiting_count().values())
        write(storage, tenant, A_CUSTOMER)
        with storage.work(tenant) as work:
            ann = work.contacts.by_key("1")
        assert (ann.first_name, ann.last_name, ann.customer) == (None, "Lee", None)

    @pytest.mark.parametrize("first", ["parent", "child"])
    @pytest.mark.parametrize("saved", [False, True], ids=["in bulk", "one by one"])
    def test_parent_and_child_that_are_written_at_once_find_each_other(
        self, storage: Storage, tenant: Tenant, ids: CountingIds, first: str, saved: bool
    ) -> None:
        def write_parent(work: UnitOfWork) -> None:
            if saved:
                work.contacts.save(Contact(ids.new(), "1", NOON))
            else:
                work.records.write(batch(CONTACTS, "key", ("1",)))

        def write_child(work: UnitOfWork) -> None:
            work.records.write(A_PURCHASE)

        def later(step: Callable[[UnitOfWork], None]) -> None:
            with storage.work(tenant) as work:
                step(work)
                work.commit()

        steps = (write_parent, write_child) if first == "parent" else (write_child, write_parent)
        with ThreadPoolExecutor(1) as thread:
            with storage.work(tenant) as work:
                steps[0](work)
                other = thread.submit(later, steps[1])
                wait([other], timeout=0.3)  # it may have to wait for this one's commit
                work.commit()
            other.result()
        with storage.work(tenant) as work:
            assert list(work.records.waiting()) == []
            assert work.purchases.by_key("1").contact == "1"

    def test_many_rows_wait_and_join_at_once(self, storage: Storage, tenant: Tenant) -> None:
        contacts = [(str(number), str(number % 10)) for number in range(2_000)]
        purchases = [(str(number), str(number % 2_000), NOON) for number in range(4_000)]
        write(storage, tenant, batch(PURCHASES, "key contact at", *purchases))
        write(storage, tenant, batch(CONTACTS, "key customer", *contacts))
        (written,) = write(storage, tenant, batch(CUSTOMERS, "key", *((str(number),) for number in range(10))))
        assert written == Written(created=10, joined={CONTACTS: 2_000, PURCHASES: 4_000})

    def test_a_row_waits_for_a_parent_of_its_own_tenant(self, storage: Storage, tenant: Tenant, other: Tenant) -> None:
        write(storage, tenant, A_PURCHASE)
        (theirs,) = write(storage, other, batch(CONTACTS, "key", ("1",)))
        assert theirs == Written(created=1)
        with storage.work(other) as work:
            assert not any(work.records.waiting_count().values())
            assert list(work.records.waiting()) == []
        with storage.work(tenant) as work:
            assert work.records.waiting_count()[PURCHASES] == 1


def _mix(order: list[Batch], kinds: list[RecordKind]) -> list[Batch]:
    """Return the batches in another order of kinds, each kind's own order kept."""
    queues = {kind: [each for each in order if each.kind is kind] for kind in kinds}
    return [queues[kind].pop(0) for kind in kinds]
