"""Saving contacts, customers, purchases and activities from text, one at a time."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from kohorte.adapters.memory import MemoryStorage
from kohorte.core.activities.commands import SaveActivity
from kohorte.core.bus import Bus
from kohorte.core.contacts.commands import SaveContact
from kohorte.core.custom_fields.commands import AddField
from kohorte.core.customers.commands import SaveCustomer
from kohorte.core.errors import Conflict, InvalidInput, NotFound
from kohorte.core.fields import Kind
from kohorte.core.messages import Command
from kohorte.core.purchases.commands import SavePurchase
from kohorte.core.purchases.model import Purchase
from kohorte.core.saving import InvalidFields, Saved
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.fakes import NOON
from kohorte.core.values import Money

AT = {"at": "2024-05-15 14:00:00"}
SAVES: list[tuple[Any, Mapping[str, str], str]] = [
    (SaveContact, {"first_name": "Ann"}, "last_name"),
    (SaveCustomer, {"name": "ACME"}, "city"),
    (SavePurchase, {"contact": "C1", **AT}, "status"),
    (SaveActivity, {"contact": "C1", "kind": "call", **AT}, "subject"),
]
each_save = pytest.mark.parametrize(("save", "values", "field"), SAVES, ids=[each[0].__name__ for each in SAVES])


@pytest.fixture
def shop(bus: Bus, tenant: Tenant) -> Tenant:
    """Return a tenant with the contact C1 and a custom field ``score`` of everything."""
    bus.run(SaveContact("C1"), tenant)
    for owner in ("contact", "customer", "purchases", "items", "activities"):
        bus.run(AddField(owner, "score", Kind.INTEGER), tenant)
    return tenant


def purchase(bus: Bus, tenant: Tenant, key: str = "P1") -> Purchase:
    with bus.ports(tenant, reading=True) as ports:
        return ports.work.purchases.by_key(key)


def types(storage: MemoryStorage, tenant: Tenant) -> list[str]:
    return [event.type.rpartition(".")[2] for event in storage.outbox(tenant)]


@each_save
def test_what_is_saved_first_is_created(
    bus: Bus, storage: MemoryStorage, shop: Tenant, save: Any, values: Mapping[str, str], field: str
) -> None:
    saved: Saved = bus.run(save("X", values), shop)
    assert (saved.version, saved.created, set(saved.fields)) == (1, True, set(values) - {"contact", "at", "kind"})
    assert types(storage, shop)[-1] == "created"
    assert storage.outbox(shop)[-1].about == saved.id


@each_save
def test_what_is_saved_again_is_changed_where_it_is_named(
    bus: Bus, storage: MemoryStorage, shop: Tenant, save: Any, values: Mapping[str, str], field: str
) -> None:
    first: Saved = bus.run(save("X", {**values, field: "before", "score": "1"}), shop)
    second: Saved = bus.run(save(" X ", {field: "after"}), shop)
    assert second == Saved(first.id, "X", 2, created=False, fields=(field,))
    third: Saved = bus.run(save("X", {field: None, "score": ""}), shop)
    assert (third.version, set(third.fields)) == (3, {field, "score"})
    assert types(storage, shop)[-3:] == ["created", "updated", "updated"]
    assert set(getattr(storage.outbox(shop)[-1], "fields")) == {field, "score"}  # noqa: B009 - of several classes


@each_save
def test_saving_the_same_again_changes_nothing(
    bus: Bus, storage: MemoryStorage, shop: Tenant, save: Any, values: Mapping[str, str], field: str
) -> None:
    first: Saved = bus.run(save("X", {**values, "score": "7"}), shop)
    events = len(storage.outbox(shop))
    assert bus.run(save("X", {**values, "score": "7"}), shop) == Saved(first.id, "X", 1, created=False, fields=())
    assert len(storage.outbox(shop)) == events


@each_save
def test_who_has_seen_another_version_is_told(
    bus: Bus, shop: Tenant, save: Any, values: Mapping[str, str], field: str
) -> None:
    with pytest.raises(Conflict):
        bus.run(save("X", values, version=1), shop)
    bus.run(save("X", values, version=0), shop)
    bus.run(save("X", {field: "after"}, version=1), shop)
    for outdated in (0, 1, 3):
        with pytest.raises(Conflict):
            bus.run(save("X", {field: "again"}, version=outdated), shop)


@each_save
def test_everything_that_is_wrong_is_told_at_once(
    bus: Bus, storage: MemoryStorage, shop: Tenant, save: Any, values: Mapping[str, str], field: str
) -> None:
    events = len(storage.outbox(shop))
    with pytest.raises(InvalidFields) as refused:
        bus.run(save("", {**values, "score": "many", field: "a\0b"}), shop)
    assert set(refused.value.problems) == {"key", "score", field}
    assert "3 field(s)" in str(refused.value)
    assert len(storage.outbox(shop)) == events


@each_save
def test_an_unknown_field_is_refused(bus: Bus, shop: Tenant, save: Any, values: Mapping[str, str], field: str) -> None:
    with pytest.raises(InvalidInput, match="colour"):
        bus.run(save("X", {**values, "colour": "red"}), shop)


@pytest.mark.parametrize(
    ("command", "missing"),
    [
        (SavePurchase("X"), {"contact", "at"}),
        (SavePurchase("X", {"contact": "C1"}), {"at"}),
        (SaveActivity("X", AT), {"contact", "kind"}),
    ],
)
def test_a_new_record_says_what_its_kind_requires(
    bus: Bus, shop: Tenant, command: Command[Saved], missing: set[str]
) -> None:
    with pytest.raises(InvalidFields) as refused:
        bus.run(command, shop)
    assert set(refused.value.problems) == missing


@pytest.mark.parametrize(
    "command",
    [
        SaveContact("X", {"customer": "nobody"}),
        SavePurchase("X", {"contact": "nobody", **AT}),
        SaveActivity("X", {"contact": "nobody", "kind": "call", **AT}),
    ],
)
def test_an_unknown_parent_is_not_found(bus: Bus, shop: Tenant, command: Command[Saved]) -> None:
    with pytest.raises(NotFound, match="nobody"):
        bus.run(command, shop)


def test_a_contacts_time_of_creation_is_now_unless_it_is_told(bus: Bus, shop: Tenant) -> None:
    bus.run(SaveContact("X", {"created_at": ""}), shop)
    bus.run(SaveContact("Y", {"created_at": "2020-01-01T00:00:00Z"}), shop)
    bus.run(SaveContact("Y", {"created_at": None}), shop)
    with bus.ports(shop, reading=True) as ports:
        assert ports.work.contacts.by_key("X").created_at == NOON
        assert ports.work.contacts.by_key("Y").created_at.year == 2020


def test_own_fields_are_saved_beside_the_built_in_ones(bus: Bus, shop: Tenant) -> None:
    bus.run(SaveContact("X", {"score": "7", "birthday": "1980-02-29"}), shop)
    with bus.ports(shop, reading=True) as ports:
        contact = ports.work.contacts.by_key("X")
    assert (contact.custom, str(contact.birthday)) == ({"score": 7}, "1980-02-29")


# -- purchases ---------------------------------------------------------------------------------------------------

BOUGHT = {"contact": "C1", **AT}


def test_a_purchase_has_the_items_that_were_given(bus: Bus, shop: Tenant) -> None:
    items = [{"key": "2", "quantity": "3", "amount": "1.50"}, {"key": "1", "product_name": "Light", "score": "5"}]
    bus.run(SavePurchase("P1", {**BOUGHT, "amount": "9.50", "currency": "GBP"}, items), shop)
    stored = purchase(bus, shop)
    assert (stored.amount, stored.currency, stored.at) == (Money(Decimal("9.50"), "GBP"), "GBP", NOON)
    assert [(item.key, item.quantity, item.amount, item.product_name, item.custom) for item in stored.items] == [
        ("1", None, None, "Light", {"score": 5}),
        ("2", 3, Money(Decimal("1.50"), "GBP"), None, {}),
    ]


def test_items_stay_unless_they_are_given_and_then_are_all_there_are(bus: Bus, shop: Tenant) -> None:
    bus.run(SavePurchase("P1", BOUGHT, [{"key": "1", "quantity": "3"}, {"key": "2"}]), shop)
    before = purchase(bus, shop).items
    bus.run(SavePurchase("P1", {"status": "paid"}), shop)
    assert purchase(bus, shop).items == before
    saved = bus.run(SavePurchase("P1", items=[{"key": "3"}, {"key": "1", "product_code": "x"}]), shop)
    after = purchase(bus, shop).items
    assert saved.fields == ("items",)
    assert [(item.key, item.quantity, item.product_code) for item in after] == [("1", 3, "x"), ("3", None, None)]
    assert after[0].id == before[0].id
    bus.run(SavePurchase("P1", items=[]), shop)
    assert purchase(bus, shop).items == ()


def test_an_amount_without_a_currency_is_in_the_tenants(bus: Bus, shop: Tenant) -> None:
    bus.run(SavePurchase("P1", {**BOUGHT, "amount": "5"}), shop)
    assert purchase(bus, shop).amount == Money(Decimal(5), "EUR")


def test_amounts_keep_their_numbers_when_the_currency_changes(bus: Bus, shop: Tenant) -> None:
    bus.run(SavePurchase("P1", {**BOUGHT, "amount": "5"}, [{"key": "1", "amount": "2"}]), shop)
    bus.run(SavePurchase("P1", {"currency": "JPY"}), shop)
    stored = purchase(bus, shop)
    assert (stored.amount, stored.items[0].amount) == (Money(Decimal(5), "JPY"), Money(Decimal(2), "JPY"))
    bus.run(SavePurchase("P1", {"status": "paid"}), shop)
    assert purchase(bus, shop).currency == "JPY"


@pytest.mark.parametrize(
    ("values", "items", "problem"),
    [
        ({"currency": "JPY"}, None, "currency"),
        ({"currency": "JPY", "amount": "1.5"}, [], "amount"),
        ({}, [{"key": "1", "amount": "1.505"}], "items.0.amount"),
        ({}, [{"key": "1"}, {"key": " 1 "}], "items"),
        ({}, [{"quantity": "3"}], "items.0.key"),
        ({}, [{"key": "1", "quantity": "many"}], "items.0.quantity"),
    ],
)
def test_amounts_and_items_that_do_not_fit_are_refused(
    bus: Bus, shop: Tenant, values: Mapping[str, str], items: list[dict[str, str | None]] | None, problem: str
) -> None:
    bus.run(SavePurchase("P1", {**BOUGHT, "amount": "5"}, [{"key": "1", "amount": "2.50"}]), shop)
    before = purchase(bus, shop)
    with pytest.raises(InvalidFields) as refused:
        bus.run(SavePurchase("P1", values, items), shop)
    assert set(refused.value.problems) == {problem}
    assert purchase(bus, shop) == before
