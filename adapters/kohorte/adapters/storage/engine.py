"""Engines: a database opened by its URL, with the settings that every connection has.

SQLite: WAL, so that readers and one writer do not wait for each other; ``BEGIN IMMEDIATE`` for writers, because a
reader that turned writer could not wait; ``secure_delete``, because erased people must not stay on free pages; full
durability, because an event is durable before it is answered for. PostgreSQL: read committed for writers, one snapshot
for readers, and the tenant set for row level security with every transaction.
"""

import sqlite3
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from kohorte.adapters.storage.columns import document_text
from kohorte.adapters.storage.failures import no_database, server_name, translating
from kohorte.adapters.storage.time_limits import interrupt_sqlite, milliseconds_left, refuse_late
from kohorte.adapters.storage.transaction import LATE, READING, TENANT, UNTIL
from kohorte.core.errors import InvalidInput, StorageUnavailable

WAIT_SECONDS: Final = 30
"""How long a writer waits for another one before it gives up."""

_AGAIN_SECONDS: Final = 0.01
CONNECT_SECONDS: Final = 10
LEAST_SQLITE: Final = (3, 37, 0)
LEAST_POSTGRES: Final = 150_000
_REPEATABLE_READ: Final = 3
"""``psycopg.IsolationLevel.REPEATABLE_READ``: psycopg need not be installed."""

CACHE_KIB: Final = 256 * 1024
"""Imports into large tables touch pages at random: what does not fit is read and written again and again."""

# The connection that was used last is used next, so that few of them fill a cache. People's data stay out of errors.
_POOL: Final[dict[str, Any]] = {"pool_size": 5, "max_overflow": 60, "pool_use_lifo": True, "hide_parameters": True}


def open_engine(url: str, *, create: bool = False) -> Engine:
    """Return an engine for ``sqlite:///path`` or ``postgresql://user:password@host:port/database``.

    With ``create`` a missing SQLite file is made. Raise ``InvalidInput`` for any other URL and for a missing driver,
    ``StorageUnavailable`` for a missing file and an engine that is too old; an unreachable server is noticed by the
    first connection.
    """
    parsed = parse_url(url)
    engine = _sqlite_engine(parsed, create=create) if parsed.drivername == "sqlite" else _postgres_engine(parsed)
    event.listen(engine, "handle_error", translating(parsed))
    event.listen(engine, "before_cursor_execute", refuse_late)
    return engine


def parse_url(url: str) -> URL:
    """Return a database URL in parts; raise ``InvalidInput`` without repeating what may hold a password."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise InvalidInput("The database URL cannot be read.", hint=_EXAMPLES) from None
    if "@" in (parsed.host or ""):  # a part of the password, which would be shown as the server's name
        raise InvalidInput("The database URL cannot be read.", hint="Write an @ in a password as %40.")
    if parsed.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername != "sqlite":
        raise InvalidInput(
            'Kohorte does not know databases of the kind "{scheme}".', hint=_EXAMPLES, scheme=parsed.drivername[:40]
        )
    if not parsed.database or parsed.database == ":memory:":
        raise InvalidInput("A database in memory forgets everything at once.", hint=_EXAMPLES)
    return parsed


def secret_file(url: str) -> Path | None:
    """Return where the secret lies that signs for a database in a file; None for one on a server."""
    parsed = parse_url(url)
    return Path(f"{parsed.database}.secret") if parsed.drivername == "sqlite" else None


_EXAMPLES: Final = "Write it like sqlite:///kohorte.db or postgresql://user:password@localhost:5432/kohorte."


# -- SQLite ------------------------------------------------------------------------------------------------------

_PRAGMAS: Final = (
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
    "PRAGMA synchronous = FULL",
    "PRAGMA cell_size_check = ON",
    f"PRAGMA cache_size = -{CACHE_KIB}",
)


def _sqlite_engine(url: URL, *, create: bool) -> Engine:
    if sqlite3.sqlite_version_info < LEAST_SQLITE:
        raise StorageUnavailable(
            "SQLite {version} is too old.",
            hint="Kohorte needs {least} or newer: use a newer Python.",
            version=sqlite3.sqlite_version,
            least=".".join(map(str, LEAST_SQLITE[:2])),
        )
    path = str(url.database)
    if not create and not Path(path).exists():
        raise no_database(path)
    engine = create_engine(url, creator=partial(_connect_sqlite, path, create=create), **_POOL)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _connect_sqlite(path: str, *, create: bool) -> sqlite3.Connection:
    # Without autocommit of its own, and without making the file by accident.
    uri = f"file:{quote(path)}?mode={'rwc' if create else 'rw'}"
    connection = sqlite3.connect(uri, uri=True, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        _write_ahead(connection)
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        _refuse_quoted_strings(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Keep the log in a file of its own; a database that has none yet is changed when nobody else uses it.

    SQLite does not wait for that as it waits for a writer: processes that open a new database at once would fail.
    """
    deadline = monotonic() + WAIT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as busy:
            if busy.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() > deadline:
                raise
            sleep(_AGAIN_SECONDS)
        else:
            return


def _refuse_quoted_strings(connection: sqlite3.Connection) -> None:
    """Let a misspelt column in double quotes be an error, not a text (from Python 3.12 on)."""
    set_config: Callable[[int, bool], None] | None = getattr(connection, "setconfig", None)
    if set_config:
        set_config(sqlite3.SQLITE_DBCONFIG_DQS_DML, False)  # type: ignore[attr-defined,unused-ignore]
        set_config(sqlite3.SQLITE_DBCONFIG_DQS_DDL, False)  # type: ignore[attr-defined,unused-ignore]


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    reading, left = bool(options.get(READING)), milliseconds_left(options.get(UNTIL), WAIT_SECONDS)
    interrupt_sqlite(connection, options.get(UNTIL))
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {left}")
    connection.exec_driver_sql(f"PRAGMA query_only = {int(reading)}")
    connection.exec_driver_sql("BEGIN" if reading or options.get(LATE) else "BEGIN IMMEDIATE")


# -- PostgreSQL --------------------------------------------------------------------------------------------------


def _postgres_engine(url: URL) -> Engine:
    if find_spec("psycopg") is None:
        raise InvalidInput(
            "PostgreSQL needs a driver that is not installed.", hint='Install it with: pip install "kohorte[postgres]"'
        )
    engine = create_engine(
        url,
        connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "kohorte"} | dict(url.query),
        pool_pre_ping=True,
        **_POOL,
        json_serializer=document_text,
    )
    event.listen(engine, "connect", partial(_on_connect_postgres, url))
    event.listen(engine, "begin", _begin_postgres)
    return engine


def _on_connect_postgres(url: URL, connection: Any, record: object) -> None:  # noqa: ARG001 - the event's signature
    version = connection.info.server_version
    if version < LEAST_POSTGRES:
        raise StorageUnavailable(
            "The database server {server} runs PostgreSQL {version}, which is too old.",
            hint="Kohorte needs {least} or newer.",
            server=server_name(url),
            version=version // 10_000,
            least=LEAST_POSTGRES // 10_000,
        )


def _begin_postgres(connection: Connection) -> None:
    options = connection.get_execution_options()
    tenant: UUID | None = options.get(TENANT)
    reading = bool(options.get(READING))
    driver: Any = connection.connection.driver_connection
    # psycopg says so in the BEGIN that it sends along with the first statement.
    driver.read_only = reading
    driver.isolation_level = _REPEATABLE_READ if reading else None
    connection.exec_driver_sql(
        "SELECT set_config('kohorte.tenant', %s, true), set_config('lock_timeout', %s, true),"
        " set_config('statement_timeout', %s, true)",
        (str(tenant) if tenant else "", f"{WAIT_SECONDS}s", str(milliseconds_left(options.get(UNTIL)))),
    )
