"""A question about values ends in time, whatever the data."""

from collections.abc import Iterator

import pytest

from kohorte.adapters.storage.known_values import StorageKnownValues
from kohorte.adapters.storage.unit_of_work import SqlStorage, open_storage
from kohorte.core.errors import StorageUnavailable
from kohorte.core.ports.records import Batch, RecordKind
from kohorte.core.testing.contracts.storage import add_tenant
from kohorte.core.testing.fakes import CountingIds, FixedClock


@pytest.fixture
def storage(url: str) -> Iterator[SqlStorage]:
    storage = open_storage(url, clock=FixedClock(), ids=CountingIds())
    yield storage
    storage.close()


def test_a_question_that_takes_too_long_is_given_up(storage: SqlStorage) -> None:
    tenant = add_tenant(storage)
    rows = tuple((f"C{number}", f"Town {number}") for number in range(20_000))
    with storage.work(tenant) as work:
        work.records.write(Batch(RecordKind.CONTACTS, ("key", "city"), rows))
        work.commit()
    with pytest.raises(StorageUnavailable), storage.work(tenant, reading=True) as work:
        StorageKnownValues(work.transaction, seconds=0.001).values("contact", "city")
    with storage.work(tenant, reading=True) as work:
        assert work.known_values.values("contact", "city") == []
