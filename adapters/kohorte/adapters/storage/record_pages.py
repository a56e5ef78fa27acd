"""Pages of records: each list is read in the order of an index, from a place on, so that a page costs what is on it.

A list may have several sections, one after the other, each in an order of its own: whoever searches wants those first
whose key is alike. A row is in the first section that it fits.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import dropwhile
from typing import Any, TypeVar
from uuid import UUID

from attrs import evolve, frozen
from sqlalchemy import ColumnElement, Row, Select, and_, not_, or_, select, tuple_

from kohorte.adapters.storage.activities import activity_from_row
from kohorte.adapters.storage.contacts import contact_from_row
from kohorte.adapters.storage.customers import customer_from_row
from kohorte.adapters.storage.keyed_rows import IDS, KeyedRows
from kohorte.adapters.storage.purchases import item_from_row, purchase_from_row
from kohorte.adapters.storage.schema import activities, contacts, customers, external_keys, items, purchases
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.activities.model import Activity
from kohorte.core.contacts.model import Contact
from kohorte.core.customers.model import Customer
from kohorte.core.paging import Page, Place, paged
from kohorte.core.ports.record_pages import (
    EMAIL,
    KEY,
    LAST_NAME,
    NAME,
    NEWEST,
    ListActivities,
    ListContacts,
    ListCustomers,
    ListedItem,
    ListItems,
    ListPurchases,
    beginnings,
)
from kohorte.core.ports.records import RecordKind
from kohorte.core.purchases.model import Purchase, PurchaseItem
from kohorte.core.values import after_prefix, fold

R = TypeVar("R")
Condition = ColumnElement[bool]


@frozen
class Section:
    """Rows in the order of a column, and of ``id`` where it does not tell all of them apart."""

    order: str
    column: ColumnElement[Any]
    rows: Select[Any]
    id: ColumnElement[UUID] | None = None

    def behind(self, after: Place | None, limit: int) -> Select[Any]:
        """Return the selection of the first rows behind a place."""
        by = self.column.desc() if self.order == NEWEST else self.column
        ordered = self.rows.order_by(by, *(() if self.id is None else (self.id,))).limit(limit)
        return ordered if after is None or after.order != self.order else ordered.where(self._later(after))

    def place(self, row: Row[Any], kind: RecordKind) -> Place:
        """Return the place of one of its rows."""
        return Place(self.order, row._mapping[str(self.column.key)], row._mapping[IDS[kind]])

    def _later(self, after: Place) -> Condition:
        if self.id is None:
            return self.column > after.value
        if self.order == NEWEST:
            return and_(self.column <= after.value, or_(self.column < after.value, self.id > after.id))
        return tuple_(self.column, self.id) > (after.value, after.id)


@frozen
class StorageRecordPages:
    """The tenant's records, page by page."""

    transaction: Transaction

    def contacts(self, query: ListContacts) -> Page[Contact]:
        """Return a page of contacts; raise ``NotFound`` for an unknown customer."""
        rows = self._rows(RecordKind.CONTACTS)
        custom = rows.custom
        stored, its = rows.stored(), contacts.c
        if query.text:
            texts = ((EMAIL, its.email_folded), (LAST_NAME, its.last_name_folded))
            sections = list(_beginning(rows, query.text, texts))
        elif query.customer is not None:
            customer_id = self._rows(RecordKind.CUSTOMERS).id_of(query.customer)
            sections = [Section(KEY, its.key, stored.where(its.customer_id == customer_id))]
        elif query.email is not None:
            sections = [Section(KEY, its.key, stored.where(its.email_folded == query.email))]
        else:
            sections = [_by_key(rows)]
        return self._page(rows, sections, query, lambda row: contact_from_row(row, custom))

    def customers(self, query: ListCustomers) -> Page[Customer]:
        """Return a page of customers."""
        rows = self._rows(RecordKind.CUSTOMERS)
        custom = rows.custom
        sections = [_by_key(rows)]
        if query.text:
            sections = list(_beginning(rows, query.text, ((NAME, customers.c.name_folded),)))
        return self._page(rows, sections, query, lambda row: customer_from_row(row, custom))

    def purchases(self, query: ListPurchases) -> Page[Purchase]:
        """Return a page of purchases; raise ``NotFound`` for an unknown contact."""
        rows = self._rows(RecordKind.PURCHASES)
        custom, its = rows.custom, purchases.c
        section = self._of_contact(rows, query.contact, its.at, its.purchase_id)
        page = self._page(rows, [section], query, lambda row: (row.contact_id, purchase_from_row(row, (), custom)))
        places = [(contact_id, purchase.id) for contact_id, purchase in page.rows]
        lines = self._items_of(places) if query.items and places else {}
        return Page([evolve(each, items=tuple(lines.get(each.id, ()))) for _, each in page.rows], page.after)

    def items(self, query: ListItems) -> Page[ListedItem]:
        """Return a page of items; raise ``NotFound`` for an unknown purchase."""
        rows = self._rows(RecordKind.ITEMS)
        custom = rows.custom
        section = _by_key(rows)
        if query.purchase is not None:
            purchase = self._rows(RecordKind.PURCHASES).find(query.purchase)
            of = items.c.contact_id == purchase.contact_id, items.c.purchase_id == purchase.purchase_id
            section = Section(KEY, items.c.key, rows.stored().where(*of))
        return self._page(rows, [section], query, lambda row: ListedItem(item_from_row(row, custom), row.parent))

    def activities(self, query: ListActivities) -> Page[Activity]:
        """Return a page of activities; raise ``NotFound`` for an unknown contact."""
        rows = self._rows(RecordKind.ACTIVITIES)
        custom, its = rows.custom, activities.c
        section = self._of_contact(rows, query.contact, its.at, its.activity_id)
        return self._page(rows, [section], query, lambda row: activity_from_row(row, custom))

    # -- how they are read -----------------------------------------------------------------------------------------

    def _rows(self, kind: RecordKind) -> KeyedRows:
        return KeyedRows(self.transaction, kind)

    def _of_contact(
        self, rows: KeyedRows, contact: str | None, at: ColumnElement[int], id: ColumnElement[UUID]
    ) -> Section:
        """Return the rows of a contact, the newest first, or all of them by their keys."""
        if contact is None:
            return _by_key(rows)
        contact_id = self._rows(RecordKind.CONTACTS).id_of(contact)
        return Section(NEWEST, at, rows.stored().where(rows.table.c.contact_id == contact_id), id)

    def _page(
        self, rows: KeyedRows, sections: Sequence[Section], query: "_Query", read: Callable[[Row[Any]], R]
    ) -> Page[R]:
        found = paged(self._found(sections, query), query.limit, lambda last: last[0].place(last[1], rows.kind))
        return Page([read(row) for _, row in found.rows], found.after)

    def _found(self, sections: Sequence[Section], query: "_Query") -> Iterator[tuple[Section, Row[Any]]]:
        """Yield rows behind the place, one more than the page has if there are so many."""
        after, wanted = query.after, query.limit + 1
        for section in dropwhile(lambda each: after is not None and each.order != after.order, sections):
            rows = self.transaction.connection.execute(section.behind(after, wanted)).all()
            yield from ((section, row) for row in rows)
            wanted -= len(rows)
            if not wanted:
                return

    def _items_of(self, places: Sequence[tuple[UUID, UUID]]) -> dict[UUID, list[PurchaseItem]]:
        """Return the items of purchases by their keys."""
        custom = self._rows(RecordKind.ITEMS).custom
        theirs = tuple_(items.c.contact_id, items.c.purchase_id).in_(places)
        lines = select(items).where(self.transaction.own(items), theirs).order_by(items.c.key)
        found: dict[UUID, list[PurchaseItem]] = {}
        for row in self.transaction.connection.execute(lines):
            found.setdefault(row.purchase_id, []).append(item_from_row(row, custom))
        return found


_Query = ListContacts | ListCustomers | ListPurchases | ListItems | ListActivities


def _by_key(rows: KeyedRows) -> Section:
    return Section(KEY, external_keys.c.key, rows.keyed())


def _beginning(rows: KeyedRows, text: str, columns: Sequence[tuple[str, ColumnElement[Any]]]) -> Iterator[Section]:
    """Yield those whose key begins with a text, then those of whom a column does, and none of the columns before."""
    keys = beginnings(text)
    for prefix in keys:
        yield Section(KEY, external_keys.c.key, rows.keyed().where(_begins(external_keys.c.key, prefix)))
    others = rows.stored().where(*(not_(_begins(rows.table.c.key, prefix)) for prefix in keys))
    for order, column in columns:
        yield Section(order, column, others.where(_begins(column, fold(text))), rows.table.c[IDS[rows.kind]])
        others = others.where(or_(column.is_(None), not_(_begins(column, fold(text)))))


def _begins(column: ColumnElement[Any], prefix: str) -> Condition:
    """Return the condition that a text begins with another one: a range, which an index finds."""
    end = after_prefix(prefix)
    return column >= prefix if end is None else and_(column >= prefix, column < end)
