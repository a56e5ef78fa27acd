"""What an embedder sees of the rule language over tables of their own."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Column, DateTime, ForeignKey, Integer, MetaData, String, Table, create_engine, insert, select
from sqlalchemy.engine import Engine

from kohorte.dsl import Language
from kohorte.dsl.sql import Binding, Rows, Stored

NOW = datetime(2024, 2, 29, 12, 0, tzinfo=UTC)


def days_ago(days: int) -> datetime:
    return NOW - timedelta(days=days)


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = create_engine("sqlite://")
    yield engine
    engine.dispose()


def test_a_rule_is_a_condition_over_ones_own_tables(engine: Engine) -> None:
    metadata = MetaData()
    people = Table(
        "people", metadata, Column("id", Integer, primary_key=True), Column("land", String), Column("town", String)
    )
    orders = Table(
        "orders",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("person", ForeignKey("people.id")),
        Column("placed", DateTime(timezone=True)),
    )
    metadata.create_all(engine)
    language = Language.of(
        {"contact": {"country": "code", "city": "text"}, "purchases": [{"at": "instant"}]},
        segments={"friends": {1, 3}},
        lists={"cities": ["koln"]},
        key="id",
    )
    binding = Binding(
        Rows(people, {"country": people.c.land, "city": Stored(people.c.town)}, people.c.id),
        collections={
            "purchases": Rows(orders, {"at": orders.c.placed}, orders.c.id, on=orders.c.person == people.c.id)
        },
        ascii_folding=True,
    )
    rule = language.rule(
        'contact.country = "DE" and any purchases(last 90 days)'
        ' and in segment "friends" and contact.city in list "cities"'
    )
    statement = select(people.c.id).where(rule.condition(binding))
    with engine.begin() as connection:
        connection.execute(
            insert(people),
            [{"id": each, "land": land, "town": "Koln"} for each, land in ((1, "DE"), (2, "DE"), (3, "AT"))],
        )
        connection.execute(insert(orders), [{"person": each, "placed": days_ago(3)} for each in (1, 2, 3)])
        assert list(connection.execute(statement, rule.parameters(NOW)).scalars()) == [1]
        assert list(connection.execute(statement, rule.parameters(NOW + timedelta(days=99))).scalars()) == []
