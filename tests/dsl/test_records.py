"""Prepared records from an embedder's own: mappings or objects as they lie, domain values in, stored form out."""

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from attrs import frozen

from kohorte.core.errors import InvalidInput, InvalidValue
from kohorte.core.fields import Catalogue, Collection, Field, Kind, Owner
from kohorte.core.values import Money, to_days, to_micros
from kohorte.dsl.records import Form, Reads, preparation

NOON = datetime(2024, 7, 1, 12, tzinfo=UTC)
_NAME = Field("name", Kind.TEXT)
_NOTES = Field("notes", Kind.TEXT, long=True)
_BIRTHDAY = Field("birthday", Kind.DATE)
_TAGS = Field("tags", Kind.TAGS)
_LIMIT = Field("limit", Kind.MONEY)
_RATE = Field("rate", Kind.DECIMAL, scale=2)
_TIER = Field("tier", Kind.ENUMERATION, choices=("gold",))
_CATEGORY = Field("category", Kind.TEXT)
_AT = Field("at", Kind.INSTANT, nullable=False)
_AMOUNT = Field("amount", Kind.MONEY, currency="currency")
_CURRENCY = Field("currency", Kind.CODE, nullable=False)
_QUANTITY = Field("quantity", Kind.INTEGER)
CATALOGUE = Catalogue.of(
    Owner("contact", (_NAME, _NOTES, _BIRTHDAY, _TAGS, _LIMIT, _RATE, _TIER)),
    Owner("customer", (_CATEGORY,), optional=True),
    collections=(
        Collection("purchases", (_AT, _AMOUNT, _CURRENCY), time="at"),
        Collection("items", (_AT, _AMOUNT, _CURRENCY, _QUANTITY), time="at", parent="purchases"),
    ),
)


def prepared(record: object, *fields: Field, owner: str = "contact") -> dict[str, Any]:
    """Prepare fields of one owner, in every form."""
    return preparation(Reads({owner: {each: set(Form) for each in fields}}), CATALOGUE)(record)


def rows_of(record: object, **rows: tuple[Field, ...]) -> dict[str, Any]:
    """Prepare rows of collections."""
    return preparation(
        Reads(rows={name: {each: set(Form) for each in fields} for name, fields in rows.items()}), CATALOGUE
    )(record)


# -- values ------------------------------------------------------------------------------------------------------


def test_text_is_composed_trimmed_and_folded() -> None:
    assert prepared({"name": " Ko\u0308LN\t"}, _NAME) == {"name": "KöLN", "name~": "köln"}
    assert prepared({"name": "a\r\nb"}, _NAME)["name"] == "a b"
    assert prepared({"notes": "a\nb"}, _NOTES)["notes"] == "a\nb"


@pytest.mark.parametrize("value", [None, "", "  \t"])
def test_empty_text_is_missing(value: str | None) -> None:
    assert prepared({"name": value}, _NAME) == {"name": None, "name~": None}
    assert prepared({}, _NAME) == {"name": None, "name~": None}


def test_a_date_brings_its_month_and_day() -> None:
    day = date(2024, 2, 29)
    assert prepared({"birthday": day}, _BIRTHDAY) == {"birthday": to_days(day), "birthday#": 229}
    assert prepared({"birthday": "2024-02-29"}, _BIRTHDAY)["birthday"] == to_days(day)


def test_tags_are_kept_and_folded_and_none_are_missing() -> None:
    found = prepared({"tags": ["VIP", " Straße "]}, _TAGS)
    assert found == {"tags": ("VIP", "Straße"), "tags~": frozenset({"vip", "strasse"})}
    assert prepared({"tags": [""]}, _TAGS) == {"tags": None, "tags~": None}


@pytest.mark.parametrize(("value", "units"), [(Decimal("1.50"), 150), (2, 200), (19.99, 1999), (Decimal("-0.01"), -1)])
def test_decimals_become_units(value: object, units: int) -> None:
    assert prepared({"rate": value}, _RATE) == {"rate": units}


def test_money_has_the_units_of_its_currency() -> None:
    assert prepared({"limit": Money(Decimal("1.5"), "EUR")}, _LIMIT) == {"limit": 150, "limit$": "EUR"}
    assert prepared({"limit": Money(Decimal(50), "JPY")}, _LIMIT) == {"limit": 50, "limit$": "JPY"}


def test_members_of_an_enumeration_stand_for_their_codes() -> None:
    class Tier(Enum):
        GOLD = "gold"

    assert prepared({"tier": Tier.GOLD}, _TIER) == {"tier": "gold"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (_NAME, 3),
        (_BIRTHDAY, NOON),
        (_RATE, Decimal("0.125")),
        (_RATE, "1.50"),
        (_TAGS, "vip"),
        (_LIMIT, Decimal(1)),
        (_QUANTITY, 1.0),
    ],
)
def test_what_does_not_fit_its_field_is_named(field: Field, value: object) -> None:
    with pytest.raises(InvalidValue, match=field.name):
        prepared({field.name: value}, field)


# -- where they lie ----------------------------------------------------------------------------------------------


@frozen
class Customer:
    category: str


@frozen
class Contact:
    name: str
    customer: Customer | None = None


def test_objects_are_read_by_attribute() -> None:
    assert prepared(Contact("Anna"), _NAME)["name"] == "Anna"
    found = prepared(Contact("Anna", Customer("Retail")), _CATEGORY, owner="customer")
    assert found == {"customer.category": "Retail", "customer.category~": "retail"}


def test_an_object_without_the_attribute_is_a_mistake_and_not_a_missing_value() -> None:
    with pytest.raises(InvalidInput, match="Contact has no attribute birthday"):
        prepared(Contact("Anna"), _BIRTHDAY)


@pytest.mark.parametrize("record", [{"customer": None}, {}, Contact("Anna")])
def test_fields_of_a_record_that_is_not_there_are_missing(record: object) -> None:
    found = prepared(record, _CATEGORY, owner="customer")
    assert found == {"customer.category": None, "customer.category~": None}


def test_lines_lie_in_their_row_and_beside_all_rows() -> None:
    record = {"purchases": [{"at": NOON, "items": [{"quantity": 1}, {"quantity": 2}]}, {"at": NOON}]}
    found = rows_of(record, purchases=(), items=(_QUANTITY,))
    assert found["purchases"] == [{"items": [{"quantity": 1}, {"quantity": 2}]}, {"items": []}]
    assert found["items"] == [{"quantity": 1}, {"quantity": 2}]


def test_a_line_takes_time_and_currency_from_its_row_and_never_the_amount() -> None:
    record = {
        "purchases": [{"at": NOON, "amount": Decimal(5), "currency": "EUR", "items": [{}, {"amount": Decimal(2)}]}]
    }
    found = rows_of(record, items=(_AT, _AMOUNT))
    assert found["items"] == [
        {"at": to_micros(NOON), "amount": None, "amount$": None},
        {"at": to_micros(NOON), "amount": 200, "amount$": "EUR"},
    ]


def test_an_amount_may_say_its_currency_itself() -> None:
    found = rows_of({"purchases": [{"amount": Money(Decimal(5), "GBP")}]}, purchases=(_AMOUNT, _CURRENCY))
    assert found["purchases"] == [{"amount": 500, "amount$": "GBP", "currency": "GBP"}]


def test_only_what_a_rule_reads_is_looked_at() -> None:
    assert prepared({"name": "Anna", "birthday": "no date at all"}, _NAME)["name"] == "Anna"


def test_the_record_key_must_be_named_where_membership_is_asked() -> None:
    with pytest.raises(InvalidInput, match="identifies a record"):
        preparation(Reads(by_key=True), CATALOGUE)
    assert preparation(Reads(by_key=True), CATALOGUE, key="id")({"id": 7}) == {"": 7}
