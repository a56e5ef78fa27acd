"""What every repository of stored lists promises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.errors import AlreadyExists, NotFound
from kohorte.core.lists.model import StoredList
from kohorte.core.ports.storage import Storage
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.laws import over_one_storage
from kohorte.core.testing.contracts.storage import StorageContract, add_tenant
from kohorte.core.testing.fakes import NOON, CountingIds
from kohorte.core.testing.strategies import texts


class StoredListsContract(StorageContract):
    """Stored lists."""

    @pytest.fixture
    def vip(self, storage: Storage, tenant: Tenant, ids: CountingIds) -> StoredList:
        """Return a list that is stored, and empty."""
        made = StoredList(ids.new(), "vip", NOON)
        with storage.work(tenant) as work:
            work.lists.add(made)
            work.commit()
        return made

    def test_a_new_list_is_empty(self, storage: Storage, tenant: Tenant, vip: StoredList) -> None:
        with storage.work(tenant) as work:
            assert work.lists.named("vip") == vip
            assert list(work.lists.entries(vip.id, 10)) == []

    def test_a_taken_name_is_refused(self, storage: Storage, tenant: Tenant, vip: StoredList, ids: CountingIds) -> None:
        with storage.work(tenant) as work, pytest.raises(AlreadyExists):
            work.lists.add(StoredList(ids.new(), vip.name, NOON))

    def test_a_list_goes_by_its_new_name_unless_it_is_taken(
        self, storage: Storage, tenant: Tenant, vip: StoredList, ids: CountingIds
    ) -> None:
        with storage.work(tenant) as work:
            work.lists.add(StoredList(ids.new(), "patrons", NOON))
            work.lists.add_entries(vip.id, ["a"])
            with pytest.raises(AlreadyExists):
                work.lists.rename(vip.id, "patrons")
            work.lists.rename(vip.id, "guests")
            work.commit()
        with storage.work(tenant) as work:
            assert work.lists.named("guests") == StoredList(vip.id, "guests", NOON, 1)
            with pytest.raises(NotFound):
                work.lists.named("vip")

    def test_an_unknown_name_is_not_found(self, storage: Storage, tenant: Tenant) -> None:
        with storage.work(tenant) as work, pytest.raises(NotFound):
            work.lists.named("vip")

    def test_lists_come_by_name_with_their_sizes(self, storage: Storage, tenant: Tenant, ids: CountingIds) -> None:
        with storage.work(tenant) as work:
            for size, name in enumerate(("b", "a", "Z")):
                made = StoredList(ids.new(), name, NOON)
                work.lists.add(made)
                work.lists.add_entries(made.id, [str(number) for number in range(size)])
            work.commit()
        with storage.work(tenant) as work:
            assert [(each.name, each.size) for each in work.lists.all()] == [("Z", 2), ("a", 1), ("b", 0)]

    def test_an_entry_is_kept_once_and_counted_as_new_once(
        self, storage: Storage, tenant: Tenant, vip: StoredList
    ) -> None:
        with storage.work(tenant) as work:
            assert work.lists.add_entries(vip.id, ["a", "b", "a"]) == 2
            assert work.lists.add_entries(vip.id, ["b", "c"]) == 1
            assert work.lists.add_entries(vip.id, []) == 0
            work.commit()
        with storage.work(tenant) as work:
            assert list(work.lists.entries(vip.id, 10)) == ["a", "b", "c"]
            assert work.lists.named("vip").size == 3

    def test_entries_that_differ_in_case_are_different_entries(
        self, storage: Storage, tenant: Tenant, vip: StoredList
    ) -> None:
        with storage.work(tenant) as work:
            assert work.lists.add_entries(vip.id, ["X1", "x1", "straße", "STRASSE"]) == 4

    @over_one_storage
    @given(entries=st.lists(texts(), max_size=20))
    def test_entries_come_back_as_they_are_in_the_order_of_their_code_points(
        self, storage: Storage, entries: list[str]
    ) -> None:
        with storage.work(add_tenant(storage)) as work:
            made = StoredList(CountingIds().new(), "any", NOON)
            work.lists.add(made)
            assert work.lists.add_entries(made.id, entries) == len(set(entries))
            assert list(work.lists.entries(made.id, 100)) == sorted(set(entries))
            assert list(work.lists.entries(made.id, 3)) == sorted(set(entries))[:3]

    def test_a_list_takes_many_entries_at_once(self, storage: Storage, tenant: Tenant, vip: StoredList) -> None:
        with storage.work(tenant) as work:
            assert work.lists.add_entries(vip.id, [f"{number}@example.com" for number in range(30_000)]) == 30_000
            work.commit()
            assert work.lists.named("vip").size == 30_000

    def test_a_removed_list_is_gone_with_its_entries(
        self, storage: Storage, tenant: Tenant, vip: StoredList, ids: CountingIds
    ) -> None:
        with storage.work(tenant) as work:
            work.lists.add_entries(vip.id, ["a"])
            work.commit()
            work.lists.remove(vip.id)
            work.commit()
            with pytest.raises(NotFound):
                work.lists.named("vip")
            again = StoredList(ids.new(), "vip", NOON)
            work.lists.add(again)
            assert list(work.lists.entries(again.id, 10)) == []
            assert list(work.lists.entries(vip.id, 10)) == []

    def test_a_tenant_sees_no_others(self, storage: Storage, tenant: Tenant, other: Tenant, vip: StoredList) -> None:
        with storage.work(tenant) as work:
            work.lists.add_entries(vip.id, ["a"])
            work.commit()
        with storage.work(other) as work:
            assert not list(work.lists.all())
            assert not list(work.lists.entries(vip.id, 10))
