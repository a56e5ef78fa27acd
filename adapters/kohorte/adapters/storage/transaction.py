"""What every repository works in: one open transaction of one tenant.

Conventions, for everybody who writes a repository or reads over the tables:

- A repository takes one ``Transaction`` and nothing else (``StorageRecords(transaction)``,
  ``StorageAudiences(transaction)``). ``unit_of_work`` makes it when it is first asked for, and keeps it until it ends.
- Statements go through ``transaction.connection``. It begins by itself: at the first statement, and again at the first
  one after a commit (``BEGIN IMMEDIATE`` on SQLite, deferred where the unit of work only reads; with the tenant of row
  level security on PostgreSQL). Never commit or roll back in a repository.
- Every statement equates the tenant: ``select(…).where(transaction.own(contacts))``; inserted rows carry
  ``tenant_id=transaction.tenant.id``. PostgreSQL would refuse others; SQLite would not.
- Where the engines differ, ``transaction.dialect`` is ``"sqlite"`` or ``"postgresql"``.
- A stored record makes rows join that waited for it: ``keyed_rows`` calls ``StorageRecords(transaction).join``.
"""

from collections.abc import Mapping, Set
from typing import Any, Final
from uuid import UUID

from attrs import define, field
from sqlalchemy import ColumnElement, Connection, Table, func, select, text
from sqlalchemy.dialects import postgresql, sqlite

from kohorte.core.ports.clock import Clock, Ids
from kohorte.core.tenants.model import Tenant

TENANT: Final = "kohorte_tenant"
READING: Final = "kohorte_reading"
LATE: Final = "kohorte_late"
UNTIL: Final = "kohorte_until"
"""Execution options of a connection, by which ``engine`` knows how to begin: for which tenant, for reading alone, as a
writer only from the first write on (who reads before may then have to give up), and until when (``monotonic``)."""

COUNTED: Final = {"preserve_rowcount": True}
"""Execution options of an INSERT whose ``rowcount`` is read."""


_DEFINITIONS: Final = 7_041_948
"""Kind of the advisory locks of definitions, one for each tenant: any number does."""


_SEGMENTS: Final = 7_041_949
"""Kind of those that mark segments."""

_MARKS: Final = text(
    "SELECT CAST(objid AS bigint) FROM pg_locks WHERE locktype = 'advisory' AND classid = :kind AND objsubid = 2"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND pid <> pg_backend_pid()"
)


def mark_of(segment_id: UUID) -> int:
    """Return the mark of a segment; few have the same."""
    return segment_id.int & 0x7FFF_FFFF  # the random part


@define
class Transaction:
    """An open transaction. ``memo`` keeps what is read once in it."""

    connection: Connection
    tenant: Tenant
    clock: Clock
    ids: Ids
    memo: dict[object, Any] = field(factory=dict[object, Any])

    @property
    def until(self) -> float | None:
        """Return until when it may go on (``monotonic``); None: as long as it takes."""
        return self.connection.get_execution_options().get(UNTIL)

    @property
    def dialect(self) -> str:
        """Return ``"sqlite"`` or ``"postgresql"``."""
        return self.connection.dialect.name

    def own(self, table: Table) -> ColumnElement[bool]:
        """Return the condition that a row is the tenant's."""
        return table.c.tenant_id == self.tenant.id

    def lock_records(self, *, shared: bool = False) -> None:
        """Let one writer of many records go on at a time; ``shared`` waits for such a one, and not for its like.

        Otherwise a parent and a child that two transactions write at once would not see each other, and never join.
        """
        if self.dialect == "postgresql":  # SQLite has one writer anyway
            lock = func.pg_advisory_xact_lock_shared if shared else func.pg_advisory_xact_lock
            self.connection.execute(select(lock(self.tenant.id.int & 0x7FFF_FFFF_FFFF_FFFF)))

    def lock_definitions(self) -> None:
        """Let one transaction at a time look at what segments refer to, and change it."""
        if self.dialect == "postgresql":  # as above
            self.connection.execute(select(func.pg_advisory_xact_lock(_DEFINITIONS, self.tenant.id.int & 0x7FFF_FFFF)))

    def mark_segment(self, segment_id: UUID) -> None:
        """Let others see that this transaction holds a segment; that hinders nobody."""
        if self.dialect == "postgresql":  # as above
            self.connection.execute(select(func.pg_advisory_xact_lock_shared(_SEGMENTS, mark_of(segment_id))))

    def marked_segments(self) -> Set[int]:
        """Return the marks (``mark_of``) of segments that transactions of others hold."""
        return set(self.connection.scalars(_MARKS, {"kind": _SEGMENTS})) if self.dialect == "postgresql" else set()

    def insert(self, table: Table, row: Mapping[str, object]) -> bool:
        """Insert a row of the tenant; return False where its key, or another unique one, is taken."""
        written = sqlite.insert(table) if self.dialect == "sqlite" else postgresql.insert(table)
        statement = written.values({"tenant_id": self.tenant.id, **row}).on_conflict_do_nothing()
        return self.connection.execute(statement, execution_options=COUNTED).rowcount > 0
