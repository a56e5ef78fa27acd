"""Refolding: when Python's Unicode tables have changed, every folded shadow is computed again.

Folding never changes for characters that both versions know; text with newer ones would compare wrongly.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, Connection, Engine, RowMapping, Table, bindparam, select, tuple_, update

from kohorte.adapters.storage.schema import contacts, tenant_tables, tenants
from kohorte.adapters.storage.stored_form import FOLDED
from kohorte.adapters.storage.transaction import TENANT
from kohorte.core.values import email_domain, fold

_PAGE: Final = 5_000
_SHADOW: Final = "_folded"


def refold(engine: Engine) -> None:
    """Compute the shadows of all tenants' rows again, page by page; harmless when it is interrupted and run again."""
    with engine.connect() as connection:
        ids = connection.scalars(select(tenants.c.tenant_id)).all()
    for tenant_id in ids:
        with engine.connect() as connection:
            bound = connection.execution_options(**{TENANT: tenant_id})
            for table in tenant_tables():
                if _shadow_columns(table):
                    _refold_table(bound, table, tenant_id)


def _shadow_columns(table: Table) -> list[str]:
    """Return the columns that are computed by folding."""
    folded = [column.name for column in table.c if column.name.endswith(_SHADOW)]
    domain = [contacts.c.email_domain.name] if table is contacts else []
    return folded + domain + (["custom"] if "custom" in table.c else [])


def _shadows(row: RowMapping, columns: Sequence[str]) -> dict[str, Any]:
    return {name: _shadow(row, name) for name in columns}


def _shadow(row: RowMapping, name: str) -> Any:
    if name == "custom":
        return _refolded_custom(row["custom"])
    if name == "email_domain":
        return email_domain(row["email"]) if row["email"] else None
    text = row[name.removesuffix(_SHADOW)]
    return None if text is None else fold(text)


def _refolded_custom(custom: dict[str, Any]) -> dict[str, Any]:
    shadows = {name: custom[name.removesuffix(FOLDED)] for name in custom if name.endswith(FOLDED)}
    return custom | {
        name: fold(value) if isinstance(value, str) else [fold(tag) for tag in value] for name, value in shadows.items()
    }


def _refold_table(connection: Connection, table: Table, tenant_id: UUID) -> None:
    key = [column for column in table.primary_key if column.name != "tenant_id"]
    columns = _shadow_columns(table)
    write = (
        update(table)
        .where(table.c.tenant_id == tenant_id, *(column == bindparam(f"key_{column.name}") for column in key))
        .values({name: bindparam(f"new_{name}") for name in columns})
    )
    for page in _pages(connection, table, key, tenant_id):
        changed = [
            {f"key_{column.name}": row[column.name] for column in key} | {f"new_{name}": now[name] for name in columns}
            for row in page
            if (now := _shadows(row, columns)) != {name: row[name] for name in columns}
        ]
        if changed:
            connection.execute(write, changed)
        connection.commit()


def _pages(
    connection: Connection, table: Table, key: Sequence[Column[Any]], tenant_id: UUID
) -> Iterator[Sequence[RowMapping]]:
    """Yield the tenant's rows in the order of their keys."""
    rows = select(table).where(table.c.tenant_id == tenant_id).order_by(*key).limit(_PAGE)
    page = connection.execute(rows).mappings().all()
    while page:
        yield page
        last = tuple(page[-1][column.name] for column in key)
        page = connection.execute(rows.where(tuple_(*key) > last)).mappings().all()
