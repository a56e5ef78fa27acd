"""A purchase (an order) with its items."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from attrs import define, field

from kohorte.core.values import Money


@define
class PurchaseItem:
    """A line of a purchase; its instant and currency are its purchase's."""

    id: UUID
    key: str
    product_code: str | None = None
    product_name: str | None = None
    category: str | None = None
    quantity: int | None = None
    amount: Money | None = None
    custom: Mapping[str, object] = field(factory=dict[str, object])


@define
class Purchase:
    """What a contact bought at one instant, or gave back (a negative amount).

    ``contact`` is the contact's key. ``currency`` is known even where the amount is not, so that items have one.
    ``custom`` holds the tenant's custom fields in domain form. ``version`` is the optimistic lock: 0 means not stored.
    """

    id: UUID
    key: str
    contact: str
    at: datetime
    currency: str
    amount: Money | None = None
    status: str | None = None
    items: tuple[PurchaseItem, ...] = ()
    custom: Mapping[str, object] = field(factory=dict[str, object])
    version: int = 0
