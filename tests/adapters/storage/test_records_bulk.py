"""A first import goes without secondary indexes, and whoever comes next makes those that a dead one left out."""

from collections.abc import Iterator

import pytest
from sqlalchemy import inspect

from kohorte.adapters.storage.schema import contacts, purchases, secondary_indexes
from kohorte.adapters.storage.unit_of_work import SqlStorage, open_storage
from kohorte.core.ports.records import RecordKind
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.core.testing.contracts.storage import add_tenant
from kohorte.core.testing.fakes import CountingIds, FixedClock

ALL_OF_CONTACTS = {str(index.name) for index in secondary_indexes(contacts)}
ALL_OF_PURCHASES = {str(index.name) for index in secondary_indexes(purchases)}


@pytest.fixture
def storage(url: str) -> Iterator[SqlStorage]:
    storage = open_storage(url, clock=FixedClock(), ids=CountingIds())
    yield storage
    storage.close()


def indexes(storage: SqlStorage, table: str) -> set[str]:
    return {str(index["name"]) for index in inspect(storage.engine).get_indexes(table)}


def test_a_first_import_on_sqlite_goes_without_indexes(storage: SqlStorage) -> None:
    tenant = add_tenant(storage)
    with storage.work(tenant) as work:
        work.records.begin_bulk(RecordKind.CONTACTS)
        work.commit()
        there = set() if storage.engine.dialect.name == "sqlite" else ALL_OF_CONTACTS
        assert indexes(storage, "contacts") == there
        assert indexes(storage, "purchases") == ALL_OF_PURCHASES
        work.records.finish_bulk(RecordKind.CONTACTS)
        work.commit()
    assert indexes(storage, "contacts") == ALL_OF_CONTACTS


def test_a_table_with_rows_of_any_tenant_keeps_its_indexes(storage: SqlStorage) -> None:
    mine, theirs = add_tenant(storage), add_tenant(storage)
    write(storage, theirs, batch(RecordKind.CONTACTS, "key", ("1",)))
    with storage.work(mine) as work:
        work.records.begin_bulk(RecordKind.CONTACTS)
        work.commit()
    assert indexes(storage, "contacts") == ALL_OF_CONTACTS


def test_an_import_of_any_kind_makes_the_indexes_that_a_dead_one_left_out(storage: SqlStorage) -> None:
    tenant = add_tenant(storage)
    with storage.work(tenant) as work:
        work.records.begin_bulk(RecordKind.CONTACTS)
        work.records.write(batch(RecordKind.CONTACTS, "key", ("1",)))
        work.commit()
    with storage.work(tenant) as work:
        work.records.begin_bulk(RecordKind.PURCHASES)
        work.commit()
        work.records.finish_bulk(RecordKind.PURCHASES)
        work.commit()
    assert (indexes(storage, "contacts"), indexes(storage, "purchases")) == (ALL_OF_CONTACTS, ALL_OF_PURCHASES)
