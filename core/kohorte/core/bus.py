"""The bus runs a command in a unit of work, then the reactions to what happened."""

import logging
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final, TypeVar

from attrs import field, frozen

from kohorte.core.errors import KohorteError
from kohorte.core.kept import Kept
from kohorte.core.messages import Administration, Command, Event, message_data, message_of
from kohorte.core.ports.clock import Clock, Ids
from kohorte.core.ports.jobs import Job
from kohorte.core.ports.rendering import NoRendering, Rendering
from kohorte.core.ports.rules import Rules
from kohorte.core.ports.secrets import NoSecrets, Secrets
from kohorte.core.ports.storage import Storage, Tenants, UnitOfWork
from kohorte.core.tenants.model import Tenant

R = TypeVar("R")

RETRY_AFTER: Final = timedelta(minutes=1)
"""A reaction that failed is kept as a job and tried again this much later, then after twice as long, and so on."""

ATTEMPTS: Final = 12
"""After so many attempts (almost three days) it is given up, and stays listed."""

LEASE: Final = timedelta(minutes=10)
"""For so long nobody else tries a reaction that is being tried."""

NOBODY: Final = "kohorte"
"""Who asks where nobody says so: the program itself."""

REACTION: Final = "reaction"
"""Kind of the jobs that keep failed reactions: their data name the reaction and hold the event."""

_log = logging.getLogger(__name__)


@frozen
class Ports:
    """What a handler may use: the clock, new ids and secrets, rules and templates, and the unit of work it runs in.

    ``by`` says who asks, as histories show it: a name or an id of the caller's choosing. ``kept`` is what the process
    keeps between commands.
    """

    clock: Clock
    ids: Ids
    rules: Rules
    storage: Storage
    tenant: Tenant
    work: UnitOfWork
    secrets: Secrets
    rendering: Rendering
    by: str = NOBODY
    kept: Kept = field(factory=Kept)


@frozen
class AdministrationPorts:
    """What the handler of an administration command may use: the tenants, in one transaction."""

    clock: Clock
    ids: Ids
    tenants: Tenants


Handler = Callable[[Any, Ports], Any]
AdministrationHandler = Callable[[Any, AdministrationPorts], Any]
Reaction = Callable[[Any, Ports], None]


@frozen
class Registry:
    """Which handler runs a command, and which reactions follow an event."""

    handlers: Mapping[type[Command[Any]], Handler]
    reactions: Mapping[type[Event], Sequence[Reaction]] = field(factory=dict[type[Event], Sequence[Reaction]])
    administration: Mapping[type[Administration[Any]], AdministrationHandler] = field(
        factory=dict[type[Administration[Any]], AdministrationHandler]
    )


@frozen
class Bus:
    """Run commands, each in a transaction of its tenant."""

    registry: Registry
    clock: Clock
    ids: Ids
    rules: Rules
    storage: Storage
    secrets: Secrets = field(factory=NoSecrets)
    rendering: Rendering = field(factory=NoRendering)
    kept: Kept = field(factory=Kept, eq=False, repr=False)

    def run(
        self,
        command: Command[R],
        tenant: Tenant,
        *,
        by: str = NOBODY,
        also: Callable[[R, Ports], None] | None = None,
        within: timedelta | None = None,
    ) -> R:
        """Run a command: its rows, versions and events commit together; reactions follow after the commit.

        ``also`` is given what the handler returns, and writes what belongs into the same transaction. ``within`` is how
        long the command may take (``Storage.work``); reactions are not hurried.
        A long command (an import, calculating many segments) commits between its parts; each part is whole, and is
        reacted to even where a later one fails. Raise what the handler raises; nothing of the open transaction is then
        kept. A failing reaction never undoes the command: it is kept as a job.
        """
        opened: list[UnitOfWork] = []
        try:
            with self.ports(tenant, by=by, within=within) as ports:
                opened.append(ports.work)
                result: R = self.registry.handlers[type(command)](command, ports)
                if also is not None:
                    also(result, ports)
                ports.work.commit()
        finally:
            self._follow([event for work in opened for event in work.recorded()], tenant)
        return result

    def administer(self, command: Administration[R]) -> R:
        """Run a command that concerns no single tenant, such as creating one; it commits when it succeeds."""
        with self.storage.tenants() as tenants:
            ports = AdministrationPorts(self.clock, self.ids, tenants)
            result: R = self.registry.administration[type(command)](command, ports)
        return result

    @contextmanager
    def ports(
        self, tenant: Tenant, *, reading: bool = False, by: str = NOBODY, within: timedelta | None = None
    ) -> Generator[Ports]:
        """Open a unit of work for a handler, or for ``reading`` alone; ``within`` is how long it may take."""
        with self.storage.work(tenant, reading=reading, within=within) as work:
            yield Ports(
                self.clock,
                self.ids,
                self.rules,
                self.storage,
                tenant,
                work,
                self.secrets,
                self.rendering,
                by,
                self.kept,
            )

    def retry_reactions(self, tenant: Tenant, *, limit: int = 100) -> int:
        """Try again the kept reactions that are due; return how many succeeded."""
        with self.ports(tenant) as ports:
            jobs = ports.work.jobs.claim(now=self.clock.now(), lease=LEASE, kinds=[REACTION], limit=limit)
            ports.work.commit()
        return sum(self._retry(job, tenant) for job in jobs)

    def _follow(self, events: Iterable[Event], tenant: Tenant) -> None:
        """Run the reactions to events, and to what those record in turn."""
        waiting = deque(events)
        while waiting:
            event = waiting.popleft()
            for reaction in self.registry.reactions.get(type(event), ()):
                try:
                    waiting.extend(self._react(reaction, event, tenant))
                except Exception as failure:  # whatever it was: the command has happened
                    _log.exception("The reaction %s to %s failed; it is kept.", _name(reaction), event.type)
                    self._keep(reaction, event, failure, tenant)

    def _react(self, reaction: Reaction, event: Event, tenant: Tenant, job: Job | None = None) -> Sequence[Event]:
        """Run a reaction; the job that kept it is done in the same transaction."""
        with self.ports(tenant) as ports:
            reaction(event, ports)
            if job is not None:
                ports.work.jobs.done(job)
            ports.work.commit()
            return ports.work.recorded()

    def _keep(self, reaction: Reaction, event: Event, failure: Exception, tenant: Tenant) -> None:
        with self.ports(tenant) as ports:
            data = {
                "reaction": _name(reaction),
                "type": event.type,
                "event": message_data(event),
                "error": _code(failure),
            }
            ports.work.jobs.add(REACTION, data, due_at=self.clock.now() + RETRY_AFTER)
            ports.work.commit()

    def _retry(self, job: Job, tenant: Tenant) -> bool:
        try:
            reaction, event = self._kept(job.data)
            followed = self._react(reaction, event, tenant, job)
        except Exception as failure:  # whatever it was: other reactions wait
            _log.exception("The kept reaction %s failed again.", job.data.get("reaction"))
            later = self.clock.now() + RETRY_AFTER * 2**job.attempts
            with self.ports(tenant) as ports:
                ports.work.jobs.failed(job, _code(failure), retry_at=later if job.attempts < ATTEMPTS else None)
                ports.work.commit()
            return False
        self._follow(followed, tenant)
        return True

    def _kept(self, data: Mapping[str, Any]) -> tuple[Reaction, Event]:
        """Return the reaction and the event that a job names; raise ``LookupError`` where either is gone."""
        for kind, reactions in self.registry.reactions.items():
            for reaction in reactions:
                if (kind.type, _name(reaction)) == (data["type"], data["reaction"]):
                    return reaction, message_of(kind, data["event"])
        raise LookupError(data["reaction"])


def _name(reaction: Reaction) -> str:
    return f"{reaction.__module__}:{reaction.__qualname__}"


def _code(failure: Exception) -> str:
    return failure.code if isinstance(failure, KohorteError) else type(failure).__name__
