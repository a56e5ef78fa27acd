"""Rules as SQL: one text for every instant, values always bound, indexes used, and bindings that say what they lack."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Date,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    create_engine,
    delete,
    event,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from kohorte.core.errors import InvalidInput
from kohorte.core.values import fold
from kohorte.dsl import Language
from kohorte.dsl.checker.rule import check
from kohorte.dsl.sql import Binding, Rows, Stored, condition, parameters
from kohorte.dsl.syntax.parser import parse
from kohorte.dsl.testing import rules
from tests.agreement.tables import Style, Tables
from tests.dsl.catalogues import EVERYTHING, shop_catalogue

NOON = datetime(2024, 7, 1, 12, tzinfo=UTC)
DIALECTS: tuple[Any, ...] = (sqlite.dialect(), postgresql.dialect())  # type: ignore[no-untyped-call]
METADATA = MetaData()
people = Table(
    "people",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("country", Text),
    Column("city", Text),
    Column("city_folded", Text),
    Column("score", Integer),
    Column("birthday", Integer),
    Column("birthday_month_day", Integer),
)
orders = Table(
    "orders", METADATA, Column("id", Integer, primary_key=True), Column("person", Integer), Column("at", BigInteger)
)
for _name in ("country", "city_folded", "score", "birthday_month_day"):
    Index(f"ix_people_{_name}", people.c[_name])
Index("ix_orders", orders.c.person, orders.c.at)
LANGUAGE = Language.of(
    {
        "contact": {"country": "code", "city": "text", "score": "integer", "birthday": "date"},
        "orders": [{"at": "instant!"}],
    }
)
BINDING = Binding(
    subject=Rows(
        people,
        columns={
            "country": people.c.country,
            "city": Stored(people.c.city, folded=people.c.city_folded),
            "score": people.c.score,
            "birthday": Stored(people.c.birthday, month_day=people.c.birthday_month_day),
        },
        key=people.c.id,
    ),
    collections={
        "orders": Rows(orders, columns={"at": orders.c.at}, key=orders.c.id, on=orders.c.person == people.c.id)
    },
)


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.connect() as opened:
        METADATA.create_all(opened)
        yield opened
    engine.dispose()


def written(text: str) -> list[str]:
    """Return the statement of a rule on each engine."""
    statement = select(people.c.id).where(LANGUAGE.rule(text).condition(BINDING))
    return [str(statement.compile(dialect=dialect)) for dialect in DIALECTS]


def plan(text: str, connection: Connection) -> str:
    """Return how SQLite means to run a rule."""
    rule = LANGUAGE.rule(text)
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        seen.append((statement, values))

    event.listen(connection, "before_cursor_execute", note)
    connection.execute(select(people.c.id).where(rule.condition(BINDING)), rule.parameters(NOON))
    event.remove(connection, "before_cursor_execute", note)
    statement, values = seen[-1]
    return "\n".join(str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values))


# -- statements --------------------------------------------------------------------------------------------------


@given(rules(shop_catalogue(), segments=list(EVERYTHING.rules), lists=["vip", "countries"]))
def test_every_time_parameter_of_a_statement_is_given_and_none_hangs_on_the_instant(text: str) -> None:
    known, tables = shop_catalogue(), Tables(shop_catalogue(), Style.STORED)
    checked = check(parse(text), text, known, EVERYTHING).rule
    where = condition(checked, tables.binding(["vip"], {"vip": ["x"], "countries": ["y"]}), known.subject)
    names = {name for name in select(tables.subject).where(where).compile().params if name.startswith("rule_")}
    assert names <= parameters(checked, 0).keys() == parameters(checked, 10**15).keys()


def test_what_a_rule_says_is_bound_and_never_written_into_the_statement() -> None:
    hostile = "x'; DROP TABLE people; --"
    for statement in written(
        f'contact.city = "{hostile}" or contact.country in ("{hostile}", "y") or contact.score > 4711'
    ):
        assert "DROP" not in statement
        assert "4711" not in statement
        assert "'" not in statement


def test_forms_that_lose_the_index_are_never_written() -> None:
    text = """contact.country = "DE" and contact.score > 3 and contact.country != "AT" and not contact.score < 1
              and contact.city starts with "b" and contact.city is set"""
    for statement in written(text):
        assert not re.search(r"(?i)coalesce|is true|is not distinct|\blike\b|lower\(", statement)


def test_a_condition_serves_every_kind_of_statement(connection: Connection) -> None:
    rule = LANGUAGE.rule('contact.country = "DE" and no orders(last 30 days)')
    where, values = rule.condition(BINDING), rule.parameters(NOON)
    chosen = Table("chosen", MetaData(), Column("id", Integer))
    chosen.create(connection)
    connection.execute(insert(people), [{"id": 1, "country": "DE"}, {"id": 2, "country": "AT"}])
    connection.execute(insert(chosen).from_select(["id"], select(people.c.id).where(where)), values)
    assert connection.scalars(select(chosen.c.id)).all() == [1]
    connection.execute(update(people).values(score=9).where(where), values)
    assert connection.scalars(select(people.c.id).where(people.c.score == 9)).all() == [1]
    connection.execute(delete(people).where(where), values)
    assert connection.scalars(select(people.c.id)).all() == [2]


def test_statements_are_compiled_once_and_kept() -> None:
    statement = select(people.c.id).where(LANGUAGE.rule('contact.city starts with "b"').condition(BINDING))
    assert statement._generate_cache_key() is not None


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ('contact.country = "DE"', "ix_people_country"),
        ('contact.country in ("DE", "AT")', "ix_people_country"),
        ("contact.score > 90", "ix_people_score"),
        ('contact.city = "Köln"', "ix_people_city_folded"),
        ('contact.city starts with "kö"', "ix_people_city_folded"),
        ("contact.birthday has anniversary in the next 7 days", "ix_people_birthday_month_day"),
        ("any orders(last 30 days)", "ix_orders"),
        ("orders(last 30 days).count >= 3", "ix_orders"),
        # Within a group as well: SQLAlchemy must not wrap what the index is asked for.
        ('contact.city starts with "kö" and contact.score is set', "ix_people_city_folded"),
        ("contact.birthday has anniversary today and contact.score is set", "ix_people_birthday_month_day"),
    ],
)
def test_an_index_serves_what_a_rule_asks(text: str, index: str, connection: Connection) -> None:
    assert index in plan(text, connection)


# -- bindings ----------------------------------------------------------------------------------------------------


def bound(column: Column[Any], kind: str, text: str, **options: Any) -> Any:
    """Return the condition of a rule on one field that lies in one column."""
    table = Table("t", MetaData(), Column("id", Integer, primary_key=True), column)
    binding = Binding(subject=Rows(table, columns={"f": column}, key=table.c.id), **options)
    return Language.of({"contact": {"f": kind}}).rule(text).condition(binding)


def test_text_without_a_folded_column_says_what_can_be_done() -> None:
    with pytest.raises(InvalidInput, match="has no folded column") as caught:
        bound(Column("f", Text), "text", 'contact.f = "x"')
    assert "ascii_folding=True" in caught.value.advice()
    bound(Column("f", Text), "text", 'contact.f = exactly "x"')
    bound(Column("f", Text), "text", 'contact.f = "x"', ascii_folding=True)


@pytest.mark.parametrize(
    ("column", "kind", "text"),
    [
        (Column("f", Float), "decimal(2)", "contact.f > 1"),
        (Column("f", Integer), "code", 'contact.f = "x"'),
        (Column("f", Text), "integer", "contact.f = 1"),
        (Column("f", Text), "date", "contact.f = today"),
        (Column("f", Date), "instant", "contact.f on today"),
    ],
)
def test_a_column_that_cannot_hold_its_field_is_refused(column: Column[Any], kind: str, text: str) -> None:
    with pytest.raises(InvalidInput, match="cannot hold the field f"):
        bound(column, kind, text)


def test_what_is_bound_to_nothing_is_named() -> None:
    language = Language.of({"contact": {"a": "integer"}, "firm": {"b": "integer"}, "rows": [{"c": "integer"}]}, key="a")
    binding = Binding(subject=Rows(people, columns={}, key=people.c.id))
    for text, name in (("contact.a = 1", "a"), ("firm.b = 1", "firm"), ("any rows", "rows")):
        with pytest.raises(InvalidInput, match=name):
            language.rule(text).condition(binding)


def test_days_as_numbers_need_their_month_and_day_for_anniversaries_and_dates_do_not() -> None:
    with pytest.raises(InvalidInput, match="month"):
        bound(Column("f", Integer), "date", "contact.f has anniversary today")
    bound(Column("f", Date), "date", "contact.f has anniversary today")


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "orm_people"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    name_folded: Mapped[str | None]
    seen_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    rate: Mapped[Any] = mapped_column(Numeric(12, 2), nullable=True)


def test_the_table_of_a_mapped_class_is_bound_like_any_other() -> None:
    table: Any = Person.__table__
    language = Language.of({"contact": {"name": "text", "seen_at": "instant", "rate": "decimal(2)"}})
    binding = Binding(
        subject=Rows(
            table,
            columns={
                "name": Stored(table.c.name, folded=table.c.name_folded),
                "seen_at": table.c.seen_at,
                "rate": table.c.rate,
            },
            key=table.c.id,
        )
    )
    rule = language.rule('contact.name = "ada" and contact.seen_at in the last 1 day and contact.rate = 0.10')
    engine = create_engine("sqlite://")
    with engine.connect() as opened:
        Base.metadata.create_all(opened)
        rows = [("ADA", NOON, "0.10"), ("Ada", NOON - timedelta(days=2), "0.10"), ("Ada", NOON, "0.11")]
        for number, (name, seen, rate) in enumerate(rows):
            values = {"id": number, "name": name, "name_folded": fold(name), "seen_at": seen, "rate": float(rate)}
            opened.execute(insert(table), values)
        assert opened.scalars(select(table.c.id).where(rule.condition(binding)), rule.parameters(NOON)).all() == [0]
    engine.dispose()


# -- aggregates that nothing narrows -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "orders.count >= 3",
        "orders.count between 2 and 5",
        "orders(at on or after 2024-01-01).max(at) more than 30 days ago",
        "orders.count >= 3 and contact.city is set",
        'orders.count >= 3 and contact.country != "US"',
    ],
)
def test_an_aggregate_that_nothing_narrows_is_asked_of_all_rows_at_once_on_postgresql(text: str) -> None:
    on_sqlite, on_postgresql = written(text)
    assert "GROUP BY" in on_postgresql
    assert "GROUP BY" not in on_sqlite


@pytest.mark.parametrize(
    "text",
    [
        'orders.count >= 3 and contact.country = "DE"',
        "orders.count >= 3 and contact.score > 90",
        "orders.count < 3",
        "orders.count = 0 or contact.score > 90",
        "orders.count >= 3 or contact.score > 90",
        "not orders.max(at) more than 30 days ago",
        "orders(contact.score > 3).count >= 3",
    ],
)
def test_an_aggregate_is_asked_of_one_record_after_the_other_where_few_are_left_or_none_need_rows(text: str) -> None:
    assert all("GROUP BY" not in statement for statement in written(text))
