"""One round of the worker: whatever is to be done now, for every tenant, step by step.

A step that fails stops neither the next one nor another tenant; whatever it leaves undone is found by the next round.
So many workers as one likes may work at once: each segment is calculated by one of them at a time, each job is carried
out by one, and who comes late finds nothing left to do.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from threading import Event
from typing import Final
from uuid import UUID

from attrs import define, field, frozen

from kohorte.core.answers import ForgetAnswers
from kohorte.core.bus import Bus, Ports
from kohorte.core.errors import KohorteError
from kohorte.core.files.commands import ForgetFiles
from kohorte.core.jobs.forgetting import ForgetJobs, last_ended
from kohorte.core.jobs.model import JobRun
from kohorte.core.jobs.running import run_next_job
from kohorte.core.messages import Command
from kohorte.core.segments.commands import CalculatedSegment
from kohorte.core.segments.due import HORIZON, FillDue, FireDue, is_anything_to_do
from kohorte.core.segments.updating import UpdateMembers
from kohorte.core.tenants.model import Tenant
from kohorte.core.tenants.queries import list_tenants
from kohorte.entrypoints.bootstrap import Application


@frozen
class StepFailure:
    """A step that failed for a tenant: its name and the error's code, and nothing that could be personal."""

    step: str
    code: str


@define
class TenantRound:
    """What a round did for a tenant.

    Reactions tried again, bounds foreseen, segments looked at, jobs that ended or were left to the next worker, and
    steps that failed.
    """

    tenant: Tenant
    reactions: int = 0
    bounds: int = 0
    is_idle: bool = True
    calculated: dict[UUID, CalculatedSegment] = field(factory=dict[UUID, CalculatedSegment])
    jobs: list[JobRun] = field(factory=list[JobRun])
    failures: list[StepFailure] = field(factory=list[StepFailure])

    @property
    def segments(self) -> Sequence[CalculatedSegment]:
        """Return what became of each segment, in the order in which they were looked at."""
        return list(self.calculated.values())

    def add(self, results: Iterable[CalculatedSegment]) -> None:
        """Add what became of segments."""
        for each in results:
            self.calculated[each.id] = each.after(self.calculated.get(each.id))


@frozen
class Work:
    """What a step may use."""

    application: Application
    horizon: timedelta
    stop: Event

    @property
    def bus(self) -> Bus:
        """Return the bus."""
        return self.application.bus


Step = tuple[str, Callable[[Work, TenantRound], None]]


def code_of(failure: Exception) -> str:
    """Return what may be told of a failure in a log: the driver's own words may hold secrets, and people's data."""
    return failure.code if isinstance(failure, KohorteError) else type(failure).__name__


# -- steps -------------------------------------------------------------------------------------------------------


def _retry_reactions(work: Work, found: TenantRound) -> None:
    found.reactions += work.bus.retry_reactions(found.tenant)


def _look(work: Work, found: TenantRound) -> None:
    """See whether there is anything to do: whoever has nothing to write hinders nobody who has."""
    with work.bus.ports(found.tenant, reading=True) as ports:
        found.is_idle = not is_anything_to_do(ports, work.horizon)


def _follow_changes(work: Work, found: TenantRound) -> None:
    if not found.is_idle:
        found.add(work.bus.run(UpdateMembers(), found.tenant))


def _foresee(work: Work, found: TenantRound) -> None:
    if not found.is_idle:
        found.bounds += sum(each.added for each in work.bus.run(FillDue(work.horizon), found.tenant))


def _follow_time(work: Work, found: TenantRound) -> None:
    if not found.is_idle:
        found.add(work.bus.run(FireDue(), found.tenant))


_OUTDATED: Final[Sequence[tuple[Command[int], Callable[[Ports], bool]]]] = (
    (ForgetFiles(), lambda ports: bool(ports.work.files.over(ports.clock.now(), 1))),
    (ForgetAnswers(), lambda ports: ports.work.answers.are_over(ports.clock.now())),
    (ForgetJobs(), lambda ports: ports.work.job_runs.has_ended(last_ended(ports))),
)
"""What forgets things whose time is over, and what tells whether there are any."""


def _forget(work: Work, found: TenantRound) -> None:
    with work.bus.ports(found.tenant, reading=True) as ports:
        wanted = [command for command, are_any in _OUTDATED if are_any(ports)]
    for command in wanted:
        work.bus.run(command, found.tenant)


def _do_next_job(work: Work, found: TenantRound) -> None:
    """Carry out one job, so that no tenant waits until all jobs of another one are done."""
    done = run_next_job(work.bus, found.tenant, work.application.runner, is_stopping=work.stop.is_set)
    if done is not None:
        found.jobs.append(done)


def _do_all_jobs(work: Work, found: TenantRound) -> None:
    before = -1
    while before < len(found.jobs) and not work.stop.is_set():
        before = len(found.jobs)
        _do_next_job(work, found)


MEMBERS: Final[Sequence[Step]] = (
    ("reactions", _retry_reactions),
    ("look", _look),
    ("changes", _follow_changes),
    ("foresee", _foresee),
    ("time", _follow_time),
    ("changes", _follow_changes),  # whoever moved by time may be asked for by the rules of others
)
"""What keeps members true."""

JOBS: Final[Sequence[Step]] = (("forget", _forget), ("jobs", _do_next_job))
"""What may take long: one job for each tenant."""

EVERYTHING: Final[Sequence[Step]] = (*MEMBERS, ("forget", _forget), ("jobs", _do_all_jobs))
"""All that is to be done now."""


def work_once(
    application: Application,
    *,
    horizon: timedelta = HORIZON,
    stop: Event | None = None,
    steps: Sequence[Step] = EVERYTHING,
) -> list[TenantRound]:
    """Do what is to be done now for all tenants, and return it; no further step begins once ``stop`` is set.

    Raise ``StorageUnavailable`` where the tenants cannot be read.
    """
    work = Work(application, horizon, stop or Event())
    rounds = [TenantRound(tenant) for tenant in list_tenants(application.storage)]
    for each in rounds:
        for name, step in steps:
            if work.stop.is_set():
                return rounds
            try:
                step(work, each)
            except Exception as failure:  # whatever it was: other steps and tenants wait
                each.failures.append(StepFailure(name, code_of(failure)))
    return rounds
