"""What every repository of import runs promises."""

from datetime import timedelta

from kohorte.core.imports.model import ImportRun, ImportStatus
from kohorte.core.ports.records import RecordKind
from kohorte.core.ports.storage import Storage
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.storage import StorageContract
from kohorte.core.testing.fakes import NOON, CountingIds


class ImportRunsContract(StorageContract):
    """Import runs."""

    def test_a_run_comes_back_as_it_was_saved_last(self, storage: Storage, tenant: Tenant, ids: CountingIds) -> None:
        run = ImportRun(ids.new(), RecordKind.ITEMS, "items.csv", NOON, NOON)
        with storage.work(tenant) as work:
            work.imports.save(run)
            work.commit()
            assert list(work.imports.latest()) == [run]
        run.rows, run.created, run.updated, run.waiting, run.rejected = 10, 4, 3, 2, 1
        run.status, run.finished_at, run.error = ImportStatus.FAILED, NOON + timedelta(seconds=9), "disk full"
        run.updated_at = NOON + timedelta(seconds=8)
        with storage.work(tenant) as work:
            work.imports.save(run)
            work.commit()
        with storage.work(tenant) as work:
            assert list(work.imports.latest()) == [run]

    def test_the_latest_runs_come_first(self, storage: Storage, tenant: Tenant, ids: CountingIds) -> None:
        times = (NOON, NOON + timedelta(days=1), NOON + timedelta(days=1), NOON - timedelta(days=1))
        runs = [ImportRun(ids.new(), RecordKind.CONTACTS, f"{at}.csv", at, at) for at in times]
        with storage.work(tenant) as work:
            for run in runs:
                work.imports.save(run)
            work.commit()
        with storage.work(tenant) as work:
            assert list(work.imports.latest(3)) == [runs[2], runs[1], runs[0]]

    def test_a_run_in_hand_is_not_the_stored_one(self, storage: Storage, tenant: Tenant, ids: CountingIds) -> None:
        run = ImportRun(ids.new(), RecordKind.CONTACTS, "contacts.csv", NOON, NOON)
        with storage.work(tenant) as work:
            work.imports.save(run)
            run.rows = 5
            assert work.imports.latest()[0].rows == 0

    def test_a_tenant_sees_no_others(self, storage: Storage, tenant: Tenant, other: Tenant, ids: CountingIds) -> None:
        with storage.work(tenant) as work:
            work.imports.save(ImportRun(ids.new(), RecordKind.CONTACTS, "contacts.csv", NOON, NOON))
            work.commit()
        with storage.work(other) as work:
            assert not list(work.imports.latest())
