"""Purchases with their items, one at a time."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from attrs import frozen
from sqlalchemy import ColumnElement, Row, delete, func, insert, select, union_all

from kohorte.adapters.storage.changes import StorageChanges
from kohorte.adapters.storage.keyed_rows import KeyedRows
from kohorte.adapters.storage.schema import items, purchases
from kohorte.adapters.storage.stored_form import domain_custom, money, stored_custom, text_columns
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.errors import InvalidValue
from kohorte.core.fields import Field
from kohorte.core.ports.records import RecordKind
from kohorte.core.purchases.model import Purchase, PurchaseItem
from kohorte.core.values import Money, from_micros, to_micros

_SAMPLE: Final = 5_000
"""So many purchases at each end are asked for their currency; counting all would take a second for some millions."""


@frozen
class StoragePurchases:
    """The tenant's purchases."""

    transaction: Transaction

    def by_key(self, key: str) -> Purchase:
        """Return a purchase with all its items by their keys; raise ``NotFound``."""
        rows = KeyedRows(self.transaction, RecordKind.PURCHASES)
        return self._whole(rows.find(key), rows.custom)

    def by_id(self, purchase_id: UUID) -> Purchase:
        """Return a purchase with all its items by their keys; raise ``NotFound``."""
        rows = KeyedRows(self.transaction, RecordKind.PURCHASES)
        return self._whole(rows.find_id(purchase_id), rows.custom)

    def currencies(self) -> Sequence[str]:
        """Return the currencies of purchases, the commonest first: of those at both ends of the table."""
        key = (purchases.c.contact_id, purchases.c.purchase_id)
        some = select(purchases.c.currency).where(self.transaction.own(purchases)).limit(_SAMPLE)
        ends = [some.order_by(*key).subquery(), some.order_by(*(column.desc() for column in key)).subquery()]
        sample = union_all(*(select(end.c.currency) for end in ends)).subquery().c.currency
        commonest = select(sample).group_by(sample).order_by(func.count().desc(), sample)
        return self.transaction.connection.scalars(commonest).all()

    def save(self, purchase: Purchase) -> None:
        """Insert (version 0) or update the purchase and exactly its items.

        Raise ``Conflict``, also where another purchase has one of the items; ``NotFound`` where the contact is unknown.
        """
        rows = KeyedRows(self.transaction, RecordKind.PURCHASES)
        contact_id = KeyedRows(self.transaction, RecordKind.CONTACTS).id_of(purchase.contact)
        before = rows.save(purchase, _to_row(purchase, rows.custom), contact_id)
        self._replace_items(purchase, before, contact_id)
        StorageChanges(self.transaction).of_contacts([contact_id, before])
        rows.forget_waiting(purchase.key)
        rows.join_waiting(purchase.key)

    def _whole(self, row: Row[Any], custom: Mapping[str, Field]) -> Purchase:
        of_items = self._lines.custom
        lines = self.transaction.connection.execute(
            select(items).where(*self._of(row.purchase_id, row.contact_id)).order_by(items.c.key)
        )
        return purchase_from_row(row, tuple(item_from_row(line, of_items) for line in lines), custom)

    def _replace_items(self, purchase: Purchase, before: UUID | None, contact_id: UUID) -> None:
        lines = self._lines
        stored = self._of(purchase.id, before)
        for key in self.transaction.connection.scalars(select(items.c.key).where(*stored)).all():
            lines.release(key)
        self.transaction.connection.execute(delete(items).where(*stored))
        for item in purchase.items:
            lines.take(item.key, item.id, contact_id, purchase.id)
            lines.forget_waiting(item.key)
        if purchase.items:
            shared = {"tenant_id": self.transaction.tenant.id, "contact_id": contact_id, "purchase_id": purchase.id}
            custom = lines.custom
            rows = [shared | _item_to_row(item, purchase, custom) for item in purchase.items]
            self.transaction.connection.execute(insert(items), rows)

    @property
    def _lines(self) -> KeyedRows:
        return KeyedRows(self.transaction, RecordKind.ITEMS)

    def _of(self, purchase_id: UUID, contact_id: UUID | None) -> tuple[ColumnElement[bool], ...]:
        own = self.transaction.own(items)
        return own, items.c.contact_id == contact_id, items.c.purchase_id == purchase_id


def _to_row(purchase: Purchase, custom: Mapping[str, Field]) -> dict[str, object]:
    return {
        "at": to_micros(purchase.at),
        "amount": _units(purchase.amount, purchase.currency),
        "currency": purchase.currency,
        "status": purchase.status,
        "custom": stored_custom(custom, purchase.custom),
    }


def purchase_from_row(row: Row[Any], lines: tuple[PurchaseItem, ...], custom: Mapping[str, Field]) -> Purchase:
    """Return a purchase from its row, in which ``parent`` is its contact's key."""
    return Purchase(
        id=row.purchase_id,
        key=row.key,
        contact=row.parent,
        at=from_micros(row.at),
        currency=row.currency,
        amount=money(row.amount, row.currency),
        status=row.status,
        items=lines,
        custom=domain_custom(custom, row.custom),
        version=row.version,
    )


def _item_to_row(item: PurchaseItem, purchase: Purchase, custom: Mapping[str, Field]) -> dict[str, object]:
    return {
        "item_id": item.id,
        "key": item.key,
        "at": to_micros(purchase.at),
        "product_code": item.product_code,
        **text_columns("product_name", item.product_name),
        **text_columns("category", item.category),
        "quantity": item.quantity,
        "amount": _units(item.amount, purchase.currency),
        "currency": purchase.currency,
        "custom": stored_custom(custom, item.custom),
    }


def item_from_row(row: Row[Any], custom: Mapping[str, Field]) -> PurchaseItem:
    """Return an item from its row."""
    return PurchaseItem(
        id=row.item_id,
        key=row.key,
        product_code=row.product_code,
        product_name=row.product_name,
        category=row.category,
        quantity=row.quantity,
        amount=money(row.amount, row.currency),
        custom=domain_custom(custom, row.custom),
    )


def _units(amount: Money | None, currency: str) -> int | None:
    """Return an amount in smallest units; raise ``InvalidValue`` where it is in another currency than its purchase."""
    if amount is None:
        return None
    if amount.currency != currency:
        raise InvalidValue(
            "An amount in {found} does not fit a purchase in {expected}.",
            hint="Give all amounts of a purchase in its currency.",
            found=amount.currency,
            expected=currency,
        )
    return amount.units
