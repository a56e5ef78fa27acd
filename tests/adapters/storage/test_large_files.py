"""A large file goes in and comes out with flat memory."""

import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import pytest

from kohorte.adapters.storage.unit_of_work import SqlStorage, open_storage
from kohorte.core.bus import Bus
from kohorte.core.files.commands import KeepFile
from kohorte.core.files.model import CHUNK
from kohorte.core.files.queries import read_file
from kohorte.core.registry import registry
from kohorte.core.testing.contracts.storage import add_tenant
from kohorte.core.testing.fakes import CountingIds, FixedClock
from kohorte.dsl.language import RuleLanguage

SIZE: Final = 50 * CHUNK
MOST: Final = 8 * CHUNK


@pytest.fixture
def storage(url: str) -> Iterator[SqlStorage]:
    opened = open_storage(url, clock=FixedClock(), ids=CountingIds(5_000_000))
    yield opened
    opened.close()


def test_fifty_megabytes_take_a_few_of_memory_on_both_ways(storage: SqlStorage) -> None:
    bus = Bus(registry(), FixedClock(), CountingIds(6_000_000), RuleLanguage(), storage)
    tenant = add_tenant(storage)
    piece = bytes(64 * 1024)
    tracemalloc.start()
    try:
        command = KeepFile("large.csv", (piece for _ in range(SIZE // len(piece))), timedelta(days=1))
        file = bus.run(command, tenant)
        assert sum(map(len, read_file(bus, tenant, file))) == file.size == SIZE
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MOST
