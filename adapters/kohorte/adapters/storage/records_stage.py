"""Staging: rows that are to be written lie in a temporary table first, and one statement does the rest for all of them.

Filling it is the one step where the engines differ: COPY on PostgreSQL (which row level security forbids on the
tables themselves), many parameters of one INSERT on SQLite.
"""

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Column, ColumnElement, MetaData, Table, any_, bindparam, func, select
from sqlalchemy.schema import CreateTable

from kohorte.adapters.storage.columns import Text_, document_text, identifier
from kohorte.adapters.storage.schema import metadata
from kohorte.adapters.storage.transaction import Transaction

BEFORE: Final = "before_"
"""Prefix of the columns that say where a row lies until it is written."""

_PARENTS: Final = ("contact_id", "purchase_id")


def stage(transaction: Transaction, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """Fill the stage of a table with rows, in the place of whatever was there, and return it.

    The stage has the table's columns but the tenant's, and ``before_contact_id`` and ``before_purchase_id``.
    """
    staged = _stage_of(table.name)
    connection = transaction.connection
    connection.execute(CreateTable(staged, if_not_exists=True))
    cursor = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]
    names = ", ".join(f'"{name}"' for name in columns)
    if transaction.dialect == "sqlite":
        cursor.execute(f"DELETE FROM temp.{staged.name}")  # noqa: S608 - names of ours, here and below
        cursor.executemany(
            f"INSERT INTO temp.{staged.name} ({names}) VALUES ({', '.join('?' * len(columns))})",  # noqa: S608
            rows,
        )
        # Without it SQLite takes the stage for a large table, and reads the real ones from end to end.
        cursor.execute(f"ANALYZE temp.{staged.name}")
    else:
        cursor.execute(f"TRUNCATE pg_temp.{staged.name}")
        with cursor.copy(f"COPY pg_temp.{staged.name} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    return staged


def driver_ids(transaction: Transaction, ids: Iterable[UUID | None]) -> list[Any]:
    """Return identifiers as a stage is filled with them."""
    if transaction.dialect == "sqlite":
        return [each and each.bytes for each in ids]
    return [each and each.hex for each in ids]


def among(transaction: Transaction, column: Column[str], texts: Collection[str]) -> ColumnElement[bool]:
    """Return the condition that a column is one of many texts, which are bound as one parameter."""
    if transaction.dialect == "sqlite":
        values = func.json_each(document_text(list(texts))).table_valued("value")
        return column.in_(select(values.c.value))
    return column == any_(bindparam(None, list(texts), ARRAY(Text_)))


@lru_cache(maxsize=16)
def _stage_of(name: str) -> Table:
    original = metadata.tables[name]
    columns = [Column(column.name, column.type) for column in original.c if column.name != "tenant_id"]
    before = [identifier(BEFORE + name, nullable=True) for name in _PARENTS if name in original.c]
    return Table(f"stage_{name}", MetaData(), *columns, *before, prefixes=["TEMPORARY"])
