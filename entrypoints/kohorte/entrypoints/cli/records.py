"""``kohorte contact|customer|purchase|activity``: read what was imported."""

from collections.abc import Callable
from typing import Any, TypeVar

import click
from attrs import asdict

from kohorte.core.paging import MOST, Place
from kohorte.core.ports.record_pages import ListContacts, ListCustomers
from kohorte.core.record_pages import list_contacts, list_customers
from kohorte.entrypoints.cli.commands import TranslatedCommand, TranslatedGroup, argument, examples, option
from kohorte.entrypoints.cli.session import Session, common
from kohorte.entrypoints.views.records import (
    activity_view,
    contact_view,
    contacts_view,
    customer_view,
    customers_view,
    purchase_view,
)

F = TypeVar("F", bound=Callable[..., Any])


@click.group(cls=TranslatedGroup)
def contact() -> None:
    """Read contacts."""


@click.group(cls=TranslatedGroup)
def customer() -> None:
    """Read customers."""


@click.group(cls=TranslatedGroup)
def purchase() -> None:
    """Read purchases."""


@click.group(cls=TranslatedGroup)
def activity() -> None:
    """Read activities."""


# -- lists -------------------------------------------------------------------------------------------------------


def _paged(function: F) -> F:
    """Give a command the options by which one goes from page to page."""
    limit = option("--limit", type=click.IntRange(1, MOST), default=50, show_default=True, help="How many to show.")
    after = option("--after", metavar="PLACE", help="Go on behind this place in the same list.")
    return limit(after(function))


@examples(
    ("kohorte contact list --search smith", "whose key, e-mail address or last name begins so"),
    ("kohorte contact list --customer ACME --limit 10", "the first ones of a customer"),
)
@contact.command("list", cls=TranslatedCommand)
@option("--customer", metavar="KEY", help="Only those of a customer.")
@option("--email", metavar="ADDRESS", help="Only those with an e-mail address.")
@option("--search", default="", metavar="TEXT", help="Only those whose key, e-mail address or last name begins so.")
@_paged
@common(reading=True)
def contacts(
    session: Session, customer: str | None, email: str | None, search: str, limit: int, after: str | None
) -> None:
    """List contacts in the order of their keys."""
    query = ListContacts(customer, email, search, _place(after), limit)
    page = session.read(lambda ports: list_contacts(ports, query))
    rows = [(each.key, each.name, each.email, each.customer) for each in page.rows]

    def people() -> None:
        session.output.table(("key", "name", "email", "customer"), rows)
        _remark_more(session, page.after)

    session.output.show(contacts_view(page), people)


@examples(("kohorte customer list --search acme", "whose key or name begins so"))
@customer.command("list", cls=TranslatedCommand)
@option("--search", default="", metavar="TEXT", help="Only those whose key or name begins so.")
@_paged
@common(reading=True)
def customers(session: Session, search: str, limit: int, after: str | None) -> None:
    """List customers in the order of their keys."""
    query = ListCustomers(search, _place(after), limit)
    page = session.read(lambda ports: list_customers(ports, query))
    rows = [(each.key, each.name, each.category, each.city) for each in page.rows]

    def people() -> None:
        session.output.table(("key", "name", "category", "city"), rows)
        _remark_more(session, page.after)

    session.output.show(customers_view(page), people)


def _place(after: str | None) -> Place | None:
    return None if after is None else Place.of(after)


def _remark_more(session: Session, after: Place | None) -> None:
    if after is not None:
        session.output.remark("Go on with: --after {id}", id=after)


# -- one record --------------------------------------------------------------------------------------------------


@examples(("kohorte contact show 12347", "all that is known"))
@contact.command("show", cls=TranslatedCommand)
@argument("key")
@common(reading=True)
def show_contact(session: Session, key: str) -> None:
    """Show a contact by its key."""
    _show(session, contact_view(session.read(lambda ports: ports.work.contacts.by_key(key))))


@examples(("kohorte customer show ACME", "all that is known"))
@customer.command("show", cls=TranslatedCommand)
@argument("key")
@common(reading=True)
def show_customer(session: Session, key: str) -> None:
    """Show a customer by its key."""
    _show(session, customer_view(session.read(lambda ports: ports.work.customers.by_key(key))))


@examples(("kohorte purchase show 536365", "with its items"))
@purchase.command("show", cls=TranslatedCommand)
@argument("key")
@common(reading=True)
def show_purchase(session: Session, key: str) -> None:
    """Show a purchase by its key, with its items."""
    found = session.read(lambda ports: ports.work.purchases.by_key(key))

    def people() -> None:
        _table(session, purchase_view(found, items=False))
        if found.items:
            session.output.table(
                ("item", "product", "name", "quantity", "amount"),
                [(each.key, each.product_code, each.product_name, each.quantity, each.amount) for each in found.items],
            )

    session.output.show(purchase_view(found), people)


@examples(("kohorte activity show A-17", "all that is known"))
@activity.command("show", cls=TranslatedCommand)
@argument("key")
@common(reading=True)
def show_activity(session: Session, key: str) -> None:
    """Show an activity by its key."""
    _show(session, activity_view(session.read(lambda ports: ports.work.activities.by_key(key))))


def _show(session: Session, view: Any) -> None:
    session.output.show(view, lambda: _table(session, view))


def _table(session: Session, view: Any) -> None:
    """Print each field that has a value, the tenant's own ones last."""
    known = asdict(view, recurse=False)
    custom = known.pop("custom")
    rows = [(name, session.output.cell(value)) for name, value in (known | custom).items() if value is not None]
    session.output.table(("field", "value"), rows)
