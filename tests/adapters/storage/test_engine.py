"""Connections have the settings that the storage promises, and transactions begin as they should."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import delete, text
from sqlalchemy.exc import DBAPIError

from kohorte.adapters.storage import engine
from kohorte.adapters.storage.engine import open_engine, parse_url
from kohorte.adapters.storage.schema import contacts
from kohorte.adapters.storage.unit_of_work import SqlStorage, open_storage
from kohorte.core.contacts.model import Contact
from kohorte.core.errors import KohorteError, NotFound, StorageUnavailable
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.storage import add_tenant
from kohorte.core.testing.fakes import NOON, CountingIds, FixedClock, counted_id
from tests.postgres import Database


@pytest.fixture
def storage(url: str) -> Iterator[SqlStorage]:
    with closing(open_storage(url, clock=FixedClock(), ids=CountingIds())) as storage:
        yield storage


@pytest.fixture
def tenant(storage: SqlStorage) -> Tenant:
    return add_tenant(storage, "shop")


SECURE_SETTINGS = {
    "journal_mode": "wal",  # readers and a writer at the same time
    "foreign_keys": 1,
    "secure_delete": 1,  # what was erased is gone from the file
    "synchronous": 2,  # FULL: what was committed survives a power cut
    "busy_timeout": 30_000,
    "cell_size_check": 1,
}


@pytest.mark.parametrize(("setting", "value"), SECURE_SETTINGS.items())
def test_every_connection_to_a_file_has_the_settings(sqlite_url: str, setting: str, value: object) -> None:
    opened = open_engine(sqlite_url)
    with opened.connect() as first, opened.connect().execution_options(kohorte_reading=True) as second:
        for connection in (first, second):
            assert connection.execute(text(f"PRAGMA {setting}")).scalar() == value
    opened.dispose()


def test_deleted_text_is_gone_from_the_file(sqlite_url: str, tmp_path: Path) -> None:
    with closing(open_storage(sqlite_url, clock=FixedClock(), ids=CountingIds())) as storage:
        tenant = add_tenant(storage, "shop")
        with storage.work(tenant) as work:
            work.contacts.save(Contact(counted_id(1), "C1", NOON, street="Geheimweg 7"))
            work.commit()
            work.transaction.connection.execute(delete(contacts).where(work.transaction.own(contacts)))
            work.commit()
    assert all(b"Geheimweg" not in file.read_bytes() for file in tmp_path.glob("test.db*"))


def test_all_tables_of_a_file_are_strict(sqlite_url: str) -> None:
    opened = open_engine(sqlite_url)
    with opened.connect() as connection:
        tables = connection.execute(text("SELECT name, strict FROM pragma_table_list WHERE schema = 'main'")).all()
    opened.dispose()
    assert {name for name, strict in tables if not strict} <= {"sqlite_schema", "sqlite_stat1", "sqlite_sequence"}


def test_a_reader_waits_for_no_writer_and_sees_what_was_committed(storage: SqlStorage, tenant: Tenant) -> None:
    with storage.work(tenant) as writing, storage.work(tenant, reading=True) as reading:
        writing.contacts.save(Contact(counted_id(1), "C1", NOON))
        with pytest.raises(NotFound):
            reading.contacts.by_key("C1")
        writing.commit()
    with storage.work(tenant, reading=True) as reading:
        assert reading.contacts.by_key("C1").version == 1


def test_a_reader_sees_the_database_as_it_was_at_its_first_read(storage: SqlStorage, tenant: Tenant) -> None:
    with storage.work(tenant, reading=True) as reading:
        assert not reading.lists.all()
        with storage.work(tenant) as writing:
            writing.contacts.save(Contact(counted_id(1), "C1", NOON))
            writing.commit()
        with pytest.raises(NotFound):
            reading.contacts.by_key("C1")


def test_a_reader_cannot_write(storage: SqlStorage, tenant: Tenant) -> None:
    with pytest.raises(KohorteError), storage.work(tenant, reading=True) as reading:
        reading.contacts.save(Contact(counted_id(1), "C1", NOON))
    with storage.work(tenant) as work:  # the connection is good for writing again
        work.contacts.save(Contact(counted_id(1), "C1", NOON))
        work.commit()


def test_the_list_of_tenants_can_be_read_while_somebody_writes(storage: SqlStorage, tenant: Tenant) -> None:
    with storage.work(tenant) as writing:
        writing.contacts.save(Contact(counted_id(1), "C1", NOON))
        with storage.tenants() as tenants:
            assert tenants.named("shop") == tenant


def test_writers_take_turns(storage: SqlStorage, tenant: Tenant) -> None:
    """Read, then write: nobody comes between, or the one who was late is told so; nothing is lost."""
    with storage.work(tenant) as work:
        work.contacts.save(Contact(counted_id(1), "C1", NOON, first_name=""))
        work.commit()
    conflicts = []

    def write(letter: str) -> None:
        for _ in range(5):
            try:
                with storage.work(tenant) as work:
                    contact = work.contacts.by_key("C1")
                    contact.first_name = (contact.first_name or "") + letter
                    work.contacts.save(contact)
                    work.commit()
            except KohorteError as conflict:
                conflicts.append(conflict.code)

    threads = [threading.Thread(target=write, args=[letter]) for letter in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with storage.work(tenant, reading=True) as work:
        contact = work.contacts.by_key("C1")
    assert set(conflicts) <= {"conflict"}
    assert len(contact.first_name or "") == 20 - len(conflicts) == contact.version - 1


def test_two_that_wait_for_each_other_get_a_conflict(migrated_postgres: Database) -> None:
    with closing(open_storage(migrated_postgres.app_url, clock=FixedClock(), ids=CountingIds())) as storage:
        tenant = add_tenant(storage, "shop")
        with storage.work(tenant) as work:
            for number in (1, 2):
                work.contacts.save(Contact(counted_id(number), f"C{number}", NOON))
            work.commit()
        codes = _crossing(storage, tenant)
    assert codes == ["conflict"]


def _crossing(storage: SqlStorage, tenant: Tenant) -> list[str]:
    """Change two contacts in opposite orders at once, and return the errors."""
    codes: list[str] = []
    both_have_one = threading.Barrier(2)

    def change(first: str, second: str) -> None:
        try:
            with storage.work(tenant) as work:
                work.contacts.save(work.contacts.by_key(first))
                both_have_one.wait()
                work.contacts.save(work.contacts.by_key(second))
                work.commit()
        except KohorteError as error:
            codes.append(error.code)

    threads = [threading.Thread(target=change, args=order) for order in (("C1", "C2"), ("C2", "C1"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return codes


def test_errors_of_statements_do_not_repeat_peoples_data(storage: SqlStorage, tenant: Tenant) -> None:
    with storage.work(tenant) as work, pytest.raises(DBAPIError) as caught:
        work.transaction.connection.execute(text("SELECT nothing_such(:name)"), {"name": "Erika Mustermann"})
    assert "Mustermann" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_is_spoken_to_through_psycopg_3(scheme: str) -> None:
    assert parse_url(f"{scheme}://ann@localhost/crm").drivername == "postgresql+psycopg"


def test_a_server_that_is_too_old_is_refused(migrated_postgres: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with psycopg.connect(migrated_postgres.app_url) as connection:
        monkeypatch.setattr(engine, "LEAST_POSTGRES", connection.info.server_version + 1)
    with pytest.raises(StorageUnavailable):
        open_storage(migrated_postgres.app_url, clock=FixedClock(), ids=CountingIds())


def test_a_new_database_that_another_process_is_making_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "new.db"
    maker = sqlite3.connect(path, isolation_level=None)
    maker.execute("BEGIN IMMEDIATE")
    maker.execute("CREATE TABLE made (x)")
    waits: list[float] = []

    def meanwhile(seconds: float) -> None:
        waits.append(seconds)
        maker.execute("COMMIT")
        maker.close()

    monkeypatch.setattr("kohorte.adapters.storage.engine.sleep", meanwhile)
    opened = open_engine(f"sqlite:///{path}")
    with opened.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("SELECT count(*) FROM made").scalar() == 0
    opened.dispose()
    assert len(waits) == 1
