"""The storage in memory keeps every promise of the ports."""

import pytest

from kohorte.adapters.memory import MemoryStorage
from kohorte.core.ports.rules import Rules
from kohorte.core.ports.storage import Storage
from kohorte.core.testing.contracts import (
    ActivitiesContract,
    AudiencesContract,
    ChangesContract,
    ContactsContract,
    CustomersContract,
    CustomFieldsContract,
    EventsContract,
    ImportRunsContract,
    JobsContract,
    JoiningContract,
    KnownValuesContract,
    PurchasesContract,
    RecordsContract,
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


class TestEvents(InMemory, EventsContract): ...


class TestContacts(InMemory, ContactsContract): ...


class TestCustomers(InMemory, CustomersContract): ...


class TestPurchases(InMemory, PurchasesContract): ...


class TestActivities(InMemory, ActivitiesContract): ...


class TestCustomFields(InMemory, CustomFieldsContract): ...


class TestStoredLists(InMemory, StoredListsContract): ...


class TestSegments(InMemory, SegmentsContract): ...


class TestImportRuns(InMemory, ImportRunsContract): ...


class TestAudiences(InMemory, AudiencesContract):
    @pytest.fixture
    def rules(self) -> Rules:
        return RuleLanguage()


class TestStaying(InMemory, StayingContract):
    @pytest.fixture
    def rules(self) -> Rules:
        return RuleLanguage()


class TestJobs(InMemory, JobsContract): ...


class TestKnownValues(InMemory, KnownValuesContract): ...


class TestRecords(InMemory, RecordsContract): ...


class TestJoining(InMemory, JoiningContract): ...
