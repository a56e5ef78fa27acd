"""What every repository of customers promises."""

import pytest
from attrs import evolve
from hypothesis import given

from kohorte.core.customers.model import Customer
from kohorte.core.errors import Conflict, NotFound
from kohorte.core.ports.storage import Storage
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.laws import over_one_storage
from kohorte.core.testing.contracts.storage import StorageContract, add_tenant
from kohorte.core.testing.fakes import CountingIds
from kohorte.core.testing.strategies import a_custom_field_of_each_kind, customers


class CustomersContract(StorageContract):
    """Customers, one at a time."""

    @over_one_storage
    @given(
        before=customers(a_custom_field_of_each_kind("customer")),
        after=customers(a_custom_field_of_each_kind("customer")),
    )
    def test_a_customer_comes_back_as_it_was_saved(self, storage: Storage, before: Customer, after: Customer) -> None:
        tenant = add_tenant(storage)
        with storage.work(tenant) as work:
            for custom in a_custom_field_of_each_kind("customer"):
                work.custom_fields.add(custom)
            work.customers.save(before)
            work.commit()
            assert work.customers.by_key(before.key) == evolve(before, version=1)
            assert work.customers.by_id(before.id) == evolve(before, version=1)
        with storage.work(tenant) as work:
            work.customers.save(evolve(after, id=before.id, key=before.key, version=1))
            work.commit()
        with storage.work(tenant) as work:
            assert work.customers.by_key(before.key) == evolve(after, id=before.id, key=before.key, version=2)

    def test_an_unknown_key_or_id_is_not_found(self, storage: Storage, tenant: Tenant, ids: CountingIds) -> None:
        with storage.work(tenant) as work:
            with pytest.raises(NotFound):
                work.customers.by_key("nobody")
            with pytest.raises(NotFound):
                work.customers.by_id(ids.new())

    def test_what_somebody_else_changed_meanwhile_is_a_conflict(
        self, storage: Storage, tenant: Tenant, ids: CountingIds
    ) -> None:
        with storage.work(tenant) as work:
            work.customers.save(Customer(ids.new(), "ACME"))
            work.commit()
            mine, theirs = work.customers.by_key("ACME"), work.customers.by_key("ACME")
            work.customers.save(theirs)
            work.commit()
        with storage.work(tenant) as work, pytest.raises(Conflict):
            work.customers.save(mine)

    def test_a_new_customer_under_a_taken_key_is_a_conflict(
        self, storage: Storage, tenant: Tenant, ids: CountingIds
    ) -> None:
        with storage.work(tenant) as work:
            work.customers.save(Customer(ids.new(), "ACME"))
            work.commit()
        with storage.work(tenant) as work, pytest.raises(Conflict):
            work.customers.save(Customer(ids.new(), "ACME"))

    def test_a_tenant_sees_no_others(self, storage: Storage, tenant: Tenant, other: Tenant, ids: CountingIds) -> None:
        with storage.work(tenant) as work:
            work.customers.save(Customer(ids.new(), "ACME"))
            work.commit()
        with storage.work(tenant) as work:
            its = work.customers.by_key("ACME").id
        with storage.work(other) as work:
            with pytest.raises(NotFound):
                work.customers.by_key("ACME")
            with pytest.raises(NotFound):
                work.customers.by_id(its)
