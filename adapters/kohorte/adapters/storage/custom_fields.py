"""Custom fields: what a tenant added, and indexes on request.

An index lies over exactly the expression that rules read (``kohorte.dsl.sql.binding.custom_column``). On PostgreSQL it
holds the rows of its tenant alone, because another tenant's field of that name may be of another kind. There only the
owner of the tables may create one: a field that the application's role adds gets its index from the next ``migrate``.
And PostgreSQL reads such an index only for roles that row level security does not bind, since reading JSON is not
"leakproof" to it; the documentation says how a superuser declares that it is.

A tag set has no index: no engine has one that serves its conditions here.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import frozen
from sqlalchemy import ColumnElement, Row, Table, select, text

from kohorte.adapters.storage.schema import RECORD_TABLES, activities, custom_fields, items, purchases
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.columns import OWNERS
from kohorte.core.custom_fields.model import CustomField
from kohorte.core.errors import AlreadyExists
from kohorte.core.fields import Field, Kind
from kohorte.core.values import from_micros, to_micros
from kohorte.dsl.sql.binding import custom_column

TABLES: Final[Mapping[str, Table]] = {OWNERS[kind]: table for kind, table in RECORD_TABLES.items()}
"""The table of each owner of custom fields."""


@frozen
class StorageCustomFields:
    """The tenant's custom fields."""

    transaction: Transaction

    def add(self, custom: CustomField) -> None:
        """Store a new field, with its index where one is asked for; raise ``AlreadyExists``."""
        if not self.transaction.insert(custom_fields, _to_row(custom)):
            raise AlreadyExists(
                "{owner} has a field {name} already.",
                hint="Choose another name.",
                owner=custom.owner,
                name=custom.field.name,
            )
        self.transaction.memo.pop(StorageCustomFields, None)
        if custom.field.indexed:
            create_indexes(self.transaction)

    def all(self) -> Sequence[CustomField]:
        """Return all fields by owner and name."""
        known = self.transaction.memo.get(StorageCustomFields)
        if known is None:
            rows = self.transaction.connection.execute(
                select(custom_fields)
                .where(self.transaction.own(custom_fields))
                .order_by(custom_fields.c.owner, custom_fields.c.name)
            )
            known = self.transaction.memo[StorageCustomFields] = tuple(_from_row(row) for row in rows)
        return known

    def of(self, owner: str) -> Mapping[str, Field]:
        """Return the fields of an owner by name."""
        return {custom.field.name: custom.field for custom in self.all() if custom.owner == owner}


def _to_row(custom: CustomField) -> dict[str, object]:
    return {
        "field_id": custom.id,
        "owner": custom.owner,
        "name": custom.field.name,
        "kind": custom.field.kind.value,
        "scale": custom.field.scale,
        "choices": list(custom.field.choices),
        "long": custom.field.long,
        "indexed": custom.field.indexed,
        "created_at": to_micros(custom.created_at),
    }


def _from_row(row: Row[Any]) -> CustomField:
    made = Field(
        row.name,
        Kind(row.kind),
        scale=row.scale,
        choices=tuple(row.choices),
        long=bool(row.long),
        custom=True,
        indexed=bool(row.indexed),
    )
    return CustomField(row.field_id, row.owner, made, from_micros(row.created_at))


# -- indexes -----------------------------------------------------------------------------------------------------


def create_indexes(transaction: Transaction) -> None:
    """Create the indexes that the tenant's fields ask for and that are missing, where the user may create them."""
    for custom in StorageCustomFields(transaction).all():
        if custom.field.indexed and _may_create(transaction, TABLES[custom.owner]):
            for statement in index_statements(transaction, custom):
                transaction.connection.exec_driver_sql(statement)


def index_statements(transaction: Transaction, custom: CustomField) -> Sequence[str]:
    """Return the statements that create the indexes of a field.

    Rows of a collection are looked up contact by contact, so that their contact follows the value.
    """
    table = TABLES[custom.owner]
    contact = ", contact_id" if table in (purchases, items, activities) else ""
    name = f"ix_custom_{custom.id.hex}"
    if transaction.dialect == "sqlite":
        template = f"CREATE INDEX IF NOT EXISTS {name}{{}} ON {table.name} (tenant_id, ({{}}){contact})"
    else:
        only = f"WHERE tenant_id = '{transaction.tenant.id}'"
        template = f"CREATE INDEX IF NOT EXISTS {name}{{}} ON {table.name} (({{}}){contact}) {only}"
    return [
        template.format(suffix, _sql(transaction, expression))
        for suffix, expression in _expressions(table, custom.field)
    ]


def _expressions(table: Table, field: Field) -> Sequence[tuple[str, ColumnElement[Any]]]:
    """Return what conditions over a field compare, each with a mark for the index's name."""
    stored = custom_column(table.c.custom, field)
    if field.kind is Kind.TAGS:
        return []
    if field.kind is Kind.TEXT and stored.folded is not None:
        return [("", stored.folded)]
    if stored.month_day is not None:
        return [("", stored.value), ("_month_day", stored.month_day)]
    return [("", stored.value)]


def _sql(transaction: Transaction, expression: ColumnElement[Any]) -> str:
    options = {"literal_binds": True, "include_table": False}
    return str(expression.compile(dialect=transaction.connection.dialect, compile_kwargs=options))


def _may_create(transaction: Transaction, table: Table) -> bool:
    if transaction.dialect == "sqlite":
        return True
    owned = "SELECT pg_has_role(relowner, 'MEMBER') FROM pg_class WHERE oid = to_regclass(:table)"
    return bool(transaction.connection.scalar(text(owned), {"table": table.name}))
