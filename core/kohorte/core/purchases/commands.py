"""What one may ask for about purchases and their items."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from attrs import evolve, field, frozen

from kohorte.core.bus import Ports
from kohorte.core.columns import settle
from kohorte.core.errors import InvalidValue, KohorteError
from kohorte.core.messages import Command
from kohorte.core.ports.records import RecordKind
from kohorte.core.purchases.events import PurchaseCreated, PurchaseUpdated
from kohorte.core.purchases.model import Purchase, PurchaseItem
from kohorte.core.saving import (
    InvalidFields,
    Saved,
    Texts,
    change,
    found,
    read_fields,
    refuse_incomplete,
    refuse_outdated,
)
from kohorte.core.values import Money


@frozen
class SavePurchase(Command[Saved]):
    """Create a purchase (which needs a contact and a time), or change some of its fields.

    An amount without a currency is in the tenant's. ``items`` (each with its ``key``) become all that the purchase has;
    None leaves them as they are. ``version`` is the one that the caller has seen (0 for a purchase that must be new);
    None overwrites any.
    """

    key: str
    values: Texts = field(factory=dict[str, str | None])
    items: Sequence[Texts] | None = None
    version: int | None = None


def save_purchase(command: SavePurchase, ports: Ports) -> Saved:
    """Save a purchase. Raise ``InvalidFields``, ``Conflict``, or ``NotFound`` for an unknown contact."""
    values = read_fields(RecordKind.PURCHASES, {**command.values, "key": command.key}, ports)
    stored = found(ports.work.purchases.by_key, values["key"])
    refuse_outdated(command.version, stored.version if stored else 0, values["key"])
    _settle_amount(values, stored, ports.tenant.currency)
    if stored is None:
        refuse_incomplete(RecordKind.PURCHASES, values)
        purchase = Purchase(ports.ids.new(), values["key"], values["contact"], values["at"], values["currency"])
    else:
        purchase = stored
    values["items"] = _items(purchase, command.items, values["currency"], ports)
    changed = change(purchase, values)
    if stored is None or changed:
        ports.work.purchases.save(purchase)
        ports.work.record(PurchaseUpdated(purchase.id, changed) if stored else PurchaseCreated(purchase.id))
    return Saved(purchase.id, purchase.key, purchase.version, stored is None, changed)


def _settle_amount(values: dict[str, Any], stored: Purchase | None, default: str) -> None:
    """Make the amount money, and the currency known; a stored amount keeps its number in another currency."""
    if stored is not None and not values.keys() & {"amount", "currency"}:
        values["currency"] = stored.currency
        return
    amount = values.get("amount")
    if stored is not None and "amount" not in values and stored.amount is not None:
        amount = stored.amount.amount
    try:
        values["amount"], values["currency"] = settle(amount, values.get("currency"), default)
    except InvalidValue as problem:
        raise InvalidFields({"amount": problem}) from problem


def _items(purchase: Purchase, given: Sequence[Texts] | None, currency: str, ports: Ports) -> tuple[PurchaseItem, ...]:
    """Return the items that the purchase has from now on, by their keys, in its currency."""
    stored = {item.key: item for item in purchase.items}
    if given is None:
        items = [evolve(item, amount=_kept_amount(item, currency)) for item in stored.values()]
    else:
        items = _read_items(stored, given, currency, ports)
    by_key = {item.key: item for item in items}
    if len(by_key) < len(items):
        raise InvalidFields({"items": InvalidValue("Two items have the same key.", hint="Give each a key of its own.")})
    return tuple(by_key[key] for key in sorted(by_key))


def _read_items(
    stored: Mapping[str, PurchaseItem], given: Sequence[Texts], currency: str, ports: Ports
) -> list[PurchaseItem]:
    """Return items as they are given; raise ``InvalidFields`` with all that is wrong, such as ``items.0.quantity``."""
    items, problems = list[PurchaseItem](), dict[str, KohorteError]()
    for number, texts in enumerate(given):
        try:
            items.append(_item(stored, read_fields(RecordKind.ITEMS, texts, ports), currency, ports))
        except InvalidFields as wrong:
            problems |= {f"items.{number}.{name}": each for name, each in wrong.problems.items()}
    if problems:
        raise InvalidFields(problems)
    return items


def _item(stored: Mapping[str, PurchaseItem], values: dict[str, Any], currency: str, ports: Ports) -> PurchaseItem:
    values.pop("purchase", None)
    if values.get("key") is None:
        raise InvalidFields({"key": InvalidValue("An item has no key.", hint="Give each a key of its own.")})
    known = stored.get(values["key"])
    item = evolve(known) if known else PurchaseItem(ports.ids.new(), values["key"])
    values["amount"] = _amount(values.get("amount", item.amount), currency)
    change(item, values)
    return item


def _kept_amount(item: PurchaseItem, currency: str) -> Money | None:
    """Return the amount of an item in another currency; raise ``InvalidFields`` for a currency that it does not fit."""
    try:
        return _amount(item.amount, currency)
    except InvalidFields as wrong:
        raise InvalidFields({"currency": wrong.problems["amount"]}) from wrong


def _amount(amount: Money | Decimal | None, currency: str) -> Money | None:
    if amount is None:
        return None
    try:
        return Money.of(amount.amount if isinstance(amount, Money) else amount, currency)
    except InvalidValue as problem:
        raise InvalidFields({"amount": problem}) from problem
