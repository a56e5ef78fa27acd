"""Pages of records: each list is read in the order of an index, from a place on, so that a page costs what is on it.

A list may have several sections, one after the other, each in an order of its own: whoever searches wants those first
whose key is alike. A row is in the first section that it fits.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import dropwhile
from typing import Any, TypeVar
from uuid import UUID

from attrs import evolve, frozen
from sqlalchemy import ColumnElement, Row, Select, and_, column, not_, or_, select, tuple_, values

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
from kohorte.core.paging import Page, Place, Value, paged
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
    """Rows as they lie in their table, in the order of a column, and of ``id`` where it does not tell all apart."""

    order: str
    column: ColumnElement[Any]
    rows: Select[Any]
    id: ColumnElement[UUID] | None = None

    def behind(self, after: Place | None, limit: int) -> Select[Any]:
        """Return the selection of the first rows behind a place."""
        by = self.column.desc() if self.order == NEWEST else self.column
        ordered = self.rows.order_by(by, *(() if self.id is None else (self.id,))).limit(limit)
        return ordered if after is None else ordered.where(self._later(after))

    def value(self, row: Row[Any]) -> Value:
        """Return what one of its rows is sorted by."""
        found: Value = row._mapping[str(self.column.key)]
        return found

    def _later(self, after: Place) -> Condition:
        if self.id is None:
            return self.column > after.value
        if self.order == NEWEST:
            return and_(self.column <= after.value, or_(self.column < after.value, self.id > after.id))
        return tuple_(self.column, self.id) > (after.value, after.id)


@frozen
class KeySection:
    """Rows in the order of their keys: those of a page are found first, whatever a planner thinks, then the rows."""

    rows: KeyedRows
    prefix: str = ""
    order: str = KEY

    def behind(self, after: Place | None, limit: int) -> Select[Any]:
        """Return the selection of the first rows behind a place."""
        key = external_keys.c.key
        keys = self.rows.keys().where(*(() if after is None else (key > after.value,)))
        keys = keys.where(_begins(key, self.prefix)) if self.prefix else keys
        page = keys.order_by(key).limit(limit).subquery("keys")
        return self.rows.keyed(page).order_by(page.c.key)

    def value(self, row: Row[Any]) -> Value:
        """Return what one of its rows is sorted by."""
        key: str = row.key
        return key


AnySection = Section | KeySection


@frozen
class StorageRecordPages:
    """The tenant's records, page by page."""

    transaction: Transaction

    def contacts(self, query: ListContacts) -> Page[Contact]:
        """Return a page of contacts; raise ``NotFound`` for an unknown customer."""
        rows = self._rows(RecordKind.CONTACTS)
        custom, its = rows.custom, contacts.c
        if query.text:
            texts = ((EMAIL, its.email_folded), (LAST_NAME, its.last_name_folded))
            sections: Sequence[AnySection] = list(_beginning(rows, query.text, texts))
        elif query.customer is not None:
            customer_id = self._rows(RecordKind.CUSTOMERS).id_of(query.customer)
            sections = [Section(KEY, its.key, rows.stored().where(its.customer_id == customer_id))]
        elif query.email is not None:
            sections = [Section(KEY, its.key, rows.stored().where(its.email_folded == query.email))]
        else:
            sections = [KeySection(rows)]
        return self._page(rows, sections, query, lambda row: contact_from_row(row, custom))

    def customers(self, query: ListCustomers) -> Page[Customer]:
        """Return a page of customers."""
        rows = self._rows(RecordKind.CUSTOMERS)
        custom = rows.custom
        sections: Sequence[AnySection] = [KeySection(rows)]
        if query.text:
            sections = list(_beginning(rows, query.text, [(NAME, customers.c.name_folded)]))
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
        section: AnySection = KeySection(rows)
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
    ) -> AnySection:
        """Return the rows of a contact, the newest first, or all of them by their keys."""
        if contact is None:
            return KeySection(rows)
        contact_id = self._rows(RecordKind.CONTACTS).id_of(contact)
        return Section(NEWEST, at, rows.stored().where(rows.table.c.contact_id == contact_id), id)

    def _page(
        self, rows: KeyedRows, sections: Sequence[AnySection], query: "_Query", read: Callable[[Row[Any]], R]
    ) -> Page[R]:
        found = paged(self._found(sections, query), query.limit, lambda last: _place(*last, rows.kind))
        return Page([read(row) for _, row in found.rows], found.after)

    def _found(self, sections: Sequence[AnySection], query: "_Query") -> Iterator[tuple[AnySection, Row[Any]]]:
        """Yield rows behind the place, one more than the page has if there are so many."""
        after, wanted = query.after, query.limit + 1
        for section in dropwhile(lambda each: after is not None and each.order != after.order, sections):
            begin = after if after is not None and after.order == section.order else None
            rows = self.transaction.connection.execute(section.behind(begin, wanted)).all()
            yield from ((section, row) for row in rows)
            wanted -= len(rows)
            if not wanted:
                return

    def _items_of(self, places: Sequence[tuple[UUID, UUID]]) -> dict[UUID, list[PurchaseItem]]:
        """Return the items of purchases by their keys."""
        custom = self._rows(RecordKind.ITEMS).custom
        columns = column("contact_id", items.c.contact_id.type), column("purchase_id", items.c.purchase_id.type)
        page = values(*columns).data(places).cte("page")
        theirs = items.c.contact_id == page.c.contact_id, items.c.purchase_id == page.c.purchase_id
        lines = select(items).join(page, and_(*theirs)).where(self.transaction.own(items)).order_by(items.c.key)
        found: dict[UUID, list[PurchaseItem]] = {}
        for row in self.transaction.connection.execute(lines):
            found.setdefault(row.purchase_id, []).append(item_from_row(row, custom))
        return found


_Query = ListContacts | ListCustomers | ListPurchases | ListItems | ListActivities


def _place(section: AnySection, row: Row[Any], kind: RecordKind) -> Place:
    return Place(section.order, section.value(row), row._mapping[IDS[kind]])


def _beginning(rows: KeyedRows, text: str, columns: Sequence[tuple[str, ColumnElement[Any]]]) -> Iterator[AnySection]:
    """Yield those whose key begins with a text, then those of whom a column does, and none of the columns before."""
    keys = beginnings(text)
    for prefix in keys:
        yield KeySection(rows, prefix)
    others = rows.stored().where(*(not_(_begins(rows.table.c.key, prefix)) for prefix in keys))
    for order, folded in columns:
        begins = _begins(folded, fold(text))
        yield Section(order, folded, others.where(begins), rows.table.c[IDS[rows.kind]])
        others = others.where(or_(folded.is_(None), not_(begins)))


def _begins(column: ColumnElement[Any], prefix: str) -> Condition:
    """Return the condition that a text begins with another one: a range, which an index finds."""
    end = after_prefix(prefix)
    return column >= prefix if end is None else and_(column >= prefix, column < end)
