"""SQLite and PostgreSQL keep every promise of the storage port; PostgreSQL as a role that sees its own tenant alone."""

from collections.abc import Iterator, Sequence

import pytest

from kohorte.adapters.storage.outbox import Outbox as StoredEvents
from kohorte.adapters.storage.unit_of_work import SqlStorage, open_storage
from kohorte.core.ports.storage import Storage
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts import (
    ActivitiesContract,
    ContactsContract,
    CustomersContract,
    CustomFieldsContract,
    ImportRunsContract,
    JobsContract,
    JoiningContract,
    KnownValuesContract,
    PurchasesContract,
    RecordsContract,
    SegmentsContract,
    StoredListsContract,
    TenantsContract,
    UnitOfWorkContract,
)
from kohorte.core.testing.contracts.storage import Outbox
from kohorte.core.testing.fakes import CountingIds, FixedClock


class OnEachDatabase:
    @pytest.fixture
    def storage(self, url: str) -> Iterator[Storage]:
        storage = open_storage(url, clock=FixedClock(), ids=CountingIds())
        yield storage
        storage.close()


class TestTenants(OnEachDatabase, TenantsContract): ...


class TestUnitOfWork(OnEachDatabase, UnitOfWorkContract):
    @pytest.fixture
    def outbox(self, storage: Storage) -> Outbox:
        def outbox(tenant: Tenant) -> Sequence[tuple[str, str]]:
            assert isinstance(storage, SqlStorage)
            with storage.work(tenant, reading=True) as work:
                return [(event.type, str(event.about)) for event in StoredEvents(work.transaction).read()]

        return outbox


class TestContacts(OnEachDatabase, ContactsContract): ...


class TestCustomers(OnEachDatabase, CustomersContract): ...


class TestPurchases(OnEachDatabase, PurchasesContract): ...


class TestActivities(OnEachDatabase, ActivitiesContract): ...


class TestCustomFields(OnEachDatabase, CustomFieldsContract): ...


class TestStoredLists(OnEachDatabase, StoredListsContract): ...


class TestSegments(OnEachDatabase, SegmentsContract): ...


class TestImportRuns(OnEachDatabase, ImportRunsContract): ...


class TestJobs(OnEachDatabase, JobsContract): ...


class TestKnownValues(OnEachDatabase, KnownValuesContract): ...


class TestRecords(OnEachDatabase, RecordsContract): ...


class TestJoining(OnEachDatabase, JoiningContract): ...
