"""Bulk imports: secondary indexes left out while a table is filled for the first time, statistics refreshed after it.

Only on SQLite, where everybody owns the tables. An import that dies leaves the indexes dropped; every later
``restore_indexes`` makes whatever is missing, of any table.
"""

from typing import Final

from sqlalchemy import literal, select
from sqlalchemy.schema import CreateIndex, DropIndex

from kohorte.adapters.storage.records_rows import table_of
from kohorte.adapters.storage.schema import RECORD_TABLES, external_keys, secondary_indexes, waiting_rows
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.ports.records import RecordKind

_SAMPLE: Final = 1_000
"""So many rows of each index are looked at for SQLite's statistics."""


def drop_indexes(transaction: Transaction, kind: RecordKind) -> None:
    """Drop the secondary indexes of a kind whose table has no row of any tenant."""
    table = table_of(kind)
    if transaction.dialect != "sqlite" or transaction.connection.scalar(select(literal(1)).select_from(table).limit(1)):
        return
    for index in secondary_indexes(table):
        transaction.connection.execute(DropIndex(index, if_exists=True))


def restore_indexes(transaction: Transaction, kind: RecordKind) -> None:
    """Make every secondary index that is missing, and refresh the statistics of a kind."""
    connection = transaction.connection
    if transaction.dialect == "sqlite":
        for table in RECORD_TABLES.values():
            for index in secondary_indexes(table):
                connection.execute(CreateIndex(index, if_not_exists=True))
        connection.exec_driver_sql(f"PRAGMA analysis_limit = {_SAMPLE}")
    for table in (table_of(kind), external_keys, waiting_rows):
        connection.exec_driver_sql(f"ANALYZE {table.name}")
