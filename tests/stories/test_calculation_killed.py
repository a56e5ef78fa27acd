"""A calculation that is killed leaves whole segments behind, and run again it completes the job."""

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from threading import Barrier, Thread
from time import perf_counter

import pytest

from kohorte.adapters.clock import SystemClock
from kohorte.adapters.storage.unit_of_work import SqlStorage
from kohorte.core.bus import Bus
from kohorte.core.ports.records import RecordKind
from kohorte.core.segments.commands import CalculatedSegment, CalculateSegments, CreateSegment
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.core.testing.fakes import NOON
from tests.conftest import THOROUGH
from tests.stories import killing
from tests.stories.calculating import opened
from tests.stories.members import members, overlapping, selected

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


@pytest.fixture
def url(migrated: str) -> str:
    """Return the URL of a shop with contacts and segments that were never calculated."""
    storage, bus, tenant = opened(migrated)
    import_contacts(storage, tenant, 0)
    for name, rule in RULES.items():
        bus.run(CreateSegment(name, rule), tenant)
    storage.close()
    return migrated


def import_contacts(storage: SqlStorage, tenant: Tenant, number: int) -> None:
    """Let people live elsewhere each time."""
    rows = [
        (str(each), ("DE", "AT", None, "FR")[(each + number) % 4], f"City {each * 7 % 100}" if each % 5 else None)
        for each in range(CONTACTS)
    ]
    write(storage, tenant, batch(RecordKind.CONTACTS, "key country city", *rows))


def calculated(bus: Bus, tenant: Tenant) -> Mapping[str, datetime | None]:
    with bus.ports(tenant, reading=True) as ports:
        return {name: ports.work.segments.by_name(name).calculated_at for name in RULES}


def is_killed(url: str, at: datetime, after: float | None) -> bool:
    """Calculate in another process; return whether it was killed before it had ended."""
    return killing.is_killed("tests.stories.calculating", url, at.isoformat(), after=after)


def test_a_killed_calculation_is_consistent_and_completes_when_run_again(url: str) -> None:
    storage, bus, tenant = opened(url)
    begun = perf_counter()
    is_killed(url, NOON, None)
    duration = perf_counter() - begun
    assert members(bus, tenant, RULES) == selected(bus, tenant, RULES, NOON)
    dice = random.Random(KILLS)  # noqa: S311 - no secret
    unfinished = 0
    for number in range(1, KILLS + 1):
        before, at = members(bus, tenant, RULES), NOON + number * HOUR
        import_contacts(storage, tenant, number)
        expected = selected(bus, tenant, RULES, at)
        killed = is_killed(url, at, duration * (number - dice.random()) / KILLS)
        done = {name for name, when in calculated(bus, tenant).items() if when == at}
        assert members(bus, tenant, RULES) == {name: (expected if name in done else before)[name] for name in RULES}
        assert killed or done == RULES.keys()
        unfinished += done != RULES.keys()
        assert not any(each.error for each in bus.run(CalculateSegments(at=at), tenant))
        assert members(bus, tenant, RULES) == expected
        assert members(bus, tenant, RULES, at - timedelta(microseconds=1)) == before
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
        assert members(bus, tenant, RULES) == selected(bus, tenant, RULES, SystemClock().now())
    assert overlapping(storage) == 0
    storage.close()
