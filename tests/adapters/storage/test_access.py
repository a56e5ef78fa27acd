"""Checking a key costs one indexed read, and nobody is kept waiting by whoever writes."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from sqlalchemy import Engine, event

from kohorte.adapters.storage.unit_of_work import SqlStorage, open_storage
from kohorte.core.access.model import ApiKey
from kohorte.core.access.permissions import Role
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.storage import add_tenant
from kohorte.core.testing.fakes import NOON, CountingIds, FixedClock, counted_id

KEY = ApiKey(counted_id(1), "web shop", (Role.SALES,), "a" * 64, NOON, "ann")


@contextmanager
def opened(url: str) -> Iterator[tuple[SqlStorage, Tenant]]:
    storage = open_storage(url, clock=FixedClock(), ids=CountingIds())
    try:
        tenant = add_tenant(storage)
        with storage.work(tenant) as work:
            work.api_keys.add(KEY)
            work.commit()
        yield storage, tenant
    finally:
        storage.close()


@contextmanager
def reads() -> Iterator[list[str]]:
    """Collect the statements that read rows."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if " FROM " in statement or "\nFROM " in statement:
            found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_a_key_and_its_tenant_are_found_by_one_read(url: str) -> None:
    with opened(url) as (storage, tenant), reads() as statements:
        assert storage.find_key(tenant.id, KEY.id) == (tenant, KEY)
    assert len(statements) == 1


def test_the_read_goes_through_the_primary_keys(sqlite_url: str) -> None:
    with opened(sqlite_url) as (storage, tenant), reads() as statements:
        storage.find_key(tenant.id, KEY.id)
    path = sqlite_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {statements[0]}", (tenant.id.bytes, KEY.id.bytes)).fetchall()
    steps = [step for *_, step in plan]
    assert len(steps) == 2
    assert all(step.startswith("SEARCH") and "tenant_id=?" in step for step in steps)
    assert any("tenant_id=? AND key_id=?" in step for step in steps)


def test_a_key_is_checked_while_another_writes(sqlite_url: str) -> None:
    with opened(sqlite_url) as (storage, tenant), storage.work(tenant) as work:
        work.api_keys.note_use(KEY.id, NOON.date())
        assert storage.find_key(tenant.id, KEY.id) == (tenant, KEY)
