"""SQLite and PostgreSQL keep every promise of the storage port; PostgreSQL as a role that sees its own tenant alone."""

from collections.abc import Iterator

import pytest

from kohorte.adapters.storage.unit_of_work import open_storage
from kohorte.core.ports.rules import Rules
from kohorte.core.ports.storage import Storage
from kohorte.core.testing.contracts import (
    ActivitiesContract,
    AnswersContract,
    ApiKeysContract,
    ChangesContract,
    ContactsContract,
    CustomersContract,
    CustomFieldsContract,
    DrawsContract,
    DueContract,
    EventsContract,
    ExportTemplatesContract,
    FilesContract,
    ImportRunsContract,
    JobRunsContract,
    JobsContract,
    JoiningContract,
    KnownValuesContract,
    PurchasesContract,
    RecordPagesContract,
    RecordsContract,
    SegmentPagesContract,
    SegmentsContract,
    StoredListsContract,
    TenantsContract,
    UnitOfWorkContract,
)
from kohorte.core.testing.fakes import CountingIds, FixedClock
from kohorte.dsl.language import RuleLanguage


class OnEachDatabase:
    @pytest.fixture
    def storage(self, url: str) -> Iterator[Storage]:
        storage = open_storage(url, clock=FixedClock(), ids=CountingIds())
        yield storage
        storage.close()


class TestTenants(OnEachDatabase, TenantsContract): ...


class TestUnitOfWork(OnEachDatabase, UnitOfWorkContract): ...


class TestChanges(OnEachDatabase, ChangesContract): ...


class TestAnswers(OnEachDatabase, AnswersContract): ...


class TestDraws(OnEachDatabase, DrawsContract):
    @pytest.fixture
    def rules(self) -> Rules:
        return RuleLanguage()


class TestDue(OnEachDatabase, DueContract):
    @pytest.fixture
    def rules(self) -> Rules:
        return RuleLanguage()


class TestEvents(OnEachDatabase, EventsContract): ...


class TestContacts(OnEachDatabase, ContactsContract): ...


class TestCustomers(OnEachDatabase, CustomersContract): ...


class TestPurchases(OnEachDatabase, PurchasesContract): ...


class TestActivities(OnEachDatabase, ActivitiesContract): ...


class TestCustomFields(OnEachDatabase, CustomFieldsContract): ...


class TestStoredLists(OnEachDatabase, StoredListsContract): ...


class TestSegments(OnEachDatabase, SegmentsContract): ...


class TestApiKeys(OnEachDatabase, ApiKeysContract): ...


class TestSegmentPages(OnEachDatabase, SegmentPagesContract): ...


class TestExportTemplates(OnEachDatabase, ExportTemplatesContract): ...


class TestImportRuns(OnEachDatabase, ImportRunsContract): ...


class TestJobs(OnEachDatabase, JobsContract): ...


class TestJobRuns(OnEachDatabase, JobRunsContract): ...


class TestFiles(OnEachDatabase, FilesContract): ...


class TestKnownValues(OnEachDatabase, KnownValuesContract): ...


class TestRecords(OnEachDatabase, RecordsContract): ...


class TestRecordPages(OnEachDatabase, RecordPagesContract): ...


class TestJoining(OnEachDatabase, JoiningContract): ...
