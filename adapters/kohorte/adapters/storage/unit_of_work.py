"""The storage port on SQLAlchemy: one transaction per unit of work, a repository per subject."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from time import monotonic
from typing import Any
from uuid import UUID

from attrs import define, field
from sqlalchemy import Connection, Engine

from kohorte.adapters.storage.access import StorageApiKeys, find_key
from kohorte.adapters.storage.activities import StorageActivities
from kohorte.adapters.storage.answers import StorageAnswers
from kohorte.adapters.storage.audiences import StorageAudiences
from kohorte.adapters.storage.changes import StorageChanges
from kohorte.adapters.storage.contacts import StorageContacts
from kohorte.adapters.storage.custom_fields import StorageCustomFields
from kohorte.adapters.storage.customers import StorageCustomers
from kohorte.adapters.storage.draws import StorageDraws
from kohorte.adapters.storage.due import StorageDue
from kohorte.adapters.storage.engine import open_engine
from kohorte.adapters.storage.events import StorageEvents
from kohorte.adapters.storage.exports import StorageExportTemplates
from kohorte.adapters.storage.failures import explained
from kohorte.adapters.storage.files import StorageFiles
from kohorte.adapters.storage.imports import StorageImportRuns
from kohorte.adapters.storage.job_runs import StorageJobRuns
from kohorte.adapters.storage.jobs import StorageJobs
from kohorte.adapters.storage.known_values import StorageKnownValues
from kohorte.adapters.storage.lists import StorageLists
from kohorte.adapters.storage.migrations import check
from kohorte.adapters.storage.pins import StoragePins
from kohorte.adapters.storage.purchases import StoragePurchases
from kohorte.adapters.storage.record_pages import StorageRecordPages
from kohorte.adapters.storage.records import StorageRecords
from kohorte.adapters.storage.segments import StorageSegments
from kohorte.adapters.storage.tenants import StorageTenants
from kohorte.adapters.storage.transaction import LATE, READING, TENANT, UNTIL, Transaction
from kohorte.core.access.model import ApiKey
from kohorte.core.messages import Event
from kohorte.core.ports.clock import Clock, Ids
from kohorte.core.tenants.model import Tenant


@define(slots=False)  # cached properties keep the repositories
class SqlUnitOfWork:
    """One transaction of one tenant; repositories are made when they are first asked for."""

    transaction: Transaction
    _recorded: list[Event] = field(factory=list[Event], init=False)
    _committed: int = field(default=0, init=False)

    @property
    def tenant(self) -> Tenant:
        """Return the tenant."""
        return self.transaction.tenant

    @cached_property
    def contacts(self) -> StorageContacts:
        """Return the contacts."""
        return StorageContacts(self.transaction)

    @cached_property
    def customers(self) -> StorageCustomers:
        """Return the customers."""
        return StorageCustomers(self.transaction)

    @cached_property
    def purchases(self) -> StoragePurchases:
        """Return the purchases."""
        return StoragePurchases(self.transaction)

    @cached_property
    def activities(self) -> StorageActivities:
        """Return the activities."""
        return StorageActivities(self.transaction)

    @cached_property
    def custom_fields(self) -> StorageCustomFields:
        """Return the custom fields."""
        return StorageCustomFields(self.transaction)

    @cached_property
    def lists(self) -> StorageLists:
        """Return the stored lists."""
        return StorageLists(self.transaction)

    @cached_property
    def segments(self) -> StorageSegments:
        """Return the segments."""
        return StorageSegments(self.transaction)

    @cached_property
    def records(self) -> StorageRecords:
        """Return the writer of many records."""
        return StorageRecords(self.transaction)

    @cached_property
    def record_pages(self) -> StorageRecordPages:
        """Return lists of records, page by page."""
        return StorageRecordPages(self.transaction)

    @cached_property
    def audiences(self) -> StorageAudiences:
        """Return what answers for rules and members."""
        return StorageAudiences(self.transaction)

    @cached_property
    def draws(self) -> StorageDraws:
        """Return what draws contacts at random."""
        return StorageDraws(self.transaction)

    @cached_property
    def changes(self) -> StorageChanges:
        """Return what has changed since members were brought up to date."""
        return StorageChanges(self.transaction)

    @cached_property
    def due(self) -> StorageDue:
        """Return when time alone may next change who belongs to segments."""
        return StorageDue(self.transaction)

    @cached_property
    def pins(self) -> StoragePins:
        """Return who was put into segments, or is kept out of them."""
        return StoragePins(self.transaction)

    @cached_property
    def known_values(self) -> StorageKnownValues:
        """Return what tells which values occur in the data."""
        return StorageKnownValues(self.transaction)

    @cached_property
    def imports(self) -> StorageImportRuns:
        """Return the import runs."""
        return StorageImportRuns(self.transaction)

    @cached_property
    def api_keys(self) -> StorageApiKeys:
        """Return the API keys."""
        return StorageApiKeys(self.transaction)

    @cached_property
    def answers(self) -> StorageAnswers:
        """Return the answers that were given."""
        return StorageAnswers(self.transaction)

    @cached_property
    def export_templates(self) -> StorageExportTemplates:
        """Return the export templates."""
        return StorageExportTemplates(self.transaction)

    @cached_property
    def events(self) -> StorageEvents:
        """Return the events."""
        return StorageEvents(self.transaction)

    @cached_property
    def jobs(self) -> StorageJobs:
        """Return the jobs."""
        return StorageJobs(self.transaction)

    @cached_property
    def job_runs(self) -> StorageJobRuns:
        """Return the jobs as people see them."""
        return StorageJobRuns(self.transaction)

    @cached_property
    def files(self) -> StorageFiles:
        """Return the files."""
        return StorageFiles(self.transaction)

    def record(self, event: Event) -> None:
        """Put an event into the outbox with the next commit."""
        self._recorded.append(event)

    def recorded(self) -> Sequence[Event]:
        """Return the events recorded so far, in order; those that were rolled back are gone."""
        return tuple(self._recorded)

    def commit(self) -> None:
        """Write the events, and make everything so far durable; further work begins a new transaction."""
        self.events.add(self._recorded[self._committed :])
        self.transaction.connection.commit()
        self.transaction.memo.clear()
        self._committed = len(self._recorded)

    def rollback(self) -> None:
        """Take back everything since the last commit, events too; further work begins a new transaction."""
        self.transaction.connection.rollback()
        self.transaction.memo.clear()
        self.forget()

    def forget(self) -> None:
        """Forget the events that were not committed."""
        del self._recorded[self._committed :]


@define
class SqlStorage:
    """A database: many tenants, transactions of one at a time. The clock and the ids are those of events and jobs."""

    engine: Engine
    clock: Clock
    ids: Ids

    @contextmanager
    def tenants(self) -> Generator[StorageTenants]:
        """Open a transaction over the list of tenants; it commits when the block ends without an error."""
        with self._connection({LATE: True}) as connection:
            yield StorageTenants(connection)
            connection.commit()

    def find_key(self, tenant_id: UUID, key_id: UUID) -> tuple[Tenant, ApiKey] | None:
        """Return an API key with its tenant, by one indexed read; None where there is no such key of that tenant."""
        with self._connection({TENANT: tenant_id, READING: True}) as connection:
            return find_key(connection, tenant_id, key_id)

    @contextmanager
    def work(
        self, tenant: Tenant, *, reading: bool = False, within: timedelta | None = None
    ) -> Generator[SqlUnitOfWork]:
        """Open a transaction of one tenant; a ``reading`` one waits for no writer and delays none."""
        until = None if within is None else monotonic() + within.total_seconds()
        with self._connection({TENANT: tenant.id, READING: reading, UNTIL: until}) as connection:
            work = SqlUnitOfWork(Transaction(connection, tenant, self.clock, self.ids))
            try:
                yield work
            finally:
                work.forget()

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def _connection(self, options: dict[str, Any]) -> Generator[Connection]:
        with self.engine.connect() as connection:
            try:
                yield connection.execution_options(**options)
            except Exception as error:
                # Bulk writers talk to the driver itself.
                explanation = explained(self.engine.url, error)
                if explanation is None:
                    raise
                raise explanation from error


def open_storage(url: str, *, clock: Clock, ids: Ids) -> SqlStorage:
    """Return the storage in a database that was migrated.

    Raise ``InvalidInput`` for a URL that cannot be used, ``StorageUnavailable`` where there is no such database, it
    cannot be reached, or its version is not this program's.
    """
    engine = open_engine(url)
    try:
        check(engine)
    except BaseException:
        engine.dispose()
        raise
    return SqlStorage(engine, clock, ids)
