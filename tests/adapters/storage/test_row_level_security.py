"""Behind the statements stands PostgreSQL itself: no row of another tenant, whatever a statement forgets."""

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from sqlalchemy import Table, func, insert, select, text
from sqlalchemy.exc import DBAPIError

from kohorte.adapters.storage.migrations import migrate
from kohorte.adapters.storage.schema import contacts, tenant_tables
from kohorte.adapters.storage.transaction import TENANT
from kohorte.adapters.storage.unit_of_work import SqlStorage, open_storage
from kohorte.core.contacts.model import Contact
from kohorte.core.errors import StorageUnavailable
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.storage import add_tenant
from kohorte.core.testing.fakes import NOON, CountingIds, FixedClock, counted_id
from tests.postgres import Database

TABLES = pytest.mark.parametrize("table", tenant_tables(), ids=lambda table: table.name)


@pytest.fixture(params=["application", "owner"])
def storage(request: pytest.FixtureRequest, migrated_postgres: Database) -> Iterator[SqlStorage]:
    """Return the storage as the application sees it, and as the owner of the tables does."""
    url = migrated_postgres.app_url if request.param == "application" else migrated_postgres.owner_url
    with closing(open_storage(url, clock=FixedClock(), ids=CountingIds())) as storage:
        yield storage


@pytest.fixture
def tenant(storage: SqlStorage) -> Tenant:
    """Return a tenant with one contact."""
    tenant = add_tenant(storage, "shop")
    with storage.work(tenant) as work:
        work.contacts.save(Contact(counted_id(1), "C1", NOON))
        work.commit()
    return tenant


@TABLES
def test_every_table_of_tenants_is_protected_from_its_owner_too(migrated_postgres: Database, table: Table) -> None:
    with psycopg.connect(migrated_postgres.app_url) as connection:
        forced = "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = %s::regclass"
        assert connection.execute(forced, [table.name]).fetchone() == (True,)


def test_a_statement_that_forgets_the_tenant_sees_only_the_transactions_own(
    storage: SqlStorage, tenant: Tenant, forgetful_statements: list[str]
) -> None:
    everything = select(func.count()).select_from(contacts)
    with storage.work(tenant) as work:
        assert work.transaction.connection.scalar(everything) == 1
    with storage.work(add_tenant(storage, "rival")) as work:
        assert work.transaction.connection.scalar(everything) == 0
        assert work.transaction.connection.execute(text("DELETE FROM contacts")).rowcount == 0
    assert len(forgetful_statements) == 3
    forgetful_statements.clear()


def test_without_a_tenant_nothing_is_seen(storage: SqlStorage, tenant: Tenant) -> None:
    with storage.engine.connect() as connection:
        assert connection.execute(select(contacts)).all() == []


def test_the_tenant_does_not_outlive_its_transaction(storage: SqlStorage, tenant: Tenant) -> None:
    with storage.engine.connect().execution_options(**{TENANT: tenant.id}) as connection:
        assert len(connection.execute(select(contacts)).all()) == 1
    with storage.engine.connect() as connection:  # the same connection, from the pool
        assert connection.execute(select(contacts)).all() == []


def test_work_after_a_commit_is_still_the_tenants(storage: SqlStorage, tenant: Tenant) -> None:
    with storage.work(tenant) as work:
        work.commit()
        assert work.contacts.by_key("C1").key == "C1"
        work.rollback()
        assert work.contacts.by_key("C1").key == "C1"


def test_a_row_for_another_tenant_cannot_be_written(storage: SqlStorage, tenant: Tenant) -> None:
    other = add_tenant(storage, "rival")
    row = {"tenant_id": other.id, "contact_id": counted_id(2), "key": "C2", "created_at": 0, "custom": {}, "version": 1}
    with pytest.raises((DBAPIError, StorageUnavailable)), storage.work(tenant) as work:
        work.transaction.connection.execute(insert(contacts), row)


def test_the_application_cannot_change_tables_or_its_own_bounds(migrated_postgres: Database) -> None:
    with closing(open_storage(migrated_postgres.app_url, clock=FixedClock(), ids=CountingIds())) as storage:
        for statement in (
            "ALTER TABLE contacts NO FORCE ROW LEVEL SECURITY",
            "DROP POLICY own_rows ON contacts",
            "UPDATE installation SET schema_version = 9",
            "DELETE FROM tenants",
            "TRUNCATE contacts",
        ):
            with pytest.raises(StorageUnavailable), storage.engine.begin() as connection:
                connection.execute(text(statement))


def test_a_superuser_is_kept_apart_by_the_statements_alone(postgres_database: Database) -> None:
    migrate(postgres_database.superuser_url, clock=FixedClock(), ids=CountingIds())
    with closing(open_storage(postgres_database.superuser_url, clock=FixedClock(), ids=CountingIds())) as storage:
        first, second = add_tenant(storage, "first"), add_tenant(storage, "second")
        for tenant in (first, second):
            with storage.work(tenant) as work:
                work.contacts.save(Contact(work.transaction.ids.new(), "C1", NOON, city=tenant.name))
                work.commit()
        with storage.work(first) as work:
            assert work.contacts.by_key("C1").city == "first"
