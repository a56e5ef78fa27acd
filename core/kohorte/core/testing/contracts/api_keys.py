"""What every repository of API keys promises."""

from datetime import date, timedelta

import pytest
from attrs import evolve

from kohorte.core.access.model import ApiKey
from kohorte.core.access.permissions import Role
from kohorte.core.errors import AlreadyExists, NotFound
from kohorte.core.ports.storage import Storage
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.storage import StorageContract
from kohorte.core.testing.fakes import NOON, CountingIds

LATER = NOON + timedelta(days=1)


def add(storage: Storage, tenant: Tenant, key: ApiKey) -> None:
    """Store a key."""
    with storage.work(tenant) as work:
        work.api_keys.add(key)
        work.commit()


class ApiKeysContract(StorageContract):
    """API keys."""

    @pytest.fixture
    def key(self, storage: Storage, tenant: Tenant, ids: CountingIds) -> ApiKey:
        """Return a key that is stored."""
        made = ApiKey(ids.new(), "web shop", (Role.READ, Role.SALES), "a" * 64, NOON, "ann", NOON + timedelta(days=30))
        add(storage, tenant, made)
        return made

    def test_a_key_comes_back_as_it_was_added(
        self, storage: Storage, tenant: Tenant, key: ApiKey, ids: CountingIds
    ) -> None:
        for_ever = evolve(key, id=ids.new(), name="b", expires_at=None)
        add(storage, tenant, for_ever)
        with storage.work(tenant, reading=True) as work:
            assert work.api_keys.by_id(key.id) == key
            assert work.api_keys.by_id(for_ever.id) == for_ever
            assert list(work.api_keys.all()) == [for_ever, key]

    def test_a_key_is_found_with_its_tenant(self, storage: Storage, tenant: Tenant, key: ApiKey) -> None:
        assert storage.find_key(tenant.id, key.id) == (tenant, key)

    def test_no_key_is_found_by_another_tenants_id_or_an_unknown_one(
        self, storage: Storage, tenant: Tenant, other: Tenant, key: ApiKey, ids: CountingIds
    ) -> None:
        for tenant_id, key_id in ((other.id, key.id), (tenant.id, ids.new()), (ids.new(), key.id)):
            assert storage.find_key(tenant_id, key_id) is None

    def test_an_unknown_key_is_not_found(self, storage: Storage, tenant: Tenant, ids: CountingIds) -> None:
        with storage.work(tenant) as work, pytest.raises(NotFound):
            work.api_keys.by_id(ids.new())

    def test_a_name_is_taken_until_its_key_is_revoked(
        self, storage: Storage, tenant: Tenant, key: ApiKey, ids: CountingIds
    ) -> None:
        successor = evolve(key, id=ids.new())
        with storage.work(tenant) as work:
            with pytest.raises(AlreadyExists):
                work.api_keys.add(successor)
            work.api_keys.revoke(key.id, LATER)
            work.api_keys.add(successor)
            work.commit()
        with storage.work(tenant) as work:
            assert list(work.api_keys.all()) == [evolve(key, revoked_at=LATER), successor]

    def test_a_key_is_revoked_once(self, storage: Storage, tenant: Tenant, key: ApiKey, ids: CountingIds) -> None:
        with storage.work(tenant) as work:
            assert work.api_keys.revoke(key.id, LATER)
            assert not work.api_keys.revoke(key.id, LATER + timedelta(days=1))
            assert not work.api_keys.revoke(ids.new(), LATER)
            work.commit()
        assert storage.find_key(tenant.id, key.id) == (tenant, evolve(key, revoked_at=LATER))

    def test_the_day_of_its_last_use_is_noted_and_changes_nothing_else(
        self, storage: Storage, tenant: Tenant, key: ApiKey, ids: CountingIds
    ) -> None:
        with storage.work(tenant) as work:
            work.api_keys.revoke(key.id, LATER)
            for day in (date(2024, 5, 15), date(2024, 5, 15), date(2024, 5, 16)):
                work.api_keys.note_use(key.id, day)
            work.api_keys.note_use(ids.new(), date(2024, 5, 15))
            work.commit()
        with storage.work(tenant) as work:
            expected = evolve(key, revoked_at=LATER, last_used_on=date(2024, 5, 16))
            assert list(work.api_keys.all()) == [expected]

    def test_a_tenant_sees_no_others(
        self, storage: Storage, tenant: Tenant, other: Tenant, key: ApiKey, ids: CountingIds
    ) -> None:
        with storage.work(other) as work:
            assert not list(work.api_keys.all())
            assert not work.api_keys.revoke(key.id, LATER)
            work.api_keys.note_use(key.id, date(2024, 5, 15))
            work.api_keys.add(evolve(key, id=ids.new()))
            work.commit()
        assert storage.find_key(tenant.id, key.id) == (tenant, key)
