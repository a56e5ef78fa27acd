"""What PostgreSQL's planner should know of tables in which much has changed at once."""

from typing import Final

from sqlalchemy import Table, text

from kohorte.adapters.storage.transaction import Transaction

_MANY: Final = 10_000
"""From so many changes on, statistics are looked after."""

_STALE: Final = 0.1
"""They are renewed when this share of all rows has changed at once."""


def renew_statistics(transaction: Transaction, table: Table, changed: int) -> None:
    """Tell the planner where much has changed: it would not notice before the next statements."""
    if changed < _MANY or transaction.dialect != "postgresql":
        return
    counted = text("SELECT reltuples FROM pg_class WHERE oid = CAST(:name AS regclass)")
    known = transaction.connection.scalar(counted, {"name": table.name})
    if changed > _STALE * (known or 0):
        transaction.connection.execute(text(f"ANALYZE {table.name}"))
