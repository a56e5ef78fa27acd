"""Customers, one at a time."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from attrs import frozen
from sqlalchemy import Row

from kohorte.adapters.storage.changes import StorageChanges
from kohorte.adapters.storage.keyed_rows import KeyedRows
from kohorte.adapters.storage.stored_form import domain_custom, stored_custom, text_columns
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.customers.model import Customer
from kohorte.core.fields import Field
from kohorte.core.ports.records import RecordKind


@frozen
class StorageCustomers:
    """The tenant's customers."""

    transaction: Transaction

    def by_key(self, key: str) -> Customer:
        """Return a customer; raise ``NotFound``."""
        rows = KeyedRows(self.transaction, RecordKind.CUSTOMERS)
        return customer_from_row(rows.find(key), rows.custom)

    def by_id(self, customer_id: UUID) -> Customer:
        """Return a customer; raise ``NotFound``."""
        rows = KeyedRows(self.transaction, RecordKind.CUSTOMERS)
        return customer_from_row(rows.find_id(customer_id), rows.custom)

    def save(self, customer: Customer) -> None:
        """Insert (version 0) or update; raise ``Conflict`` where the stored version is another."""
        rows = KeyedRows(self.transaction, RecordKind.CUSTOMERS)
        rows.save(customer, _to_row(customer, rows.custom))
        changes = StorageChanges(self.transaction)
        changes.of_contacts(changes.contacts_of(RecordKind.CUSTOMERS, [customer.key]))
        rows.forget_waiting(customer.key)
        rows.join_waiting(customer.key)


def _to_row(customer: Customer, custom: Mapping[str, Field]) -> dict[str, object]:
    return {
        **text_columns("name", customer.name),
        **text_columns("category", customer.category),
        **text_columns("industry", customer.industry),
        **text_columns("website", customer.website),
        "country": customer.country,
        **text_columns("city", customer.city),
        "custom": stored_custom(custom, customer.custom),
    }


def customer_from_row(row: Row[Any], custom: Mapping[str, Field]) -> Customer:
    """Return a customer from its row."""
    return Customer(
        id=row.customer_id,
        key=row.key,
        name=row.name,
        category=row.category,
        industry=row.industry,
        website=row.website,
        country=row.country,
        city=row.city,
        custom=domain_custom(custom, row.custom),
        version=row.version,
    )
