"""What a field of the latest row becomes: what is read, what the database does, what catalogues must say."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, String, Table, create_engine, event, select

from kohorte.core.errors import InvalidInput
from kohorte.core.fields import Catalogue, Collection, Field, Kind, Owner
from kohorte.core.ports.rules import RuleRefused
from kohorte.dsl import Language
from kohorte.dsl.sql import Binding, Rows, Stored

NOW = datetime(2024, 7, 1, 12, tzinfo=UTC)
LANGUAGE = Language.of(
    {
        "contact": {"country": "code", "limit": "decimal(2)"},
        "orders": [{"key": "code!", "at": "instant!", "amount": "money", "status": "code", "tags": "tags"}],
        "marks": [{"weight": "integer"}],
    }
)


def matches(text: str, *orders: dict[str, Any]) -> bool:
    return LANGUAGE.rule(text).predicate(NOW)({"orders": orders})


def order(key: str, hours_ago: float, amount: str | None, **more: Any) -> dict[str, Any]:
    units = None if amount is None else Decimal(amount)
    return {"key": key, "at": NOW - timedelta(hours=hours_ago), "amount": units, "currency": "EUR", **more}


def test_a_rule_reads_the_time_the_key_and_the_field_of_the_rows() -> None:
    assert LANGUAGE.rule("last orders.amount > 5 EUR").fields == {
        *("orders.at", "orders.key", "orders.amount", "orders.currency"),
    }
    reads = LANGUAGE.rule("last orders.at before today").compiled.reads
    assert reads.names == {"orders", "orders.at"}


def test_the_latest_row_changes_as_rows_leave_the_window_and_come_to_exist() -> None:
    text = "last orders(last 2 days).amount = 2 EUR"
    later, earlier = order("a", -1, "1"), order("b", 47, "2")
    assert matches(text, later, earlier)
    assert not matches(text, {**later, "at": NOW}, earlier)
    assert not matches(text, {**earlier, "at": NOW - timedelta(days=2)})


def test_an_earlier_row_never_stands_in_for_a_missing_value() -> None:
    rows = order("a", 1, None), order("b", 2, "5")
    assert matches("last orders.amount is empty", *rows)
    assert not matches("last orders.amount = 5 EUR", *rows)
    assert matches("last orders(amount is set).amount = 5 EUR", *rows)


def test_the_latest_row_of_another_currency_answers_for_none_before_it() -> None:
    rows = order("a", 1, "5", currency="GBP"), order("b", 2, "5")
    assert not matches("last orders.amount = 5 EUR", *rows)
    assert matches("last orders.amount = 5 GBP", *rows)
    assert matches('last orders(currency = "EUR").amount = 5 EUR', *rows)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("last orders.tags is set", "wrong_type"),
        ("last marks.weight > 3", "rows_without_time"),
        ("last orders.amount > 5", "currency_missing"),
        ("last orders.amount > contact.limit", "wrong_type"),
        ("last orders.status > 'a'", "not_ordered"),
        ("last orders.amount", "not_a_condition"),
    ],
)
def test_what_the_latest_row_cannot_answer_is_refused(text: str, code: str) -> None:
    with pytest.raises(RuleRefused) as refused:
        LANGUAGE.rule(text)
    assert [problem.code for problem in refused.value.problems] == [code]


def test_a_catalogue_whose_rows_lack_their_key_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no field id"):
        Catalogue.of(
            Owner("contact", (Field("country", Kind.CODE),)),
            collections=[Collection("orders", (Field("at", Kind.INSTANT),), time="at", key="id")],
        )


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("LAST orders().amount > 5 EUR", "last orders.amount > 5 EUR"),
        ("last orders(status = 'a').`amount` > 5 EUR", 'last orders(status = "a").amount > 5 EUR'),
        ("any orders(last `month`.amount > 5 EUR)", "any orders(last `month`.amount > 5 EUR)"),
        ("last `Weeks`(a = 1).b = 2", "last `Weeks`(a = 1).b = 2"),
    ],
)
def test_it_has_one_canonical_form(written: str, canonical: str) -> None:
    assert LANGUAGE.format(written) == canonical
    assert LANGUAGE.format(canonical) == canonical


# -- in a database ------------------------------------------------------------------------------------------------

_METADATA = MetaData()
_PEOPLE = Table("people", _METADATA, Column("id", Integer, primary_key=True), Column("country", String))
_ORDERS = Table(
    "orders",
    _METADATA,
    *(Column("id", Integer, primary_key=True), Column("person", Integer), Column("key", String, nullable=False)),
    *(Column("at", BigInteger), Column("amount", BigInteger), Column("currency", String), Column("status", String)),
)
Index("ix_orders", _ORDERS.c.person, _ORDERS.c.at)
_BINDING = Binding(
    subject=Rows(_PEOPLE, {"country": _PEOPLE.c.country}, key=_PEOPLE.c.id),
    collections={
        "orders": Rows(
            _ORDERS,
            {
                **{name: _ORDERS.c[name] for name in ("key", "at", "currency", "status")},
                "amount": Stored(_ORDERS.c.amount, currency=_ORDERS.c.currency),
            },
            key=_ORDERS.c.id,
            on=_ORDERS.c.person == _PEOPLE.c.id,
        )
    },
)


@pytest.mark.parametrize(
    "text",
    ["last orders.amount > 5 EUR", 'not last orders(status = "paid").status = "x"', "last orders.at before today"],
)
def test_the_index_over_owner_and_time_finds_the_latest_row(text: str) -> None:
    rule, seen = LANGUAGE.rule(text), list[tuple[str, Any]]()
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        _METADATA.create_all(connection)
        event.listen(connection, "before_cursor_execute", lambda *given: seen.append(given[2:4]))
        connection.execute(select(_PEOPLE.c.id).where(rule.condition(_BINDING)), rule.parameters(NOW))
        statement, values = seen[-1]
        plan = [str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
    engine.dispose()
    assert any("INDEX ix_orders (person=? AND at<?)" in step for step in plan), plan
    assert not any("FOR ORDER BY" in step for step in plan), plan  # sorts only rows of one time, if at all


def test_several_questions_about_one_field_look_for_the_row_once() -> None:
    rule = LANGUAGE.rule("last orders.amount > 5 EUR and last orders.amount < 9 EUR")
    statement = str(select(_PEOPLE.c.id).where(rule.condition(_BINDING)))
    assert statement.count("LIMIT 1") == 1
    assert rule.compiled.source.count("for p0") == 1
