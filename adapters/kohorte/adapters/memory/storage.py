"""The storage port: tenants, and units of work over a tenant's state."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from time import monotonic
from uuid import UUID

from attrs import define, field

from kohorte.adapters.memory.access import MemoryApiKeys
from kohorte.adapters.memory.answers import MemoryAnswers
from kohorte.adapters.memory.audiences import MemoryAudiences
from kohorte.adapters.memory.changes import MemoryChanges
from kohorte.adapters.memory.custom_fields import MemoryCustomFields
from kohorte.adapters.memory.definitions import MemoryImportRuns, MemorySegments, MemoryStoredLists
from kohorte.adapters.memory.draws import MemoryDraws
from kohorte.adapters.memory.due import MemoryDue
from kohorte.adapters.memory.events import MemoryEvents
from kohorte.adapters.memory.exports import MemoryExportTemplates
from kohorte.adapters.memory.files import MemoryFiles
from kohorte.adapters.memory.job_runs import MemoryJobRuns
from kohorte.adapters.memory.jobs import MemoryJobs
from kohorte.adapters.memory.known_values import MemoryKnownValues
from kohorte.adapters.memory.pins import MemoryPins
from kohorte.adapters.memory.record_pages import MemoryRecordPages
from kohorte.adapters.memory.records import MemoryRecords
from kohorte.adapters.memory.repositories import (
    MemoryActivities,
    MemoryContacts,
    MemoryCustomers,
    MemoryPurchases,
)
from kohorte.adapters.memory.state import KeptEvent, TenantData, Transaction
from kohorte.core.access.model import ApiKey
from kohorte.core.errors import AlreadyExists, NotFound
from kohorte.core.messages import Event, message_data
from kohorte.core.ports.clock import Clock, Ids
from kohorte.core.ports.events import StoredEvent
from kohorte.core.tenants.model import Tenant


@define
class MemoryTenants:
    """All tenants."""

    _by_name: dict[str, Tenant]

    def add(self, tenant: Tenant) -> None:
        """Store a new tenant."""
        if tenant.name in self._by_name:
            raise AlreadyExists('There is a tenant "{name}" already.', hint="Choose another name.", name=tenant.name)
        self._by_name[tenant.name] = tenant

    def named(self, name: str) -> Tenant:
        """Return a tenant by name."""
        if name not in self._by_name:
            raise NotFound('There is no tenant "{name}".', hint="Create it first.", name=name)
        return self._by_name[name]

    def all(self) -> Sequence[Tenant]:
        """Return all tenants by name."""
        return [self._by_name[name] for name in sorted(self._by_name)]


@define(slots=False)
class MemoryUnitOfWork:
    """One transaction of one tenant; repositories are made when they are first asked for."""

    _transaction: Transaction
    _committed: list[Event] = field(factory=list[Event], init=False)
    _open: list[Event] = field(factory=list[Event], init=False)

    @property
    def tenant(self) -> Tenant:
        """Return the tenant."""
        return self._transaction.tenant

    @cached_property
    def contacts(self) -> MemoryContacts:
        """Return the contacts."""
        return MemoryContacts(self._transaction)

    @cached_property
    def customers(self) -> MemoryCustomers:
        """Return the customers."""
        return MemoryCustomers(self._transaction)

    @cached_property
    def purchases(self) -> MemoryPurchases:
        """Return the purchases."""
        return MemoryPurchases(self._transaction)

    @cached_property
    def activities(self) -> MemoryActivities:
        """Return the activities."""
        return MemoryActivities(self._transaction)

    @cached_property
    def custom_fields(self) -> MemoryCustomFields:
        """Return the custom fields."""
        return MemoryCustomFields(self._transaction)

    @cached_property
    def lists(self) -> MemoryStoredLists:
        """Return the stored lists."""
        return MemoryStoredLists(self._transaction)

    @cached_property
    def segments(self) -> MemorySegments:
        """Return the segments."""
        return MemorySegments(self._transaction)

    @cached_property
    def records(self) -> MemoryRecords:
        """Return the bulk writer."""
        return MemoryRecords(self._transaction)

    @cached_property
    def record_pages(self) -> MemoryRecordPages:
        """Return lists of records, page by page."""
        return MemoryRecordPages(self._transaction)

    @cached_property
    def audiences(self) -> MemoryAudiences:
        """Return what answers for rules and members."""
        return MemoryAudiences(self._transaction)

    @cached_property
    def draws(self) -> MemoryDraws:
        """Return what draws contacts at random."""
        return MemoryDraws(self._transaction)

    @cached_property
    def imports(self) -> MemoryImportRuns:
        """Return the import runs."""
        return MemoryImportRuns(self._transaction)

    @cached_property
    def changes(self) -> MemoryChanges:
        """Return what has changed since members were brought up to date."""
        return MemoryChanges(self._transaction)

    @cached_property
    def due(self) -> MemoryDue:
        """Return when time alone may next change who belongs to segments."""
        return MemoryDue(self._transaction)

    @cached_property
    def pins(self) -> MemoryPins:
        """Return who was put into segments, or is kept out of them."""
        return MemoryPins(self._transaction)

    @cached_property
    def known_values(self) -> MemoryKnownValues:
        """Return what tells which values occur in the data."""
        return MemoryKnownValues(self._transaction)

    @cached_property
    def api_keys(self) -> MemoryApiKeys:
        """Return the API keys."""
        return MemoryApiKeys(self._transaction)

    @cached_property
    def answers(self) -> MemoryAnswers:
        """Return the answers that were given."""
        return MemoryAnswers(self._transaction)

    @cached_property
    def export_templates(self) -> MemoryExportTemplates:
        """Return the export templates."""
        return MemoryExportTemplates(self._transaction)

    @cached_property
    def events(self) -> MemoryEvents:
        """Return the events."""
        return MemoryEvents(self._transaction)

    @cached_property
    def jobs(self) -> MemoryJobs:
        """Return the queue of jobs."""
        return MemoryJobs(self._transaction)

    @cached_property
    def job_runs(self) -> MemoryJobRuns:
        """Return the jobs as people see them."""
        return MemoryJobRuns(self._transaction)

    @cached_property
    def files(self) -> MemoryFiles:
        """Return the files."""
        return MemoryFiles(self._transaction)

    def record(self, event: Event) -> None:
        """Put an event into the outbox."""
        state = self._transaction.written
        state.recorded += 1
        now, data = self._transaction.clock.now(), message_data(event)
        del data["about"]
        stored = StoredEvent(state.recorded, self._transaction.ids.new(), event.type, event.about, now, data)
        state.outbox.append(KeptEvent(event, stored))
        self._open.append(event)

    def recorded(self) -> Sequence[Event]:
        """Return the events recorded so far."""
        return (*self._committed, *self._open)

    def commit(self) -> None:
        """Make everything so far visible to all."""
        self._transaction.commit()
        self._committed += self._open
        self._open.clear()

    def rollback(self) -> None:
        """Take back what was not committed."""
        self._transaction.end()
        self._open.clear()


@define
class MemoryStorage:
    """Everything in dictionaries; gone when the process ends."""

    clock: Clock
    ids: Ids
    _tenants: dict[str, Tenant] = field(factory=dict[str, Tenant], init=False)
    _data: dict[UUID, TenantData] = field(factory=dict[UUID, TenantData], init=False)

    @contextmanager
    def tenants(self) -> Generator[MemoryTenants]:
        """Open a transaction over the list of tenants."""
        changed = dict(self._tenants)
        yield MemoryTenants(changed)
        self._tenants = changed

    def find_key(self, tenant_id: UUID, key_id: UUID) -> tuple[Tenant, ApiKey] | None:
        """Return an API key with its tenant."""
        key = self._data.get(tenant_id, TenantData()).committed.api_keys.get(key_id)
        tenant = next((each for each in self._tenants.values() if each.id == tenant_id), None)
        return None if tenant is None or key is None else (tenant, key)

    @contextmanager
    def work(
        self, tenant: Tenant, *, reading: bool = False, within: timedelta | None = None
    ) -> Generator[MemoryUnitOfWork]:
        """Open a transaction of one tenant."""
        data = self._data.setdefault(tenant.id, TenantData())
        until = None if within is None else monotonic() + within.total_seconds()
        work = MemoryUnitOfWork(Transaction(data, tenant, self.clock, self.ids, reading, until))
        try:
            yield work
        finally:
            work.rollback()

    def outbox(self, tenant: Tenant) -> Sequence[Event]:
        """Return the events of all committed transactions, in order."""
        data = self._data.get(tenant.id)
        return tuple(each.event for each in data.committed.outbox) if data else ()
