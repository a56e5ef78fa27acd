"""Values of custom fields in records and in waiting rows: how many there are, and taking them out."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Table, Text, bindparam, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY

from kohorte.adapters.storage.binding import TABLES
from kohorte.adapters.storage.schema import waiting_rows
from kohorte.adapters.storage.stored_form import SIGNS
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.columns import OWNERS
from kohorte.core.custom_fields.model import CustomField
from kohorte.core.fields import Kind
from kohorte.dsl.sql.binding import custom_column
from kohorte.dsl.sql.elements import json_value

PAGE: Final = 5_000
"""So many rows are changed at a time."""

_KINDS: Final = {owner: kind.value for kind, owner in OWNERS.items()}
_WAITING: Final = waiting_rows.c["columns"]


def count_rows(transaction: Transaction, custom: CustomField) -> int:
    """Return how many records have a value of a field."""
    table = TABLES[custom.owner]
    having = transaction.own(table), _is_in(transaction, table.c.custom, custom.field.stored_name)
    return int(transaction.connection.scalar(select(func.count()).select_from(table).where(*having)) or 0)


def count_values(transaction: Transaction, custom: CustomField, values: Sequence[str]) -> Mapping[str, int]:
    """Return how many records, waiting ones too, have each of some codes, in the order of these; none has no entry."""
    transaction.lock_records()  # whoever writes many just now is waited for
    table, field = TABLES[custom.owner], custom.field
    waiting = json_value(_WAITING, field.stored_name, Kind.ENUMERATION)
    counts: Counter[str] = Counter()
    for its, value in (
        (transaction.own(table), custom_column(table.c.custom, field).value),
        (transaction.own(waiting_rows) & (waiting_rows.c.kind == _KINDS[custom.owner]), waiting),
    ):
        counted = select(value, func.count()).where(its, value.in_(values)).group_by(value)
        for code, count in transaction.connection.execute(counted):
            counts[code] += count
    return {code: counts[code] for code in values if counts[code]}


def purge_pages(transaction: Transaction, custom: CustomField, page: int) -> Iterator[int]:
    """Take a field's values out of records and waiting rows, page by page; yield how many rows each changed.

    That raises no version: who reads a record sees no difference.
    """
    table = TABLES[custom.owner]
    yield from _purged(transaction, table.c.custom, custom, page)
    yield from _purged(transaction, _WAITING, custom, page, waiting_rows.c.kind == _KINDS[custom.owner])


def _purged(
    transaction: Transaction, document: Column[Any], custom: CustomField, page: int, *its: ColumnElement[bool]
) -> Iterator[int]:
    table: Table = document.table
    key = [column for column in table.primary_key if column.name != "tenant_id"]
    having = transaction.own(table), _is_in(transaction, document, custom.field.stored_name), *its
    rows = select(*key).where(*having).order_by(*key).limit(page)
    cleared = update(table).where(*having).values({document: _without(transaction, document, custom.field.stored_name)})
    beyond: list[ColumnElement[bool]] = []
    while True:
        transaction.lock_records()
        found = transaction.connection.execute(rows.where(*beyond)).all()
        if not found:
            return
        last = tuple(found[-1])
        transaction.connection.execute(cleared.where(*beyond, tuple_(*key) <= last))
        yield len(found)
        beyond = [tuple_(*key) > last]


def _is_in(transaction: Transaction, document: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Return the condition that a document says something under a name."""
    if transaction.dialect == "sqlite":
        return func.json_type(document, _path(name)).is_not(None)
    return func.jsonb_exists(document, name)


def _without(transaction: Transaction, document: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    """Return a document without the forms of a value."""
    names = [name + sign for sign in SIGNS]
    if transaction.dialect == "sqlite":
        return func.json_remove(document, *map(_path, names), type_=document.type)
    return document.op("-")(bindparam(None, names, ARRAY(Text)))


def _path(name: str) -> str:
    return f'$."{name}"'
