"""What every storage promises of its tenants and its transactions."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count

import pytest
from attrs import frozen

from kohorte.core.contacts.model import Contact
from kohorte.core.errors import AlreadyExists, Conflict, NotFound, TookTooLong
from kohorte.core.messages import Event
from kohorte.core.ports.storage import Storage, UnitOfWork
from kohorte.core.tenants.model import Tenant, new_tenant
from kohorte.core.testing.fakes import NOON, CountingIds

IDS_OF_TESTS = 1_000_000
"""Tests count their ids from here, so that they never meet those of a storage that counts as well."""


@frozen
class SomethingHappened(Event):
    """An event of the tests."""

    type = "test.something.happened"

    what: str = ""


class StorageContract:
    """Subclass with a fixture ``storage``: an empty storage, as after its migration, without any tenant.

    Every contract of a repository is a subclass of this one, so that one mixin with the fixture serves them all:

        class OnMyDatabase:
            @pytest.fixture
            def storage(self) -> Storage: ...

        class TestContacts(OnMyDatabase, ContactsContract): ...

    The storage's clock should stand, or be near, ``fakes.NOON``; its ids must not be ``CountingIds`` that begin at
    ``IDS_OF_TESTS``.
    """

    @pytest.fixture
    def storage(self) -> Storage:
        """Return the storage."""
        raise NotImplementedError

    @pytest.fixture
    def ids(self) -> CountingIds:
        """Return ids for what the tests make."""
        return CountingIds(IDS_OF_TESTS)

    @pytest.fixture
    def tenant(self, storage: Storage) -> Tenant:
        """Return a tenant in Berlin, with euros."""
        return add_tenant(storage, "shop")

    @pytest.fixture
    def other(self, storage: Storage) -> Tenant:
        """Return another tenant, whose data must never mix with the first one's."""
        return add_tenant(storage, "rival")


_NUMBERS = count(1)


def add_tenant(storage: Storage, name: str | None = None, *, currency: str = "EUR") -> Tenant:
    """Add a tenant with a name of its own, or the name given: a storage within the storage for one example."""
    number = next(_NUMBERS)
    made = CountingIds(9_000_000 + number).new()
    tenant = new_tenant(made, name or f"tenant {number}", "Europe/Berlin", currency, "en", NOON)
    with storage.tenants() as tenants:
        tenants.add(tenant)
    return tenant


class TenantsContract(StorageContract):
    """The list of tenants."""

    def test_a_tenant_comes_back_as_it_was_added(self, storage: Storage, tenant: Tenant) -> None:
        with storage.tenants() as tenants:
            assert tenants.named("shop") == tenant

    def test_all_tenants_come_by_name(self, storage: Storage) -> None:
        made = [add_tenant(storage, name) for name in ("b", "a", "Z", "ä")]
        with storage.tenants() as tenants:
            assert list(tenants.all()) == sorted(made, key=lambda each: each.name)

    def test_a_taken_name_is_refused(self, storage: Storage, tenant: Tenant) -> None:
        with pytest.raises(AlreadyExists):
            add_tenant(storage, tenant.name)
        with storage.tenants() as tenants:
            assert list(tenants.all()) == [tenant]

    def test_an_unknown_name_is_not_found(self, storage: Storage, tenant: Tenant) -> None:
        with storage.tenants() as tenants, pytest.raises(NotFound):
            tenants.named(f"not {tenant.name}")

    def test_a_block_that_fails_adds_nobody(self, storage: Storage, ids: CountingIds) -> None:
        tenant = new_tenant(ids.new(), "unlucky", "UTC", "EUR", "en", NOON)
        with pytest.raises(ZeroDivisionError), storage.tenants() as tenants:
            tenants.add(tenant)
            raise ZeroDivisionError
        with storage.tenants() as tenants:
            assert not list(tenants.all())


class UnitOfWorkContract(StorageContract):
    """Transactions: all or nothing, with their events, of one tenant."""

    @pytest.fixture
    def contact(self, ids: CountingIds) -> Contact:
        """Return a contact that is not stored."""
        return Contact(ids.new(), "C1", NOON, email="a@example.com")

    def test_it_knows_its_tenant(self, storage: Storage, tenant: Tenant) -> None:
        with storage.work(tenant) as work:
            assert work.tenant == tenant

    def test_what_was_committed_stays(self, storage: Storage, tenant: Tenant, contact: Contact) -> None:
        with storage.work(tenant) as work:
            work.contacts.save(contact)
            work.commit()
        with storage.work(tenant) as work:
            assert work.contacts.by_key("C1") == contact

    def test_it_reads_what_it_wrote_before_it_commits(self, storage: Storage, tenant: Tenant, contact: Contact) -> None:
        with storage.work(tenant) as work:
            work.contacts.save(contact)
            assert work.contacts.by_key("C1") == contact

    def test_what_was_not_committed_is_gone(self, storage: Storage, tenant: Tenant, contact: Contact) -> None:
        with storage.work(tenant) as work:
            _save(work, contact)
        _nothing_happened(storage, tenant)
        assert list(work.recorded()) == []

    def test_an_error_leaves_nothing(self, storage: Storage, tenant: Tenant, contact: Contact) -> None:
        with pytest.raises(ZeroDivisionError), storage.work(tenant) as work:
            _save(work, contact)
            raise ZeroDivisionError
        _nothing_happened(storage, tenant)
        assert list(work.recorded()) == []

    def test_an_error_takes_back_only_what_followed_the_last_commit(
        self, storage: Storage, tenant: Tenant, contact: Contact, ids: CountingIds
    ) -> None:
        later = Contact(ids.new(), "C2", NOON)
        with pytest.raises(ZeroDivisionError), storage.work(tenant) as work:
            _save(work, contact)
            work.commit()
            _save(work, later)
            raise ZeroDivisionError
        with storage.work(tenant) as after:
            assert after.contacts.by_key("C1") == contact
            with pytest.raises(NotFound):
                after.contacts.by_key("C2")
        assert list(_events(storage, tenant)) == [(SomethingHappened.type, str(contact.id))]
        assert list(work.recorded()) == [SomethingHappened(contact.id, "saved")]

    def test_what_is_rolled_back_is_gone_and_work_goes_on(
        self, storage: Storage, tenant: Tenant, ids: CountingIds
    ) -> None:
        kept, dropped, later = (Contact(ids.new(), key, NOON) for key in ("C1", "C2", "C3"))
        with storage.work(tenant) as work:
            _save(work, kept)
            work.commit()
            _save(work, dropped)
            work.rollback()
            with pytest.raises(NotFound):
                work.contacts.by_key("C2")
            _save(work, later)
            work.commit()
            assert [event.about for event in work.recorded()] == [kept.id, later.id]
        assert [about for _, about in _events(storage, tenant)] == [str(kept.id), str(later.id)]

    def test_work_goes_on_after_a_commit(self, storage: Storage, tenant: Tenant, ids: CountingIds) -> None:
        with storage.work(tenant) as work:
            for number in range(3):
                _save(work, Contact(ids.new(), f"C{number}", NOON))
                work.commit()
        with storage.work(tenant) as work:
            assert [work.contacts.by_key(f"C{number}").version for number in range(3)] == [1, 1, 1]

    def test_events_are_kept_in_the_order_in_which_they_were_recorded(
        self, storage: Storage, tenant: Tenant, ids: CountingIds
    ) -> None:
        events = [SomethingHappened(ids.new(), what) for what in "abcdef"]
        with storage.work(tenant) as work:
            for event in events[:4]:
                work.record(event)
            work.commit()
            for event in events[4:]:
                work.record(event)
            assert list(work.recorded()) == events
            work.commit()
        assert [about for _, about in _events(storage, tenant)] == [str(event.about) for event in events]

    def test_no_change_is_lost_when_many_change_one_contact_at_once(
        self, storage: Storage, tenant: Tenant, contact: Contact
    ) -> None:
        contact.phone = "0"
        with storage.work(tenant) as work:
            work.contacts.save(contact)
            work.commit()

        def count_one_more() -> None:
            while True:
                try:
                    with storage.work(tenant) as work:
                        known = work.contacts.by_key("C1")
                        known.phone = str(int(known.phone or 0) + 1)
                        work.contacts.save(known)
                        return work.commit()
                except Conflict:
                    continue

        with ThreadPoolExecutor(4) as threads:
            for done in [threads.submit(count_one_more) for _ in range(12)]:
                done.result()
        with storage.work(tenant) as work:
            assert (work.contacts.by_key("C1").phone, work.contacts.by_key("C1").version) == ("12", 13)

    def test_two_tenants_see_nothing_of_each_other(
        self, storage: Storage, tenant: Tenant, other: Tenant, contact: Contact
    ) -> None:
        with storage.work(tenant) as work:
            _save(work, contact)
            work.commit()
        _nothing_happened(storage, other)

    def test_two_tenants_may_use_the_same_keys(
        self, storage: Storage, tenant: Tenant, other: Tenant, ids: CountingIds
    ) -> None:
        mine, theirs = (Contact(ids.new(), "C1", NOON, first_name=name) for name in ("Mine", "Theirs"))
        for owner, contact in ((tenant, mine), (other, theirs)):
            with storage.work(owner) as work:
                work.contacts.save(contact)
                work.commit()
        for owner, contact in ((tenant, mine), (other, theirs)):
            with storage.work(owner) as work:
                assert work.contacts.by_key("C1") == contact

    def test_nothing_begins_once_the_time_of_a_unit_of_work_is_over(self, storage: Storage, tenant: Tenant) -> None:
        for reading in (True, False):
            with storage.work(tenant, reading=reading, within=timedelta(0)) as work, pytest.raises(TookTooLong):
                work.lists.all()
        with storage.work(tenant, within=timedelta(hours=1)) as work:
            assert work.lists.all() == []
            work.commit()
            assert work.lists.all() == []
        with storage.work(tenant) as work:  # the limit was of those alone
            assert work.lists.all() == []


def _save(work: UnitOfWork, contact: Contact) -> None:
    work.contacts.save(contact)
    work.record(SomethingHappened(contact.id, "saved"))


def _events(storage: Storage, tenant: Tenant) -> list[tuple[str, str]]:
    with storage.work(tenant, reading=True) as work:
        return [(event.type, str(event.about)) for event in work.events.after(0, 100)]


def _nothing_happened(storage: Storage, tenant: Tenant) -> None:
    with storage.work(tenant) as work, pytest.raises(NotFound):
        work.contacts.by_key("C1")
    assert list(_events(storage, tenant)) == []
