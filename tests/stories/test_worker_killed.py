"""A worker that is killed leaves a state that the next one completes; several at once lose and double nothing."""

import random
from datetime import datetime, timedelta
from threading import Barrier, Thread
from time import perf_counter

import pytest

from kohorte.core.ports.records import RecordKind
from kohorte.core.ports.storage import Storage
from kohorte.core.segments.commands import CreateSegment
from kohorte.core.segments.model import SegmentType
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.core.testing.fakes import NOON
from tests.conftest import THOROUGH
from tests.stories import killing
from tests.stories.calculating import opened
from tests.stories.members import members, overlapping, selected
from tests.stories.working import work

KILLS = 50 if THOROUGH else 3
ROUNDS = 20 if THOROUGH else 4
CONTACTS = 1_000
CHANGED = 200
HOUR = timedelta(hours=1)
RULES = {
    "germans": 'contact.country = "DE"',
    "lately": "purchases(last 30 days).count >= 1",
    "lapsed": "no purchases(last 30 days)",
    "both": 'in segment "lately" and contact.country = "DE"',
    "asked": 'not in segment "kept" and contact.city is set',
    "kept": "purchases(last 30 days).count >= 1 or purchases(last 20 days).count >= 1",
}


@pytest.fixture
def url(migrated: str) -> str:
    """Return the URL of a shop whose contacts leave segments minute by minute."""
    storage, bus, tenant = opened(migrated)
    rows = [(str(each), f"City {each % 100}" if each % 5 else None) for each in range(CONTACTS)]
    write(storage, tenant, batch(RecordKind.CONTACTS, "key city", *rows))
    bought = [(str(each), str(each), NOON - timedelta(days=30, minutes=-each), "EUR") for each in range(CONTACTS)]
    write(storage, tenant, batch(RecordKind.PURCHASES, "key contact at currency", *bought))
    for name in sorted(RULES, key=lambda each: each != "kept"):
        kind = SegmentType.HYBRID if name == "kept" else SegmentType.DYNAMIC
        bus.run(CreateSegment(name, RULES[name], type=kind), tenant)
    storage.close()
    return migrated


def change_some(storage: Storage, tenant: Tenant, number: int) -> None:
    """Let some people live elsewhere, each time others."""
    some = [(number * 7 + each) % CONTACTS for each in range(CHANGED)]
    rows = [(str(each), ("DE", "AT", None)[(each + number) % 3]) for each in some]
    write(storage, tenant, batch(RecordKind.CONTACTS, "key country", *rows))


def is_killed(url: str, at: datetime, after: float | None) -> bool:
    """Work in another process; return whether it was killed before it had ended."""
    return killing.is_killed("tests.stories.working", url, at.isoformat(), after=after)


def test_what_a_killed_worker_left_undone_is_completed_by_the_next(url: str) -> None:
    storage, bus, tenant = opened(url)
    is_killed(url, NOON, None)
    assert members(bus, tenant, RULES) == selected(bus, tenant, RULES, NOON)
    change_some(storage, tenant, 0)
    begun = perf_counter()
    is_killed(url, NOON + HOUR, None)
    duration = perf_counter() - begun
    assert members(bus, tenant, RULES) == selected(bus, tenant, RULES, NOON + HOUR)
    dice = random.Random(KILLS)  # noqa: S311 - no secret
    killed = 0
    for number in range(1, KILLS + 1):
        at = NOON + (number + 1) * HOUR
        change_some(storage, tenant, number)
        killed += is_killed(url, at, duration * (number - dice.random()) / KILLS)
        members(bus, tenant, RULES)
        work(url, at)
        assert members(bus, tenant, RULES) == selected(bus, tenant, RULES, at)
        assert not any(each.segments for each in work(url, at))
    assert killed > 0 or KILLS < 50  # a few points may all miss it
    assert overlapping(storage) == 0
    storage.close()


def test_workers_at_once_neither_lose_nor_double_a_membership(url: str) -> None:
    storage, bus, tenant = opened(url)
    work(url, NOON)
    for number in range(ROUNDS):
        at, start, failures = NOON + (number + 1) * HOUR, Barrier(3), list[object]()
        change_some(storage, tenant, number)

        def do(at: datetime = at, start: Barrier = start, failures: list[object] = failures) -> None:
            start.wait()
            for each in work(url, at):
                failures.extend(each.failures)
                failures.extend(it.error for it in each.segments if it.error is not None)

        threads = [Thread(target=do) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert members(bus, tenant, RULES) == selected(bus, tenant, RULES, at)
    assert overlapping(storage) == 0
    storage.close()
