"""Plain copies of a tenant's records, and what rules read of a contact."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import define, field

from kohorte.core.values import Money
from tests.stories.membership.small_rules import FIELDS

Row = dict[str, Any]


@define
class Records:
    """Records by their keys, each a mapping of its fields; rows that wait for a contact are kept apart.

    ``ids`` are those that the contacts were given. Custom fields go by the names that they had at first.
    """

    ids: dict[str, UUID] = field(factory=dict[str, UUID])
    contacts: dict[str, Row] = field(factory=dict[str, Row])
    customers: dict[str, Row] = field(factory=dict[str, Row])
    purchases: dict[str, Row] = field(factory=dict[str, Row])
    items: dict[str, dict[str, Row]] = field(factory=dict[str, dict[str, Row]])
    """Those of each purchase."""
    activities: dict[str, Row] = field(factory=dict[str, Row])
    waiting: dict[tuple[str, str], Row] = field(factory=dict[tuple[str, str], Row])
    entries: set[str] = field(factory=set[str])

    # -- what is written -----------------------------------------------------------------------------------------

    def save_contact(self, key: str, values: Mapping[str, Any], now: datetime) -> None:
        """Create or change a contact, and let those rows join that waited for it."""
        self.contacts.setdefault(key, {"created_at": now}).update(values)
        joining = [place for place, row in self.waiting.items() if row["contact"] == key]
        for kind, name in joining:
            self._rows(kind)[name] = self.waiting.pop((kind, name))

    def save_customer(self, key: str, category: str | None) -> None:
        """Create or change a customer."""
        self.customers[key] = {"category": category}

    def save_row(self, kind: str, key: str, row: Row) -> None:
        """Write a whole purchase or activity; it waits where its contact is unknown, and what is stored stays then."""
        if row["contact"] not in self.contacts:
            self.waiting[kind, key] = row
            return
        self.waiting.pop((kind, key), None)
        self._rows(kind)[key] = row

    def _rows(self, kind: str) -> dict[str, Row]:
        return self.purchases if kind == "purchases" else self.activities

    # -- what rules read -----------------------------------------------------------------------------------------

    def record(self, key: str) -> Row:
        """Return a contact with all that belongs to it; custom fields go by all names that they may have."""
        contact = self.contacts[key]
        customer = self.customers.get(contact.get("customer") or "")
        return {
            **{alias: value for name, value in contact.items() for alias in FIELDS.get(name, (name,))},
            "id": self.ids[key],
            "key": key,
            "customer": None if customer is None else dict(customer),
            "purchases": [self._purchase(*each) for each in self.purchases.items() if each[1]["contact"] == key],
            "activities": [{**row, "key": name} for name, row in self.activities.items() if row["contact"] == key],
        }

    def _purchase(self, key: str, row: Row) -> Row:
        items = [
            {**item, "key": name, "at": row["at"], "currency": row["currency"]}
            for name, item in self.items.get(key, {}).items()
        ]
        return {**row, "key": key, "items": items}


def money(cents: int | None, currency: str) -> Money | None:
    """Return an amount of so many cents."""
    return None if cents is None else Money.of_units(cents, currency)
