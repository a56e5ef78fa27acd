"""Carrying jobs out: a worker takes one from the queue, and ends it.

Whatever happens to a worker, its job is carried out: imports and calculations find done what was done, an export is
written again.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from kohorte.core.bus import Bus
from kohorte.core.errors import KohorteError, StorageUnavailable
from kohorte.core.jobs.commands import JOB, keep
from kohorte.core.jobs.holding import LEASE, HeldJob, JobCancelled, JobLost, WorkerStopping
from kohorte.core.jobs.model import JobResult, JobRun
from kohorte.core.ports.jobs import Job
from kohorte.core.tenants.model import Tenant

ATTEMPTS: Final = 10
"""A job that was begun so often without coming to its end is given up."""

RETRY_AFTER: Final = timedelta(minutes=1)
"""When a job is tried again for which the database was away."""

Runner = Callable[[HeldJob], JobResult]
"""What carries out a job: it says how far it is between its steps, and returns what the job came to."""

_log = logging.getLogger(__name__)


class JobFailed(KohorteError, RuntimeError):
    """A job ended in a way that nobody foresaw; the log says more."""

    code = "job_failed"


def _never() -> bool:
    return False


def run_next_job(
    bus: Bus, tenant: Tenant, runner: Runner, *, is_stopping: Callable[[], bool] = _never
) -> JobRun | None:
    """Carry out the job that waits longest; return what became of it, or None where none waits.

    Once ``is_stopping`` says so the job is left to the next worker. A job that fails keeps its error, and stops no
    other. Raise ``StorageUnavailable`` where not even that can be kept: it is taken up again when the lease ends.
    """
    with bus.ports(tenant, reading=True) as ports:
        if not ports.work.job_runs.has_unended():  # who has nothing to do hinders nobody who has
            return None
    held = _taken(bus, tenant, is_stopping)
    if held is None or held.run.has_ended:
        return None if held is None else held.run
    try:
        return _carry_out(held, runner)
    except JobLost:
        return held.run


def _taken(bus: Bus, tenant: Tenant, is_stopping: Callable[[], bool]) -> HeldJob | None:
    """Take the next job from the queue: it is under way from now on, or ends here."""
    with bus.ports(tenant) as ports:
        now = ports.clock.now()
        for job in ports.work.jobs.claim(now=now, lease=LEASE, kinds=[JOB]):
            run = ports.work.job_runs.lock(UUID(str(job.data["run"])))
            if not run.has_ended:  # somebody cancelled it while it waited
                _begin(run, job, now)
            keep(run, ports)
            if run.has_ended:
                ports.work.jobs.done(job)
            ports.work.commit()
            return HeldJob(bus, tenant, run, job, is_stopping)
    return None


def _begin(run: JobRun, job: Job, now: datetime) -> None:
    run.start(now)
    if run.cancel_asked:  # of a worker that died before it saw that
        run.cancel(now)
    elif job.attempts > ATTEMPTS:
        tired = JobFailed(
            "The job was begun {count} times, and no worker came to its end.",
            hint="See the logs of the workers: one may have too little memory, or no room on its disk.",
            count=job.attempts - 1,
        )
        run.fail(tired, now)


def _carry_out(held: HeldJob, runner: Runner) -> JobRun:
    try:
        with held.kept():
            result = runner(held)
    except JobLost:
        raise
    except WorkerStopping as stopping:
        return held.give_back(stopping.code, timedelta(0))
    except JobCancelled:
        return held.end(JobRun.cancel)
    except StorageUnavailable as away:
        return held.give_back(away.code, RETRY_AFTER)
    except Exception as failure:  # whatever it was: other jobs wait
        error = _told(failure, held.run)
        return held.end(lambda run, at: run.fail(error, at))
    return held.end(lambda run, at: run.finish(result, at))


def _told(failure: Exception, run: JobRun) -> KohorteError:
    """Return a failure as an error that says what it was; the driver's own words may hold secrets."""
    if isinstance(failure, KohorteError):
        return failure
    _log.error("The job %s failed.", run.id, exc_info=failure)
    return JobFailed(
        "The job failed: {kind}.",
        hint="The log says more. Ask for it again, and for less if that does not help.",
        kind=type(failure).__name__,
    )
