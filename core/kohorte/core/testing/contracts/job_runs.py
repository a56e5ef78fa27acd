"""What every repository of jobs promises."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from kohorte.core.errors import InvalidInput, NotFound
from kohorte.core.jobs.listing import ListJobs
from kohorte.core.jobs.model import JobKind, JobResult, JobRun, JobStatus
from kohorte.core.ports.storage import Storage
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.storage import StorageContract
from kohorte.core.testing.fakes import NOON, CountingIds


def save(storage: Storage, tenant: Tenant, *runs: JobRun) -> None:
    """Save jobs in one transaction."""
    with storage.work(tenant) as work:
        for run in runs:
            work.job_runs.save(run)
        work.commit()


class JobRunsContract(StorageContract):
    """Jobs as people see them."""

    @pytest.fixture
    def run(self, ids: CountingIds) -> JobRun:
        """Return a job that nobody has begun, and that is not stored."""
        parameters: dict[str, Any] = {"segment": "1", "columns": ["contact.key", "größe"], "at": None, "safe": True}
        return JobRun(ids.new(), JobKind.EXPORT, parameters, NOON, "ann")

    def test_a_job_comes_back_as_it_was_saved_last(
        self, storage: Storage, tenant: Tenant, run: JobRun, ids: CountingIds
    ) -> None:
        save(storage, tenant, run)
        with storage.work(tenant, reading=True) as work:
            assert work.job_runs.by_id(run.id) == run
        run.start(NOON + timedelta(seconds=1))
        run.note(3, 9)
        run.cancel_asked = True
        save(storage, tenant, run)
        with storage.work(tenant, reading=True) as work:
            assert work.job_runs.by_id(run.id) == run
        run.finish(JobResult({"members": 9}, ids.new()), NOON + timedelta(seconds=2))
        save(storage, tenant, run)
        with storage.work(tenant, reading=True) as work:
            assert work.job_runs.by_id(run.id) == run

    def test_an_error_comes_back_as_it_was_kept(self, storage: Storage, tenant: Tenant, run: JobRun) -> None:
        run.start(NOON)
        template, hint = "{count} of {what}", "Do {what}."
        run.fail(InvalidInput(template, hint=hint, count=3, what="Gr\0ße"), NOON)
        save(storage, tenant, run)
        with storage.work(tenant, reading=True) as work:
            found = work.job_runs.by_id(run.id)
        assert found.error is not None
        assert (found.error.code, found.error.values) == ("invalid_input", {"count": 3, "what": "Gr�ße"})
        assert found.error.error.advice() == "Do Gr�ße."

    def test_a_job_in_hand_is_not_the_stored_one(self, storage: Storage, tenant: Tenant, run: JobRun) -> None:
        save(storage, tenant, run)
        run.done = 5
        with storage.work(tenant) as work:
            found = work.job_runs.lock(run.id)
            found.done = 7
            assert work.job_runs.by_id(run.id).done == 0

    def test_an_unknown_job_is_not_found(self, storage: Storage, tenant: Tenant, run: JobRun) -> None:
        with storage.work(tenant) as work:
            for find in (work.job_runs.by_id, work.job_runs.lock):
                with pytest.raises(NotFound):
                    find(run.id)

    def test_the_newest_come_first_page_by_page(
        self, storage: Storage, tenant: Tenant, run: JobRun, ids: CountingIds
    ) -> None:
        runs = [evolve(run, id=ids.new()) for _ in range(5)]
        save(storage, tenant, *runs[::2], *runs[1::2])
        found: list[JobRun] = []
        query = ListJobs(limit=2)
        with storage.work(tenant, reading=True) as work:
            page = work.job_runs.page(query)
            while page.after is not None:
                assert len(page.rows) == 2
                found += page.rows
                page = work.job_runs.page(evolve(query, after=page.after))
        assert [*found, *page.rows] == runs[::-1]

    def test_unended_jobs_are_told_from_ended_ones(self, storage: Storage, tenant: Tenant, run: JobRun) -> None:
        for status in JobStatus:
            run.status = status
            save(storage, tenant, run)
            with storage.work(tenant, reading=True) as work:
                assert work.job_runs.has_unended() is not run.has_ended, status

    def test_jobs_that_ended_by_an_instant_are_forgotten(
        self, storage: Storage, tenant: Tenant, other: Tenant, run: JobRun, ids: CountingIds
    ) -> None:
        moment = timedelta(microseconds=1)
        early, late, failed = (evolve(run, id=ids.new(), status=JobStatus.RUNNING) for _ in range(3))
        early.finish(JobResult(), NOON)
        template = "it failed"
        failed.fail(InvalidInput(template), NOON)
        late.finish(JobResult(), NOON + moment)
        save(storage, tenant, run, early, late, failed)
        save(storage, other, early)
        with storage.work(tenant) as work:
            assert not work.job_runs.has_ended(NOON - moment)
            assert work.job_runs.has_ended(NOON)
            assert work.job_runs.forget(NOON) == 2
            assert not work.job_runs.has_ended(NOON)
            work.commit()
        with storage.work(tenant, reading=True) as work:
            assert {each.id for each in work.job_runs.page(ListJobs()).rows} == {run.id, late.id}
        with storage.work(other, reading=True) as work:
            assert work.job_runs.has_ended(NOON)

    def test_who_changes_a_job_at_once_loses_nothing(self, storage: Storage, tenant: Tenant, run: JobRun) -> None:
        save(storage, tenant, run)

        def count_one_more() -> None:
            with storage.work(tenant) as work:
                found = work.job_runs.lock(run.id)
                found.done += 1
                work.job_runs.save(found)
                work.commit()

        with ThreadPoolExecutor(4) as threads:
            for done in [threads.submit(count_one_more) for _ in range(12)]:
                done.result()
        with storage.work(tenant, reading=True) as work:
            assert work.job_runs.by_id(run.id).done == 12

    def test_a_tenant_sees_no_others(self, storage: Storage, tenant: Tenant, other: Tenant, run: JobRun) -> None:
        save(storage, tenant, run)
        with storage.work(other, reading=True) as work:
            assert not work.job_runs.has_unended()
            assert not work.job_runs.page(ListJobs()).rows
            with pytest.raises(NotFound):
                work.job_runs.by_id(run.id)
