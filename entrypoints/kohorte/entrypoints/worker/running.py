"""The worker's loop: round after round, with a rest until somebody is due or it is time to look again."""

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from threading import Event
from typing import Final

from kohorte.core.segments.due import HORIZON
from kohorte.entrypoints.bootstrap import Application
from kohorte.entrypoints.worker.rounds import TenantRound, code_of, work_once

EVERY: Final = timedelta(seconds=1)
"""The worker looks for changes at least so often; who is due is looked at when they are."""

LEAST: Final = 0.01
"""Seconds of the shortest rest: bounds may lie very close to each other."""

_log = logging.getLogger(__name__)


def run_worker(
    application: Application,
    stop: Event,
    *,
    every: timedelta = EVERY,
    horizon: timedelta = HORIZON,
    wait: Callable[[float], object] | None = None,
) -> None:
    """Keep the members of all segments true until ``stop`` is set; nothing that fails ends it.

    It can run in a thread of its own. Bounds are kept ``horizon`` ahead. ``wait`` rests for so many seconds, or less
    where ``stop`` is set meanwhile, as ``stop.wait`` does. Failures are logged when they begin, by tenant, step and
    code, without anybody's data.
    """
    rest, known = wait or stop.wait, frozenset[tuple[str, ...]]()
    while not stop.is_set():
        try:
            rounds = work_once(application, horizon=horizon, stop=stop)
            failed = _failures(rounds)
            seconds = every.total_seconds() if failed else _until_due(application, rounds, every)
        except Exception as failure:  # the database may be away for a while
            failed, seconds = frozenset({("tenants", code_of(failure))}), every.total_seconds()
        for each in sorted(failed - known):
            _log.error("Failed: %s. It is tried again.", ", ".join(each))
        known = failed
        if not stop.is_set():
            rest(seconds)


def _failures(rounds: Sequence[TenantRound]) -> frozenset[tuple[str, ...]]:
    steps = {(f"tenant {each.tenant.id}", it.step, it.code) for each in rounds for it in each.failures}
    segments = {
        (f"tenant {each.tenant.id}", f"segment {it.id}", it.error.code)
        for each in rounds
        for it in each.segments
        if it.error is not None
    }
    return frozenset(steps | segments)


def _until_due(application: Application, rounds: Sequence[TenantRound], every: timedelta) -> float:
    """Return the seconds until somebody is due in some tenant, or until it is time to look again."""
    now, seconds = application.clock.now(), every.total_seconds()
    for each in rounds:
        with application.bus.ports(each.tenant, reading=True) as ports:
            due = ports.work.due.next_at()
        if due is not None:
            seconds = min(seconds, (due - now).total_seconds())
    return max(seconds, LEAST)
