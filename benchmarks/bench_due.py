"""Members that come and go by time alone: a wave in which everybody is due at once, and a thousand who are."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Final

from attrs import evolve

from benchmarks.figures import Figure, rate_figure, seconds_figure
from benchmarks.shop import Shop, postgres_shop, sqlite_shop
from kohorte.core.segments.commands import CreateSegment
from kohorte.core.segments.due import FillDue, FireDue
from kohorte.core.segments.updating import UpdateMembers
from kohorte.core.testing.fakes import FixedClock
from kohorte.core.values import to_micros

CONTACTS: Final = 100_000
SEGMENTS: Final = 3
FEW: Final = 1_000
BEGIN: Final = datetime(2023, 6, 1, 12, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)


def measure() -> Iterator[Figure]:
    """Measure target 7 on both databases; that nothing is missed or early is a law of the tests."""
    for database, make in (("SQLite", sqlite_shop), ("PostgreSQL", postgres_shop)):
        with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
            yield from _figures(stack.enter_context(make(Path(folder), CONTACTS)), database)


def _figures(shop: Shop, database: str) -> Iterator[Figure]:
    few, all_others = to_micros(BEGIN - timedelta(days=3) + HOUR), to_micros(BEGIN - timedelta(days=3) + 2 * HOUR)
    first = f"SELECT contact_id FROM contacts ORDER BY contact_id LIMIT {FEW}"
    shop.execute(f"UPDATE contacts SET created_at = CASE WHEN contact_id IN ({first}) THEN {few} ELSE {all_others} END")
    clock = FixedClock(BEGIN)
    bus = evolve(shop.bus, clock=clock)
    for number in range(SEGMENTS):
        bus.run(CreateSegment(f"new {number}", "contact.created_at in the last 3 days"), shop.tenant)
    bus.run(UpdateMembers(), shop.tenant)
    filled = bus.run(FillDue(), shop.tenant)
    assert [each.added for each in filled] == [CONTACTS] * SEGMENTS
    for many, what in ((FEW, "few"), (CONTACTS - FEW, "wave")):
        clock.advance(HOUR)
        started = perf_counter()
        results = bus.run(FireDue(), shop.tenant)
        seconds = perf_counter() - started
        assert [each.left for each in results] == [many] * SEGMENTS
        if what == "few":
            told = f"{FEW} who are due at one instant leave a segment, {database}"
            yield seconds_figure(7, told, measured=seconds / SEGMENTS, at_most=1.0)
        else:
            told = f"everybody of {CONTACTS:,} is due at one instant, {SEGMENTS} segments, {database}"
            yield rate_figure(7, told, measured=many * SEGMENTS / seconds, at_least=50_000, unit="changes")
