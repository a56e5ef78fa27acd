"""How long statements may take, and what PostgreSQL must know to run those of rules well."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from time import monotonic
from typing import Final, cast

from sqlalchemy import Connection, text

from kohorte.adapters.storage.transaction import UNTIL, Transaction
from kohorte.core.errors import TookTooLong

LOOKING: Final = 60.0
"""Seconds that counting or sampling may take: somebody waits for it."""

CALCULATING: Final = 900.0
"""Seconds that calculating one segment may take."""

_LEAST: Final = 0.001
"""Seconds of the shortest limit: 0 would mean none."""

_STEPS: Final = 200_000
"""SQLite is asked for the time once in so many of its steps: about every millisecond."""

_PLAN: Final = (
    # Rules are planned for the values that they have this time; compiling them to machine code costs more than it
    # saves; and joining a million members with as many contacts wants memory. All for this transaction alone.
    "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('jit', 'off', true),"
    " set_config('work_mem', greatest(:memory, pg_size_bytes(current_setting('work_mem')) / 1024) || 'kB', true),"
    " set_config('statement_timeout', :limit, true)"
)
_MEMORY_KIB: Final = 64 * 1024


@contextmanager
def within(transaction: Transaction, seconds: float) -> Generator[None]:
    """Let no statement of the block take longer, nor than its transaction may; else raise ``TookTooLong``."""
    end = monotonic() + seconds
    until = end if transaction.until is None else min(end, transaction.until)
    if transaction.dialect == "sqlite":
        interrupt_sqlite(transaction.connection, until)
        try:
            yield
        finally:
            interrupt_sqlite(transaction.connection, transaction.until)
    else:
        limits = {"memory": _MEMORY_KIB, "limit": str(milliseconds_left(until))}
        transaction.connection.execute(text(_PLAN), limits)
        yield
        after = {"limit": str(milliseconds_left(transaction.until))}
        transaction.connection.execute(text("SELECT set_config('statement_timeout', :limit, true)"), after)


def milliseconds_left(until: float | None, most: float = 0) -> int:
    """Return how long a statement may take that begins now, and no longer than ``most`` seconds; 0: any time."""
    if until is None:
        return round(most * 1000)
    left = max(until - monotonic(), _LEAST)
    return round((min(left, most) if most else left) * 1000)


def interrupt_sqlite(connection: Connection, until: float | None) -> None:
    """Let SQLite end, from an instant on, whatever statement is under way; None: let it take its time."""
    driver = cast("sqlite3.Connection", connection.connection.driver_connection)
    if until is None:
        driver.set_progress_handler(None, 0)
    else:
        driver.set_progress_handler(lambda: monotonic() > until, _STEPS)


def refuse_late(connection: Connection, *_statement: object) -> None:
    """Let no statement begin once the time of its transaction is over; raise ``TookTooLong``."""
    until = connection.get_execution_options().get(UNTIL)
    if until is not None and monotonic() >= until:
        raise TookTooLong(
            "The time for this is over.", hint="Ask for less, make the rule simpler, or let a worker do it."
        )
