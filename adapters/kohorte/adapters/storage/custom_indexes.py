"""Indexes over custom fields, on request.

An index lies over exactly the expression that rules read (``kohorte.dsl.sql.binding.custom_column``). On PostgreSQL it
holds the rows of its tenant alone, because another tenant's field of that name may be of another kind. There only the
owner of the tables may create or drop one: a field that the application's role adds gets its index from the next
``migrate``, and one that it removes loses it there.
And PostgreSQL reads such an index only for roles that row level security does not bind, since reading JSON is not
"leakproof" to it; the documentation says how a superuser declares that it is.

A tag set has no index: no engine has one that serves its conditions here.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, text

from kohorte.adapters.storage.binding import TABLES
from kohorte.adapters.storage.schema import activities, items, purchases
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.custom_fields.model import CustomField
from kohorte.core.fields import Field, Kind
from kohorte.dsl.sql.binding import custom_column

_MONTH_DAY: Final = "_month_day"


def create_index(transaction: Transaction, custom: CustomField) -> None:
    """Create the indexes of a field that are missing, where the user may create them."""
    if _owns(transaction, TABLES[custom.owner]):
        for statement in _statements(transaction, custom).values():
            transaction.connection.exec_driver_sql(statement)


def drop_index(transaction: Transaction, custom: CustomField) -> None:
    """Drop the indexes of a field, where the user may do so."""
    if _owns(transaction, TABLES[custom.owner]):
        for suffix in ("", _MONTH_DAY):
            transaction.connection.exec_driver_sql(f"DROP INDEX IF EXISTS {_name(custom)}{suffix}")


def create_indexes(transaction: Transaction, customs: Sequence[CustomField]) -> Collection[str]:
    """Create the indexes that some fields ask for and that are missing; return the names of all of them."""
    wanted = [custom for custom in customs if custom.field.indexed]
    for custom in wanted:
        create_index(transaction, custom)
    return [name for custom in wanted for name in _statements(transaction, custom)]


def drop_other_indexes(connection: Connection, wanted: Collection[str]) -> None:
    """Drop the indexes over custom fields that no field of any tenant asks for (PostgreSQL)."""
    known = text(
        "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema() AND starts_with(indexname, 'ix_custom_')"
    )
    for name in {*connection.scalars(known)} - {*wanted}:
        connection.exec_driver_sql(f"DROP INDEX {name}")


def _statements(transaction: Transaction, custom: CustomField) -> Mapping[str, str]:
    """Return the statements that create the indexes of a field, by the names of these.

    Rows of a collection are looked up contact by contact, so that their contact follows the value.
    """
    table = TABLES[custom.owner]
    contact = ", contact_id" if table in (purchases, items, activities) else ""
    if transaction.dialect == "sqlite":
        template = f"CREATE INDEX IF NOT EXISTS {{}} ON {table.name} (tenant_id, ({{}}){contact})"
    else:
        only = f"WHERE tenant_id = '{transaction.tenant.id}'"
        template = f"CREATE INDEX IF NOT EXISTS {{}} ON {table.name} (({{}}){contact}) {only}"
    return {
        (name := _name(custom) + suffix): template.format(name, _sql(transaction, expression))
        for suffix, expression in _expressions(table, custom.field)
    }


def _expressions(table: Table, field: Field) -> Sequence[tuple[str, ColumnElement[Any]]]:
    """Return what conditions over a field compare, each with a mark for the index's name."""
    stored = custom_column(table.c.custom, field)
    if field.kind is Kind.TAGS:
        return []
    if field.kind is Kind.TEXT and stored.folded is not None:
        return [("", stored.folded)]
    if stored.month_day is not None:
        return [("", stored.value), (_MONTH_DAY, stored.month_day)]
    return [("", stored.value)]


def _name(custom: CustomField) -> str:
    return f"ix_custom_{custom.id.hex}"


def _sql(transaction: Transaction, expression: ColumnElement[Any]) -> str:
    options = {"literal_binds": True, "include_table": False}
    return str(expression.compile(dialect=transaction.connection.dialect, compile_kwargs=options))


def _owns(transaction: Transaction, table: Table) -> bool:
    if transaction.dialect == "sqlite":
        return True
    owned = "SELECT pg_has_role(relowner, 'MEMBER') FROM pg_class WHERE oid = to_regclass(:table)"
    return bool(transaction.connection.scalar(text(owned), {"table": table.name}))
