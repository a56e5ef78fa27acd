"""Contacts, one at a time."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from attrs import frozen
from sqlalchemy import Row

from kohorte.adapters.storage.changes import StorageChanges
from kohorte.adapters.storage.keyed_rows import KeyedRows
from kohorte.adapters.storage.stored_form import day_columns, domain_custom, stored_custom, text_columns
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.contacts.model import Contact
from kohorte.core.fields import Field
from kohorte.core.ports.records import RecordKind
from kohorte.core.values import from_days, from_micros, to_micros


@frozen
class StorageContacts:
    """The tenant's contacts."""

    transaction: Transaction

    def by_key(self, key: str) -> Contact:
        """Return a contact; raise ``NotFound``."""
        rows = KeyedRows(self.transaction, RecordKind.CONTACTS)
        return contact_from_row(rows.find(key), rows.custom)

    def by_id(self, contact_id: UUID) -> Contact:
        """Return a contact; raise ``NotFound``."""
        rows = KeyedRows(self.transaction, RecordKind.CONTACTS)
        return contact_from_row(rows.find_id(contact_id), rows.custom)

    def save(self, contact: Contact) -> None:
        """Insert (version 0) or update.

        Raise ``Conflict`` where the stored version is another, ``NotFound`` where the customer is unknown.
        """
        rows = KeyedRows(self.transaction, RecordKind.CONTACTS)
        customers = KeyedRows(self.transaction, RecordKind.CUSTOMERS)
        customer_id = customers.id_of(contact.customer) if contact.customer else None
        rows.save(contact, {"customer_id": customer_id, **_to_row(contact, rows.custom)})
        StorageChanges(self.transaction).of_contacts([contact.id])
        rows.forget_waiting(contact.key)
        rows.join_waiting(contact.key)


def _to_row(contact: Contact, custom: Mapping[str, Field]) -> dict[str, object]:
    return {
        "created_at": to_micros(contact.created_at),
        **text_columns("email", contact.email),
        "email_domain": contact.email_domain,
        **text_columns("first_name", contact.first_name),
        **text_columns("last_name", contact.last_name),
        **text_columns("name", contact.name),
        **text_columns("phone", contact.phone),
        "language": contact.language,
        "time_zone": contact.time_zone,
        **text_columns("street", contact.street),
        **text_columns("postal_code", contact.postal_code),
        **text_columns("city", contact.city),
        "country": contact.country,
        **day_columns("birthday", contact.birthday),
        "custom": stored_custom(custom, contact.custom),
    }


def contact_from_row(row: Row[Any], custom: Mapping[str, Field]) -> Contact:
    """Return a contact from its row, in which ``parent`` is its customer's key."""
    return Contact(
        id=row.contact_id,
        key=row.key,
        created_at=from_micros(row.created_at),
        email=row.email,
        first_name=row.first_name,
        last_name=row.last_name,
        phone=row.phone,
        language=row.language,
        time_zone=row.time_zone,
        street=row.street,
        postal_code=row.postal_code,
        city=row.city,
        country=row.country,
        birthday=None if row.birthday is None else from_days(row.birthday),
        customer=row.parent,
        custom=domain_custom(custom, row.custom),
        version=row.version,
    )
