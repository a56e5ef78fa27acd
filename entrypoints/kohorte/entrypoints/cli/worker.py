"""``kohorte worker``: keep members true, until it is stopped or once."""

import signal
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kohorte.entrypoints.cli.commands import TranslatedCommand, examples, option
from kohorte.entrypoints.cli.failures import FAILED, as_json, show_error
from kohorte.entrypoints.cli.session import Session, common
from kohorte.entrypoints.views.jobs import job_view

F = TypeVar("F", bound=Callable[..., Any])

if TYPE_CHECKING:
    from kohorte.entrypoints.worker.rounds import TenantRound


def horizon_option(command: F) -> F:
    """Give a command that has a worker the option how far ahead bounds are kept."""
    return option(
        "--horizon",
        type=click.FloatRange(0.1, 10_000),
        default=24.0,
        show_default=True,
        metavar="HOURS",
        help="Foresee so far ahead what time alone will change.",
    )(command)


@examples(
    ("kohorte worker", "until it is stopped"),
    ("kohorte worker --once --json", "what is to be done now, for cron and for programs"),
)
@click.command(cls=TranslatedCommand)
@option("--once", is_flag=True, help="Do what is to be done now, say what it was, and end.")
@option(
    "--every",
    type=click.FloatRange(0.01, 3600),
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="Look for changes at least so often.",
)
@horizon_option
@common(reading=True)
def worker(session: Session, *, once: bool, every: float, horizon: float) -> int:
    """Keep the members of all segments true while data change and time passes, and carry out jobs.

    It works for all tenants, whichever --tenant names. As many workers as one likes can run at once. Ctrl-C or SIGTERM
    stops it after the step at hand, a second Ctrl-C at once; nothing is lost in either case.
    """
    from kohorte.entrypoints.worker.rounds import work_once  # noqa: PLC0415 - only here
    from kohorte.entrypoints.worker.running import run_worker  # noqa: PLC0415 - the same

    ahead, application = timedelta(hours=horizon), session.application
    if once:
        return _tell(session, work_once(application, horizon=ahead))
    with _stopping() as stop:
        session.output.remark("The worker is running. Stop it with Ctrl-C.")
        run_worker(application, stop, every=timedelta(seconds=every), horizon=ahead)
    session.output.remark("The worker has stopped.")
    return 0


@contextmanager
def _stopping() -> Generator[Event]:
    """Let the first signal to stop set an event, and the second one stop at once."""
    stop = Event()

    def ask(*_: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {each: signal.signal(each, ask) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _tell(session: Session, rounds: "Sequence[TenantRound]") -> int:
    has_failed = any(
        each.failures or any(it.error for it in each.segments) or any(it.error for it in each.jobs) for each in rounds
    )
    session.output.show([_as_json(each) for each in rounds], lambda: _say(session, rounds))
    return FAILED if has_failed else 0


def _as_json(each: "TenantRound") -> dict[str, Any]:
    return {
        "tenant": each.tenant.name,
        "reactions": each.reactions,
        "bounds": each.bounds,
        "segments": [
            {
                "segment": it.name,
                "members": it.members,
                "entered": it.entered,
                "left": it.left,
                "error": as_json(it.error)["error"] if it.error else None,
            }
            for it in each.segments
        ],
        "jobs": [job_view(it) for it in each.jobs],
        "failures": [{"step": it.step, "code": it.code} for it in each.failures],
    }


def _say(session: Session, rounds: "Sequence[TenantRound]") -> None:
    rows = [
        (each.tenant.name, it.name, it.members, it.entered, it.left, round(it.seconds * 1000))
        for each in rounds
        for it in each.segments
    ]
    if rows:
        session.output.table(("tenant", "segment", "members", "entered", "left", "ms"), rows)
    _say_jobs(session, rounds)
    if not rows and not any(each.jobs for each in rounds):
        session.output.say("Nothing has changed.")
    for each in rounds:
        for failed in each.segments:
            if failed.error:
                show_error(failed.error, session.language, session.output.remarks)
        for step in each.failures:
            session.output.remark(
                'The step "{step}" failed for the tenant "{tenant}": {code}',
                step=step.step,
                tenant=each.tenant.name,
                code=step.code,
            )


def _say_jobs(session: Session, rounds: "Sequence[TenantRound]") -> None:
    say = session.language
    rows = [(each.tenant.name, it.id, say(it.kind.value), say(it.status.value)) for each in rounds for it in each.jobs]
    if rows:
        session.output.table(("tenant", "job", "kind", "status"), rows)
    for each in rounds:
        for failed in each.jobs:
            if failed.error is not None:
                show_error(failed.error.error, session.language, session.output.remarks)
