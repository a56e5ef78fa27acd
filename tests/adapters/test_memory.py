"""The storage in memory keeps every promise of the ports."""

import pytest

from kohorte.adapters.memory import MemoryStorage
from kohorte.core.ports.rules import Rules
from kohorte.core.ports.storage import Storage
from kohorte.core.testing.contracts import (
    ActivitiesContract,
    AnswersContract,
    ApiKeysContract,
    AudiencesContract,
    ChangesContract,
    ContactsContract,
    CustomersContract,
    CustomFieldsContract,
    DrawsContract,
    DueContract,
    EventsContract,
    ExportTemplatesContract,
    FilesContract,
    FollowingContract,
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
    StayingContract,
    StoredListsContract,
    TenantsContract,
    UnitOfWorkContract,
)
from kohorte.core.testing.fakes import CountingIds, FixedClock
from kohorte.dsl.language import RuleLanguage


class InMemory:
    @pytest.fixture
    def storage(self) -> Storage:
        return MemoryStorage(FixedClock(), CountingIds())


class TestTenants(InMemory, TenantsContract): ...


class TestUnitOfWork(InMemory, UnitOfWorkContract): ...


class TestChanges(InMemory, ChangesContract): ...


class TestAnswers(InMemory, AnswersContract): ...


class TestEvents(InMemory, EventsContract): ...


class TestContacts(InMemory, ContactsContract): ...


class TestCustomers(InMemory, CustomersContract): ...


class TestPurchases(InMemory, PurchasesContract): ...


class TestActivities(InMemory, ActivitiesContract): ...


class TestCustomFields(InMemory, CustomFieldsContract): ...


class TestStoredLists(InMemory, StoredListsContract): ...


class TestSegments(InMemory, SegmentsContract): ...


class TestApiKeys(InMemory, ApiKeysContract): ...


class TestSegmentPages(InMemory, SegmentPagesContract): ...


class TestExportTemplates(InMemory, ExportTemplatesContract): ...


class TestImportRuns(InMemory, ImportRunsContract): ...


class TestAudiences(InMemory, AudiencesContract):
    @pytest.fixture
    def rules(self) -> Rules:
        return RuleLanguage()


class TestStaying(InMemory, StayingContract):
    @pytest.fixture
    def rules(self) -> Rules:
        return RuleLanguage()


class TestDraws(InMemory, DrawsContract):
    @pytest.fixture
    def rules(self) -> Rules:
        return RuleLanguage()


class TestFollowing(InMemory, FollowingContract):
    @pytest.fixture
    def rules(self) -> Rules:
        return RuleLanguage()


class TestDue(InMemory, DueContract):
    @pytest.fixture
    def rules(self) -> Rules:
        return RuleLanguage()


class TestJobs(InMemory, JobsContract): ...


class TestJobRuns(InMemory, JobRunsContract): ...


class TestFiles(InMemory, FilesContract): ...


class TestKnownValues(InMemory, KnownValuesContract): ...


class TestRecords(InMemory, RecordsContract): ...


class TestRecordPages(InMemory, RecordPagesContract): ...


class TestJoining(InMemory, JoiningContract): ...
