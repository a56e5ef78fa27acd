"""What people read when a database cannot be used: golden files; and a password is never among it.

``KOHORTE_GOLDEN=1`` writes the golden files anew; read the difference before you commit it.
"""

import os
import re
import socket
import sqlite3
import struct
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, make_url

from kohorte.adapters.storage import engine, migrations
from kohorte.adapters.storage.failures import explained
from kohorte.adapters.storage.migrations import migrate
from kohorte.adapters.storage.unit_of_work import SqlStorage, open_storage
from kohorte.core.contacts.model import Contact
from kohorte.core.errors import KohorteError
from kohorte.core.testing.contracts.storage import add_tenant
from kohorte.core.testing.fakes import NOON, CountingIds, FixedClock, counted_id
from tests.postgres import Database, Server

GOLDEN = Path(__file__).parent / "golden"
PASSWORD = "s3cret-Pa55"
PLACES = {r"(?<![:/])/[^/\s]\S*/([\w.]+)": r"…/\1", r"kohorte_test_\w+": "crm", r"127\.0\.0\.1:\d+": "HOST:PORT"}
TERMINATE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'kohorte_app' AND datname = %s"


def opened(url: str) -> SqlStorage:
    return open_storage(url, clock=FixedClock(), ids=CountingIds())


def migrated(url: str) -> object:
    return migrate(url, clock=FixedClock(), ids=CountingIds())


def told(action: Callable[[], object]) -> str:
    """Return the message and the advice of the error that an action ends in, wherever it was run."""
    with pytest.raises(KohorteError) as caught:
        action()
    assert PASSWORD not in "".join(traceback.format_exception(caught.value))
    message = f"{caught.value.code}: {caught.value.text()}\n{caught.value.advice()}"
    for pattern, name in PLACES.items():
        message = re.sub(pattern, name, message)
    return message


def check_golden(name: str, found: dict[str, str]) -> None:
    file = GOLDEN / f"{name}.txt"
    text = "\n\n".join(f"# {situation}\n{message}" for situation, message in found.items()) + "\n"
    if os.environ.get("KOHORTE_GOLDEN") == "1":
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
    assert text == file.read_text("utf-8")


# -- URLs and engines --------------------------------------------------------------------------------------------


def test_a_url_that_cannot_be_used_is_explained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = {
        "no URL at all": told(lambda: opened("crm.db")),
        "a port that is none": told(lambda: opened(f"postgresql://ann:{PASSWORD}@localhost:{PASSWORD}/crm")),
        "another kind of database": told(lambda: opened(f"mysql://ann:{PASSWORD}@localhost/crm")),
        "in memory": told(lambda: opened("sqlite://")),
    }
    with monkeypatch.context() as patch:
        patch.setattr(engine, "find_spec", lambda _: None)
        found["no driver"] = told(lambda: opened(f"postgresql://ann:{PASSWORD}@localhost/crm"))
    monkeypatch.setattr(sqlite3, "sqlite_version", "3.31.1")
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 31, 1))
    found["SQLite too old"] = told(lambda: migrated(f"sqlite:///{tmp_path}/crm.db"))
    check_golden("urls", found)


# -- SQLite ------------------------------------------------------------------------------------------------------


def test_a_file_that_cannot_be_used_is_explained(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder.db").mkdir()
    found = {
        "missing": told(lambda: opened(f"sqlite:///{tmp_path}/missing.db")),
        "missing folder": told(lambda: migrated(f"sqlite:///{tmp_path}/missing/crm.db")),
        "a folder": told(lambda: opened(f"sqlite:///{tmp_path}/folder.db")),
    }
    (tmp_path / "notes.db").write_text("no database at all, but more than a hundred bytes of text: " * 9)
    found["no database"] = told(lambda: opened(f"sqlite:///{tmp_path}/notes.db"))
    with closing(sqlite3.connect(tmp_path / "empty.db")) as connection:
        connection.execute("PRAGMA user_version = 1")
    found["without tables"] = told(lambda: opened(f"sqlite:///{tmp_path}/empty.db"))
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE contacts (name TEXT)")
    found["another program's"] = told(lambda: migrated(f"sqlite:///{tmp_path}/other.db"))
    with changed(sqlite_url, "schema_version = 99"):
        found["newer"] = told(lambda: opened(sqlite_url))
        found["newer, migrating"] = told(lambda: migrated(sqlite_url))
    with changed(sqlite_url, "unicode_version = '1.1'"), monkeypatch.context() as patch:
        patch.setattr(migrations, "UNICODE_VERSION", "15.0.0")
        found["another Unicode"] = told(lambda: opened(sqlite_url))
    monkeypatch.setattr(migrations, "VERSION", 2)
    with changed(sqlite_url, "schema_version = 1"):
        found["older"] = told(lambda: opened(sqlite_url))
    check_golden("sqlite", found)


@contextmanager
def changed(url: str, assignment: str) -> Iterator[None]:
    """Let the database say something else of itself for a while."""
    path = str(make_url(url).database)
    with closing(sqlite3.connect(path)) as connection, connection:
        before = connection.execute("SELECT schema_version, unicode_version FROM installation").fetchone()
        connection.execute(f"UPDATE installation SET {assignment}")
    yield
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE installation SET schema_version = ?, unicode_version = ?", before)


def test_a_file_that_cannot_be_written_is_explained(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "WAIT_SECONDS", 0.05)
    with closing(opened(sqlite_url)) as storage:
        tenant = add_tenant(storage, "shop")
        path = str(make_url(sqlite_url).database)

        def save() -> None:
            with storage.work(tenant) as work:
                work.contacts.save(Contact(counted_id(1), "C1", NOON))
                work.commit()

        with closing(sqlite3.connect(path)) as other:
            other.execute("BEGIN IMMEDIATE")
            found = {"locked": told(save)}
        found["read-only"] = told(lambda: failing(f"file:{path}?mode=ro", "DELETE FROM tenants"))
        found["disk full"] = told(
            lambda: failing(f"file:{path}", "PRAGMA max_page_count = 1", "CREATE TABLE t AS SELECT zeroblob(9999999)")
        )
    with Path(path).open("r+b") as file:
        file.seek(4096 * 2)
        file.write(b"\xff" * 4096 * 40)
    found["damaged"] = told(
        lambda: failing(f"file:{path}", "PRAGMA integrity_check", "SELECT * FROM tenants, contacts")
    )
    check_golden("sqlite_writing", found)


def failing(uri: str, *statements: str) -> None:
    """Run statements of which the last one fails, and raise what is said about it."""
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        try:
            for statement in statements:
                connection.execute(statement).fetchall()
        except sqlite3.Error as error:
            raise explained(make_url(uri.replace("file:", "sqlite:///")), error) or error from None


# -- PostgreSQL --------------------------------------------------------------------------------------------------


def test_a_server_that_cannot_be_used_is_explained(
    postgres_server: Server, migrated_postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = make_url(migrated_postgres.app_url)  # with its own password, for which some servers ask
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    found = {
        "nobody listens": told(lambda: opened(f"postgresql://ann:{PASSWORD}@127.0.0.1:{port}/crm")),
        "wrong password": told(lambda: opened(f"postgresql://ann:{PASSWORD}@127.0.0.1:{refusing('28P01')}/crm")),
        "full": told(lambda: opened(f"postgresql://ann:{PASSWORD}@127.0.0.1:{refusing('53300')}/crm")),
        "a server in German": told(lambda: opened(f"postgresql://ann:{PASSWORD}@127.0.0.1:{refusing('DE')}/crm")),
    }
    for situation, changed_url in (
        ("no such user", url.set(username="nobody", password=PASSWORD)),
        ("no such database", url.set(database="nowhere")),
    ):
        found[situation] = _at_the_server(told(partial(opened, text(changed_url))))
    for option in ("sslmode=sometimes", "connect_timeout=soon", f"pasword={PASSWORD}", "options=-csize%3D1"):
        key, _, value = option.partition("=")
        asked = text(url.update_query_dict({key: value.replace("%3D", "=")}))
        found[f"option {key}"] = told(partial(opened, asked))
    empty = postgres_server.create_database()
    found["without tables"] = told(lambda: opened(empty.app_url))
    found["not the owner"] = told(lambda: migrated(empty.app_url))
    postgres_server.drop_database(empty)
    with psycopg.connect(migrated_postgres.superuser_url) as connection:
        connection.execute("UPDATE installation SET schema_version = 99")
    found["newer"] = told(lambda: opened(text(url)))
    monkeypatch.setattr(engine, "LEAST_POSTGRES", 990_000)
    found["too old"] = re.sub(r"PostgreSQL \d+", "PostgreSQL N", _at_the_server(told(lambda: opened(text(url)))))
    check_golden("postgresql", found)


def text(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def _at_the_server(message: str) -> str:
    """Return a message in which the server, wherever the tests have one, is called HOST."""
    return re.sub(r"(server|on) (\S*/\S*|localhost\S*|HOST:PORT)(?=[. ])", r"\1 HOST", message)


def refusing(state: str) -> int:
    """Return the port of a server that asks one client for the password and refuses it with an SQLSTATE."""
    words = {
        "28P01": 'password authentication failed for user "ann"',
        "53300": "sorry, too many clients already",
        "DE": "Passwort-Authentifizierung für Benutzer »ann« fehlgeschlagen",
    }[state]
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with server, server.accept()[0] as client:
            while client.recv(4096)[4:8] == struct.pack("!I", 80_877_103):  # the client would like TLS first
                client.sendall(b"N")
            client.sendall(b"R" + struct.pack("!II", 8, 3))
            assert PASSWORD.encode() in client.recv(4096)
            fields = b"SFATAL\0VFATAL\0C" + state.encode() + b"\0M" + words.encode() + b"\0\0"
            client.sendall(b"E" + struct.pack("!I", len(fields) + 4) + fields)

    threading.Thread(target=serve, daemon=True).start()
    port: int = server.getsockname()[1]
    return port


def test_a_lost_connection_and_a_lock_are_explained(
    migrated_postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "WAIT_SECONDS", 0.05)
    with closing(opened(migrated_postgres.app_url)) as storage:
        tenant = add_tenant(storage, "shop")

        def save() -> None:
            with storage.work(tenant) as work:
                work.contacts.save(Contact(counted_id(1), "C1", NOON))
                work.commit()

        def lose() -> None:
            with storage.work(tenant) as work:
                work.contacts.save(Contact(counted_id(1), "C1", NOON))
                with psycopg.connect(migrated_postgres.superuser_url, autocommit=True) as other:
                    other.execute(TERMINATE, [migrated_postgres.name])
                work.commit()

        with psycopg.connect(migrated_postgres.superuser_url) as other:
            other.execute("LOCK TABLE contacts")
            found = {"locked": told(save)}
        found["lost"] = _at_the_server(told(lose))
        save()
    check_golden("postgresql_writing", found)


def test_an_error_of_ours_is_left_as_it_is() -> None:
    assert explained(make_url("sqlite:///crm.db"), sqlite3.IntegrityError("no such thing")) is None
    assert explained(make_url("postgresql://h/crm"), psycopg.errors.UniqueViolation("twice")) is None
    assert explained(make_url("postgresql://h/crm"), ZeroDivisionError()) is None
