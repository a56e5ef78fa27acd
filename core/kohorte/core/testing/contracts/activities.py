"""What every repository of activities promises."""

from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import given

from kohorte.core.activities.model import Activity
from kohorte.core.contacts.model import Contact
from kohorte.core.errors import Conflict, NotFound
from kohorte.core.ports.records import RecordKind
from kohorte.core.ports.storage import Storage, UnitOfWork
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.laws import over_one_storage
from kohorte.core.testing.contracts.storage import StorageContract, add_tenant
from kohorte.core.testing.fakes import NOON, CountingIds
from kohorte.core.testing.strategies import a_custom_field_of_each_kind, activities


def _with_contacts(work: UnitOfWork, *keys: str) -> None:
    ids = CountingIds(2_000_000)
    for key in keys:
        work.contacts.save(Contact(ids.new(), key, NOON))


class ActivitiesContract(StorageContract):
    """Activities, one at a time."""

    @over_one_storage
    @given(
        before=activities("C1", a_custom_field_of_each_kind("activities")),
        after=activities("C2", a_custom_field_of_each_kind("activities")),
    )
    def test_an_activity_comes_back_as_it_was_saved(self, storage: Storage, before: Activity, after: Activity) -> None:
        tenant = add_tenant(storage)
        with storage.work(tenant) as work:
            _with_contacts(work, "C1", "C2")
            for custom in a_custom_field_of_each_kind("activities"):
                work.custom_fields.add(custom)
            work.activities.save(before)
            work.commit()
            assert work.activities.by_key(before.key) == evolve(before, version=1)
            assert work.activities.by_id(before.id) == evolve(before, version=1)
        with storage.work(tenant) as work:
            work.activities.save(evolve(after, id=before.id, key=before.key, version=1))
            work.commit()
        with storage.work(tenant) as work:
            assert work.activities.by_key(before.key) == evolve(after, id=before.id, key=before.key, version=2)
            assert work.records.count(RecordKind.ACTIVITIES) == 1

    def test_an_activity_may_lie_ahead(self, storage: Storage, tenant: Tenant, ids: CountingIds) -> None:
        planned = Activity(ids.new(), "A1", "C1", "visit", NOON + timedelta(days=3_650))
        with storage.work(tenant) as work:
            _with_contacts(work, "C1")
            work.activities.save(planned)
            work.commit()
            assert work.activities.by_key("A1") == planned

    def test_an_unknown_key_or_id_is_not_found(self, storage: Storage, tenant: Tenant, ids: CountingIds) -> None:
        with storage.work(tenant) as work:
            with pytest.raises(NotFound):
                work.activities.by_key("nothing")
            with pytest.raises(NotFound):
                work.activities.by_id(ids.new())

    def test_an_unknown_contact_is_not_found(self, storage: Storage, tenant: Tenant, ids: CountingIds) -> None:
        with storage.work(tenant) as work, pytest.raises(NotFound):
            work.activities.save(Activity(ids.new(), "A1", "nobody", "call", NOON))

    def test_what_somebody_else_changed_meanwhile_is_a_conflict(
        self, storage: Storage, tenant: Tenant, ids: CountingIds
    ) -> None:
        with storage.work(tenant) as work:
            _with_contacts(work, "C1")
            work.activities.save(Activity(ids.new(), "A1", "C1", "call", NOON))
            work.commit()
            mine, theirs = work.activities.by_key("A1"), work.activities.by_key("A1")
            work.activities.save(theirs)
            work.commit()
        with storage.work(tenant) as work, pytest.raises(Conflict):
            work.activities.save(mine)

    def test_a_new_activity_under_a_taken_key_is_a_conflict(
        self, storage: Storage, tenant: Tenant, ids: CountingIds
    ) -> None:
        with storage.work(tenant) as work:
            _with_contacts(work, "C1")
            work.activities.save(Activity(ids.new(), "A1", "C1", "call", NOON))
            work.commit()
        with storage.work(tenant) as work, pytest.raises(Conflict):
            work.activities.save(Activity(ids.new(), "A1", "C1", "call", NOON))

    def test_a_tenant_sees_no_others(self, storage: Storage, tenant: Tenant, other: Tenant, ids: CountingIds) -> None:
        with storage.work(tenant) as work:
            _with_contacts(work, "C1")
            work.activities.save(Activity(ids.new(), "A1", "C1", "call", NOON))
            work.commit()
        with storage.work(tenant) as work:
            its = work.activities.by_key("A1").id
        with storage.work(other) as work:
            with pytest.raises(NotFound):
                work.activities.by_key("A1")
            with pytest.raises(NotFound):
                work.activities.by_id(its)
