"""What every queue of jobs promises."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from attrs import evolve

from kohorte.core.ports.jobs import Job
from kohorte.core.ports.storage import Storage
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.contracts.storage import StorageContract
from kohorte.core.testing.fakes import NOON

LEASE = timedelta(minutes=5)
SECOND = timedelta(seconds=1)


class JobsContract(StorageContract):
    """Jobs: each is handed out when it is due, to one worker at a time, until it is done."""

    def _add(
        self, storage: Storage, tenant: Tenant, kind: str, due_at: datetime = NOON, unique: str | None = None
    ) -> bool:
        with storage.work(tenant) as work:
            added = work.jobs.add(kind, {}, due_at=due_at, unique=unique)
            work.commit()
        return added is not None

    def _claim(
        self, storage: Storage, tenant: Tenant, now: datetime = NOON, *, kinds: tuple[str, ...] = (), limit: int = 1
    ) -> list[Job]:
        with storage.work(tenant) as work:
            claimed = work.jobs.claim(now=now, lease=LEASE, kinds=kinds, limit=limit)
            work.commit()
        return list(claimed)

    def test_a_job_brings_its_data_to_the_worker(self, storage: Storage, tenant: Tenant) -> None:
        data = {"text": "Köln", "number": 3, "none": None, "list": [1, {"deep": True}]}
        with storage.work(tenant) as work:
            added = work.jobs.add("greet", data, due_at=NOON)
            work.commit()
        (job,) = self._claim(storage, tenant)
        assert (job.id, job.kind, job.data, job.due_at, job.attempts) == (added, "greet", data, NOON, 1)

    def test_a_job_exists_only_when_its_transaction_commits(self, storage: Storage, tenant: Tenant) -> None:
        with storage.work(tenant) as work:
            work.jobs.add("greet", {}, due_at=NOON)
        assert self._claim(storage, tenant) == []

    def test_a_job_is_not_handed_out_before_it_is_due(self, storage: Storage, tenant: Tenant) -> None:
        self._add(storage, tenant, "greet", NOON)
        assert self._claim(storage, tenant, NOON - timedelta(microseconds=1)) == []
        assert len(self._claim(storage, tenant, NOON)) == 1

    def test_the_longest_due_job_comes_first(self, storage: Storage, tenant: Tenant) -> None:
        for kind, seconds in (("second", -2), ("third", -1), ("first", -3), ("later", 1)):
            self._add(storage, tenant, kind, NOON + seconds * SECOND)
        assert [job.kind for job in self._claim(storage, tenant, limit=2)] == ["first", "second"]
        assert [job.kind for job in self._claim(storage, tenant, limit=9)] == ["third"]

    def test_jobs_due_at_once_come_in_the_order_in_which_they_were_added(
        self, storage: Storage, tenant: Tenant
    ) -> None:
        for kind in "abc":
            self._add(storage, tenant, kind)
        assert [job.kind for job in self._claim(storage, tenant, limit=9)] == ["a", "b", "c"]

    def test_a_worker_may_ask_for_some_kinds_only(self, storage: Storage, tenant: Tenant) -> None:
        for kind in "abc":
            self._add(storage, tenant, kind)
        assert [job.kind for job in self._claim(storage, tenant, kinds=("c", "b", "x"), limit=9)] == ["b", "c"]

    def test_a_claimed_job_is_nobody_elses_while_the_lease_lasts(self, storage: Storage, tenant: Tenant) -> None:
        self._add(storage, tenant, "greet")
        assert len(self._claim(storage, tenant, NOON)) == 1
        assert self._claim(storage, tenant, NOON + LEASE - SECOND) == []

    def test_a_job_whose_worker_died_is_handed_out_again(self, storage: Storage, tenant: Tenant) -> None:
        self._add(storage, tenant, "greet")
        (first,) = self._claim(storage, tenant, NOON)
        (second,) = self._claim(storage, tenant, NOON + LEASE)
        assert (second.id, first.attempts, second.attempts) == (first.id, 1, 2)

    def test_a_claim_that_is_rolled_back_leaves_the_job_to_others(self, storage: Storage, tenant: Tenant) -> None:
        self._add(storage, tenant, "greet")
        with storage.work(tenant) as work:
            assert len(work.jobs.claim(now=NOON, lease=LEASE)) == 1
        assert [job.attempts for job in self._claim(storage, tenant)] == [1]

    def test_many_workers_never_hold_the_same_job(self, storage: Storage, tenant: Tenant) -> None:
        with storage.work(tenant) as work:
            for number in range(40):
                work.jobs.add("greet", {"number": number}, due_at=NOON)
            work.commit()
        with ThreadPoolExecutor(4) as threads:
            asked = [threads.submit(self._claim, storage, tenant, limit=3) for _ in range(20)]
            claims = [told.result() for told in asked]
        held = [job.data["number"] for jobs in claims for job in jobs]
        assert sorted(map(str, held)) == sorted(map(str, range(40)))

    def test_an_extended_lease_lasts_longer(self, storage: Storage, tenant: Tenant) -> None:
        self._add(storage, tenant, "greet")
        (job,) = self._claim(storage, tenant)
        with storage.work(tenant) as work:
            assert work.jobs.extend(job, until=NOON + 3 * LEASE)
            work.commit()
        assert self._claim(storage, tenant, NOON + 2 * LEASE) == []
        assert len(self._claim(storage, tenant, NOON + 3 * LEASE)) == 1

    def test_who_lost_the_lease_cannot_extend_it(self, storage: Storage, tenant: Tenant) -> None:
        self._add(storage, tenant, "greet")
        (lost,) = self._claim(storage, tenant, NOON)
        (held,) = self._claim(storage, tenant, NOON + LEASE)
        with storage.work(tenant) as work:
            assert not work.jobs.extend(lost, until=NOON + 9 * LEASE)
            assert work.jobs.extend(held, until=NOON + 2 * LEASE)
            work.jobs.done(held)
            assert not work.jobs.extend(held, until=NOON + 9 * LEASE)

    def test_a_done_job_is_forgotten(self, storage: Storage, tenant: Tenant) -> None:
        self._add(storage, tenant, "greet")
        (job,) = self._claim(storage, tenant)
        with storage.work(tenant) as work:
            work.jobs.done(job)
            work.jobs.done(job)
            work.commit()
            assert list(work.jobs.unfinished()) == []
        assert self._claim(storage, tenant, NOON + 9 * LEASE) == []

    def test_a_late_worker_ends_nothing_for_the_one_that_took_over(self, storage: Storage, tenant: Tenant) -> None:
        self._add(storage, tenant, "greet")
        (lost,) = self._claim(storage, tenant, NOON)
        (held,) = self._claim(storage, tenant, NOON + LEASE)
        with storage.work(tenant) as work:
            work.jobs.done(lost)
            work.jobs.failed(lost, "too late", retry_at=NOON)
            work.commit()
            assert [(job.id, job.attempts, job.error) for job in work.jobs.unfinished()] == [(held.id, 2, "")]
        assert self._claim(storage, tenant, NOON + LEASE) == []

    @pytest.mark.parametrize("retry_at", [NOON, NOON + SECOND, None])
    def test_who_gave_a_job_back_holds_it_no_longer(
        self, storage: Storage, tenant: Tenant, retry_at: datetime | None
    ) -> None:
        self._add(storage, tenant, "greet")
        (job,) = self._claim(storage, tenant)
        with storage.work(tenant) as work:
            work.jobs.failed(job, "nobody home", retry_at=retry_at)
            work.jobs.failed(job, "again", retry_at=None)
            work.jobs.done(job)
            assert not work.jobs.extend(job, until=NOON + 9 * LEASE)
            assert [(each.id, each.error) for each in work.jobs.unfinished()] == [(job.id, "nobody home")]
            work.commit()
        again = self._claim(storage, tenant, NOON + SECOND)
        assert [each.attempts for each in again] == ([] if retry_at is None else [2])

    def test_a_failed_job_is_handed_out_again_at_its_time(self, storage: Storage, tenant: Tenant) -> None:
        self._add(storage, tenant, "greet")
        (job,) = self._claim(storage, tenant)
        with storage.work(tenant) as work:
            work.jobs.failed(job, "nobody home", retry_at=NOON + SECOND)
            work.commit()
        assert self._claim(storage, tenant, NOON) == []
        (again,) = self._claim(storage, tenant, NOON + SECOND)
        assert again == evolve(job, attempts=2, due_at=NOON + SECOND, error="nobody home")

    def test_a_job_that_is_given_up_stays_listed(self, storage: Storage, tenant: Tenant) -> None:
        self._add(storage, tenant, "greet")
        (job,) = self._claim(storage, tenant)
        with storage.work(tenant) as work:
            work.jobs.failed(job, "no such house", retry_at=None)
            work.commit()
            assert [(each.id, each.error) for each in work.jobs.unfinished()] == [(job.id, "no such house")]
        assert self._claim(storage, tenant, NOON + timedelta(days=10_000)) == []

    def test_unfinished_jobs_are_listed_claimed_or_not(self, storage: Storage, tenant: Tenant) -> None:
        for kind, seconds in (("b", 5), ("a", 0), ("c", 9)):
            self._add(storage, tenant, kind, NOON + seconds * SECOND)
        self._claim(storage, tenant)
        with storage.work(tenant) as work:
            assert [(job.kind, job.attempts) for job in work.jobs.unfinished()] == [("a", 1), ("b", 0), ("c", 0)]

    def test_a_marked_job_is_added_once_while_it_is_unfinished(self, storage: Storage, tenant: Tenant) -> None:
        assert self._add(storage, tenant, "greet", unique="Ann")
        assert not self._add(storage, tenant, "greet", NOON + SECOND, unique="Ann")
        assert self._add(storage, tenant, "greet", unique="Bob")
        assert self._add(storage, tenant, "leave", unique="Ann")
        (job,) = self._claim(storage, tenant, kinds=("greet",))
        assert not self._add(storage, tenant, "greet", unique="Ann")
        with storage.work(tenant) as work:
            work.jobs.done(job)
            work.commit()
        assert self._add(storage, tenant, "greet", unique="Ann")

    @pytest.mark.parametrize("given_up", [True, False])
    def test_a_failed_job_holds_its_mark_until_it_is_given_up(
        self, storage: Storage, tenant: Tenant, given_up: bool
    ) -> None:
        self._add(storage, tenant, "greet", unique="Ann")
        (job,) = self._claim(storage, tenant)
        with storage.work(tenant) as work:
            work.jobs.failed(job, "ill", retry_at=None if given_up else NOON + SECOND)
            work.commit()
        assert self._add(storage, tenant, "greet", unique="Ann") is given_up

    def test_unmarked_jobs_of_a_kind_may_be_many(self, storage: Storage, tenant: Tenant) -> None:
        assert all(self._add(storage, tenant, "greet") for _ in range(3))
        assert len(self._claim(storage, tenant, limit=9)) == 3

    def test_a_tenant_sees_no_others(self, storage: Storage, tenant: Tenant, other: Tenant) -> None:
        self._add(storage, tenant, "greet", unique="Ann")
        assert self._claim(storage, other) == []
        assert self._add(storage, other, "greet", unique="Ann")
        with storage.work(other) as work:
            assert len(work.jobs.unfinished()) == 1
