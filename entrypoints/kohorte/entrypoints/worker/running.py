"""The worker's loop: round after round, with a rest until somebody is due or it is time to look again.

Jobs are carried out beside it, in a thread of their own: members stay true while a large file is imported.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from threading import Event, Thread
from typing import Final

from kohorte.core.segments.due import HORIZON
from kohorte.entrypoints.bootstrap import Application
from kohorte.entrypoints.worker.rounds import JOBS, MEMBERS, TenantRound, code_of, work_once

EVERY: Final = timedelta(seconds=1)
"""The worker looks for changes and for jobs at least so often; who is due is looked at when they are."""

LEAST: Final = 0.01
"""Seconds of the shortest rest: bounds may lie very close to each other."""

Told = frozenset[tuple[str, ...]]
"""Failures, each by whom and what it concerns, and its code."""

_log = logging.getLogger(__name__)


def run_worker(
    application: Application,
    stop: Event,
    *,
    every: timedelta = EVERY,
    horizon: timedelta = HORIZON,
    wait: Callable[[float], object] | None = None,
) -> None:
    """Keep the members of all segments true, and carry out jobs, until ``stop`` is set; nothing that fails ends it.

    It can run in a thread of its own. Bounds are kept ``horizon`` ahead. ``wait`` rests for so many seconds, or less
    where ``stop`` is set meanwhile, as ``stop.wait`` does. Failures are logged when they begin, by tenant, step and
    code, without anybody's data. A job that is under way when it stops is left to the next worker.
    """
    jobs = Thread(target=_do_jobs, args=(application, stop, every), name="kohorte-jobs", daemon=True)
    jobs.start()
    rest, known = wait or stop.wait, Told()
    while not stop.is_set():
        try:
            rounds = work_once(application, horizon=horizon, stop=stop, steps=MEMBERS)
            failed = _failures(rounds)
            seconds = every.total_seconds() if failed else _until_due(application, rounds, every)
        except Exception as failure:  # the database may be away for a while
            failed, seconds = Told({("tenants", code_of(failure))}), every.total_seconds()
        known = _tell(failed, known)
        if not stop.is_set():
            rest(seconds)
    jobs.join()


def _do_jobs(application: Application, stop: Event, every: timedelta) -> None:
    known = Told()
    while not stop.is_set():
        try:
            rounds = work_once(application, stop=stop, steps=JOBS)
        except Exception:  # the loop beside this one tells that the database is away
            rounds = []
        known = _tell(_failures(rounds), known)
        if not any(each.jobs for each in rounds):
            stop.wait(every.total_seconds())


def _tell(failed: Told, known: Told) -> Told:
    """Log what has failed that was not known to fail; return what is known now."""
    for each in sorted(failed - known):
        _log.error("Failed: %s. It is tried again.", ", ".join(each))
    return failed


def _failures(rounds: Sequence[TenantRound]) -> Told:
    steps = {(f"tenant {each.tenant.id}", it.step, it.code) for each in rounds for it in each.failures}
    segments = {
        (f"tenant {each.tenant.id}", f"segment {it.id}", it.error.code)
        for each in rounds
        for it in each.segments
        if it.error is not None
    }
    return Told(steps | segments)


def _until_due(application: Application, rounds: Sequence[TenantRound], every: timedelta) -> float:
    """Return the seconds until somebody is due in some tenant, or until it is time to look again."""
    now, seconds = application.clock.now(), every.total_seconds()
    for each in rounds:
        with application.bus.ports(each.tenant, reading=True) as ports:
            due = ports.work.due.next_at()
        if due is not None:
            seconds = min(seconds, (due - now).total_seconds())
    return max(seconds, LEAST)
