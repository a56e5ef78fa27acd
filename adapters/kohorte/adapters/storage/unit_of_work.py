"""The storage port on SQLAlchemy: one transaction per unit of work, a repository per subject."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager

from attrs import define, field
from sqlalchemy import Engine

from kohorte.adapters.storage.transaction import READING, TENANT, Transaction
from kohorte.core.messages import Event
from kohorte.core.ports.clock import Clock, Ids
from kohorte.core.tenants.model import Tenant


@define(slots=False)
class SqlUnitOfWork:
    """One transaction of one tenant; repositories are made when they are first asked for."""

    _transaction: Transaction
    _recorded: list[Event] = field(factory=list[Event], init=False)
    _written: int = field(default=0, init=False)  # how many of them lie in the outbox

    @property
    def tenant(self) -> Tenant:
        """Return the tenant."""
        return self._transaction.tenant

    def record(self, event: Event) -> None:
        """Put an event into the outbox with the next commit."""
        self._recorded.append(event)

    def recorded(self) -> Sequence[Event]:
        """Return the events recorded so far, those that were rolled back left out."""
        return tuple(self._recorded)

    def commit(self) -> None:
        """Write the events, and make everything durable."""
        self._transaction.connection.commit()
        self._written = len(self._recorded)


@define
class SqlStorage:
    """A database with its engine; ``clock`` and ``ids`` date and name the events in the outbox."""

    engine: Engine
    clock: Clock
    ids: Ids

    @contextmanager
    def work(self, tenant: Tenant, *, reading: bool = False) -> Generator[SqlUnitOfWork]:
        """Open a transaction of one tenant."""
        with self.engine.connect() as connection:
            bound = connection.execution_options(**{TENANT: tenant.id, READING: reading})
            yield SqlUnitOfWork(Transaction(bound, tenant, self.clock, self.ids))
