"""A job in the hands of a worker: a lease that is lengthened while it works, and the way to say how far it has come.

A worker that was killed lets go of its job when the lease ends, and the next one begins anew. Who has lost a job finds
out when they next say how far they are, and write nothing of it from then on.
"""

import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Final

from attrs import define, field

from kohorte.core.bus import Bus, Ports
from kohorte.core.errors import KohorteError
from kohorte.core.jobs.commands import Starting, asked_by, keep
from kohorte.core.jobs.model import JobRun
from kohorte.core.ports.jobs import Job
from kohorte.core.tenants.model import Tenant

LEASE: Final = timedelta(minutes=2)
"""For so long nobody else takes a job whose worker has died."""

BEAT: Final = 30.0
"""Seconds after which a worker lengthens its lease, even where it has nothing to tell."""

EVERY: Final = timedelta(seconds=1)
"""How far a job has come is noted at most so often."""

_log = logging.getLogger(__name__)


class JobInterrupted(KohorteError, RuntimeError):
    """A job does not go on here. Whoever carries it out lets this pass."""

    code = "job_interrupted"


class JobCancelled(JobInterrupted):
    """Somebody cancelled the job."""

    code = "job_cancelled"


class JobLost(JobInterrupted):
    """The lease ended, and another worker has the job."""

    code = "job_lost"


class WorkerStopping(JobInterrupted):
    """The worker was asked to stop: the next one begins anew."""

    code = "worker_stopping"


@define
class HeldJob:
    """A job that a worker holds: what was asked for, for whom, and the way to say how far it has come."""

    bus: Bus
    tenant: Tenant
    run: JobRun
    _job: Job
    _is_stopping: Callable[[], bool]
    _noted_at: datetime | None = field(default=None, init=False)

    @property
    def asked(self) -> Starting:
        """Return the command that asked for the job."""
        return asked_by(self.run)

    def progress(self, done: int, total: int | None = None) -> None:
        """Say how far the job has come, as often as one likes: it is noted once in ``EVERY``.

        Call it between two steps, with no transaction open that writes. Raise ``JobInterrupted`` where the job does not
        go on here.
        """
        if self._is_stopping():
            raise WorkerStopping("The worker was asked to stop.", hint="The next one begins anew.")
        now = self.bus.clock.now()
        if self._noted_at is not None and now - self._noted_at < EVERY:
            return
        self._noted_at = now
        with self.bus.ports(self.tenant) as ports:
            run = self.locked(ports)
            if run.cancel_asked:
                raise JobCancelled("The job was cancelled.", hint="What was done by then stays.")
            run.note(done, total)
            ports.work.job_runs.save(run)
            ports.work.commit()

    def locked(self, ports: Ports) -> JobRun:
        """Return the job, locked, with a lease from now on; raise ``JobLost`` where another worker has it."""
        if not ports.work.jobs.extend(self._job, until=ports.clock.now() + LEASE):
            raise JobLost("Another worker has the job.", hint="It begins anew.")
        return ports.work.job_runs.lock(self.run.id)

    def end(self, change: Callable[[JobRun, datetime], None]) -> JobRun:
        """Change the job for the last time; the queue forgets it in the same transaction. Raise ``JobLost``."""
        with self.bus.ports(self.tenant) as ports:
            run = self.locked(ports)
            change(run, ports.clock.now())
            keep(run, ports)
            ports.work.jobs.done(self._job)
            ports.work.commit()
        return run

    def give_back(self, code: str, later: timedelta) -> JobRun:
        """Leave the job to the next worker. Raise ``JobLost``."""
        with self.bus.ports(self.tenant) as ports:
            run = self.locked(ports)
            run.give_back()
            ports.work.job_runs.save(run)
            ports.work.jobs.failed(self._job, code, retry_at=ports.clock.now() + later)
            ports.work.commit()
        return run

    @contextmanager
    def kept(self) -> Generator[None]:
        """Lengthen the lease from time to time, however long a step takes."""
        ended = Event()
        beating = Thread(target=self._beat, args=(ended,), name="kohorte-lease", daemon=True)
        beating.start()
        try:
            yield
        finally:
            ended.set()
            beating.join()

    def _beat(self, ended: Event) -> None:
        while not ended.wait(BEAT):
            try:
                with self.bus.ports(self.tenant) as ports:
                    ports.work.jobs.extend(self._job, until=ports.clock.now() + LEASE)
                    ports.work.commit()
            except Exception:  # the database may be busy or away: the next beat may find it
                _log.warning("The lease of job %s could not be lengthened.", self.run.id)
