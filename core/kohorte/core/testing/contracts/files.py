"""What every keeper of files promises."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from kohorte.core.errors import NotFound
from kohorte.core.files.model import StoredFile
from kohorte.core.ports.storage import Storage
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.storage import StorageContract
from kohorte.core.testing.fakes import NOON, CountingIds, counted_id

DAY = timedelta(days=1)
ALL_BYTES = bytes(range(256))


def keep(storage: Storage, tenant: Tenant, file_id: UUID, *chunks: bytes, expires_at: datetime = NOON + DAY) -> None:
    """Keep a file of these chunks."""
    with storage.work(tenant) as work:
        work.files.begin(file_id, "Größen.csv", expires_at)
        for number, chunk in enumerate(chunks):
            work.files.append(file_id, number, chunk)
        work.files.complete(file_id, sum(map(len, chunks)))
        work.commit()


class FilesContract(StorageContract):
    """Files."""

    @pytest.fixture
    def file_id(self, ids: CountingIds) -> UUID:
        """Return the id of a file that is not there yet."""
        return ids.new()

    def test_a_file_comes_back_as_it_was_kept(self, storage: Storage, tenant: Tenant, file_id: UUID) -> None:
        keep(storage, tenant, file_id, ALL_BYTES, b"\0rest")
        with storage.work(tenant, reading=True) as work:
            assert work.files.by_id(file_id) == StoredFile(file_id, "Größen.csv", 261, NOON + DAY)
            assert [work.files.chunk(file_id, number) for number in range(2)] == [ALL_BYTES, b"\0rest"]
            with pytest.raises(NotFound):
                work.files.chunk(file_id, 2)

    def test_an_empty_file_is_a_file(self, storage: Storage, tenant: Tenant, file_id: UUID) -> None:
        keep(storage, tenant, file_id)
        with storage.work(tenant, reading=True) as work:
            assert work.files.by_id(file_id).size == 0

    def test_a_file_that_is_not_complete_is_not_found(self, storage: Storage, tenant: Tenant, file_id: UUID) -> None:
        with storage.work(tenant) as work:
            work.files.begin(file_id, "half", NOON + DAY)
            work.files.append(file_id, 0, b"one")
            work.commit()
        with storage.work(tenant) as work:
            with pytest.raises(NotFound):
                work.files.by_id(file_id)
            work.files.append(file_id, 1, b"two")
            work.files.complete(file_id, 6)
            work.commit()
        with storage.work(tenant, reading=True) as work:
            assert work.files.by_id(file_id).size == 6

    def test_a_removed_file_is_gone_with_its_chunks(self, storage: Storage, tenant: Tenant, file_id: UUID) -> None:
        keep(storage, tenant, file_id, b"bytes")
        with storage.work(tenant) as work:
            work.files.remove(file_id)
            work.files.remove(file_id)
            work.commit()
        with storage.work(tenant, reading=True) as work:
            with pytest.raises(NotFound):
                work.files.by_id(file_id)
            with pytest.raises(NotFound):
                work.files.chunk(file_id, 0)

    def test_files_whose_time_is_over_are_told_the_longest_over_first(
        self, storage: Storage, tenant: Tenant, ids: CountingIds
    ) -> None:
        first, second, half, later = (ids.new() for _ in range(4))
        keep(storage, tenant, second, b"2", expires_at=NOON)
        keep(storage, tenant, first, b"1", expires_at=NOON - DAY)
        keep(storage, tenant, later, b"3", expires_at=NOON + timedelta(microseconds=1))
        with storage.work(tenant) as work:
            work.files.begin(half, "half", NOON - timedelta(hours=1))
            work.commit()
            assert list(work.files.over(NOON, 9)) == [first, half, second]
            assert list(work.files.over(NOON, 1)) == [first]
            assert list(work.files.over(NOON - 2 * DAY, 9)) == []

    def test_a_tenant_sees_no_others(self, storage: Storage, tenant: Tenant, other: Tenant) -> None:
        file_id = counted_id(7)
        keep(storage, tenant, file_id, b"mine")
        with storage.work(other) as work:
            with pytest.raises(NotFound):
                work.files.by_id(file_id)
            with pytest.raises(NotFound):
                work.files.chunk(file_id, 0)
            work.files.remove(file_id)
            assert not list(work.files.over(NOON + 9 * DAY, 9))
            work.commit()
        keep(storage, other, file_id, b"theirs")
        with storage.work(tenant, reading=True) as work:
            assert work.files.chunk(file_id, 0) == b"mine"
