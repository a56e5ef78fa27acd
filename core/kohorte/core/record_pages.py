"""What one may read of contacts, customers, purchases, items and activities as lists."""

from kohorte.core.activities.model import Activity
from kohorte.core.bus import Ports
from kohorte.core.contacts.model import Contact
from kohorte.core.customers.model import Customer
from kohorte.core.paging import Page
from kohorte.core.ports.record_pages import (
    ListActivities,
    ListContacts,
    ListCustomers,
    ListedItem,
    ListItems,
    ListPurchases,
)
from kohorte.core.purchases.model import Purchase

# All raise ``InvalidInput`` for what is no page, and ``NotFound`` for what a list belongs to.


def list_contacts(ports: Ports, query: ListContacts) -> Page[Contact]:
    """Return a page of contacts."""
    return ports.work.record_pages.contacts(query.cleaned())


def list_customers(ports: Ports, query: ListCustomers) -> Page[Customer]:
    """Return a page of customers."""
    return ports.work.record_pages.customers(query.cleaned())


def list_purchases(ports: Ports, query: ListPurchases) -> Page[Purchase]:
    """Return a page of purchases."""
    return ports.work.record_pages.purchases(query.cleaned())


def list_items(ports: Ports, query: ListItems) -> Page[ListedItem]:
    """Return a page of purchase items."""
    return ports.work.record_pages.items(query.cleaned())


def list_activities(ports: Ports, query: ListActivities) -> Page[Activity]:
    """Return a page of activities."""
    return ports.work.record_pages.activities(query.cleaned())
