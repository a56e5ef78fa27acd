"""Where the fields, related rows and lists of Kohorte's catalogue lie in its tables.

The universe is ``contacts``: an erased contact, or one that was merged into another, has no row there. Related rows are
tied to their contact by tenant and contact, as every index begins and as a cluster distributes them.
"""

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, FromClause, Select, Table, and_, bindparam, or_, select
from sqlalchemy.sql.visitors import replacement_traverse

from kohorte.adapters.storage.schema import (
    activities,
    contacts,
    customers,
    items,
    list_entries,
    purchases,
    segment_members,
)
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.fields import Field, Kind
from kohorte.core.ports.rules import CheckedRule
from kohorte.dsl.compiled import CompiledRule
from kohorte.dsl.sql.binding import Binding, Rows, Stored

E = TypeVar("E", bound=ColumnElement[Any])

TABLES: Mapping[str, Table] = {
    "contact": contacts,
    "customer": customers,
    "purchases": purchases,
    "items": items,
    "activities": activities,
}
"""Where the rows of each owner and collection of the catalogue lie."""


def binding_of(transaction: Transaction) -> Binding:
    """Return the binding of a tenant: its rules read the tenant's own rows and no others."""
    same_customer = and_(
        customers.c.tenant_id == contacts.c.tenant_id, customers.c.customer_id == contacts.c.customer_id
    )
    same_purchase = and_(_same_contact(items, purchases), items.c.purchase_id == purchases.c.purchase_id)
    return Binding(
        subject=_rows("contact", contacts.c.contact_id, only=transaction.own(contacts)),
        owners={"customer": _rows("customer", customers.c.customer_id, on=same_customer)},
        collections={
            "purchases": _rows("purchases", purchases.c.purchase_id, on=_same_contact(purchases, contacts)),
            "items": _rows("items", items.c.item_id, on=_same_contact(items, contacts), on_parent=same_purchase),
            "activities": _rows("activities", activities.c.activity_id, on=_same_contact(activities, contacts)),
        },
        segments=lambda segment_id, now: _members(transaction, segment_id, now),
        lists=lambda list_id, folded: _entries(transaction, list_id, folded=folded),
    )


def lasts_at(now: int | ColumnElement[int], stays: FromClause = segment_members) -> ColumnElement[bool]:
    """Return the condition that a stay contains an instant (µs)."""
    left = stays.c.left_at
    return and_(stays.c.entered_at <= now, or_(left.is_(None), left > now))


def _rows(
    owner: str,
    key: ColumnElement[UUID],
    *,
    on: ColumnElement[bool] | None = None,
    on_parent: ColumnElement[bool] | None = None,
    only: ColumnElement[bool] | None = None,
) -> Rows:
    table, catalogue = TABLES[owner], kohorte_catalogue()
    holder = catalogue.owners.get(owner) or catalogue.collections[owner]
    columns = {name: stored(table, field) for name, field in holder.fields.items()}
    return Rows(table, columns, key, on=on, on_parent=on_parent, only=only, custom=table.c.custom)


def stored(table: Table, field: Field) -> Stored:
    """Return the columns of a built-in field."""
    value = table.c[field.name]
    match field.kind:
        case Kind.TEXT:
            # The domain of an address is stored folded, and is its own shadow.
            return Stored(value, folded=table.c.get(f"{field.name}_folded", value))
        case Kind.MONEY:
            return Stored(value, currency=table.c.currency)
        case Kind.DATE:
            return Stored(value, month_day=table.c[f"{field.name}_month_day"])
        case _:
            return Stored(value)


def _same_contact(one: Table, other: Table) -> ColumnElement[bool]:
    return and_(one.c.tenant_id == other.c.tenant_id, one.c.contact_id == other.c.contact_id)


def _members(transaction: Transaction, segment_id: UUID, now: ColumnElement[int]) -> Select[tuple[UUID]]:
    own = transaction.own(segment_members), segment_members.c.segment_id == segment_id
    return select(segment_members.c.contact_id).where(*own, lasts_at(now))


def _entries(transaction: Transaction, list_id: UUID, *, folded: bool) -> Select[tuple[str]]:
    entry = list_entries.c.entry_folded if folded else list_entries.c.entry
    return select(entry).where(transaction.own(list_entries), list_entries.c.list_id == list_id)


def as_compiled(rule: CheckedRule) -> CompiledRule:
    """Return a rule as this storage needs it: only those of the rule language can be written as SQL."""
    if not isinstance(rule, CompiledRule):
        raise TypeError(f"{type(rule).__name__} cannot be asked of a database.")
    return rule


def with_values(expression: E, values: Mapping[str, object]) -> E:
    """Return an expression of a rule with its parameters bound: those of two rules go by the same names."""

    def bound(element: Any, **_: Any) -> Any:
        if isinstance(element, BindParameter) and element.key in values:
            return bindparam(None, values[element.key], type_=element.type, unique=True)
        return None

    found: E = replacement_traverse(expression, {}, bound)
    return found
