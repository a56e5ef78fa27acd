"""What takes too long is stopped by the database itself, and nothing of it is kept."""

from collections.abc import Iterator
from datetime import timedelta
from time import monotonic

import pytest
from sqlalchemy import text

from kohorte.adapters.storage.unit_of_work import SqlStorage, SqlUnitOfWork, open_storage
from kohorte.core.errors import StorageUnavailable, TookTooLong
from kohorte.core.lists.model import StoredList
from kohorte.core.ports.storage import UnitOfWork
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.storage import add_tenant
from kohorte.core.testing.fakes import CountingIds, FixedClock

ENDLESS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "postgresql": "SELECT pg_sleep(600)",
}
SHORT = timedelta(seconds=0.2)


@pytest.fixture
def storage(url: str) -> Iterator[SqlStorage]:
    opened = open_storage(url, clock=FixedClock(), ids=CountingIds())
    yield opened
    opened.close()


@pytest.fixture
def tenant(storage: SqlStorage) -> Tenant:
    return add_tenant(storage, "shop")


def run_endless(work: UnitOfWork) -> None:
    assert isinstance(work, SqlUnitOfWork)
    work.transaction.connection.execute(text(ENDLESS[work.transaction.dialect]))


def hold(work: UnitOfWork) -> None:
    work.segments.hold()
    work.lists.all()  # SQLite begins with the first statement


@pytest.mark.parametrize("reading", [True, False])
def test_a_statement_that_is_under_way_is_stopped(storage: SqlStorage, tenant: Tenant, reading: bool) -> None:
    begun = monotonic()
    with pytest.raises(TookTooLong, match="too long"), storage.work(tenant, reading=reading, within=SHORT) as work:
        run_endless(work)
    assert monotonic() - begun < 60
    with storage.work(tenant, reading=True) as work:  # the connection is as good as before
        assert work.lists.all() == []


def test_what_was_written_before_is_not_kept(storage: SqlStorage, tenant: Tenant) -> None:
    with storage.work(tenant, within=SHORT) as work:
        work.lists.add(StoredList(CountingIds(1_000).new(), "vip", FixedClock().now()))
        with pytest.raises(TookTooLong):
            run_endless(work)
    with storage.work(tenant) as work:
        assert work.lists.all() == []


def test_who_waits_for_another_writer_waits_no_longer(storage: SqlStorage, tenant: Tenant) -> None:
    begun = monotonic()
    with storage.work(tenant) as first:
        hold(first)
        with pytest.raises(StorageUnavailable), storage.work(tenant, within=SHORT) as second:
            hold(second)
    assert monotonic() - begun < 20
