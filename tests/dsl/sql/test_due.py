"""Who is due: what is asked of all rows at once, what of one record after another, and what must not be overlooked."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    Table,
    Text,
    and_,
    create_engine,
    insert,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from kohorte.core.values import to_micros
from kohorte.dsl import Language
from kohorte.dsl.checker.rule import check
from kohorte.dsl.sql import Binding, Rows, Stored
from kohorte.dsl.sql.changes import due_parameters, is_due
from kohorte.dsl.syntax.parser import parse
from kohorte.dsl.testing import rules
from tests.agreement.tables import Style, Tables
from tests.dsl.catalogues import EVERYTHING, shop_catalogue

NOON = datetime(2024, 7, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
DIALECTS: tuple[Any, ...] = (sqlite.dialect(), postgresql.dialect())  # type: ignore[no-untyped-call]
METADATA = MetaData()
people = Table(
    "people",
    METADATA,
    Column("shop", Integer, primary_key=True),
    Column("id", Integer, primary_key=True),
    Column("team", Integer),
    Column("seen", BigInteger),
    Column("born", Integer),
    Column("month_day", Integer),
)
orders = Table(
    "orders",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("shop", Integer),
    Column("person", Integer),
    Column("at", BigInteger),
    Column("kind", Text),
)
visits = Table("visits", METADATA, *(Column(name, BigInteger) for name in ("id", "team", "shop", "person", "at")))
companies = Table("companies", METADATA, *(Column(name, BigInteger) for name in ("id", "person", "since")))
LANGUAGE = Language.of(
    {
        "contact": {"seen": "instant", "born": "date"},
        "company": {"since": "instant"},
        "orders": [{"at": "instant", "kind": "code"}],
        "visits": [{"at": "instant"}],
    },
    segments={
        "lapsed": "no orders(last 30 days)",
        "today": 'in zone "Pacific/Auckland"\nany orders(at on today)',  # it is midnight there
    },
    zone="UTC",
)
SAME_PERSON = and_(orders.c.shop == people.c.shop, orders.c.person == people.c.id)
SAME_VISITOR = and_(visits.c.shop == people.c.shop, visits.c.person == people.c.id)
OF_ROWS = "(people.shop, people.id) IN (SELECT"


def binding(orders_on: ColumnElement[bool] = SAME_PERSON, visits_on: ColumnElement[bool] = SAME_VISITOR) -> Binding:
    return Binding(
        subject=Rows(
            people,
            columns={"seen": people.c.seen, "born": Stored(people.c.born, month_day=people.c.month_day)},
            key=people.c.id,
            only=people.c.shop == 7,
        ),
        owners={
            "company": Rows(
                companies,
                columns={"since": companies.c.since},
                key=companies.c.id,
                on=companies.c.person == people.c.id,
            )
        },
        collections={
            "orders": Rows(orders, columns={"at": orders.c.at, "kind": orders.c.kind}, key=orders.c.id, on=orders_on),
            "visits": Rows(visits, columns={"at": visits.c.at}, key=visits.c.id, on=visits_on),
        },
    )


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.connect() as opened:
        METADATA.create_all(opened)
        yield opened
    engine.dispose()


def written(text: str, bound: Binding) -> list[str]:
    """Return the statement that finds who is due on each engine."""
    statement = select(people.c.id).where(LANGUAGE.rule(text).is_due(bound))
    return [str(statement.compile(dialect=dialect)) for dialect in DIALECTS]


def due(text: str, connection: Connection, bound: Binding, until: datetime = NOON + DAY) -> set[int]:
    """Return who is due."""
    rule = LANGUAGE.rule(text)
    return set(
        connection.scalars(select(people.c.id).where(rule.is_due(bound)), rule.due_parameters(NOON, until)).all()
    )


def at(**length: int) -> int:
    return to_micros(NOON + timedelta(**length))


# -- statements --------------------------------------------------------------------------------------------------


@given(rules(shop_catalogue(), segments=list(EVERYTHING.rules), lists=["vip", "countries"]))
@example("any activities(at != today)")
def test_every_parameter_of_a_statement_is_given(text: str) -> None:
    known, tables = shop_catalogue(), Tables(shop_catalogue(), Style.STORED)
    checked = check(parse(text), text, known, EVERYTHING).rule
    where = is_due(checked, tables.binding(["vip"], {"vip": ["x"], "countries": ["y"]}), known.subject)
    statement = select(tables.subject).where(where).compile()
    unbound = {name for name, bound in statement.binds.items() if bound.required}
    assert unbound <= due_parameters(checked, 0, 1).keys() == due_parameters(checked, 10**15, 10**16).keys()


@pytest.mark.parametrize(
    "text",
    [
        "orders(last 90 days).count >= 3",
        "no orders(last 90 days) and orders(last 30 days).count < 3",
        "not orders.max(at) more than 30 days ago",
        'last orders(last 90 days).kind = "a"',
        "orders(last 30 days).count > visits(last 7 days).count",
        "contact.seen in the last 30 days and orders(last 90 days).count >= 3",
        'in segment "lapsed" or contact.seen before 2020-01-01',
    ],
)
def test_who_may_be_due_is_found_among_the_rows_at_once(text: str) -> None:
    for statement in written(text, binding()):
        assert OF_ROWS in statement


@pytest.mark.parametrize(
    "text",
    [
        "contact.born has anniversary in the next 7 days",
        "orders.max(at) has anniversary in the next 7 days",
        "company.since in the last 30 days",
        "orders(contact.seen in the last 30 days).count >= 3",
        "orders(at has anniversary in the next 7 days).count >= 3",
        "orders(last 90 days).count >= 3 or contact.born has anniversary in the next 7 days",
    ],
)
def test_what_hangs_on_more_than_times_that_bounds_pass_is_asked_of_each_record(text: str) -> None:
    assert all(OF_ROWS not in statement for statement in written(text, binding()))


def test_a_record_s_own_times_need_no_look_at_rows() -> None:
    for statement in written("contact.seen in the last 30 days", binding()):
        assert OF_ROWS not in statement
        assert statement.count("people.seen >= ") > 2


def test_rows_are_those_of_the_universe_s_constants_alone() -> None:
    found = [statement.split(OF_ROWS)[1] for statement in written("orders(last 90 days).count > 3", binding())]
    assert all("orders_1.shop = " in each for each in found)


def test_rows_are_asked_for_what_their_filter_says_of_them_and_not_of_their_record() -> None:
    rule = 'orders(last 90 days, kind = "a", contact.born is set).count >= 3'
    for statement in written(rule, binding()):
        of_rows = statement.split(OF_ROWS)[1].split(") AND nullif")[0]
        assert "orders_1.kind = " in of_rows
        assert "people" not in of_rows


def test_a_rule_that_no_time_changes_makes_nobody_due(connection: Connection) -> None:
    connection.execute(insert(people), {"shop": 7, "id": 1, "seen": at()})
    assert due("contact.seen is set and orders.count = 0", connection, binding()) == set()


# -- what must not be overlooked ---------------------------------------------------------------------------------


def test_a_row_that_enters_counts_though_the_value_lies_outside_fixed_bounds(connection: Connection) -> None:
    connection.execute(insert(people), {"shop": 7, "id": 1})
    rows = [at(days=-5), at(hours=6)]
    connection.execute(insert(orders), [{"id": n, "shop": 7, "person": 1, "at": each} for n, each in enumerate(rows)])
    assert due("orders(last 7 days).max(at) before 2024-07-01", connection, binding()) == {1}


def test_a_record_that_ties_leave_out_is_found_by_its_own_times(connection: Connection) -> None:
    by_team = binding(visits_on=visits.c.team == people.c.team)
    connection.execute(
        insert(people), [{"shop": 7, "id": 1, "seen": at(days=-30, hours=2)}, {"shop": 7, "id": 2, "seen": None}]
    )
    rule = "contact.seen in the last 30 days or visits(last 7 days).count >= 1"
    assert due(rule, connection, by_team) == {1}


def test_rows_that_are_tied_by_more_than_equal_columns_are_looked_for_from_the_record(connection: Connection) -> None:
    later = binding(and_(SAME_PERSON, orders.c.at > people.c.seen))
    connection.execute(insert(people), [{"shop": 7, "id": 1, "seen": at(days=-9)}, {"shop": 7, "id": 2, "seen": at()}])
    rows = [{"id": n, "shop": 7, "person": n, "at": at(days=-7, hours=1)} for n in (1, 2)]
    connection.execute(insert(orders), rows)
    rule = "orders(last 7 days).count >= 1"
    assert all(OF_ROWS not in statement for statement in written(rule, later))
    assert due(rule, connection, later) == {1}


def test_collections_that_know_their_record_by_different_columns_are_not_mixed(connection: Connection) -> None:
    mixed = binding(visits_on=visits.c.team == people.c.team)
    connection.execute(insert(people), [{"shop": 7, "id": n, "team": n + 1} for n in (1, 2)])
    connection.execute(insert(orders), {"id": 1, "shop": 7, "person": 1, "at": at(days=-7, hours=1)})
    connection.execute(insert(visits), {"id": 1, "team": 3, "at": at(days=-7, hours=1)})
    rule = "orders(last 7 days).count >= 1 or visits(last 7 days).count >= 1"
    assert due(rule, connection, mixed) == {1, 2}


def test_a_bound_at_the_very_instant_is_due_and_one_just_after_is_not(connection: Connection) -> None:
    connection.execute(insert(people), {"shop": 7, "id": 1})
    connection.execute(insert(orders), {"id": 1, "shop": 7, "person": 1, "at": at(hours=-20)})
    leaves = NOON + timedelta(hours=4)
    rule = "orders(last 24 hours).count >= 1"
    assert due(rule, connection, binding(), leaves) == {1}
    assert due(rule, connection, binding(), leaves - timedelta(microseconds=1)) == set()


def test_a_segment_s_days_begin_in_its_own_zone(connection: Connection) -> None:
    connection.execute(insert(people), {"shop": 7, "id": 1})
    connection.execute(insert(orders), {"id": 1, "shop": 7, "person": 1, "at": at()})
    rule = 'in segment "today"'
    assert due(rule, connection, binding(), NOON + timedelta(hours=13)) == set()
    assert due(rule, connection, binding(), NOON + DAY) == {1}
