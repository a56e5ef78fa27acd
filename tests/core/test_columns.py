"""Columns: what text may say of each kind of record, and what becomes of each cell."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.columns import BUILT_IN, OWNERS, REQUIRED, Column, Reading, column_named, columns, settle
from kohorte.core.custom_fields.model import CUSTOM_OWNERS, PARENT_COLUMNS
from kohorte.core.errors import InvalidInput, InvalidValue
from kohorte.core.ports.records import RecordKind
from kohorte.core.testing.fakes import NOON
from kohorte.core.testing.strategies import a_custom_field_of_each_kind
from kohorte.core.values import Money

CUSTOMS = a_custom_field_of_each_kind()
READING = Reading(ZoneInfo("Europe/Berlin"), "EUR")


def column(kind: RecordKind, name: str) -> Column:
    return columns(kind, CUSTOMS, READING)[name]


# The names that files may use without a mapping are a promise to users.
PROMISED = {
    RecordKind.CONTACTS: "key,email,first_name,last_name,phone,language,time_zone,street,postal_code,city,country,"
    "birthday,customer,created_at",
    RecordKind.CUSTOMERS: "key,name,category,industry,website,country,city",
    RecordKind.PURCHASES: "key,contact,at,amount,currency,status",
    RecordKind.ITEMS: "key,purchase,product_code,product_name,category,quantity,amount",
    RecordKind.ACTIVITIES: "key,contact,kind,at,subject,outcome",
}


@pytest.mark.parametrize("kind", RecordKind)
def test_the_names_of_columns_are_those_that_were_promised(kind: RecordKind) -> None:
    assert ",".join(columns(kind, (), READING)) == PROMISED[kind]


@pytest.mark.parametrize("kind", RecordKind)
def test_a_tenants_own_fields_follow_the_built_in_ones(kind: RecordKind) -> None:
    own = [custom.field.name for custom in CUSTOMS if custom.owner == OWNERS[kind]]
    assert [*columns(kind, CUSTOMS, READING)] == [*BUILT_IN[kind], *own]


def test_parents_and_owners_agree_everywhere() -> None:
    assert set(OWNERS.values()) == set(CUSTOM_OWNERS)
    parents = {OWNERS[kind]: kind.parent[0] for kind in RecordKind if kind.parent}
    assert parents == PARENT_COLUMNS


@pytest.mark.parametrize("kind", RecordKind)
def test_required_columns_are_never_empty_and_the_others_may_be(kind: RecordKind) -> None:
    for name, each in columns(kind, CUSTOMS, READING).items():
        for blank in ("", " ", "\u00a0", "\t"):
            if name in REQUIRED[kind]:
                with pytest.raises(InvalidValue, match=f"{name} is empty"):
                    each.parse(blank)
            else:
                assert each.parse(blank) is None


@pytest.mark.parametrize(
    ("kind", "name", "text", "value"),
    [
        (RecordKind.CONTACTS, "key", " C-1 ", "C-1"),
        (RecordKind.CONTACTS, "email", "Ann@Example.com ", "Ann@Example.com"),
        (RecordKind.CONTACTS, "time_zone", "Asia/Tokyo", "Asia/Tokyo"),
        (RecordKind.CONTACTS, "birthday", "1980-02-29", date(1980, 2, 29)),
        (RecordKind.CONTACTS, "created_at", "2024-05-15 14:00:00", NOON),
        (RecordKind.CONTACTS, "customer", "ACME", "ACME"),
        (RecordKind.PURCHASES, "at", "2024-05-15T12:00:00Z", NOON),
        (RecordKind.PURCHASES, "amount", "-9.50", Decimal("-9.50")),
        (RecordKind.PURCHASES, "currency", "gbp", "GBP"),
        (RecordKind.ITEMS, "quantity", "-3", -3),
        (RecordKind.ITEMS, "amount", "1.2345", Decimal("1.2345")),
        (RecordKind.ACTIVITIES, "kind", "call", "call"),
        (RecordKind.CONTACTS, "my_text", " one\ntwo ", "one two"),
        (RecordKind.CONTACTS, "my_code", "x-1", "x-1"),
        (RecordKind.CONTACTS, "my_integer", "12", 12),
        (RecordKind.CONTACTS, "my_decimal", "1.5", Decimal("1.500")),
        (RecordKind.CONTACTS, "my_money", "500", Money(Decimal(500), "EUR")),
        (RecordKind.CONTACTS, "my_money", "500.5 GBP", Money(Decimal("500.5"), "GBP")),
        (RecordKind.CONTACTS, "my_money", "jpy 500", Money(Decimal(500), "JPY")),
        (RecordKind.CONTACTS, "my_boolean", "yes", True),
        (RecordKind.CONTACTS, "my_date", "2024-02-29", date(2024, 2, 29)),
        (RecordKind.CONTACTS, "my_instant", "2024-01-01 00:00", datetime(2023, 12, 31, 23, tzinfo=UTC)),
        (RecordKind.CONTACTS, "my_enumeration", "gold", "gold"),
        (RecordKind.CONTACTS, "my_tag_set", "red, blue;RED,", ("blue", "red")),
    ],
)
def test_a_cell_becomes_a_value(kind: RecordKind, name: str, text: str, value: object) -> None:
    parsed = column(kind, name).parse(text)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("kind", "name", "text", "word"),
    [
        (RecordKind.CONTACTS, "email", "Ann", "e-mail"),
        (RecordKind.CONTACTS, "time_zone", "CET+1", "time zone"),
        (RecordKind.CONTACTS, "birthday", "29.02.1980", "YYYY-MM-DD"),
        (RecordKind.PURCHASES, "amount", "9,50", "point"),
        (RecordKind.PURCHASES, "currency", "Euro", "ISO 4217"),
        (RecordKind.ITEMS, "quantity", "1.5", "whole number"),
        (RecordKind.CONTACTS, "my_enumeration", "Gold", "gold, silver, Straße"),
        (RecordKind.CONTACTS, "my_decimal", "1.2345", "3 at most"),
        (RecordKind.CONTACTS, "my_money", "5 EUR GBP", "ISO 4217"),
        (RecordKind.CONTACTS, "my_money", "5 euros", "ISO 4217"),
        (RecordKind.CONTACTS, "my_boolean", "maybe", "true"),
        (RecordKind.CONTACTS, "key", "x" * 201, "201 characters"),
    ],
)
def test_a_cell_that_does_not_fit_is_refused_with_advice(kind: RecordKind, name: str, text: str, word: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        column(kind, name).parse(text)
    assert word in f"{refused.value.text()} {refused.value.advice()}"


@given(st.data())
def test_no_text_breaks_a_column(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(RecordKind))
    each = data.draw(st.sampled_from([*columns(kind, CUSTOMS, READING).values()]))
    text = data.draw(st.text() | st.from_regex(r"[-+ 0-9.,:TZEUR]{1,30}", fullmatch=True))
    try:
        each.parse(text)
    except InvalidValue as refused:
        assert refused.text()  # noqa: PT017 - whether it is refused is not the question here


def test_long_text_keeps_its_lines() -> None:
    long = [
        type(custom)(custom.id, custom.owner, type(custom.field)(custom.field.name, custom.field.kind, long=True), NOON)
        for custom in CUSTOMS
        if custom.field.name == "my_text"
    ]
    parse = columns(RecordKind.CONTACTS, long, READING)["my_text"].parse
    assert parse("one\r\ntwo\n") == "one\r\ntwo"
    assert parse("x" * 20_000) == "x" * 20_000


def test_a_column_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(InvalidInput) as refused:
        column_named(columns(RecordKind.ITEMS, (), READING), "colour")
    assert "product_code" in refused.value.advice()


def test_an_amount_takes_its_own_currency_or_the_tenants() -> None:
    assert settle(Decimal(5), "GBP", "EUR") == (Money(Decimal(5), "GBP"), "GBP")
    assert settle(Decimal(5), None, "EUR") == (Money(Decimal(5), "EUR"), "EUR")
    assert settle(None, None, "EUR") == (None, "EUR")
    with pytest.raises(InvalidValue):
        settle(Decimal("5.5"), "JPY", "EUR")
