"""One round of the worker: whatever is to be done now, for every tenant, step by step.

A step that fails stops neither the next one nor another tenant; whatever it leaves undone is found by the next round.
Any number of workers may work at once: each segment is calculated by one of them at a time, and who comes late finds
nothing left to do.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from threading import Event
from typing import Final
from uuid import UUID

from attrs import define, field, frozen

from kohorte.core.bus import Bus
from kohorte.core.errors import KohorteError
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
    """What a round did for a tenant: reactions tried again, bounds foreseen, segments looked at, steps that failed."""

    tenant: Tenant
    reactions: int = 0
    bounds: int = 0
    is_idle: bool = True
    calculated: dict[UUID, CalculatedSegment] = field(factory=dict[UUID, CalculatedSegment])
    failures: list[StepFailure] = field(factory=list[StepFailure])

    @property
    def segments(self) -> Sequence[CalculatedSegment]:
        """Return what became of each segment, in the order in which they were looked at."""
        return list(self.calculated.values())

    def add(self, results: Iterable[CalculatedSegment]) -> None:
        """Add what became of segments."""
        for each in results:
            self.calculated[each.id] = each.after(self.calculated.get(each.id))


def work_once(
    application: Application, *, horizon: timedelta = HORIZON, stop: Event | None = None
) -> list[TenantRound]:
    """Do what is to be done now for all tenants, and return it; no further step begins once ``stop`` is set.

    Raise ``StorageUnavailable`` where the tenants cannot be read.
    """
    rounds = [TenantRound(tenant) for tenant in list_tenants(application.storage)]
    for each in rounds:
        for name, step in _STEPS:
            if stop is not None and stop.is_set():
                return rounds
            try:
                step(application.bus, each, horizon)
            except Exception as failure:  # whatever it was: other steps and tenants wait
                each.failures.append(StepFailure(name, code_of(failure)))
    return rounds


def code_of(failure: Exception) -> str:
    """Return what may be told of a failure in a log: the driver's own words may hold secrets, and people's data."""
    return failure.code if isinstance(failure, KohorteError) else type(failure).__name__


# -- steps -------------------------------------------------------------------------------------------------------


def _retry_reactions(bus: Bus, found: TenantRound, _horizon: timedelta) -> None:
    found.reactions += bus.retry_reactions(found.tenant)


def _look(bus: Bus, found: TenantRound, horizon: timedelta) -> None:
    """See whether there is anything to do: whoever has nothing to write hinders nobody who has."""
    with bus.ports(found.tenant, reading=True) as ports:
        found.is_idle = not is_anything_to_do(ports, horizon)


def _follow_changes(bus: Bus, found: TenantRound, _horizon: timedelta) -> None:
    if not found.is_idle:
        found.add(bus.run(UpdateMembers(), found.tenant))


def _foresee(bus: Bus, found: TenantRound, horizon: timedelta) -> None:
    if not found.is_idle:
        found.bounds += sum(each.added for each in bus.run(FillDue(horizon), found.tenant))


def _follow_time(bus: Bus, found: TenantRound, _horizon: timedelta) -> None:
    if not found.is_idle:
        found.add(bus.run(FireDue(), found.tenant))


_STEPS: Final[Sequence[tuple[str, Callable[[Bus, TenantRound, timedelta], None]]]] = (
    ("reactions", _retry_reactions),
    ("look", _look),
    ("changes", _follow_changes),
    ("foresee", _foresee),
    ("time", _follow_time),
    ("changes", _follow_changes),  # whoever moved by time may be asked for by the rules of others
)
