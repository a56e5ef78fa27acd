"""A database is made once, brought up to date once, and left alone when it is neither ours nor older."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint, inspect

from kohorte.adapters.storage import migrations
from kohorte.adapters.storage.engine import open_engine
from kohorte.adapters.storage.migrations import VERSION, Migrated, migrate
from kohorte.adapters.storage.schema import RECORD_TABLES, metadata, secondary_indexes, tenant_tables
from kohorte.adapters.storage.unit_of_work import open_storage
from kohorte.core.contacts.model import Contact
from kohorte.core.errors import InvalidInput, StorageUnavailable
from kohorte.core.testing.fakes import NOON, CountingIds, FixedClock, counted_id
from tests.postgres import APP, Database


def migrated(url: str, role: str | None = None) -> Migrated:
    return migrate(url, clock=FixedClock(), ids=CountingIds(), application_role=role)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def owner_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty database, as its owner sees it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/new.db"
    database: Database = request.getfixturevalue("postgres_database")
    return database.owner_url


def test_an_empty_database_gets_the_tables_and_the_default_tenant(owner_url: str) -> None:
    assert migrated(owner_url) == Migrated(0, VERSION)
    with closing(open_storage(owner_url, clock=FixedClock(), ids=CountingIds())) as storage:
        with storage.tenants() as tenants:
            (default,) = tenants.all()
        assert (default.name, default.zone, default.currency, default.language) == ("default", "UTC", "EUR", "en")
        assert set(inspect(storage.engine).get_table_names()) == set(metadata.tables)


def test_migrating_again_changes_nothing(owner_url: str) -> None:
    migrated(owner_url)
    assert migrated(owner_url) == Migrated(VERSION, VERSION)
    with closing(open_storage(owner_url, clock=FixedClock(), ids=CountingIds())) as storage, storage.tenants() as all_:
        assert len(all_.all()) == 1


def test_processes_that_migrate_at_once_make_one_database(owner_url: str) -> None:
    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(lambda _: migrated(owner_url), range(4)))
    assert [each.after for each in done] == [VERSION] * 4
    assert [each.before for each in done].count(0) == 1
    with closing(open_storage(owner_url, clock=FixedClock(), ids=CountingIds())) as storage, storage.tenants() as all_:
        assert len(all_.all()) == 1


def test_a_failed_migration_leaves_an_empty_database(owner_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(migrations, "_note", fail)
        with pytest.raises(ZeroDivisionError):
            migrated(owner_url)
    engine = open_engine(owner_url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()
    assert migrated(owner_url) == Migrated(0, VERSION)


def test_a_database_is_not_made_by_accident(tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable):
        open_storage(f"sqlite:///{tmp_path}/typo.db", clock=FixedClock(), ids=CountingIds())
    assert list(tmp_path.iterdir()) == []


def test_the_application_migrates_nothing_that_is_up_to_date(migrated_postgres: Database) -> None:
    assert migrated(migrated_postgres.app_url) == Migrated(VERSION, VERSION)


def test_rights_can_be_granted_later(postgres_database: Database) -> None:
    migrated(postgres_database.owner_url)
    assert migrated(postgres_database.owner_url, APP) == Migrated(VERSION, VERSION)
    with closing(open_storage(postgres_database.app_url, clock=FixedClock(), ids=CountingIds())) as storage:
        with storage.tenants() as tenants:
            tenant = tenants.named("default")
        with storage.work(tenant) as work:
            work.jobs.add("greet", {}, due_at=FixedClock().now())
            work.commit()


def test_the_tables_can_lie_in_a_schema_of_their_own(postgres_database: Database) -> None:
    with psycopg.connect(postgres_database.owner_url) as connection:
        connection.execute("CREATE TABLE contacts (another_programs_own integer)")
        connection.execute("CREATE SCHEMA kohorte")
    sign = "&" if "?" in postgres_database.owner_url else "?"
    in_schema = f"{sign}options=-csearch_path%3Dkohorte"
    assert migrated(postgres_database.owner_url + in_schema, APP) == Migrated(0, VERSION)
    with closing(open_storage(postgres_database.app_url + in_schema, clock=FixedClock(), ids=CountingIds())) as storage:
        with storage.tenants() as tenants:
            tenant = tenants.named("default")
        with storage.work(tenant) as work:
            work.contacts.save(Contact(counted_id(1), "C1", NOON))
            work.commit()
    with psycopg.connect(postgres_database.superuser_url) as connection:
        assert connection.execute("SELECT count(*) FROM kohorte.contacts").fetchone() == (1,)


@pytest.mark.parametrize("role", ["postgres", "kohorte_owner", "no_such_role"])
def test_a_role_that_would_see_all_tenants_is_refused(postgres_database: Database, role: str) -> None:
    with psycopg.connect(postgres_database.superuser_url) as connection:
        superuser = connection.info.user
    with pytest.raises(InvalidInput):
        migrated(postgres_database.owner_url, superuser if role == "postgres" else role)


def test_every_key_and_unique_index_begins_with_the_tenant() -> None:
    for table in tenant_tables():
        unique = [each for each in table.constraints if isinstance(each, (PrimaryKeyConstraint, UniqueConstraint))]
        for columns in [list(each.columns) for each in (*unique, *table.indexes)]:
            assert columns[0] is table.c.tenant_id, table.name


def test_secondary_indexes_can_be_dropped_and_made_again(owner_url: str) -> None:
    migrated(owner_url)
    engine = open_engine(owner_url)
    for table in RECORD_TABLES.values():
        before = {index["name"] for index in inspect(engine).get_indexes(table.name)}
        assert {index.name for index in secondary_indexes(table)} <= before
        with engine.begin() as connection:
            for index in secondary_indexes(table):
                index.drop(connection)
            for index in secondary_indexes(table):
                index.create(connection)
        assert {index["name"] for index in inspect(engine).get_indexes(table.name)} == before
    engine.dispose()
