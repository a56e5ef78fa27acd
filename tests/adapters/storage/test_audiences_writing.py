"""What a calculation writes, how long a rule may take, and how much of an export is in memory."""

import sqlite3
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta

import pytest
from attrs import frozen
from sqlalchemy import literal_column, select

from kohorte.adapters.storage.audiences import StorageAudiences
from kohorte.adapters.storage.schema import segment_members
from kohorte.adapters.storage.unit_of_work import SqlStorage, SqlUnitOfWork, open_storage
from kohorte.core.bus import Bus
from kohorte.core.errors import StorageUnavailable
from kohorte.core.ports.records import RecordKind
from kohorte.core.registry import registry
from kohorte.core.segments.commands import CalculateSegments, CreateSegment
from kohorte.core.segments.rules import check_rule
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.core.testing.contracts.storage import add_tenant
from kohorte.core.testing.fakes import NOON, CountingIds, FixedClock
from kohorte.dsl.language import RuleLanguage

HOUR = timedelta(hours=1)
CONTACTS = 3_000


@frozen
class Shop:
    """A tenant with many contacts: every third lives in Germany, and the segment is of those."""

    storage: SqlStorage
    bus: Bus
    tenant: Tenant

    def move(self, key: str, country: str) -> None:
        write(self.storage, self.tenant, batch(RecordKind.CONTACTS, "key country", (key, country)))

    def rows(self) -> dict[object, tuple[object, ...]]:
        """Return every stay with where its row lies: a row that was written anew lies elsewhere on PostgreSQL."""
        place = ["ctid", "xmin"] if self.storage.engine.dialect.name == "postgresql" else []
        columns = [segment_members.c.contact_id, segment_members.c.entered_at, segment_members.c.left_at]
        chosen = select(*columns, *(literal_column(f"CAST({each} AS text)") for each in place))
        with self.storage.work(self.tenant, reading=True) as work:
            assert isinstance(work, SqlUnitOfWork)
            found = work.transaction.connection.execute(chosen.where(work.transaction.own(segment_members)))
            return {row[0]: tuple(row[1:]) for row in found}


@pytest.fixture
def shop(url: str) -> Iterator[Shop]:
    clock, ids = FixedClock(NOON + HOUR), CountingIds()
    storage = open_storage(url, clock=clock, ids=ids)
    tenant = add_tenant(storage)
    people = [(str(each), ("DE", "AT", "FR")[each % 3], f"City {each}") for each in range(CONTACTS)]
    write(storage, tenant, batch(RecordKind.CONTACTS, "key country city", *people))
    bus = Bus(registry(), clock, CountingIds(2_000_000), RuleLanguage(), storage)
    bus.run(CreateSegment("Germans", 'contact.country = "DE"'), tenant)
    bus.run(CalculateSegments(at=NOON), tenant)
    yield Shop(storage, bus, tenant)
    storage.close()


def test_only_the_difference_is_written(shop: Shop) -> None:
    before = shop.rows()
    shop.move("0", "US")
    shop.move("1", "DE")
    (found,) = shop.bus.run(CalculateSegments(at=NOON + HOUR), shop.tenant)
    after = shop.rows()
    assert (found.members, found.entered, found.left) == (CONTACTS // 3, 1, 1)
    assert len(after) == len(before) + 1
    assert sum(before[contact] != after[contact] for contact in before) == 1


def test_nothing_is_written_where_nothing_changed(shop: Shop) -> None:
    before = shop.rows()
    (found,) = shop.bus.run(CalculateSegments(at=NOON + HOUR), shop.tenant)
    assert (found.entered, found.left) == (0, 0)
    assert shop.rows() == before


def test_sqlite_counts_no_more_changed_rows_than_there_are_changes(shop: Shop) -> None:
    if shop.storage.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL tells by where a row lies")
    with shop.storage.work(shop.tenant) as work:
        driver = work.transaction.connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        with shop.bus.ports(shop.tenant) as ports:
            rule = check_rule('contact.country = "AT"', ports)
        segment = work.segments.by_name("Germans")
        before = driver.total_changes
        found = work.audiences.calculate(segment, rule, NOON + HOUR)
        temporary = found.members + found.left  # the rule's ids, and those who leave
    assert driver.total_changes - before <= found.entered + found.left + 1 + 2 * temporary


def test_a_rule_that_takes_too_long_is_ended_and_the_connection_stays_usable(shop: Shop) -> None:
    slow = " or ".join(f'contact.city contains "no{number}"' for number in range(200))
    with shop.bus.ports(shop.tenant) as ports:
        rule = check_rule(slow, ports)
        assert isinstance(ports.work, SqlUnitOfWork)
        hurried = StorageAudiences(ports.work.transaction, looking=0.002, calculating=0.002)
        with pytest.raises(StorageUnavailable) as ended:
            hurried.count(rule, NOON)
        assert "too long" in ended.value.text()
        assert ended.value.advice() == "Ask for less, make the rule simpler, or let a worker do it."
        ports.work.rollback()
        assert ports.work.audiences.count(rule, NOON) == 0


def test_a_statement_after_a_rule_has_no_limit(shop: Shop) -> None:
    with shop.bus.ports(shop.tenant) as ports:
        assert isinstance(ports.work, SqlUnitOfWork)
        StorageAudiences(ports.work.transaction, looking=30.0).count(check_rule("contact.key is set", ports), NOON)
        if shop.storage.engine.dialect.name == "postgresql":
            limit = ports.work.transaction.connection.exec_driver_sql("SHOW statement_timeout").scalar()
            assert limit == "0"


def test_an_export_holds_a_few_rows_at_a_time(shop: Shop) -> None:
    bus, tenant = shop.bus, shop.tenant
    bus.run(CreateSegment("all", "contact.key is set"), tenant)
    bus.run(CalculateSegments(["all"], at=NOON), tenant)
    with shop.storage.work(tenant, reading=True) as work:
        segment = work.segments.by_name("all")
        rows = work.audiences.export(segment.id, ["contact.key", "contact.city"])
        first = next(rows)
        tracemalloc.start()
        count = 1 + sum(1 for _ in rows)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert first == ("0", "City 0")
    assert count == CONTACTS
    assert peak < 2_000_000


def test_an_export_that_nobody_reads_to_the_end_leaves_the_transaction_usable(shop: Shop) -> None:
    with shop.storage.work(shop.tenant, reading=True) as work:
        segment = work.segments.by_name("Germans")
        rows = work.audiences.export(segment.id, ["contact.key"])
        next(rows)
        rows.close()  # type: ignore[attr-defined]  # a generator
        assert work.audiences.member_count(segment.id) == CONTACTS // 3
