"""Whatever is written in bulk, in whatever order, memory, SQLite and PostgreSQL come to the same."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.adapters.memory import MemoryStorage
from kohorte.adapters.storage.unit_of_work import open_storage
from kohorte.core.ports.records import RecordKind, Written
from kohorte.core.ports.storage import Storage
from kohorte.core.testing.contracts.laws import over_one_storage
from kohorte.core.testing.contracts.rows import everything, write
from kohorte.core.testing.contracts.storage import add_tenant
from kohorte.core.testing.fakes import CountingIds, FixedClock
from kohorte.core.testing.strategies import a_custom_field_of_each_kind, batches


@pytest.fixture
def storage(url: str) -> Iterator[Storage]:
    storage = open_storage(url, clock=FixedClock(), ids=CountingIds())
    yield storage
    storage.close()


def comparable(written: Written) -> tuple[object, ...]:
    refused = [(each.index, each.column) for each in written.refused]
    return written.created, written.updated, written.waiting, dict(written.joined), refused


@over_one_storage
@given(data=st.data())
def test_every_batch_has_the_same_outcome_as_in_memory(storage: Storage, data: st.DataObject) -> None:
    customs = a_custom_field_of_each_kind()
    kinds = data.draw(st.lists(st.sampled_from(RecordKind), min_size=1, max_size=8))
    order = [data.draw(batches(kind, customs)) for kind in kinds]
    outcomes = []
    for each in (storage, MemoryStorage(FixedClock(), CountingIds())):
        tenant = add_tenant(each)
        with each.work(tenant) as work:
            for custom in customs:
                work.custom_fields.add(custom)
            work.commit()
        written = [comparable(one) for one in write(each, tenant, *order)]
        outcomes.append((written, everything(each, tenant)))
    assert outcomes[0] == outcomes[1]
