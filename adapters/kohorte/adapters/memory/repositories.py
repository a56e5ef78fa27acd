"""Customers, contacts, purchases and activities, one aggregate at a time."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

from attrs import define, evolve

from kohorte.adapters.memory.records import MemoryRecords
from kohorte.adapters.memory.state import State, Transaction
from kohorte.core.activities.model import Activity
from kohorte.core.contacts.model import Contact
from kohorte.core.customers.model import Customer
from kohorte.core.errors import Conflict, NotFound
from kohorte.core.ports.records import RecordKind
from kohorte.core.purchases.model import Purchase, PurchaseItem

A = TypeVar("A", Customer, Contact, Purchase, Activity)

ONE: Final = {
    RecordKind.CUSTOMERS: "customer",
    RecordKind.CONTACTS: "contact",
    RecordKind.PURCHASES: "purchase",
    RecordKind.ACTIVITIES: "activity",
}


@define
class MemoryCustomers:
    """The tenant's customers."""

    _transaction: Transaction

    def by_key(self, key: str) -> Customer:
        """Return a customer."""
        return _copy(_found(self._transaction.seen.customers, RecordKind.CUSTOMERS, key))

    def by_id(self, customer_id: UUID) -> Customer:
        """Return a customer."""
        return _copy(_identified(self._transaction.seen.customers, RecordKind.CUSTOMERS, customer_id))

    def save(self, customer: Customer) -> None:
        """Insert or update a customer."""
        state = self._transaction.written
        _refuse_unknown(state, "customer", customer.custom)
        _check_version(state.customers.get(customer.key), customer)
        customer.version += 1
        state.customers[customer.key] = _copy(customer)
        _settle(self._transaction, RecordKind.CUSTOMERS, customer.key)


@define
class MemoryContacts:
    """The tenant's contacts."""

    _transaction: Transaction

    def by_key(self, key: str) -> Contact:
        """Return a contact."""
        return _copy(_found(self._transaction.seen.contacts, RecordKind.CONTACTS, key))

    def by_id(self, contact_id: UUID) -> Contact:
        """Return a contact."""
        return _copy(_identified(self._transaction.seen.contacts, RecordKind.CONTACTS, contact_id))

    def save(self, contact: Contact) -> None:
        """Insert or update a contact."""
        state = self._transaction.written
        if contact.customer is not None:
            _found(state.customers, RecordKind.CUSTOMERS, contact.customer)
        _refuse_unknown(state, "contact", contact.custom)
        _check_version(state.contacts.get(contact.key), contact)
        contact.version += 1
        state.contacts[contact.key] = _copy(contact)
        _settle(self._transaction, RecordKind.CONTACTS, contact.key)


@define
class MemoryPurchases:
    """The tenant's purchases, each with its items."""

    _transaction: Transaction

    def by_key(self, key: str) -> Purchase:
        """Return a purchase with its items."""
        return _copy_of_purchase(_found(self._transaction.seen.purchases, RecordKind.PURCHASES, key))

    def by_id(self, purchase_id: UUID) -> Purchase:
        """Return a purchase with its items."""
        return _copy_of_purchase(_identified(self._transaction.seen.purchases, RecordKind.PURCHASES, purchase_id))

    def currencies(self) -> Sequence[str]:
        """Return the currencies of purchases, the commonest first."""
        counts = Counter(purchase.currency for purchase in self._transaction.seen.purchases.values())
        return sorted(counts, key=lambda currency: (-counts[currency], currency))

    def save(self, purchase: Purchase) -> None:
        """Insert or update a purchase and exactly its items."""
        state = self._transaction.written
        _found(state.contacts, RecordKind.CONTACTS, purchase.contact)
        _refuse_unknown(state, "purchases", purchase.custom)
        for item in purchase.items:
            _refuse_unknown(state, "items", item.custom)
        before = state.purchases.get(purchase.key)
        _check_version(before, purchase)
        self._take_items(state, before, purchase)
        purchase.version += 1
        state.purchases[purchase.key] = _copy_of_purchase(purchase)
        for item in purchase.items:
            state.waiting.pop((RecordKind.ITEMS, item.key), None)
        _settle(self._transaction, RecordKind.PURCHASES, purchase.key)

    def _take_items(self, state: State, before: Purchase | None, purchase: Purchase) -> None:
        for item in purchase.items:
            if state.purchase_of_item.get(item.key, purchase.key) != purchase.key:
                raise Conflict(
                    "The item {item} belongs to another purchase.", hint="Give it another key.", item=item.key
                )
        for item in before.items if before else ():
            del state.purchase_of_item[item.key]
        state.purchase_of_item.update({item.key: purchase.key for item in purchase.items})


@define
class MemoryActivities:
    """The tenant's activities."""

    _transaction: Transaction

    def by_key(self, key: str) -> Activity:
        """Return an activity."""
        return _copy(_found(self._transaction.seen.activities, RecordKind.ACTIVITIES, key))

    def by_id(self, activity_id: UUID) -> Activity:
        """Return an activity."""
        return _copy(_identified(self._transaction.seen.activities, RecordKind.ACTIVITIES, activity_id))

    def save(self, activity: Activity) -> None:
        """Insert or update an activity."""
        state = self._transaction.written
        _found(state.contacts, RecordKind.CONTACTS, activity.contact)
        _refuse_unknown(state, "activities", activity.custom)
        _check_version(state.activities.get(activity.key), activity)
        activity.version += 1
        state.activities[activity.key] = _copy(activity)
        _settle(self._transaction, RecordKind.ACTIVITIES, activity.key)


def _found(rows: dict[str, A], kind: RecordKind, key: str) -> A:
    if key not in rows:
        raise NotFound("There is no {kind} {key}.", hint="Check its key.", kind=ONE[kind], key=key)
    return rows[key]


def _identified(rows: dict[str, A], kind: RecordKind, id: UUID) -> A:
    for row in rows.values():
        if row.id == id:
            return row
    raise NotFound("There is no {kind} {key}.", hint="Check its id.", kind=ONE[kind], key=id)


def _refuse_unknown(state: State, owner: str, custom: Mapping[str, object]) -> None:
    for name, value in custom.items():
        if value is not None and (owner, name) not in state.custom_fields:
            raise NotFound('There is no custom field "{name}".', hint="Add it first.", name=name[:80])


def _check_version(stored: Any, given: Customer | Contact | Purchase | Activity) -> None:
    same = stored is None if given.version == 0 else stored is not None and stored.id == given.id
    if not same or (stored is not None and stored.version != given.version):
        raise Conflict(
            "{key} was changed by somebody else meanwhile.", hint="Read it again, and repeat the change.", key=given.key
        )


def _settle(transaction: Transaction, kind: RecordKind, key: str) -> None:
    """Drop the row that waits under the key of what was saved, and let its children join."""
    transaction.written.waiting.pop((kind, key), None)
    MemoryRecords(transaction).join(kind, [key])


def _copy(aggregate: A) -> A:
    return evolve(aggregate, custom=dict(aggregate.custom))


def _copy_of_purchase(purchase: Purchase) -> Purchase:
    items = [evolve(item, custom=dict(item.custom)) for item in purchase.items]
    return evolve(_copy(purchase), items=tuple(sorted(items, key=_key)))


def _key(item: PurchaseItem) -> str:
    return item.key
