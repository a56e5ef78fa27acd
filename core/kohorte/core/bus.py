"""The bus runs a command in a unit of work, then the reactions to what happened."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final, TypeVar

from attrs import frozen

from kohorte.core.errors import KohorteError
from kohorte.core.messages import Command, Event
from kohorte.core.ports.clock import Clock, Ids
from kohorte.core.ports.rules import Rules
from kohorte.core.ports.storage import Storage, UnitOfWork
from kohorte.core.tenants.model import Tenant

R = TypeVar("R")

RETRY_AFTER: Final = timedelta(minutes=1)
"""A reaction that failed is kept as a job and tried again this much later."""

REACTION: Final = "reaction"
"""Kind of the jobs that keep failed reactions: their data name the reaction and the event's type and subject."""


@frozen
class Ports:
    """What a handler may use: the clock, new ids, the rule language, and the unit of work it runs in."""

    clock: Clock
    ids: Ids
    rules: Rules
    storage: Storage
    tenant: Tenant
    work: UnitOfWork


Handler = Callable[[Any, Ports], Any]
Reaction = Callable[[Any, Ports], None]


@frozen
class Registry:
    """Which handler runs a command, and which reactions follow an event."""

    handlers: Mapping[type[Command[Any]], Handler]
    reactions: Mapping[type[Event], Sequence[Reaction]]


@frozen
class Bus:
    """Run commands for a tenant."""

    registry: Registry
    clock: Clock
    ids: Ids
    rules: Rules
    storage: Storage

    def run(self, command: Command[R], tenant: Tenant) -> R:
        """Run a command: its rows, versions and events commit together; reactions follow after the commit.

        A long command (an import, calculating many segments) commits between its parts; each part is whole.
        Raise what the handler raises; nothing of the open transaction is then kept. A failing reaction never undoes the
        command: it is kept as a job.
        """
        with self.ports(tenant) as ports:
            result: R = self.registry.handlers[type(command)](command, ports)
            events = tuple(ports.work.recorded())
            ports.work.commit()
        for event in events:
            for reaction in self.registry.reactions.get(type(event), ()):
                self._react(reaction, event, tenant)
        return result

    @contextmanager
    def ports(self, tenant: Tenant, *, reading: bool = False) -> Generator[Ports]:
        """Open a unit of work: for a handler, or for ``reading`` alone, which waits for no writer."""
        with self.storage.work(tenant, reading=reading) as work:
            yield Ports(self.clock, self.ids, self.rules, self.storage, tenant, work)

    def _react(self, reaction: Reaction, event: Event, tenant: Tenant) -> None:
        try:
            with self.ports(tenant) as ports:
                reaction(event, ports)
                ports.work.commit()
        except KohorteError as failure:
            with self.ports(tenant) as ports:
                name = f"{reaction.__module__}:{reaction.__qualname__}"
                data = {"reaction": name, "event": event.type, "about": str(event.about), "error": failure.code}
                ports.work.jobs.add(REACTION, data, due_at=self.clock.now() + RETRY_AFTER)
                ports.work.commit()
