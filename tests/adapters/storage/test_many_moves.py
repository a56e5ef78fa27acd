"""Very many who move in a segment at once concern those segments alone that refer to it."""

from collections.abc import Iterator

import pytest

from kohorte.adapters.storage.changes import MANY
from kohorte.adapters.storage.unit_of_work import SqlStorage, open_storage
from kohorte.core.bus import Bus
from kohorte.core.ports.records import RecordKind
from kohorte.core.registry import registry
from kohorte.core.segments.commands import CreateSegment
from kohorte.core.segments.model import SegmentType
from kohorte.core.segments.pins import AddMembers, RemoveMembers
from kohorte.core.segments.updating import UpdateMembers
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.core.testing.contracts.storage import add_tenant
from kohorte.core.testing.fakes import CountingIds, FixedClock
from kohorte.dsl.language import RuleLanguage

KEYS = tuple(f"C{number}" for number in range(MANY + 1))


@pytest.fixture
def storage(url: str) -> Iterator[SqlStorage]:
    storage = open_storage(url, clock=FixedClock(), ids=CountingIds())
    yield storage
    storage.close()


def test_they_concern_those_alone_that_refer_to_it(storage: SqlStorage) -> None:
    tenant, bus = add_tenant(storage), Bus(registry(), FixedClock(), CountingIds(2_000_000), RuleLanguage(), storage)
    write(storage, tenant, batch(RecordKind.CONTACTS, "key", *((key,) for key in KEYS)))
    bus.run(CreateSegment("guests", type=SegmentType.STATIC), tenant)
    for name, rule in (
        ("referring", 'in segment "guests"'),
        ("through it", 'not in segment "referring"'),
        ("others", "contact.key is set"),
    ):
        bus.run(CreateSegment(name, rule), tenant)
    bus.run(UpdateMembers(), tenant)
    for move, members in ((AddMembers, len(KEYS)), (RemoveMembers, 0)):
        bus.run(move("guests", KEYS), tenant)
        results = {each.name: each.members for each in bus.run(UpdateMembers(), tenant)}
        assert results == {"referring": members, "through it": len(KEYS) - members}
        assert bus.run(UpdateMembers(), tenant) == []
