"""Pages of contacts, customers, purchases, items and activities: what lists show, found by indexes."""

from typing import Final, Protocol

from attrs import evolve, frozen

from kohorte.core.activities.model import Activity
from kohorte.core.contacts.model import Contact
from kohorte.core.customers.model import Customer
from kohorte.core.errors import InvalidInput
from kohorte.core.paging import Page, Place, refuse_limit
from kohorte.core.purchases.model import Purchase, PurchaseItem
from kohorte.core.values import clean_code, clean_text, fold

KEY: Final = "key"
EMAIL: Final = "email"
LAST_NAME: Final = "last_name"
NAME: Final = "name"
NEWEST: Final = "newest"
"""What pages are sorted by (``Place.order``): texts by their code points, or instants, the newest first."""


@frozen
class ListContacts:
    """Ask for a page of contacts: of all, of a ``customer`` (by key), with an ``email``, or those that a text begins.

    They come in the order of their keys. With a ``text`` those come first whose key begins with it, as it is written,
    in small letters or in capitals; then, whatever the case, those whose e-mail address begins with it, in the order of
    these, and those whose last name does.
    """

    customer: str | None = None
    email: str | None = None
    text: str = ""
    after: Place | None = None
    limit: int = 100

    def cleaned(self) -> "ListContacts":
        """Return it as storages are asked; raise ``InvalidInput`` for what goes not together, or is no page."""
        text = clean_code(self.text) or ""
        if sum((self.customer is not None, self.email is not None, bool(text))) > 1:
            raise InvalidInput("Contacts are listed by customer, e-mail address or text.", hint="Give one of them.")
        _refuse_no_page(self.after, self.limit, *((KEY, EMAIL, LAST_NAME) if text else (KEY,)))
        return evolve(self, email=None if self.email is None else fold(clean_text(self.email) or ""), text=text)


@frozen
class ListCustomers:
    """Ask for a page of customers in the order of their keys.

    With a ``text`` those come first whose key begins with it, as it is written, in small letters or in capitals; then,
    whatever the case, those whose name begins with it, in the order of these.
    """

    text: str = ""
    after: Place | None = None
    limit: int = 100

    def cleaned(self) -> "ListCustomers":
        """Return it as storages are asked; raise ``InvalidInput`` for what is no page."""
        text = clean_code(self.text) or ""
        _refuse_no_page(self.after, self.limit, *((KEY, NAME) if text else (KEY,)))
        return evolve(self, text=text)


@frozen
class ListPurchases:
    """Ask for a page of purchases in the order of their keys, or those of a ``contact`` (by key), the newest first.

    They come without their ``items`` unless these are asked for.
    """

    contact: str | None = None
    items: bool = False
    after: Place | None = None
    limit: int = 100

    def cleaned(self) -> "ListPurchases":
        """Return it as storages are asked; raise ``InvalidInput`` for what is no page."""
        _refuse_no_page(self.after, self.limit, KEY if self.contact is None else NEWEST)
        return self


@frozen
class ListItems:
    """Ask for a page of purchase items in the order of their keys: of all, or of a ``purchase`` (by key)."""

    purchase: str | None = None
    after: Place | None = None
    limit: int = 100

    def cleaned(self) -> "ListItems":
        """Return it as storages are asked; raise ``InvalidInput`` for what is no page."""
        _refuse_no_page(self.after, self.limit, KEY)
        return self


@frozen
class ListActivities:
    """Ask for a page of activities in the order of their keys, or those of a ``contact`` (by key), the newest first."""

    contact: str | None = None
    after: Place | None = None
    limit: int = 100

    def cleaned(self) -> "ListActivities":
        """Return it as storages are asked; raise ``InvalidInput`` for what is no page."""
        _refuse_no_page(self.after, self.limit, KEY if self.contact is None else NEWEST)
        return self


@frozen
class ListedItem:
    """An item with the key of its purchase."""

    item: PurchaseItem
    purchase: str


class RecordPages(Protocol):
    """Lists of records, page by page; queries are as their ``cleaned`` has them.

    The order is the same everywhere, of equals the lesser id first. A page costs what is on it, however many rows there
    are. Rows that wait for a parent are on none. Raise ``NotFound`` for an unknown customer, contact or purchase.
    """

    def contacts(self, query: ListContacts) -> Page[Contact]:
        """Return a page of contacts."""
        ...

    def customers(self, query: ListCustomers) -> Page[Customer]:
        """Return a page of customers."""
        ...

    def purchases(self, query: ListPurchases) -> Page[Purchase]:
        """Return a page of purchases."""
        ...

    def items(self, query: ListItems) -> Page[ListedItem]:
        """Return a page of items."""
        ...

    def activities(self, query: ListActivities) -> Page[Activity]:
        """Return a page of activities."""
        ...


def beginnings(text: str) -> tuple[str, ...]:
    """Return with which texts a key begins that is looked for by a text, in their order; none begins with another."""
    variants = sorted({text, text.lower(), text.upper()})
    return tuple(each for each in variants if not any(each != other and each.startswith(other) for other in variants))


def _refuse_no_page(after: Place | None, limit: int, *orders: str) -> None:
    refuse_limit(limit)
    if after is not None:
        after.refuse_outside(*orders, texts=orders != (NEWEST,))
