"""Custom fields have an index on request, over the very expressions that rules read."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from attrs import evolve
from sqlalchemy import ColumnElement, inspect, select, text

from kohorte.adapters.storage.binding import TABLES
from kohorte.adapters.storage.migrations import migrate
from kohorte.adapters.storage.schema import contacts
from kohorte.adapters.storage.unit_of_work import SqlStorage, SqlUnitOfWork, open_storage
from kohorte.core.contacts.model import Contact
from kohorte.core.custom_fields.model import CustomField
from kohorte.core.fields import Field, Kind
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.storage import add_tenant
from kohorte.core.testing.fakes import NOON, CountingIds, FixedClock, counted_id
from kohorte.core.testing.strategies import a_custom_field_of_each_kind
from kohorte.dsl.sql.binding import custom_column
from tests.postgres import APP, Database

SCORE = Field("score", Kind.INTEGER, custom=True, indexed=True)
NICKNAME = Field("nickname", Kind.TEXT, custom=True, indexed=True)
HIRED = Field("hired", Kind.DATE, custom=True, indexed=True)


@pytest.fixture
def storage(sqlite_url: str) -> Iterator[SqlStorage]:
    with closing(open_storage(sqlite_url, clock=FixedClock(), ids=CountingIds())) as storage:
        yield storage


@pytest.fixture
def tenant(storage: SqlStorage) -> Tenant:
    return add_tenant(storage, "shop")


def add(work: SqlUnitOfWork, *fields: Field) -> None:
    for number, field in enumerate(fields):
        work.custom_fields.add(CustomField(counted_id(700 + number), "contact", field, NOON))


def looks_up(work: SqlUnitOfWork, condition: ColumnElement[bool]) -> bool:
    """Return whether the database would find contacts by the expression in an index of ours."""
    connection = work.transaction.connection
    statement = select(contacts.c.contact_id).where(work.transaction.own(contacts), condition)
    compiled = statement.compile(dialect=connection.dialect)
    if connection.dialect.name == "postgresql":
        plan = connection.exec_driver_sql(f"EXPLAIN {compiled}", dict(compiled.params)).scalars().all()
        return any("Index Cond: " in line and "custom ->>" in line for line in plan)
    values = [compiled.params[name] for name in compiled.positiontup or ()]
    bound = tuple(value.bytes if isinstance(value, UUID) else value for value in values)
    (step,) = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", bound).all()
    return "USING INDEX ix_custom_" in step.detail and "AND <expr>" in step.detail


def conditions() -> dict[str, ColumnElement[bool]]:
    """Return conditions as rules make them."""
    document = contacts.c.custom
    nickname, hired = custom_column(document, NICKNAME), custom_column(document, HIRED)
    assert nickname.folded is not None
    assert hired.month_day is not None
    return {
        "score": custom_column(document, SCORE).value == 5,
        "nickname": nickname.folded == "ann",
        "hired": hired.value < 20_000,
        "anniversary": hired.month_day == 229,
    }


def test_conditions_over_indexed_fields_use_the_index(storage: SqlStorage, tenant: Tenant) -> None:
    with storage.work(tenant) as work:
        add(work, SCORE, NICKNAME, HIRED)
        for name, condition in conditions().items():
            assert looks_up(work, condition), name


def test_a_field_without_the_wish_has_no_index(storage: SqlStorage, tenant: Tenant) -> None:
    with storage.work(tenant) as work:
        for custom in a_custom_field_of_each_kind():
            work.custom_fields.add(custom)
        known = inspect(work.transaction.connection)
        names = [index["name"] for table in TABLES.values() for index in known.get_indexes(table.name)]
    assert not [name for name in names if name and name.startswith("ix_custom_")]


@pytest.fixture
def owned(postgres_database: Database) -> Database:
    migrate(postgres_database.owner_url, clock=FixedClock(), ids=CountingIds(), application_role=APP)
    return postgres_database


def custom_indexes(database: Database) -> set[str]:
    with psycopg.connect(database.superuser_url) as connection:
        rows = connection.execute(
            "SELECT indexname FROM pg_indexes WHERE starts_with(indexname, 'ix_custom_')"
        ).fetchall()
    return {name for (name,) in rows}


def test_on_postgresql_the_next_migration_creates_the_index(owned: Database) -> None:
    with closing(open_storage(owned.app_url, clock=FixedClock(), ids=CountingIds(100))) as storage:
        tenants = [add_tenant(storage, name) for name in ("first", "second")]
        for tenant, kind in zip(tenants, (Kind.INTEGER, Kind.TEXT), strict=True):  # one name, two kinds
            with storage.work(tenant) as work:
                field = Field("score", kind, custom=True, indexed=True)
                work.custom_fields.add(CustomField(work.transaction.ids.new(), "contact", field, NOON))
                custom = {"score": 5 if kind is Kind.INTEGER else "five"}
                work.contacts.save(Contact(work.transaction.ids.new(), "C1", NOON, custom=custom))
                work.commit()
    assert custom_indexes(owned) == set()
    for _ in range(2):
        migrate(owned.owner_url, clock=FixedClock(), ids=CountingIds())
        assert len(custom_indexes(owned)) == 2


def documented() -> str:
    """Return what the documentation tells a superuser to run."""
    page = Path(__file__).parents[3] / "docs" / "how-to" / "postgresql.md"
    if not page.exists():
        pytest.skip("the documentation is not part of this installation")
    return "\n".join(re.findall(r"^ALTER FUNCTION .* LEAKPROOF;$", page.read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("leakproof", [False, True])
def test_the_application_uses_the_index_once_a_superuser_calls_reading_json_leakproof(
    owned: Database, leakproof: bool
) -> None:
    """Row level security lets no function see rows before it; should PostgreSQL ever trust these, the docs change."""
    with psycopg.connect(owned.superuser_url) as connection:
        if leakproof:
            connection.execute(documented())
    with closing(open_storage(owned.owner_url, clock=FixedClock(), ids=CountingIds(100))) as storage:
        tenant = add_tenant(storage, "shop")
        with storage.work(tenant) as work:
            add(work, SCORE, NICKNAME, HIRED)
            work.commit()
    application = open_storage(owned.app_url, clock=FixedClock(), ids=CountingIds())
    with closing(application), application.work(tenant) as work:
        work.transaction.connection.execute(text("SET LOCAL enable_seqscan = off"))
        found = {name: looks_up(work, condition) for name, condition in conditions().items()}
    assert found == dict.fromkeys(conditions(), leakproof)


def test_a_renamed_field_keeps_its_index(storage: SqlStorage, tenant: Tenant) -> None:
    with storage.work(tenant) as work:
        add(work, SCORE)
        (made,) = work.custom_fields.all()
        work.custom_fields.save(evolve(made, field=evolve(SCORE, name="points")))
        (renamed,) = work.custom_fields.all()
        assert looks_up(work, custom_column(contacts.c.custom, renamed.field).value == 5)


def test_an_index_goes_with_the_wish_for_it_and_with_its_field(storage: SqlStorage, tenant: Tenant) -> None:
    with storage.work(tenant) as work:
        add(work, SCORE, NICKNAME, HIRED)
        for custom in work.custom_fields.all():
            if custom.field == SCORE:
                work.custom_fields.save(evolve(custom, field=evolve(SCORE, indexed=False)))
            else:
                work.custom_fields.remove(custom.id)
        names = [index["name"] for index in inspect(work.transaction.connection).get_indexes(contacts.name)]
    assert not [name for name in names if name and name.startswith("ix_custom_")]


def test_on_postgresql_the_next_migration_drops_the_index_of_a_field_that_the_application_removed(
    owned: Database,
) -> None:
    with closing(open_storage(owned.app_url, clock=FixedClock(), ids=CountingIds(100))) as storage:
        tenant = add_tenant(storage, "shop")
        with storage.work(tenant) as work:
            add(work, SCORE, HIRED)
            work.commit()
        migrate(owned.owner_url, clock=FixedClock(), ids=CountingIds())
        assert len(custom_indexes(owned)) == 3
        with storage.work(tenant) as work:
            (hired,) = (each for each in work.custom_fields.all() if each.field == HIRED)
            work.custom_fields.remove(hired.id)
            work.commit()
    assert len(custom_indexes(owned)) == 3
    migrate(owned.owner_url, clock=FixedClock(), ids=CountingIds())
    assert len(custom_indexes(owned)) == 1
