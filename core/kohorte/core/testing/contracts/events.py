"""What every storage promises of the events that were recorded."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

from attrs import frozen

from kohorte.core.messages import Event, message_of
from kohorte.core.ports.events import StoredEvent
from kohorte.core.ports.records import RecordKind
from kohorte.core.ports.storage import Storage
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.storage import StorageContract
from kohorte.core.testing.fakes import NOON, counted_id

WRITERS = 4
EACH = 25


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


def _an_event(number: int) -> Everything:
    at = datetime(2024, 5, 15, 12, 0, 0, 7, tzinfo=UTC)
    return Everything(counted_id(number), RecordKind.ITEMS, at, (counted_id(1), counted_id(2)), 3, True)


def _record(storage: Storage, tenant: Tenant, *numbers: int) -> None:
    with storage.work(tenant) as work:
        for number in numbers:
            work.record(_an_event(number))
        work.commit()


def _read(storage: Storage, tenant: Tenant, after: int = 0, limit: int = 1_000) -> list[StoredEvent]:
    with storage.work(tenant, reading=True) as work:
        return list(work.events.after(after, limit))


class EventsContract(StorageContract):
    """Events are read in the order of their commits, from any place on, until they are forgotten."""

    def test_an_event_is_kept_as_json_with_nothing_lost(self, storage: Storage, tenant: Tenant) -> None:
        _record(storage, tenant, 5)
        (event,) = _read(storage, tenant)
        assert (event.sequence, event.type, event.about, event.at) == (1, "test.everything", counted_id(5), NOON)
        assert event.data == {
            "kind": "items",
            "at": "2024-05-15T12:00:00.000007+00:00",
            "others": [str(counted_id(1)), str(counted_id(2))],
            "rows": 3,
            "dry": True,
            "missing": None,
        }
        assert message_of(Everything, {"about": str(event.about), **event.data}) == _an_event(5)

    def test_events_are_counted_and_read_from_any_place_on(self, storage: Storage, tenant: Tenant) -> None:
        _record(storage, tenant, 3, 1)
        _record(storage, tenant, 2)
        found = _read(storage, tenant)
        assert [(each.sequence, each.about) for each in found] == [
            (1, counted_id(3)),
            (2, counted_id(1)),
            (3, counted_id(2)),
        ]
        assert len({each.id for each in found}) == 3
        assert _read(storage, tenant, after=1) == found[1:]
        assert _read(storage, tenant, after=1, limit=1) == found[1:2]
        assert _read(storage, tenant, after=3) == []

    def test_what_was_not_committed_leaves_no_gap(self, storage: Storage, tenant: Tenant) -> None:
        with storage.work(tenant) as work:
            work.record(_an_event(1))
        _record(storage, tenant, 2)
        assert [(each.sequence, each.about) for each in _read(storage, tenant)] == [(1, counted_id(2))]

    def test_old_events_are_forgotten_and_their_numbers_are_nobody_elses(
        self, storage: Storage, tenant: Tenant
    ) -> None:
        _record(storage, tenant, 1, 2)
        with storage.work(tenant) as work:
            assert work.events.forget(NOON) == 0
            assert work.events.forgotten() == 0
            assert work.events.forget(NOON + timedelta(seconds=1)) == 2
            work.commit()
        _record(storage, tenant, 3)
        assert [(each.sequence, each.about) for each in _read(storage, tenant)] == [(3, counted_id(3))]
        with storage.work(tenant, reading=True) as work:
            assert work.events.forgotten() == 2

    def test_events_of_a_tenant_are_nobody_elses(self, storage: Storage, tenant: Tenant, other: Tenant) -> None:
        _record(storage, tenant, 1)
        _record(storage, other, 2)
        with storage.work(other) as work:
            assert work.events.forget(NOON + timedelta(days=1)) == 1
            work.commit()
        assert [(each.sequence, each.about) for each in _read(storage, tenant)] == [(1, counted_id(1))]
        with storage.work(tenant, reading=True) as work:
            assert work.events.forgotten() == 0

    def test_who_reads_on_misses_no_event_that_others_record_meanwhile(self, storage: Storage, tenant: Tenant) -> None:
        def write(writer: int) -> None:
            for number in range(EACH):
                _record(storage, tenant, *[writer * EACH + number + 1] * (1 + number % 3))

        with ThreadPoolExecutor(WRITERS) as threads:
            writing = [threads.submit(write, writer) for writer in range(WRITERS)]
            seen: list[StoredEvent] = []
            while True:
                is_over = all(done.done() for done in writing)
                page = _read(storage, tenant, after=seen[-1].sequence if seen else 0, limit=7)
                seen += page
                if is_over and not page:
                    break
            for done in writing:
                done.result()
        assert [each.sequence for each in seen] == list(range(1, len(seen) + 1))
        assert len(seen) == WRITERS * sum(1 + number % 3 for number in range(EACH))
