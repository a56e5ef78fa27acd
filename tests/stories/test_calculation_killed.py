"""A calculation that is killed leaves whole segments behind, and run again it completes the job."""

import random
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread
from time import perf_counter

import pytest
from sqlalchemy import func, select, text

from kohorte.adapters.clock import SystemClock, TimedIds
from kohorte.adapters.storage.migrations import migrate
from kohorte.adapters.storage.schema import segment_members
from kohorte.adapters.storage.unit_of_work import SqlStorage
from kohorte.core.bus import Bus
from kohorte.core.ports.records import RecordKind
from kohorte.core.segments.commands import CalculatedSegment, CalculateSegments, CreateSegment
from kohorte.core.segments.rules import check_rule
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.core.testing.fakes import NOON
from tests.conftest import THOROUGH
from tests.postgres import APP, Database
from tests.stories.calculating import opened

PROJECT = Path(__file__).parents[2]
KILLS = 50 if THOROUGH else 3
CONTACTS = 4_000
ROUNDS = 20 if THOROUGH else 4
HOUR = timedelta(hours=1)
RULES = {
    "germans": 'contact.country = "DE"',
    "others": 'not in segment "germans"',
    "some": 'contact.city contains "7" or contact.country = "AT"',
    "nobody": "contact.key is empty",
    "everybody": "contact.key is set",
    "without city": "contact.city is empty",
}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a shop with contacts and segments that were never calculated."""
    clock, ids = SystemClock(), TimedIds()
    if request.param == "sqlite":
        url = owner = f"sqlite:///{tmp_path}/shop.db"
    else:
        database: Database = request.getfixturevalue("postgres_database")
        url, owner = database.app_url, database.owner_url
    migrate(owner, clock=clock, ids=ids, application_role=APP)
    storage, bus, tenant = opened(url)
    import_contacts(storage, tenant, 0)
    for name, rule in RULES.items():
        bus.run(CreateSegment(name, rule), tenant)
    storage.close()
    return url


def import_contacts(storage: SqlStorage, tenant: Tenant, number: int) -> None:
    """Let people live elsewhere each time."""
    rows = [
        (str(each), ("DE", "AT", None, "FR")[(each + number) % 4], f"City {each * 7 % 100}" if each % 5 else None)
        for each in range(CONTACTS)
    ]
    write(storage, tenant, batch(RecordKind.CONTACTS, "key country city", *rows))


def selected(bus: Bus, tenant: Tenant, at: datetime) -> Mapping[str, frozenset[object]]:
    """Return whom each segment's rule selects, asked anew."""
    found: dict[str, frozenset[object]] = {}
    with bus.ports(tenant, reading=True) as ports:
        for name in RULES:
            rule = check_rule(ports.work.segments.by_name(name).ruled.text, ports)
            people = ports.work.audiences.sample(rule, at, CONTACTS)
            found[name] = frozenset(person.contact_id for person in people)
    return found


def members(bus: Bus, tenant: Tenant, at: datetime | None = None) -> Mapping[str, frozenset[object]]:
    found: dict[str, frozenset[object]] = {}
    with bus.ports(tenant, reading=True) as ports:
        for name in RULES:
            segment = ports.work.segments.by_name(name)
            stays = ports.work.audiences.members(segment.id, at=at, limit=CONTACTS + 1)
            ids = [stay.person.contact_id for stay in stays]
            assert len(ids) == len(set(ids)), name
            if at is None:
                assert (segment.member_count or 0) == len(ids), name
            found[name] = frozenset(ids)
    return found


def calculated(bus: Bus, tenant: Tenant) -> Mapping[str, datetime | None]:
    with bus.ports(tenant, reading=True) as ports:
        return {name: ports.work.segments.by_name(name).calculated_at for name in RULES}


def overlapping(storage: SqlStorage) -> int:
    """Count the stays that begin before an earlier one of the same contact in the same segment has ended."""
    stays, later = segment_members, segment_members.alias()
    same = [stays.c[name] == later.c[name] for name in ("tenant_id", "segment_id", "contact_id")]
    ends_after = (stays.c.left_at.is_(None)) | (stays.c.left_at > later.c.entered_at)
    pairs = select(func.count()).where(*same, stays.c.entered_at < later.c.entered_at, ends_after)
    with storage.engine.connect() as connection:
        if storage.engine.dialect.name == "postgresql":
            with storage.tenants() as tenants:
                tenant = tenants.named("default")
            connection.execute(text("SELECT set_config('kohorte.tenant', :id, true)"), {"id": str(tenant.id)})
        return connection.scalar(pairs) or 0


def run(url: str, at: datetime, kill_after: float | None) -> bool:
    """Calculate in another process; return whether it was killed before it had ended."""
    command = [sys.executable, "-m", "tests.stories.calculating", url, at.isoformat()]
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


def test_a_killed_calculation_is_consistent_and_completes_when_run_again(url: str) -> None:
    storage, bus, tenant = opened(url)
    begun = perf_counter()
    run(url, NOON, None)
    duration = perf_counter() - begun
    assert members(bus, tenant) == selected(bus, tenant, NOON)
    dice = random.Random(KILLS)  # noqa: S311 - no secret
    unfinished = 0
    for number in range(1, KILLS + 1):
        before, at = members(bus, tenant), NOON + number * HOUR
        import_contacts(storage, tenant, number)
        expected = selected(bus, tenant, at)
        killed = run(url, at, duration * (number - dice.random()) / KILLS)
        done = {name for name, when in calculated(bus, tenant).items() if when == at}
        assert members(bus, tenant) == {name: (expected if name in done else before)[name] for name in RULES}
        assert killed or done == RULES.keys()
        unfinished += done != RULES.keys()
        assert not any(each.error for each in bus.run(CalculateSegments(at=at), tenant))
        assert members(bus, tenant) == expected
        assert members(bus, tenant, at - timedelta(microseconds=1)) == before
    assert unfinished > 0 or KILLS < 50  # a few points may all miss it
    assert overlapping(storage) == 0
    storage.close()


def test_two_calculations_at_once_neither_lose_nor_double_a_membership(url: str) -> None:
    storage, bus, tenant = opened(url)
    for number in range(ROUNDS):
        import_contacts(storage, tenant, number)
        start, results = Barrier(2), list[CalculatedSegment]()

        def calculate(start: Barrier = start, results: list[CalculatedSegment] = results) -> None:
            start.wait()
            results.extend(bus.run(CalculateSegments(), tenant))

        threads = [Thread(target=calculate) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [each.error for each in results] == [None] * 2 * len(RULES)
        assert members(bus, tenant) == selected(bus, tenant, SystemClock().now())
    assert overlapping(storage) == 0
    storage.close()
