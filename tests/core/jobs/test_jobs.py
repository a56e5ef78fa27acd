"""Jobs: asked for, carried out by one worker at a time with its progress, cancelled, failed, taken up again."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.bus import Bus
from kohorte.core.errors import InvalidInput, InvalidValue, NotAllowed, NotFound, StorageUnavailable
from kohorte.core.files.commands import KeepFile
from kohorte.core.jobs.commands import CancelJob, StartCalculation, StartExport, StartImport, asked_by
from kohorte.core.jobs.holding import EVERY, LEASE, HeldJob, JobCancelled, JobLost, WorkerStopping
from kohorte.core.jobs.listing import ListJobs
from kohorte.core.jobs.model import BECOMES, JobKind, JobResult, JobRun, JobStatus
from kohorte.core.jobs.queries import list_jobs, show_job
from kohorte.core.jobs.running import ATTEMPTS, RETRY_AFTER, run_next_job
from kohorte.core.ports.records import RecordKind
from kohorte.core.segments.commands import CreateSegment
from kohorte.core.segments.lifecycle import ArchiveSegment
from kohorte.core.segments.model import Segment
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.fakes import NOON, FixedClock, counted_id

DAY = timedelta(days=1)


@pytest.fixture
def segment(bus: Bus, tenant: Tenant) -> Segment:
    return bus.run(CreateSegment("germans", 'contact.country = "DE"'), tenant)


@pytest.fixture
def run(bus: Bus, tenant: Tenant) -> JobRun:
    """Return a job that waits for a worker."""
    return bus.run(StartCalculation(), tenant, by="ann")


def found(bus: Bus, tenant: Tenant, run: JobRun) -> JobRun:
    with bus.ports(tenant, reading=True) as ports:
        return show_job(ports, run.id).run


def do(bus: Bus, tenant: Tenant, runner: Callable[[HeldJob], JobResult | None]) -> JobRun | None:
    return run_next_job(bus, tenant, lambda held: runner(held) or JobResult())


# -- asking --------------------------------------------------------------------------------------------------------


def test_a_job_that_was_asked_for_waits(bus: Bus, tenant: Tenant, segment: Segment) -> None:
    command = StartExport((segment.id,), columns=("contact.key",), at=NOON)
    run = bus.run(command, tenant, by="ann")
    assert run == JobRun(run.id, JobKind.EXPORT, run.parameters, NOON, "ann")
    assert found(bus, tenant, run) == run
    assert asked_by(run) == command


def test_what_was_asked_for_comes_back_as_it_was(bus: Bus, tenant: Tenant, segment: Segment) -> None:
    file = bus.run(KeepFile("people.csv", [b"key\n1\n"], DAY), tenant)
    for command in (
        StartCalculation((segment.id,), NOON),
        StartImport(RecordKind.CONTACTS, file.id, {"Customer No": "key"}, "csv", "\t", "utf-8", None, dry_run=True),
    ):
        assert asked_by(bus.run(command, tenant)) == command


def test_what_cannot_be_done_is_refused_at_once(bus: Bus, tenant: Tenant, segment: Segment) -> None:
    with pytest.raises(NotFound):
        bus.run(StartExport((counted_id(9),)), tenant)
    with pytest.raises(InvalidInput):
        bus.run(StartExport((segment.id,), columns=("contact.nonsense",)), tenant)
    with pytest.raises(NotFound):
        bus.run(StartExport((segment.id,), template="nowhere"), tenant)
    with pytest.raises(NotFound):
        bus.run(StartImport(RecordKind.CONTACTS, counted_id(9)), tenant)
    with pytest.raises(InvalidValue):
        bus.run(StartImport(RecordKind.CONTACTS, counted_id(9), {"a\0": "key"}), tenant)
    bus.run(ArchiveSegment("germans"), tenant)
    with pytest.raises(NotAllowed):
        bus.run(StartCalculation((segment.id,)), tenant)
    assert do(bus, tenant, lambda _: None) is None


def test_jobs_are_listed_the_newest_first(bus: Bus, tenant: Tenant) -> None:
    runs = [bus.run(StartCalculation(), tenant) for _ in range(3)]
    with bus.ports(tenant, reading=True) as ports:
        page = list_jobs(ports, ListJobs(limit=2))
        assert [*page.rows, *list_jobs(ports, ListJobs(page.after)).rows] == runs[::-1]
        with pytest.raises(InvalidInput):
            list_jobs(ports, ListJobs(limit=0))


# -- carrying out --------------------------------------------------------------------------------------------------


def test_a_worker_finishes_a_job_with_its_result(bus: Bus, tenant: Tenant, clock: FixedClock, run: JobRun) -> None:
    clock.advance(timedelta(minutes=1))

    def work(held: HeldJob) -> JobResult:
        assert found(bus, tenant, run).status is JobStatus.RUNNING
        held.progress(1, 3)
        clock.advance(timedelta(minutes=1))
        return JobResult({"segments": 3})

    done = do(bus, tenant, work)
    assert done is not None
    assert done == found(bus, tenant, run)
    assert (done.status, done.done, done.total, done.result.counts) == (JobStatus.FINISHED, 3, 3, {"segments": 3})
    assert (done.started_at, done.finished_at) == (NOON + timedelta(minutes=1), NOON + timedelta(minutes=2))
    assert do(bus, tenant, work) is None


def test_the_job_that_waits_longest_is_carried_out_first(bus: Bus, tenant: Tenant, clock: FixedClock) -> None:
    runs = []
    for _ in range(3):
        runs.append(bus.run(StartCalculation(), tenant))
        clock.advance(timedelta(seconds=1))
    done = [do(bus, tenant, lambda _: None) for _ in range(3)]
    assert [each and each.id for each in done] == [each.id for each in runs]


def test_progress_is_noted_once_a_second_and_never_goes_back(
    bus: Bus, tenant: Tenant, clock: FixedClock, run: JobRun
) -> None:
    seen: list[int] = []

    def work(held: HeldJob) -> None:
        for done in (0, 5, 10, 8, 20):
            held.progress(done, 100)
            seen.append(found(bus, tenant, run).done)
            clock.advance(EVERY / 2)

    do(bus, tenant, work)
    assert seen == [0, 0, 10, 10, 20]


@given(steps=st.lists(st.tuples(st.integers(0, 1_000), st.integers(0, 3_000)), max_size=20))
def test_whatever_is_told_progress_is_monotone(steps: list[tuple[int, int]]) -> None:
    run = JobRun(counted_id(1), JobKind.IMPORT, {}, NOON, "ann")
    run.start(NOON)
    seen = [run.done]
    for done, total in steps:
        run.note(done, total)
        seen.append(run.done)
    assert seen == sorted(seen)


def test_a_job_that_fails_keeps_why_and_stops_no_other(bus: Bus, tenant: Tenant, run: JobRun) -> None:
    other = bus.run(StartCalculation(), tenant)

    def fail(_: HeldJob) -> None:
        raise InvalidInput("{name} is no file.", hint="Send one.", name="people.pdf")

    do(bus, tenant, fail)
    do(bus, tenant, lambda _: None)
    failed = found(bus, tenant, run)
    assert failed.status is JobStatus.FAILED
    assert failed.error is not None
    assert (failed.error.code, failed.error.error.text()) == ("invalid_input", "people.pdf is no file.")
    assert found(bus, tenant, other).status is JobStatus.FINISHED


def test_a_fault_that_nobody_foresaw_is_told_without_its_words(
    bus: Bus, tenant: Tenant, run: JobRun, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: HeldJob) -> None:
        raise ZeroDivisionError("ann@example.com")

    done = do(bus, tenant, fail)
    assert done is not None
    assert done.error is not None
    assert (done.error.code, done.error.error.text()) == ("job_failed", "The job failed: ZeroDivisionError.")
    assert str(run.id) in caplog.text


def test_the_file_that_was_sent_is_forgotten_however_the_import_ends(bus: Bus, tenant: Tenant) -> None:
    def fail(_: HeldJob) -> None:
        raise InvalidInput("no")

    for end in (lambda: do(bus, tenant, lambda _: None), lambda: do(bus, tenant, fail), None):
        file = bus.run(KeepFile("people.csv", [b"key\n1\n"], DAY), tenant)
        run = bus.run(StartImport(RecordKind.CONTACTS, file.id), tenant)
        if end is None:
            bus.run(CancelJob(run.id), tenant)
        else:
            end()
        with bus.ports(tenant, reading=True) as ports, pytest.raises(NotFound):
            ports.work.files.by_id(file.id)


def test_what_a_job_wrote_is_shown_until_it_is_forgotten(
    bus: Bus, tenant: Tenant, clock: FixedClock, run: JobRun
) -> None:
    file = bus.run(KeepFile("members.csv", [b"key\n1\n"], DAY), tenant)
    do(bus, tenant, lambda _: JobResult({}, file.id))
    with bus.ports(tenant, reading=True) as ports:
        assert show_job(ports, run.id).file == file
        clock.advance(DAY)
        assert show_job(ports, run.id).file is None
        with pytest.raises(NotFound):
            show_job(ports, counted_id(9))


# -- cancelling ----------------------------------------------------------------------------------------------------


def test_a_job_that_nobody_began_is_cancelled_at_once_and_never_begun(bus: Bus, tenant: Tenant, run: JobRun) -> None:
    cancelled = bus.run(CancelJob(run.id), tenant)
    assert (cancelled.status, cancelled.finished_at) == (JobStatus.CANCELLED, NOON)
    begun: list[UUID] = []
    later = bus.run(StartCalculation(), tenant)
    for _ in range(3):
        do(bus, tenant, lambda held: begun.append(held.run.id))
    assert begun == [later.id]
    assert found(bus, tenant, run) == cancelled


def test_a_job_under_way_ends_between_two_steps(bus: Bus, tenant: Tenant, clock: FixedClock, run: JobRun) -> None:
    steps: list[int] = []

    def work(held: HeldJob) -> None:
        for step in range(10):
            held.progress(step, 10)
            steps.append(step)
            clock.advance(EVERY)
            if step == 3:
                asked = bus.run(CancelJob(run.id), tenant)
                assert (asked.status, asked.cancel_asked) == (JobStatus.RUNNING, True)

    done = do(bus, tenant, work)
    assert steps == [0, 1, 2, 3]
    assert done is not None
    assert (done.status, done.done, done.error) == (JobStatus.CANCELLED, 3, None)
    assert do(bus, tenant, work) is None


def test_a_cancelled_job_stays_so_and_an_ended_one_cannot_be_cancelled(bus: Bus, tenant: Tenant, run: JobRun) -> None:
    once = bus.run(CancelJob(run.id), tenant)
    assert bus.run(CancelJob(run.id), tenant) == once
    other = bus.run(StartCalculation(), tenant)
    while do(bus, tenant, lambda _: None):
        pass
    with pytest.raises(NotAllowed):
        bus.run(CancelJob(other.id), tenant)
    with pytest.raises(NotFound):
        bus.run(CancelJob(counted_id(9)), tenant)


def test_the_next_worker_cancels_what_the_dead_one_did_not_see(
    bus: Bus, tenant: Tenant, clock: FixedClock, run: JobRun
) -> None:
    die(bus, tenant)
    bus.run(CancelJob(run.id), tenant)
    clock.advance(LEASE)
    done = do(bus, tenant, lambda _: pytest.fail("It was begun."))
    assert done is not None
    assert done.status is JobStatus.CANCELLED


# -- workers that die, stop, or lose a job ---------------------------------------------------------------------------


class Killed(BaseException):
    """As if the process had been killed: nothing is written any more."""


def die(bus: Bus, tenant: Tenant) -> None:
    def work(held: HeldJob) -> None:
        held.progress(7, 9)
        raise Killed

    with pytest.raises(Killed):
        do(bus, tenant, work)


def test_a_killed_workers_job_is_taken_up_when_its_lease_ends(
    bus: Bus, tenant: Tenant, clock: FixedClock, run: JobRun
) -> None:
    die(bus, tenant)
    assert found(bus, tenant, run).done == 7
    clock.advance(LEASE - timedelta(microseconds=1))
    assert do(bus, tenant, lambda _: None) is None
    clock.advance(timedelta(microseconds=1))

    def work(held: HeldJob) -> None:
        assert found(bus, tenant, run).done == 0

    done = do(bus, tenant, work)
    assert done is not None
    assert (done.status, done.started_at) == (JobStatus.FINISHED, NOON)


def test_progress_lengthens_the_lease(bus: Bus, tenant: Tenant, clock: FixedClock, run: JobRun) -> None:
    others: list[object] = []

    def work(held: HeldJob) -> None:
        for step in range(5):
            held.progress(step, 5)
            clock.advance(LEASE * 0.9)
            others.append(do(bus, tenant, lambda _: None))

    done = do(bus, tenant, work)
    assert done is not None
    assert done.status is JobStatus.FINISHED
    assert others == [None] * 5


def test_who_has_lost_a_job_writes_nothing_of_it(bus: Bus, tenant: Tenant, clock: FixedClock, run: JobRun) -> None:
    raised: list[type[Exception]] = []

    def slow(held: HeldJob) -> None:
        clock.advance(LEASE)
        do(bus, tenant, lambda _: JobResult({"by": 2}))
        try:
            held.progress(1, 2)
        except JobLost as lost:
            raised.append(type(lost))
            raise

    do(bus, tenant, slow)
    assert raised == [JobLost]
    assert found(bus, tenant, run).result.counts == {"by": 2}


def test_who_has_lost_a_job_without_noticing_ends_it_for_nobody(
    bus: Bus, tenant: Tenant, clock: FixedClock, run: JobRun
) -> None:
    def slow(_: HeldJob) -> JobResult:
        clock.advance(LEASE)
        die(bus, tenant)
        return JobResult({"by": 1})

    do(bus, tenant, slow)
    assert found(bus, tenant, run).status is JobStatus.RUNNING
    clock.advance(LEASE)
    do(bus, tenant, lambda _: JobResult({"by": 3}))
    assert found(bus, tenant, run).result.counts == {"by": 3}


def test_a_worker_that_stops_leaves_its_job_to_the_next_at_once(bus: Bus, tenant: Tenant, run: JobRun) -> None:
    stops = iter([False, True])

    def work(held: HeldJob) -> JobResult:
        held.progress(1, 2)
        with pytest.raises(WorkerStopping):
            held.progress(2, 2)
        raise WorkerStopping("The worker was asked to stop.")

    left = run_next_job(bus, tenant, work, is_stopping=lambda: next(stops))
    assert left is not None
    assert left.status is JobStatus.WAITING
    done = do(bus, tenant, lambda _: None)
    assert done is not None
    assert (done.id, done.status) == (run.id, JobStatus.FINISHED)


def test_a_job_is_tried_again_later_where_the_database_was_away(
    bus: Bus, tenant: Tenant, clock: FixedClock, run: JobRun
) -> None:
    def fail(_: HeldJob) -> None:
        raise StorageUnavailable("away")

    do(bus, tenant, fail)
    assert found(bus, tenant, run).status is JobStatus.WAITING
    assert do(bus, tenant, lambda _: None) is None
    clock.advance(RETRY_AFTER)
    do(bus, tenant, lambda _: None)
    assert found(bus, tenant, run).status is JobStatus.FINISHED


def test_a_job_that_no_worker_survives_is_given_up(bus: Bus, tenant: Tenant, clock: FixedClock, run: JobRun) -> None:
    for _ in range(ATTEMPTS):
        die(bus, tenant)
        clock.advance(LEASE)
    done = do(bus, tenant, lambda _: pytest.fail("It was begun."))
    assert done is not None
    assert done.error is not None
    assert (done.status, done.error.code, done.error.values) == (JobStatus.FAILED, "job_failed", {"count": ATTEMPTS})


def test_who_interrupts_a_job_is_no_error_of_it(bus: Bus, tenant: Tenant, run: JobRun) -> None:
    def work(_: HeldJob) -> None:
        raise JobCancelled("The job was cancelled.")

    done = do(bus, tenant, work)
    assert done is not None
    assert (done.status, done.error) == (JobStatus.CANCELLED, None)


# -- the ways from one status to another ------------------------------------------------------------------------------


def test_what_has_ended_stays_as_it_is() -> None:
    for status in (JobStatus.FINISHED, JobStatus.FAILED, JobStatus.CANCELLED):
        assert not BECOMES[status]
        run = JobRun(counted_id(1), JobKind.EXPORT, {}, NOON, "ann", status=status)
        changes: tuple[Callable[[], None], ...] = (
            partial(run.start, NOON),
            partial(run.finish, JobResult(), NOON),
            partial(run.fail, InvalidInput("x"), NOON),
            run.give_back,
        )
        for change in changes:
            with pytest.raises(NotAllowed):
                change()
        assert run.status is status
