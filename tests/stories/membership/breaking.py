"""Crashes and troubles on purpose: a storage that breaks at a step of a unit of work, or at a statement.

A crash is as if the process died: nothing catches it, and its connection is gone with the open transaction. A trouble
is an error as a database may raise it. Either comes before or after a commit as well, which nobody can tell apart.
"""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, cast

from attrs import define
from sqlalchemy import Connection, event

from kohorte.adapters.storage.unit_of_work import SqlStorage
from kohorte.core.ports.storage import Storage, UnitOfWork
from kohorte.core.tenants.model import Tenant


class Crash(BaseException):
    """The process died here."""


class Trouble(Exception):
    """The database refused here."""


@define
class Fuse:
    """Breaks after so many steps, once; and counts the commits that came through since it was set."""

    left: int | None = None
    failure: type[BaseException] = Crash
    commits: int = 0

    def set(self, left: int | None, failure: type[BaseException] = Crash) -> None:
        """Let it break after so many steps; None: never."""
        self.left, self.failure, self.commits = left, failure, 0

    def burn(self, connection: Connection | None = None) -> None:
        """Take a step, which may be the last one."""
        if self.left is None:
            return
        self.left -= 1
        if self.left < 0:
            self.left = None
            if connection is not None and issubclass(self.failure, Crash):
                connection.invalidate()
            raise self.failure


class BreakableWork:
    """A unit of work that takes a step whenever a repository is asked for, and before and after each commit."""

    def __init__(self, work: UnitOfWork, fuse: Fuse) -> None:
        self._work, self._fuse = work, fuse

    def __getattr__(self, name: str) -> Any:
        """Return what the unit of work has of that name."""
        self._fuse.burn()
        return getattr(self._work, name)

    def recorded(self) -> Any:
        """Return the events that were recorded: asked when all is over."""
        return self._work.recorded()

    def rollback(self) -> None:
        """Take back what was not committed."""
        self._work.rollback()

    def commit(self) -> None:
        """Commit, unless it breaks before."""
        self._fuse.burn()
        self._work.commit()
        self._fuse.commits += 1
        self._fuse.burn()


class BreakableStorage:
    """A storage over another one, whose units of work may break."""

    def __init__(self, storage: Storage, fuse: Fuse) -> None:
        self._storage, self._fuse = storage, fuse
        if isinstance(storage, SqlStorage):
            event.listen(storage.engine, "before_cursor_execute", self._before_statement)

    def leave(self) -> None:
        """Break the storage no more: others use it."""
        if isinstance(self._storage, SqlStorage):
            event.remove(self._storage.engine, "before_cursor_execute", self._before_statement)

    def __getattr__(self, name: str) -> Any:
        """Return what the storage has of that name."""
        return getattr(self._storage, name)

    @contextmanager
    def work(self, tenant: Tenant, *, reading: bool = False, within: timedelta | None = None) -> Generator[UnitOfWork]:
        """Open a unit of work."""
        with self._storage.work(tenant, reading=reading, within=within) as work:
            yield work if reading else cast("UnitOfWork", BreakableWork(work, self._fuse))

    def _before_statement(self, connection: Connection, _cursor: object, statement: str, *_others: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "SELECT set_config")):
            self._fuse.burn(connection)
