"""What every repository of purchases promises."""

from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.contacts.model import Contact
from kohorte.core.errors import Conflict, NotFound
from kohorte.core.ports.records import RecordKind
from kohorte.core.ports.storage import Storage, UnitOfWork
from kohorte.core.purchases.model import Purchase, PurchaseItem
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.laws import over_one_storage
from kohorte.core.testing.contracts.storage import StorageContract, add_tenant
from kohorte.core.testing.fakes import NOON, CountingIds
from kohorte.core.testing.strategies import a_custom_field_of_each_kind, purchases
from kohorte.core.values import Money


def _with_contacts(work: UnitOfWork, *keys: str) -> None:
    ids = CountingIds(2_000_000)
    for key in keys:
        work.contacts.save(Contact(ids.new(), key, NOON))


def _by_key(purchase: Purchase, version: int) -> Purchase:
    """Return the purchase with its items in the order of their keys, in which they are read."""
    items = tuple(sorted(purchase.items, key=lambda item: item.key))
    return evolve(purchase, items=items, version=version)


class PurchasesContract(StorageContract):
    """Purchases with their items, one at a time."""

    def test_it_knows_the_currencies_the_commonest_first(
        self, storage: Storage, tenant: Tenant, other: Tenant, ids: CountingIds
    ) -> None:
        with storage.work(tenant) as work:
            assert list(work.purchases.currencies()) == []
            _with_contacts(work, "C1")
            for number, currency in enumerate(("GBP", "EUR", "GBP")):
                work.purchases.save(Purchase(ids.new(), f"P{number}", "C1", NOON, currency))
            assert list(work.purchases.currencies()) == ["GBP", "EUR"]
            work.commit()
        with storage.work(other) as work:
            assert list(work.purchases.currencies()) == []

    @over_one_storage
    @given(data=st.data())
    def test_a_purchase_comes_back_as_it_was_saved(self, storage: Storage, data: st.DataObject) -> None:
        customs = a_custom_field_of_each_kind("purchases", "items")
        before, after = (data.draw(purchases("C1", customs)) for _ in range(2))
        tenant = add_tenant(storage)
        with storage.work(tenant) as work:
            _with_contacts(work, "C1")
            for custom in customs:
                work.custom_fields.add(custom)
            work.purchases.save(before)
            work.commit()
            assert work.purchases.by_key(before.key) == _by_key(before, version=1)
            assert work.purchases.by_id(before.id) == _by_key(before, version=1)
        changed = evolve(after, id=before.id, key=before.key, version=1, items=_kept_ids(before, after))
        with storage.work(tenant) as work:
            work.purchases.save(changed)
            work.commit()
        with storage.work(tenant) as work:
            assert work.purchases.by_key(before.key) == _by_key(changed, version=2)
            assert work.records.count(RecordKind.ITEMS) == len(changed.items)

    def test_an_unknown_key_or_id_is_not_found(self, storage: Storage, tenant: Tenant, ids: CountingIds) -> None:
        with storage.work(tenant) as work:
            with pytest.raises(NotFound):
                work.purchases.by_key("nothing")
            with pytest.raises(NotFound):
                work.purchases.by_id(ids.new())

    def test_an_unknown_contact_is_not_found(self, storage: Storage, tenant: Tenant, ids: CountingIds) -> None:
        with storage.work(tenant) as work, pytest.raises(NotFound):
            work.purchases.save(Purchase(ids.new(), "P1", "nobody", NOON, "EUR"))

    def test_a_purchase_takes_its_items_to_another_contact(
        self, storage: Storage, tenant: Tenant, ids: CountingIds
    ) -> None:
        items = (PurchaseItem(ids.new(), "I1", amount=Money(Decimal("9.99"), "EUR")),)
        purchase = Purchase(ids.new(), "P1", "C1", NOON, "EUR", items=items)
        with storage.work(tenant) as work:
            _with_contacts(work, "C1", "C2")
            work.purchases.save(purchase)
            work.commit()
            purchase.contact = "C2"
            work.purchases.save(purchase)
            work.commit()
        with storage.work(tenant) as work:
            assert work.purchases.by_key("P1") == purchase
            assert (work.records.count(RecordKind.PURCHASES), work.records.count(RecordKind.ITEMS)) == (1, 1)

    def test_an_item_that_another_purchase_has_is_a_conflict(
        self, storage: Storage, tenant: Tenant, ids: CountingIds
    ) -> None:
        first, second = (
            Purchase(ids.new(), key, "C1", NOON, "EUR", items=(PurchaseItem(ids.new(), "I1"),)) for key in ("P1", "P2")
        )
        with storage.work(tenant) as work:
            _with_contacts(work, "C1")
            work.purchases.save(first)
            work.commit()
        with storage.work(tenant) as work, pytest.raises(Conflict):
            work.purchases.save(second)
        with storage.work(tenant) as work:
            assert work.purchases.by_key("P1") == first

    def test_what_somebody_else_changed_meanwhile_is_a_conflict(
        self, storage: Storage, tenant: Tenant, ids: CountingIds
    ) -> None:
        with storage.work(tenant) as work:
            _with_contacts(work, "C1")
            work.purchases.save(Purchase(ids.new(), "P1", "C1", NOON, "EUR"))
            work.commit()
            mine, theirs = work.purchases.by_key("P1"), work.purchases.by_key("P1")
            work.purchases.save(theirs)
            work.commit()
        with storage.work(tenant) as work, pytest.raises(Conflict):
            work.purchases.save(mine)

    def test_a_new_purchase_under_a_taken_key_is_a_conflict(
        self, storage: Storage, tenant: Tenant, ids: CountingIds
    ) -> None:
        with storage.work(tenant) as work:
            _with_contacts(work, "C1")
            work.purchases.save(Purchase(ids.new(), "P1", "C1", NOON, "EUR"))
            work.commit()
        with storage.work(tenant) as work, pytest.raises(Conflict):
            work.purchases.save(Purchase(ids.new(), "P1", "C1", NOON, "EUR"))

    def test_a_tenant_sees_no_others(self, storage: Storage, tenant: Tenant, other: Tenant, ids: CountingIds) -> None:
        with storage.work(tenant) as work:
            _with_contacts(work, "C1")
            work.purchases.save(Purchase(ids.new(), "P1", "C1", NOON, "EUR"))
            work.commit()
            its = work.purchases.by_key("P1").id
        with storage.work(other) as work:
            assert work.records.count(RecordKind.PURCHASES) == 0
            with pytest.raises(NotFound):
                work.purchases.by_key("P1")
            with pytest.raises(NotFound):
                work.purchases.by_id(its)


def _kept_ids(before: Purchase, after: Purchase) -> tuple[PurchaseItem, ...]:
    """Return the items of ``after``, those that were there before under their ids."""
    known = {item.key: item.id for item in before.items}
    fresh = CountingIds(2**41)
    return tuple(evolve(item, id=known.get(item.key) or fresh.new()) for item in after.items)
