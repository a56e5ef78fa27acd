"""How long a rule's statements may take, and what PostgreSQL must know to run them well."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from time import monotonic
from typing import Final, cast

from sqlalchemy import text

from kohorte.adapters.storage.transaction import Transaction

LOOKING: Final = 60.0
"""Seconds that counting or sampling may take: somebody waits for it."""

CALCULATING: Final = 900.0
"""Seconds that calculating one segment may take."""

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
    """Let no statement of the block take longer; raise ``StorageUnavailable`` where one would."""
    if transaction.dialect == "sqlite":
        with _interrupted(transaction, monotonic() + seconds):
            yield
    else:
        limits = {"memory": _MEMORY_KIB, "limit": str(round(seconds * 1000))}
        transaction.connection.execute(text(_PLAN), limits)
        yield
        transaction.connection.execute(text("SELECT set_config('statement_timeout', '0', true)"))


@contextmanager
def _interrupted(transaction: Transaction, until: float) -> Generator[None]:
    connection = cast("sqlite3.Connection", transaction.connection.connection.driver_connection)
    connection.set_progress_handler(lambda: monotonic() > until, _STEPS)
    try:
        yield
    finally:
        connection.set_progress_handler(None, 0)
