"""Two workers never carry out one job at once, and all jobs are carried out."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, Lock
from typing import Final
from uuid import UUID

import pytest

from kohorte.adapters.clock import SystemClock
from kohorte.adapters.storage.unit_of_work import SqlStorage, open_storage
from kohorte.core.bus import Bus
from kohorte.core.errors import NotAllowed
from kohorte.core.jobs.commands import CancelJob, StartCalculation
from kohorte.core.jobs.holding import HeldJob
from kohorte.core.jobs.listing import ListJobs
from kohorte.core.jobs.model import JobResult, JobRun, JobStatus
from kohorte.core.jobs.queries import list_jobs
from kohorte.core.jobs.running import run_next_job
from kohorte.core.registry import registry
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.storage import add_tenant
from kohorte.core.testing.fakes import CountingIds
from kohorte.dsl.language import RuleLanguage

WORKERS: Final = 4
JOBS: Final = 24


@pytest.fixture
def storage(url: str) -> Iterator[SqlStorage]:
    opened = open_storage(url, clock=SystemClock(), ids=CountingIds(5_000_000))
    yield opened
    opened.close()


def test_each_job_is_carried_out_by_one_worker_and_none_is_left(storage: SqlStorage) -> None:
    bus = Bus(registry(), SystemClock(), CountingIds(6_000_000), RuleLanguage(), storage)
    tenant = add_tenant(storage)
    asked = [bus.run(StartCalculation(), tenant).id for _ in range(JOBS)]
    together, lock = Barrier(WORKERS), Lock()
    begun: list[UUID] = []

    def work(held: HeldJob) -> JobResult:
        with lock:
            begun.append(held.run.id)
        held.progress(1, 1)
        return JobResult({"segments": 1})

    def run() -> int:
        together.wait()
        count = 0
        while run_next_job(bus, tenant, work) is not None:
            count += 1
        return count

    with ThreadPoolExecutor(WORKERS) as pool:
        counts = [each.result() for each in [pool.submit(run) for _ in range(WORKERS)]]
    assert sum(counts) >= JOBS
    # Whoever finds all others taken at this moment ends early; what they left is done by the next.
    while run_next_job(bus, tenant, work) is not None:
        pass
    assert sorted(begun) == sorted(asked)
    assert {each.status for each in runs(bus, tenant)} == {JobStatus.FINISHED}


def test_whoever_cancels_while_workers_work_ends_every_job_once(storage: SqlStorage) -> None:
    bus = Bus(registry(), SystemClock(), CountingIds(6_000_000), RuleLanguage(), storage)
    tenant = add_tenant(storage)
    asked = [bus.run(StartCalculation(), tenant).id for _ in range(JOBS)]
    together = Barrier(3)

    def work() -> None:
        together.wait()
        while run_next_job(bus, tenant, lambda _: JobResult()) is not None:
            pass

    def cancel() -> None:
        together.wait()
        for each in reversed(asked):
            with suppress(NotAllowed):  # who is late
                bus.run(CancelJob(each), tenant)

    with ThreadPoolExecutor(3) as pool:
        for each in [pool.submit(work), pool.submit(work), pool.submit(cancel)]:
            each.result()
    while run_next_job(bus, tenant, lambda _: JobResult()) is not None:
        pass
    assert {each.status for each in runs(bus, tenant)} <= {JobStatus.FINISHED, JobStatus.CANCELLED}
    with storage.work(tenant, reading=True) as unit:
        assert not unit.job_runs.has_unended()


def runs(bus: Bus, tenant: Tenant) -> list[JobRun]:
    with bus.ports(tenant, reading=True) as ports:
        return [*list_jobs(ports, ListJobs(limit=500)).rows]
