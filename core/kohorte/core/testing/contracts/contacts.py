"""What every repository of contacts promises."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.contacts.model import Contact
from kohorte.core.customers.model import Customer
from kohorte.core.errors import Conflict, NotFound
from kohorte.core.ports.storage import Storage
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.laws import over_one_storage
from kohorte.core.testing.contracts.storage import StorageContract, add_tenant
from kohorte.core.testing.fakes import NOON, CountingIds
from kohorte.core.testing.strategies import a_custom_field_of_each_kind, contacts


class ContactsContract(StorageContract):
    """Contacts, one at a time."""

    @over_one_storage
    @given(contact=contacts(a_custom_field_of_each_kind("contact"), st.none() | st.just("ACME")))
    def test_a_contact_comes_back_as_it_was_saved(self, storage: Storage, contact: Contact) -> None:
        with storage.work(add_tenant(storage)) as work:
            for custom in a_custom_field_of_each_kind("contact"):
                work.custom_fields.add(custom)
            work.customers.save(Customer(CountingIds().new(), "ACME"))
            work.contacts.save(contact)
            work.commit()
            assert work.contacts.by_key(contact.key) == evolve(contact, version=1)
            assert work.contacts.by_id(contact.id) == evolve(contact, version=1)

    @over_one_storage
    @given(
        before=contacts(a_custom_field_of_each_kind("contact")), after=contacts(a_custom_field_of_each_kind("contact"))
    )
    def test_a_change_replaces_every_field(self, storage: Storage, before: Contact, after: Contact) -> None:
        tenant = add_tenant(storage)
        with storage.work(tenant) as work:
            for custom in a_custom_field_of_each_kind("contact"):
                work.custom_fields.add(custom)
            work.contacts.save(before)
            work.commit()
        with storage.work(tenant) as work:
            work.contacts.save(evolve(after, id=before.id, key=before.key, version=1))
            work.commit()
        with storage.work(tenant) as work:
            assert work.contacts.by_key(before.key) == evolve(after, id=before.id, key=before.key, version=2)

    def test_an_unknown_key_or_id_is_not_found(self, storage: Storage, tenant: Tenant, ids: CountingIds) -> None:
        with storage.work(tenant) as work:
            with pytest.raises(NotFound):
                work.contacts.by_key("nobody")
            with pytest.raises(NotFound):
                work.contacts.by_id(ids.new())

    def test_keys_are_compared_exactly(self, storage: Storage, tenant: Tenant, ids: CountingIds) -> None:
        with storage.work(tenant) as work:
            for key in ("Straße", "STRASSE", "straße", "0", "00"):
                work.contacts.save(Contact(ids.new(), key, NOON))
            work.commit()
            assert [work.contacts.by_key(key).key for key in ("straße", "00")] == ["straße", "00"]

    def test_saving_raises_the_version(self, storage: Storage, tenant: Tenant, ids: CountingIds) -> None:
        contact = Contact(ids.new(), "C1", NOON)
        with storage.work(tenant) as work:
            for expected in (1, 2, 3):
                work.contacts.save(contact)
                assert contact.version == expected
                assert work.contacts.by_key("C1").version == expected

    def test_what_somebody_else_changed_meanwhile_is_a_conflict(
        self, storage: Storage, tenant: Tenant, ids: CountingIds
    ) -> None:
        with storage.work(tenant) as work:
            work.contacts.save(Contact(ids.new(), "C1", NOON))
            work.commit()
        with storage.work(tenant) as work:
            mine, theirs = work.contacts.by_key("C1"), work.contacts.by_key("C1")
        with storage.work(tenant) as work:
            theirs.city = "Köln"
            work.contacts.save(theirs)
            work.commit()
        with storage.work(tenant) as work, pytest.raises(Conflict):
            work.contacts.save(mine)
        with storage.work(tenant) as work:
            assert work.contacts.by_key("C1").city == "Köln"

    def test_a_new_contact_under_a_taken_key_is_a_conflict(
        self, storage: Storage, tenant: Tenant, ids: CountingIds
    ) -> None:
        with storage.work(tenant) as work:
            work.contacts.save(Contact(ids.new(), "C1", NOON))
            work.commit()
        with storage.work(tenant) as work, pytest.raises(Conflict):
            work.contacts.save(Contact(ids.new(), "C1", NOON))

    def test_changing_what_is_not_stored_is_a_conflict(
        self, storage: Storage, tenant: Tenant, ids: CountingIds
    ) -> None:
        with storage.work(tenant) as work, pytest.raises(Conflict):
            work.contacts.save(Contact(ids.new(), "C1", NOON, version=1))

    def test_an_unknown_customer_is_not_found(self, storage: Storage, tenant: Tenant, ids: CountingIds) -> None:
        with storage.work(tenant) as work, pytest.raises(NotFound):
            work.contacts.save(Contact(ids.new(), "C1", NOON, customer="nobody"))

    def test_a_copy_in_hand_is_not_the_stored_one(self, storage: Storage, tenant: Tenant, ids: CountingIds) -> None:
        contact = Contact(ids.new(), "C1", NOON, city="Köln")
        with storage.work(tenant) as work:
            work.contacts.save(contact)
            contact.city = "Bonn"
            work.contacts.by_key("C1").city = "Ulm"
            assert work.contacts.by_key("C1").city == "Köln"

    def test_a_tenant_sees_no_others(self, storage: Storage, tenant: Tenant, other: Tenant, ids: CountingIds) -> None:
        with storage.work(tenant) as work:
            work.contacts.save(Contact(ids.new(), "C1", NOON))
            work.commit()
        with storage.work(tenant) as work:
            its = work.contacts.by_key("C1").id
        with storage.work(other) as work:
            with pytest.raises(NotFound):
                work.contacts.by_key("C1")
            with pytest.raises(NotFound):
                work.contacts.by_id(its)
