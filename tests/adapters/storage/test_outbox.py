"""Events lie in the outbox with the data that they tell of, until somebody takes them away."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from uuid import UUID

import pytest
from attrs import frozen

from kohorte.adapters.storage.outbox import Outbox
from kohorte.adapters.storage.unit_of_work import SqlStorage, open_storage
from kohorte.core.messages import Event, event_of
from kohorte.core.ports.records import RecordKind
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.storage import add_tenant
from kohorte.core.testing.fakes import NOON, CountingIds, FixedClock, counted_id


@frozen
class Everything(Event):
    """An event with an attribute of every kind that events may have."""

    type = "test.everything"

    kind: RecordKind
    at: datetime
    others: tuple[UUID, ...]
    rows: int
    dry: bool
    missing: str | None = None


@pytest.fixture
def storage(url: str) -> Iterator[SqlStorage]:
    with closing(open_storage(url, clock=FixedClock(), ids=CountingIds())) as storage:
        yield storage


@pytest.fixture
def tenant(storage: SqlStorage) -> Tenant:
    return add_tenant(storage, "shop")


def an_event(number: int) -> Everything:
    return Everything(
        counted_id(number),
        RecordKind.ITEMS,
        datetime(2024, 5, 15, 12, 0, 0, 7, tzinfo=UTC),
        (counted_id(1), counted_id(2)),
        3,
        True,
    )


def record(storage: SqlStorage, tenant: Tenant, *numbers: int) -> None:
    with storage.work(tenant) as work:
        for number in numbers:
            work.record(an_event(number))
        work.commit()


def test_an_event_lies_there_as_json_with_nothing_lost(storage: SqlStorage, tenant: Tenant) -> None:
    record(storage, tenant, 5)
    with storage.work(tenant, reading=True) as work:
        (event,) = Outbox(work.transaction).read()
    assert (event.type, event.about, event.at) == ("test.everything", counted_id(5), NOON)
    assert event.data == {
        "kind": "items",
        "at": "2024-05-15T12:00:00.000007+00:00",
        "others": [str(counted_id(1)), str(counted_id(2))],
        "rows": 3,
        "dry": True,
        "missing": None,
    }
    assert event_of(Everything, {"about": str(event.about), **event.data}) == an_event(5)


def test_events_are_read_from_the_oldest_on_and_taken_away(storage: SqlStorage, tenant: Tenant) -> None:
    record(storage, tenant, 3, 1)
    record(storage, tenant, 2)
    with storage.work(tenant) as work:
        oldest = Outbox(work.transaction).read(limit=2)
        assert [event.about for event in oldest] == [counted_id(3), counted_id(1)]
        Outbox(work.transaction).delivered(oldest)
        work.commit()
    record(storage, tenant, 4)
    with storage.work(tenant, reading=True) as work:
        assert [event.about for event in Outbox(work.transaction).read()] == [counted_id(2), counted_id(4)]


def test_events_of_a_tenant_are_nobody_elses(storage: SqlStorage, tenant: Tenant) -> None:
    record(storage, tenant, 1)
    other = add_tenant(storage, "rival")
    record(storage, other, 1)
    with storage.work(other) as work:
        (theirs,) = Outbox(work.transaction).read()
        Outbox(work.transaction).delivered([theirs])
        work.commit()
    with storage.work(tenant, reading=True) as work:
        assert len(Outbox(work.transaction).read()) == 1
