"""Bulk imports: secondary indexes left out while a table is filled for the first time, statistics refreshed after it.

Indexes are dropped on SQLite alone, where everybody owns the tables. An import that dies leaves them dropped; every
later ``finish_bulk`` makes whatever is missing, of any table.
"""

from typing import Final

from sqlalchemy import literal, select
from sqlalchemy.schema import CreateIndex, DropIndex

from kohorte.adapters.storage.engine import CACHE_KIB
from kohorte.adapters.storage.records_rows import table_of
from kohorte.adapters.storage.schema import RECORD_TABLES, external_keys, secondary_indexes, waiting_rows
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.ports.records import RecordKind

_SORTING_KIB: Final = 64 * 1024
"""SQLite sorts as many rows in memory as its cache may take, beside the cache: a large one would count twice."""
_SAMPLE: Final = 1_000
"""So many rows of each index are looked at for SQLite's statistics."""
_USUAL_LOG: Final = 1_000
_BULK_LOG: Final = 100_000
"""Pages (of 4 KiB) in SQLite's log before they are copied into the database. Keys come in any order, so every batch
changes most pages of their table: a long log copies each page once for several batches."""


def begin_bulk(transaction: Transaction, kind: RecordKind) -> None:
    """Make ready for many batches; drop the secondary indexes of a kind whose table has no row of any tenant."""
    table = table_of(kind)
    if transaction.dialect != "sqlite":
        return
    transaction.connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint = {_BULK_LOG}")
    if transaction.connection.scalar(select(literal(1)).select_from(table).limit(1)):
        return
    for index in secondary_indexes(table):
        transaction.connection.execute(DropIndex(index, if_exists=True))


def finish_bulk(transaction: Transaction, kind: RecordKind) -> None:
    """Make every secondary index that is missing, and refresh the statistics of a kind."""
    connection = transaction.connection
    if transaction.dialect == "sqlite":
        connection.exec_driver_sql(f"PRAGMA cache_size = -{_SORTING_KIB}")
        for table in RECORD_TABLES.values():
            for index in secondary_indexes(table):
                connection.execute(CreateIndex(index, if_not_exists=True))
        connection.exec_driver_sql(f"PRAGMA analysis_limit = {_SAMPLE}")
        connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint = {_USUAL_LOG}")
        connection.exec_driver_sql(f"PRAGMA cache_size = -{CACHE_KIB}")
    for table in (table_of(kind), external_keys, waiting_rows):
        connection.exec_driver_sql(f"ANALYZE {table.name}")
