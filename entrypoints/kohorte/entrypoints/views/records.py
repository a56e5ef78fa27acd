"""Contacts, customers, purchases with their items, and activities, as programs read them.

``custom`` holds the tenant's own fields that have a value, by name. ``version`` is what a change names to be refused
where somebody else came first.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from attrs import asdict, frozen

from kohorte.core.activities.model import Activity
from kohorte.core.contacts.model import Contact
from kohorte.core.customers.model import Customer
from kohorte.core.errors import Translate, as_written
from kohorte.core.imports.bulk import SavedRecords
from kohorte.core.paging import Page
from kohorte.core.ports.record_pages import ListedItem
from kohorte.core.ports.records import Refused
from kohorte.core.purchases.model import Purchase, PurchaseItem
from kohorte.core.values import Money


@frozen
class CustomerView:
    """A company or household."""

    id: UUID
    key: str
    name: str | None
    category: str | None
    industry: str | None
    website: str | None
    country: str | None
    city: str | None
    custom: Mapping[str, object]
    version: int


@frozen
class ContactView:
    """A person; ``customer`` is the key of the company or household that they belong to."""

    id: UUID
    key: str
    customer: str | None
    created_at: datetime
    email: str | None
    first_name: str | None
    last_name: str | None
    phone: str | None
    language: str | None
    time_zone: str | None
    street: str | None
    postal_code: str | None
    city: str | None
    country: str | None
    birthday: date | None
    custom: Mapping[str, object]
    version: int


@frozen
class ItemView:
    """A line of a purchase."""

    id: UUID
    key: str
    product_code: str | None
    product_name: str | None
    category: str | None
    quantity: int | None
    amount: Money | None
    custom: Mapping[str, object]


@frozen
class PurchaseView:
    """A purchase of a contact (named by its key), with its items by their keys, or None where nobody asked for them."""

    id: UUID
    key: str
    contact: str
    at: datetime
    amount: Money | None
    currency: str
    status: str | None
    items: Sequence[ItemView] | None
    custom: Mapping[str, object]
    version: int


@frozen
class ActivityView:
    """Something that took place with a contact (named by its key), or will."""

    id: UUID
    key: str
    contact: str
    kind: str
    at: datetime
    subject: str | None
    outcome: str | None
    custom: Mapping[str, object]
    version: int


@frozen
class ListedItemView(ItemView):
    """A line of a purchase, with the key of the purchase."""

    purchase: str


@frozen
class CustomersView:
    """A page of customers; ``after`` is the place where the next one begins, None at the end."""

    customers: Sequence[CustomerView]
    after: str | None


@frozen
class ContactsView:
    """A page of contacts; ``after`` is the place where the next one begins, None at the end."""

    contacts: Sequence[ContactView]
    after: str | None


@frozen
class PurchasesView:
    """A page of purchases; ``after`` is the place where the next one begins, None at the end."""

    purchases: Sequence[PurchaseView]
    after: str | None


@frozen
class ItemsView:
    """A page of lines of purchases; ``after`` is the place where the next one begins, None at the end."""

    items: Sequence[ListedItemView]
    after: str | None


@frozen
class ActivitiesView:
    """A page of activities; ``after`` is the place where the next one begins, None at the end."""

    activities: Sequence[ActivityView]
    after: str | None


@frozen
class RefusedRecordView:
    """A row that was not saved, counted from 0: the column, what is wrong with it, and what to do."""

    index: int
    column: str
    code: str
    message: str
    hint: str


@frozen
class SavedRecordsView:
    """How many records are new, known already, waiting for a parent, or had waited for these; and those refused."""

    created: int
    updated: int
    waiting: int
    joined: Mapping[str, int]
    refused: Sequence[RefusedRecordView]


def customer_view(customer: Customer) -> CustomerView:
    """Return a customer for programs."""
    return CustomerView(
        id=customer.id,
        key=customer.key,
        name=customer.name,
        category=customer.category,
        industry=customer.industry,
        website=customer.website,
        country=customer.country,
        city=customer.city,
        custom=dict(customer.custom),
        version=customer.version,
    )


def contact_view(contact: Contact) -> ContactView:
    """Return a contact for programs."""
    return ContactView(
        id=contact.id,
        key=contact.key,
        customer=contact.customer,
        created_at=contact.created_at,
        email=contact.email,
        first_name=contact.first_name,
        last_name=contact.last_name,
        phone=contact.phone,
        language=contact.language,
        time_zone=contact.time_zone,
        street=contact.street,
        postal_code=contact.postal_code,
        city=contact.city,
        country=contact.country,
        birthday=contact.birthday,
        custom=dict(contact.custom),
        version=contact.version,
    )


def purchase_view(purchase: Purchase, *, items: bool = True) -> PurchaseView:
    """Return a purchase for programs, with its items unless nobody asked for them."""
    return PurchaseView(
        id=purchase.id,
        key=purchase.key,
        contact=purchase.contact,
        at=purchase.at,
        amount=purchase.amount,
        currency=purchase.currency,
        status=purchase.status,
        items=[item_view(each) for each in purchase.items] if items else None,
        custom=dict(purchase.custom),
        version=purchase.version,
    )


def item_view(item: PurchaseItem) -> ItemView:
    """Return an item of a purchase for programs."""
    return ItemView(
        id=item.id,
        key=item.key,
        product_code=item.product_code,
        product_name=item.product_name,
        category=item.category,
        quantity=item.quantity,
        amount=item.amount,
        custom=dict(item.custom),
    )


def activity_view(activity: Activity) -> ActivityView:
    """Return an activity for programs."""
    return ActivityView(
        id=activity.id,
        key=activity.key,
        contact=activity.contact,
        kind=activity.kind,
        at=activity.at,
        subject=activity.subject,
        outcome=activity.outcome,
        custom=dict(activity.custom),
        version=activity.version,
    )


# -- many of them ------------------------------------------------------------------------------------------------


def customers_view(page: Page[Customer]) -> CustomersView:
    """Return a page of customers for programs."""
    return CustomersView([customer_view(each) for each in page.rows], _after(page))


def contacts_view(page: Page[Contact]) -> ContactsView:
    """Return a page of contacts for programs."""
    return ContactsView([contact_view(each) for each in page.rows], _after(page))


def purchases_view(page: Page[Purchase], *, items: bool = False) -> PurchasesView:
    """Return a page of purchases for programs, with their items where somebody asked for them."""
    return PurchasesView([purchase_view(each, items=items) for each in page.rows], _after(page))


def items_view(page: Page[ListedItem]) -> ItemsView:
    """Return a page of items for programs."""
    return ItemsView([_listed_item(each) for each in page.rows], _after(page))


def activities_view(page: Page[Activity]) -> ActivitiesView:
    """Return a page of activities for programs."""
    return ActivitiesView([activity_view(each) for each in page.rows], _after(page))


def saved_records_view(saved: SavedRecords, translate: Translate = as_written) -> SavedRecordsView:
    """Return what became of many records for programs."""
    return SavedRecordsView(
        created=saved.created,
        updated=saved.updated,
        waiting=saved.waiting,
        joined={kind.value: count for kind, count in saved.joined.items()},
        refused=[_refused(each, translate) for each in saved.refused],
    )


def _listed_item(listed: ListedItem) -> ListedItemView:
    return ListedItemView(**asdict(item_view(listed.item), recurse=False), purchase=listed.purchase)


def _refused(row: Refused, translate: Translate) -> RefusedRecordView:
    error = row.error
    return RefusedRecordView(row.index, row.column, error.code, error.text(translate), error.advice(translate))


def _after(page: Page[Any]) -> str | None:
    return None if page.after is None else str(page.after)
