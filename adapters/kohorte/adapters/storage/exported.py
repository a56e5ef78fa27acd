"""Members as rows of chosen columns, read one after the other while the database holds them."""

from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any, Final

from attrs import frozen
from sqlalchemy import ColumnElement, Row, Select, and_, select

from kohorte.adapters.storage.binding import TABLES
from kohorte.adapters.storage.custom_fields import StorageCustomFields
from kohorte.adapters.storage.schema import contacts, customers, segment_members
from kohorte.adapters.storage.stored_form import domain_custom
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.errors import NotFound
from kohorte.core.fields import Field, Kind
from kohorte.core.values import from_days, from_micros

_AT_ONCE: Final = 1_000
"""Rows that are in memory at any time."""

ENTERED_AT: Final = "entered_at"


@frozen
class _Column:
    """What is read for a column, and how its value is made of it."""

    read: ColumnElement[Any]
    value: Callable[[Any], object]


def exported(
    transaction: Transaction, columns: Sequence[str], join: ColumnElement[bool], which: Sequence[ColumnElement[bool]]
) -> Iterator[tuple[object, ...]]:
    """Return one row per stay for which the conditions hold, in the order of contact ids.

    Raise ``NotFound`` for a column that is no field, before the first row.
    """
    wanted = [_column(transaction, column) for column in columns]
    same_customer = and_(
        customers.c.tenant_id == contacts.c.tenant_id, customers.c.customer_id == contacts.c.customer_id
    )
    source = segment_members.join(contacts, join)
    if any(column.startswith("customer.") for column in columns):
        source = source.outerjoin(customers, same_customer)
    rows = select(*(each.read.label(f"column_{place}") for place, each in enumerate(wanted))).select_from(source)
    return _streamed(
        transaction, rows.where(*which).order_by(segment_members.c.contact_id), [each.value for each in wanted]
    )


def _streamed(
    transaction: Transaction, rows: Select[Any], values: Sequence[Callable[[Any], object]]
) -> Generator[tuple[object, ...]]:
    found = transaction.connection.execute(rows, execution_options={"yield_per": _AT_ONCE})
    try:
        for row in found:
            yield _row(row, values)
    finally:
        found.close()


def _row(row: Row[Any], values: Sequence[Callable[[Any], object]]) -> tuple[object, ...]:
    return tuple(None if read is None else value(read) for read, value in zip(row, values, strict=True))


def _column(transaction: Transaction, name: str) -> _Column:
    if name == ENTERED_AT:
        return _Column(segment_members.c.entered_at, from_micros)
    owner, _, field_name = name.partition(".")
    field = _fields(transaction, owner).get(field_name)
    if field is None:
        raise NotFound("There is no field {name}.", hint="Check its name.", name=name[:80])
    if field.custom:
        return _custom(owner, field)
    return _Column(TABLES[owner].c[field_name], _DOMAIN.get(field.kind, _as_it_is))


def _fields(transaction: Transaction, owner: str) -> dict[str, Field]:
    """Return the fields that members have one value of, their customers' among them."""
    holder = kohorte_catalogue().owners.get(owner)
    return {} if holder is None else {**holder.fields, **StorageCustomFields(transaction).of(owner)}


def _custom(owner: str, field: Field) -> _Column:
    wanted = {field.name: field}
    return _Column(TABLES[owner].c.custom, lambda custom: domain_custom(wanted, custom).get(field.name))


def _as_it_is(value: object) -> object:
    return value


_DOMAIN: Final[dict[Kind, Callable[[Any], object]]] = {Kind.DATE: from_days, Kind.INSTANT: from_micros}
"""Built-in fields of contacts and customers are text, codes, days and instants."""
