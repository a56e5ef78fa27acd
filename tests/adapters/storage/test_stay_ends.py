"""The instants at which minimum stays end are found in one statement."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from kohorte.adapters.storage.stay_ends import stay_ends
from kohorte.adapters.storage.unit_of_work import SqlStorage, open_storage
from kohorte.core.bus import Bus
from kohorte.core.ports.records import RecordKind
from kohorte.core.registry import registry
from kohorte.core.segments.commands import CalculateSegments, CreateSegment
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.core.testing.contracts.storage import add_tenant
from kohorte.core.testing.fakes import NOON, CountingIds, FixedClock
from kohorte.core.values import from_micros
from kohorte.dsl.language import RuleLanguage

DAY = timedelta(days=1)


@pytest.fixture
def storage(url: str) -> Iterator[SqlStorage]:
    opened = open_storage(url, clock=FixedClock(), ids=CountingIds(5_000_000))
    yield opened
    opened.close()


def test_stays_end_so_many_days_after_they_began(storage: SqlStorage) -> None:
    tenant, clock = add_tenant(storage), FixedClock()
    bus = Bus(registry(), clock, CountingIds(6_000_000), RuleLanguage(), storage)
    segment = bus.run(CreateSegment("Germans", 'contact.country = "DE"', minimum_stay_days=7), tenant)
    for key in ("1", "2", "3"):
        write(storage, tenant, batch(RecordKind.CONTACTS, "key country", (key, "DE")))
        bus.run(CalculateSegments(), tenant)
        clock.advance(DAY)
    with storage.work(tenant, reading=True) as work:
        keys = {contact_id: key for key, contact_id in work.pins.find(["1", "2", "3"]).items()}

        def ends(after: datetime, until: datetime) -> list[tuple[str, datetime]]:
            rows = work.transaction.connection.execute(stay_ends(work.transaction, segment, after, until))
            return sorted((keys[contact_id], from_micros(at)) for contact_id, at in rows)

        assert ends(NOON, NOON + 9 * DAY) == [(str(day), NOON + (6 + day) * DAY) for day in (1, 2, 3)]
        assert ends(NOON + 7 * DAY, NOON + 8 * DAY) == [("2", NOON + 8 * DAY)]
        assert ends(NOON, NOON + 7 * DAY - timedelta(microseconds=1)) == []
