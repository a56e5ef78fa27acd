"""Databases for the tests of the storage: migrated once, copied for each test, without any tenant."""

import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, event

from kohorte.adapters.storage.migrations import migrate
from kohorte.adapters.storage.schema import tenant_tables
from kohorte.core.testing.fakes import CountingIds, FixedClock
from tests.postgres import APP, Database, Server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated file."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    migrate(f"sqlite:///{path}", clock=FixedClock(), ids=CountingIds())
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM tenants")
    connection.close()
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Return the URL of a migrated database of the test's own."""
    copy = tmp_path / "test.db"
    shutil.copy(sqlite_template, copy)
    return f"sqlite:///{copy}"


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Server) -> Iterator[Database]:
    """Return a migrated database; nobody stays connected to it."""
    database = postgres_server.create_database()
    migrate(database.owner_url, clock=FixedClock(), ids=CountingIds(), application_role=APP)
    with psycopg.connect(database.superuser_url) as connection:
        connection.execute("DELETE FROM tenants")
    yield database
    postgres_server.drop_database(database)


@pytest.fixture
def migrated_postgres(postgres_server: Server, postgres_template: Database) -> Iterator[Database]:
    """Return a migrated database of the test's own."""
    database = postgres_server.create_database(template=postgres_template.name)
    yield database
    postgres_server.drop_database(database)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest) -> str:
    """Return the URL of a migrated database: a file, and one on a server as the application's role sees it."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    return str(request.getfixturevalue("migrated_postgres").app_url)


_NAMED = re.compile(
    rf"\b(?:FROM|JOIN|UPDATE|INTO) \"?({'|'.join(table.name for table in tenant_tables())})\"?\b(?! \()"
)
_OF_NO_TENANT = re.compile(r"SELECT \? AS anon_1 \nFROM \w+\n LIMIT|WHERE (?:0 = 1|false)\b")
"""Whether a table has any row at all, asked before a bulk import drops its indexes; and what finds nothing anyway."""


@pytest.fixture(autouse=True)
def forgetful_statements() -> Iterator[list[str]]:
    """See that every statement equates the tenant as often as it names a table of tenants.

    PostgreSQL would hide other tenants' rows anyway; SQLite would not. Who means to forget the tenant clears the list.
    """
    forgetful: list[str] = []

    def look(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        named = len(_NAMED.findall(statement))
        if named > statement.count("tenant_id") and not _OF_NO_TENANT.search(statement):
            forgetful.append(statement)

    event.listen(Engine, "before_cursor_execute", look)
    yield forgetful
    event.remove(Engine, "before_cursor_execute", look)
    assert forgetful == []
