"""Migrations: bring a database to this version's tables, one step after the other, each exactly once.

A step is a function over the open connection; its place in ``STEPS`` is the version that it leads to. Steps are never
changed once released. The first one makes all tables; a later one alters what earlier versions made, and the first one
is then frozen with the tables as they were.
"""

from collections.abc import Callable, Sequence
from typing import Final

from attrs import frozen
from sqlalchemy import Connection, Engine, inspect, select, text

from kohorte.adapters.storage.custom_fields import StorageCustomFields
from kohorte.adapters.storage.custom_indexes import create_indexes, drop_other_indexes
from kohorte.adapters.storage.engine import open_engine
from kohorte.adapters.storage.refolding import refold
from kohorte.adapters.storage.row_level_security import grant, protect
from kohorte.adapters.storage.schema import installation, metadata
from kohorte.adapters.storage.tenants import StorageTenants
from kohorte.adapters.storage.transaction import READING, TENANT, Transaction
from kohorte.core.errors import StorageEmpty, StorageUnavailable
from kohorte.core.ports.clock import Clock, Ids
from kohorte.core.tenants.model import new_tenant
from kohorte.core.values import UNICODE_VERSION

DEFAULT_TENANT: Final = "default"
_LOCK: Final = 7_041_947
"""Number of the advisory lock under which one process at a time migrates a PostgreSQL database: any number does."""


@frozen
class State:
    """What a database says of itself; version 0 has no tables yet."""

    version: int = 0
    unicode_version: str = ""


@frozen
class Migrated:
    """The version before and after a migration."""

    before: int
    after: int


def _first(connection: Connection) -> None:
    metadata.create_all(connection)
    if connection.dialect.name == "postgresql":
        protect(connection)


STEPS: Final[Sequence[Callable[[Connection], None]]] = (_first,)
VERSION: Final = len(STEPS)


def migrate(url: str, *, clock: Clock, ids: Ids, application_role: str | None = None) -> Migrated:
    """Make the database or bring it to this version; harmless when it has that version already.

    A new one gets the tenant ``default`` (UTC, EUR, en). On PostgreSQL the user in the URL becomes the owner of the
    tables, and ``application_role`` gets the rights that the application needs. Raise ``StorageUnavailable`` where a
    newer version made the database, or something else did.
    """
    engine = open_engine(url, create=True)
    try:
        before = _known_state(engine)
        if before.version != VERSION or application_role is not None:
            with engine.begin() as connection:
                before = _prepared(connection)
                _upgrade(connection, before, clock, ids)
                if application_role is not None and connection.dialect.name == "postgresql":
                    grant(connection, application_role)
        if before.unicode_version not in ("", UNICODE_VERSION):
            _refold(engine)
        if engine.dialect.name == "postgresql":
            _settle_indexes(engine, clock, ids)
    finally:
        engine.dispose()
    return Migrated(before.version, VERSION)


def _upgrade(connection: Connection, before: State, clock: Clock, ids: Ids) -> None:
    for step in STEPS[before.version :]:
        step(connection)
    if before.version != VERSION:
        _note(connection, State(VERSION, before.unicode_version or UNICODE_VERSION))
    if before.version == 0:
        StorageTenants(connection).add(new_tenant(ids.new(), DEFAULT_TENANT, "UTC", "EUR", "en", clock.now()))


def _refold(engine: Engine) -> None:
    refold(engine)
    with engine.begin() as connection:  # only now: until then nobody may compare
        _note(connection, State(VERSION, UNICODE_VERSION))


def _settle_indexes(engine: Engine, clock: Clock, ids: Ids) -> None:
    """Create and drop the indexes of custom fields that the application's role could not."""
    with engine.connect() as connection:
        known = StorageTenants(connection).all()
    wanted: list[str] = []
    for tenant in known:
        with engine.connect() as connection:
            bound = connection.execution_options(**{TENANT: tenant.id})
            transaction = Transaction(bound, tenant, clock, ids)
            wanted += create_indexes(transaction, StorageCustomFields(transaction).all())
            connection.commit()
    with engine.begin() as connection:
        drop_other_indexes(connection, wanted)


def _known_state(engine: Engine) -> State:
    """Return the state, without waiting for whoever writes."""
    with engine.connect().execution_options(**{READING: True}) as connection:
        found = state(connection)
    _refuse_newer(found)
    return found


def state(connection: Connection) -> State:
    """Return what the database says of itself."""
    if not inspect(connection).has_table(installation.name):
        return State()
    row = connection.execute(select(installation)).one()
    return State(row.schema_version, row.unicode_version)


def _prepared(connection: Connection) -> State:
    """Return the state of a database that may be migrated, locked against others who would."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    found = state(connection)
    _refuse_newer(found)
    if found.version == 0:
        _refuse_foreign(connection)
    return found


def _refuse_newer(found: State) -> None:
    if found.version > VERSION:
        raise StorageUnavailable(
            "The database has version {found}, this program knows versions up to {known}.",
            hint="Use a newer version of Kohorte: pip install --upgrade kohorte",
            found=found.version,
            known=VERSION,
        )


def _refuse_foreign(connection: Connection) -> None:
    taken = sorted(set(inspect(connection).get_table_names()) & set(metadata.tables))
    if taken:
        raise StorageUnavailable(
            "The database belongs to another program: it has a table {table} already.",
            hint="Give Kohorte a database of its own.",
            table=taken[0],
        )


def check(engine: Engine) -> None:
    """Raise ``StorageUnavailable`` where the database has not exactly this program's version."""
    found = _known_state(engine)
    if found.version == 0:
        raise StorageEmpty("The database has no tables yet.", hint="Make them with: kohorte migrate")
    if found.version < VERSION:
        raise StorageUnavailable(
            "The database has version {found}, this program needs {known}.",
            hint="Make a backup, then run: kohorte migrate",
            found=found.version,
            known=VERSION,
        )
    if found.unicode_version != UNICODE_VERSION:
        raise StorageUnavailable(
            "The database compares text by Unicode {found}, this Python by Unicode {known}.",
            hint="Use the same Python version everywhere, then run: kohorte migrate",
            found=found.unicode_version,
            known=UNICODE_VERSION,
        )


def _note(connection: Connection, now: State) -> None:
    connection.execute(installation.delete())
    connection.execute(
        installation.insert(), {"id": 1, "schema_version": now.version, "unicode_version": now.unicode_version}
    )
