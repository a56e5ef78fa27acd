"""Rules as SQLAlchemy conditions for SQLite (3.37 or later), PostgreSQL (15 or later) and DuckDB (1.3 or later).

One condition object serves all engines. Its text never changes: what hangs on the time is a named parameter, whose
values ``parameters`` computes for each run::

    statement = select(contacts.c.id).where(condition(checked, binding, "contact"))
    connection.execute(statement, parameters(checked, now))

The statement's author adds which records exist at all (the tenant's, not erased): see ``Rows.only``.
"""

try:
    from sqlalchemy import ColumnElement
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        'Rules as SQL conditions need SQLAlchemy: pip install "kohorte[sql]"', name=missing.name
    ) from None

from kohorte.dsl.sql.binding import Binding, Entries, Keys, ListEntries, Members, Rows, Stored, custom_column
from kohorte.dsl.sql.conditions import condition_of
from kohorte.dsl.sql.duckdb import register as register_duckdb
from kohorte.dsl.sql.records import prepared_records
from kohorte.dsl.sql.times import times_of
from kohorte.dsl.typed import Checked

__all__ = [
    "Binding",
    "Entries",
    "Keys",
    "ListEntries",
    "Members",
    "Rows",
    "Stored",
    "condition",
    "custom_column",
    "parameters",
    "prepared_records",
]

register_duckdb()


def condition(checked: Checked, binding: Binding, subject: str, *, of_few: bool = False) -> ColumnElement[bool]:
    """Return a checked rule as a condition over the table of ``subject``, the catalogue's owner that it selects.

    ``of_few`` says that the statement asks it of few records, each of which is then looked at by itself. Raise
    ``InvalidInput`` where the rule reads what the binding does not have, or a column cannot hold its field.
    """
    return condition_of(checked, binding, subject, of_few=of_few)


def parameters(checked: Checked, now: int) -> dict[str, object]:
    """Return the values of the condition's time parameters at an instant (µs); they hang on the rule alone."""
    return times_of(checked).at(now)
