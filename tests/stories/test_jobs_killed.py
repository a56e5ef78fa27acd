"""A worker that is killed in the midst of jobs leaves them to the next one, and no file that looks whole and is not."""

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from time import perf_counter
from uuid import UUID

import pytest

from kohorte.adapters.clock import SystemClock
from kohorte.core.bus import Bus
from kohorte.core.exports.formats import ExportFormat
from kohorte.core.files.commands import KeepFile
from kohorte.core.files.model import READ_WITHIN
from kohorte.core.files.queries import read_file
from kohorte.core.jobs.commands import StartCalculation, StartExport, StartImport
from kohorte.core.jobs.holding import LEASE
from kohorte.core.jobs.listing import ListJobs
from kohorte.core.jobs.model import JobKind, JobStatus
from kohorte.core.jobs.queries import list_jobs, show_job
from kohorte.core.ports.records import RecordKind
from kohorte.core.segments.commands import CalculateSegments, CreateSegment
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.rows import batch, write
from kohorte.core.testing.fakes import NOON
from tests.conftest import THOROUGH
from tests.stories.calculating import opened
from tests.stories.test_worker_killed import is_killed
from tests.stories.working import work

KILLS = 50 if THOROUGH else 2
ROUNDS = 10
CONTACTS = 2_000
IMPORTED = 1_500
HOUR = timedelta(hours=1)


@pytest.fixture
def url(migrated: str) -> str:
    """Return the URL of a shop with a segment of all."""
    storage, bus, tenant = opened(migrated)
    write(storage, tenant, batch(RecordKind.CONTACTS, "key", *((f"C{each:05}",) for each in range(CONTACTS))))
    bus.run(CreateSegment("all", 'contact.key is set and not contact.city = "Ulm"'), tenant)
    bus.run(CreateSegment("many", 'not in segment "all" or contact.key is set'), tenant)
    bus.run(CalculateSegments(at=NOON - HOUR), tenant)
    storage.close()
    return migrated


def ask(bus: Bus, tenant: Tenant, number: int) -> None:
    """Ask for an export, an import and a calculation, whose due time is long past."""
    lines = "".join(f"N{number}-{each:05},Ulm\n" for each in range(IMPORTED))
    file = bus.run(KeepFile("people.csv", [f"key,city\n{lines}".encode()], READ_WITHIN), tenant)
    with bus.ports(tenant, reading=True) as ports:
        segment = ports.work.segments.by_name("all").id
    bus.run(StartExport((segment,), ExportFormat.JSONL), tenant)
    bus.run(StartImport(RecordKind.CONTACTS, file.id), tenant)
    bus.run(StartCalculation(), tenant)


def check(bus: Bus, tenant: Tenant, number: int) -> None:
    """See that all that was asked for was done, whole and once."""
    with bus.ports(tenant, reading=True) as ports:
        latest = {each.kind: each for each in list_jobs(ports, ListJobs(limit=3)).rows}
        assert {each.status for each in latest.values()} == {JobStatus.FINISHED}
        exported = show_job(ports, latest[JobKind.EXPORT].id)
        segment = ports.work.segments.by_name("all")
        members = ports.work.audiences.members(segment.id, limit=CONTACTS + 1)
        assert ports.work.records.count(RecordKind.CONTACTS) == CONTACTS + (number + 1) * IMPORTED
        assert not ports.work.job_runs.has_unended()
        assert [each for each in ports.work.jobs.unfinished() if each.kind == "job"] == []
    assert exported.file is not None
    written = b"".join(read_file(bus, tenant, exported.file))
    assert len(written) == exported.file.size
    assert written.count(b"\n") == latest[JobKind.EXPORT].result.counts["members"] == len(members) == CONTACTS
    assert latest[JobKind.IMPORT].result.counts["rejected"] == 0
    _counted_once(latest[JobKind.IMPORT].result.counts)


def _counted_once(counts: Mapping[str, int]) -> None:
    assert counts["rows"] == counts["created"] + counts["updated"] == IMPORTED


def unfinished_files(bus: Bus, tenant: Tenant) -> int:
    """Count files that nobody finds, because whoever wrote them was killed."""
    with bus.ports(tenant, reading=True) as ports:
        over: list[UUID] = [*ports.work.files.over(NOON + timedelta(days=40_000), 1_000)]
    return len(over)


def do_the_rest(url: str, bus: Bus, tenant: Tenant, at: datetime) -> None:
    """Work round after round until nothing is left: a server may hold a dead worker's rows for a moment."""
    for _ in range(ROUNDS):
        assert not any(each.failures for each in work(url, at))
        with bus.ports(tenant, reading=True) as ports:
            if not ports.work.job_runs.has_unended():
                return


def test_what_a_killed_worker_left_undone_is_done_by_the_next(url: str) -> None:
    storage, bus, tenant = opened(url)
    future = SystemClock().now() + HOUR  # jobs are due when they are asked for
    ask(bus, tenant, 0)
    begun = perf_counter()
    assert not is_killed(url, future, None)
    duration = perf_counter() - begun
    check(bus, tenant, 0)
    dice = random.Random(KILLS)  # noqa: S311 - no secret
    killed = 0
    for number in range(1, KILLS + 1):
        at = future + number * HOUR
        ask(bus, tenant, number)
        killed += is_killed(url, at, duration * (number - dice.random()) / KILLS)
        do_the_rest(url, bus, tenant, at + LEASE)
        check(bus, tenant, number)
    assert killed > 0 or KILLS < 50  # a few points may all miss it
    work(url, future + timedelta(days=30))
    assert unfinished_files(bus, tenant) == 0
    storage.close()
