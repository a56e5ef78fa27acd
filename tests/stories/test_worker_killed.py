"""A worker that is killed leaves a state that the next one completes; several at once lose and double nothing."""

import random
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread
from time import perf_counter

import pytest

from kohorte.adapters.clock import SystemClock, TimedIds
from kohorte.adapters.storage.migrations import migrate
from kohorte.core.bus import Bus
from kohorte.core.ports.records import RecordKind
from kohorte.core.ports.storage import Storage
from kohorte.core.segments.commands import CreateSegment
from kohorte.core.segments.model import SegmentType
from kohorte.core.segments.rules import check_rule
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.core.testing.fakes import NOON
from tests.conftest import THOROUGH
from tests.postgres import APP, Database
from tests.stories.calculating import opened
from tests.stories.test_calculation_killed import overlapping
from tests.stories.working import work

PROJECT = Path(__file__).parents[2]
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


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a shop whose contacts leave segments minute by minute."""
    clock, ids = SystemClock(), TimedIds()
    if request.param == "sqlite":
        url = owner = f"sqlite:///{tmp_path}/shop.db"
    else:
        database: Database = request.getfixturevalue("postgres_database")
        url, owner = database.app_url, database.owner_url
    migrate(owner, clock=clock, ids=ids, application_role=APP)
    storage, bus, tenant = opened(url)
    rows = [(str(each), f"City {each % 100}" if each % 5 else None) for each in range(CONTACTS)]
    write(storage, tenant, batch(RecordKind.CONTACTS, "key city", *rows))
    bought = [(str(each), str(each), NOON - timedelta(days=30, minutes=-each), "EUR") for each in range(CONTACTS)]
    write(storage, tenant, batch(RecordKind.PURCHASES, "key contact at currency", *bought))
    for name in sorted(RULES, key=lambda each: each != "kept"):
        kind = SegmentType.HYBRID if name == "kept" else SegmentType.DYNAMIC
        bus.run(CreateSegment(name, RULES[name], type=kind), tenant)
    storage.close()
    return url


def change_some(storage: Storage, tenant: Tenant, number: int) -> None:
    """Let some people live elsewhere, each time others."""
    some = [(number * 7 + each) % CONTACTS for each in range(CHANGED)]
    rows = [(str(each), ("DE", "AT", None)[(each + number) % 3]) for each in some]
    write(storage, tenant, batch(RecordKind.CONTACTS, "key country", *rows))


def selected(bus: Bus, tenant: Tenant, at: datetime) -> Mapping[str, frozenset[object]]:
    """Return whom each segment's rule selects, asked anew."""
    with bus.ports(tenant, reading=True) as ports:
        return {
            name: frozenset(
                each.contact_id for each in ports.work.audiences.sample(check_rule(text, ports), at, CONTACTS)
            )
            for name, text in RULES.items()
        }


def members(bus: Bus, tenant: Tenant) -> Mapping[str, frozenset[object]]:
    """Return who is in each segment; see that nobody is twice, and that all are counted."""
    found: dict[str, frozenset[object]] = {}
    with bus.ports(tenant, reading=True) as ports:
        for name in RULES:
            segment = ports.work.segments.by_name(name)
            ids = [each.person.contact_id for each in ports.work.audiences.members(segment.id, limit=CONTACTS + 1)]
            assert len(ids) == len(set(ids)) == (segment.member_count or 0), name
            found[name] = frozenset(ids)
    return found


def run(url: str, at: datetime, kill_after: float | None) -> bool:
    """Work in another process; return whether it was killed before it had ended."""
    command = [sys.executable, "-m", "tests.stories.working", url, at.isoformat()]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        try:
            code = process.wait(kill_after)
        except subprocess.TimeoutExpired:
            process.kill()
            return True
    assert code == 0
    return False


def test_what_a_killed_worker_left_undone_is_completed_by_the_next(url: str) -> None:
    storage, bus, tenant = opened(url)
    run(url, NOON, None)
    assert members(bus, tenant) == selected(bus, tenant, NOON)
    change_some(storage, tenant, 0)
    begun = perf_counter()
    run(url, NOON + HOUR, None)
    duration = perf_counter() - begun
    assert members(bus, tenant) == selected(bus, tenant, NOON + HOUR)
    dice = random.Random(KILLS)  # noqa: S311 - no secret
    killed = 0
    for number in range(1, KILLS + 1):
        at = NOON + (number + 1) * HOUR
        change_some(storage, tenant, number)
        killed += run(url, at, duration * (number - dice.random()) / KILLS)
        members(bus, tenant)
        work(url, at)
        assert members(bus, tenant) == selected(bus, tenant, at)
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
        assert members(bus, tenant) == selected(bus, tenant, at)
    assert overlapping(storage) == 0
    storage.close()
