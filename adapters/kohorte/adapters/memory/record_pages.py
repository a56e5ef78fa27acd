"""Pages of records in memory: all rows of a list in their order, and those of a page among them."""

from collections.abc import Callable, Iterable, Sequence
from itertools import dropwhile
from typing import TypeVar
from uuid import UUID

from attrs import define, evolve

from kohorte.adapters.memory.pages import behind
from kohorte.adapters.memory.repositories import MemoryActivities, MemoryContacts, MemoryCustomers, MemoryPurchases
from kohorte.adapters.memory.state import Transaction
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
from kohorte.core.purchases.model import Purchase
from kohorte.core.values import fold, to_micros

R = TypeVar("R")
S = TypeVar("S")
Keyed = TypeVar("Keyed", Contact, Customer, Purchase, Activity)
Dated = TypeVar("Dated", Purchase, Activity)
Sections = Iterable[tuple[str, Iterable[tuple[Value, UUID, R]]]]
"""Rows with their values and ids, in parts by what they are sorted by."""
Column = tuple[str, Callable[[R], str | None]]
Query = ListContacts | ListCustomers | ListPurchases | ListItems | ListActivities


@define
class MemoryRecordPages:
    """The tenant's records, page by page."""

    _transaction: Transaction

    def contacts(self, query: ListContacts) -> Page[Contact]:
        """Return a page of contacts."""
        repository, kept = MemoryContacts(self._transaction), self._transaction.seen.contacts.values()
        sections: Sections[Contact]
        if query.text:
            columns: Sequence[Column[Contact]] = [
                (EMAIL, lambda each: each.email),
                (LAST_NAME, lambda each: each.last_name),
            ]
            sections = _beginning(kept, query.text, columns)
        elif query.customer is not None:
            MemoryCustomers(self._transaction).by_key(query.customer)
            sections = _by_key(each for each in kept if each.customer == query.customer)
        elif query.email is not None:
            sections = _by_key(each for each in kept if each.email is not None and fold(each.email) == query.email)
        else:
            sections = _by_key(kept)
        return _page(sections, query, lambda each: repository.by_key(each.key))

    def customers(self, query: ListCustomers) -> Page[Customer]:
        """Return a page of customers."""
        repository, kept = MemoryCustomers(self._transaction), self._transaction.seen.customers.values()
        columns: Sequence[Column[Customer]] = [(NAME, lambda each: each.name)]
        sections = _beginning(kept, query.text, columns) if query.text else _by_key(kept)
        return _page(sections, query, lambda each: repository.by_key(each.key))

    def purchases(self, query: ListPurchases) -> Page[Purchase]:
        """Return a page of purchases."""
        repository, kept = MemoryPurchases(self._transaction), self._transaction.seen.purchases.values()

        def read(each: Purchase) -> Purchase:
            found = repository.by_key(each.key)
            return found if query.items else evolve(found, items=())

        return _page(self._of_contact(kept, query.contact), query, read)

    def items(self, query: ListItems) -> Page[ListedItem]:
        """Return a page of items."""
        repository = MemoryPurchases(self._transaction)
        keys = self._transaction.seen.purchases if query.purchase is None else [query.purchase]
        purchases = [repository.by_key(key) for key in keys]
        listed = [ListedItem(item, purchase.key) for purchase in purchases for item in purchase.items]
        return _page([(KEY, [(each.item.key, each.item.id, each) for each in listed])], query, lambda each: each)

    def activities(self, query: ListActivities) -> Page[Activity]:
        """Return a page of activities."""
        repository, kept = MemoryActivities(self._transaction), self._transaction.seen.activities.values()
        return _page(self._of_contact(kept, query.contact), query, lambda each: repository.by_key(each.key))

    def _of_contact(self, kept: Iterable[Dated], contact: str | None) -> Sections[Dated]:
        """Return the rows of a contact, the newest first, or all of them by their keys."""
        if contact is None:
            return _by_key(kept)
        MemoryContacts(self._transaction).by_key(contact)
        return [(NEWEST, [(to_micros(each.at), each.id, each) for each in kept if each.contact == contact])]


def _by_key(kept: Iterable[Keyed]) -> Sections[Keyed]:
    return [(KEY, [(each.key, each.id, each) for each in kept])]


def _beginning(kept: Iterable[Keyed], text: str, columns: Sequence[Column[Keyed]]) -> Sections[Keyed]:
    """Yield those whose key begins with a text, then those of whom a column does, and none of the columns before."""
    others = list(kept)
    keyed = {each.id: each for each in others if each.key.startswith(beginnings(text))}
    yield KEY, [(each.key, each.id, each) for each in keyed.values()]
    others = [each for each in others if each.id not in keyed]
    for order, column in columns:
        fitting = {each.id: (fold(column(each) or ""), each.id, each) for each in others}
        fitting = {number: row for number, row in fitting.items() if row[0].startswith(fold(text))}
        yield order, fitting.values()
        others = [each for each in others if each.id not in fitting]


def _page(sections: Sections[R], query: Query, read: Callable[[R], S]) -> Page[S]:
    after = query.after
    listed: list[tuple[Place, R]] = []
    for order, rows in dropwhile(lambda each: after is not None and each[0] != after.order, sections):
        placed = [(value, number, (Place(order, value, number), row)) for value, number, row in rows]
        begin = after if after is not None and after.order == order else None
        listed += behind(placed, begin, descending=order == NEWEST)
    page = paged(listed, query.limit, lambda last: last[0])
    return Page([read(row) for _, row in page.rows], page.after)
