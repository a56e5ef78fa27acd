"""``kohorte segment calculate`` and ``update``: members brought up to date."""

from collections.abc import Sequence

import click

from kohorte.core.jobs.commands import StartCalculation
from kohorte.core.segments.commands import CalculatedSegment, CalculateSegments
from kohorte.core.segments.finding import find_segment
from kohorte.core.segments.updating import UpdateMembers
from kohorte.entrypoints.cli.commands import TranslatedCommand, argument, examples, option
from kohorte.entrypoints.cli.completion import offering, segment_names
from kohorte.entrypoints.cli.failures import FAILED, show_error
from kohorte.entrypoints.cli.jobs import started
from kohorte.entrypoints.cli.progress import steps_bar
from kohorte.entrypoints.cli.session import Session, common
from kohorte.entrypoints.views.segments import calculation_view


@examples(
    ("kohorte segment calculate", "all of them"),
    ("kohorte segment calculate lapsed champions", "some, and those that they refer to"),
    ("kohorte segment calculate --job", "later, by the worker"),
)
@click.command(cls=TranslatedCommand)
@argument("names", nargs=-1, shell_complete=offering(segment_names))
@option("--job", "as_job", is_flag=True, help="Let the worker calculate them: kohorte job show says how far it is.")
@common(reading=True, evaluating=True)
def calculate(session: Session, names: tuple[str, ...], *, as_job: bool) -> int:
    """Bring members up to date and write who entered and left.

    A segment that fails never stops the others; the exit code is then 1. Ctrl-C ends it: segments that are done stay
    so, and the one at hand stays as it was.
    """
    at = None if session.at_text is None else session.at
    if as_job:
        ids = session.read(lambda ports: [find_segment(ports.work, name).id for name in names])
        started(session, session.run(StartCalculation(tuple(ids), at)))
        return 0
    _read_grammar(session)
    with steps_bar(session.output, session.language("segments")) as progress:
        results = session.run(CalculateSegments(names, at, progress))
    session.output.show([calculation_view(each) for each in results], lambda: _say_calculated(session, results))
    return FAILED if any(each.error for each in results) else 0


@examples(("kohorte segment update", "after an import, for instance"))
@click.command(cls=TranslatedCommand)
@common(reading=True)
def update(session: Session) -> int:
    """Bring members up to date for what has changed since.

    Only contacts that changed are looked at, and segments that are new or have another rule. What the passing of time
    alone changes is found by the worker, and by calculate. The exit code is 1 where a segment failed.
    """
    _read_grammar(session)
    results = session.run(UpdateMembers())

    def people() -> None:
        if results:
            _say_calculated(session, results)
        else:
            session.output.say("Nothing has changed.")

    session.output.show([calculation_view(each) for each in results], people)
    return FAILED if any(each.error for each in results) else 0


def _read_grammar(session: Session) -> None:
    """Read the grammar: that belongs to no segment's time."""
    session.application.rules.format("contact.key is set")


def _say_calculated(session: Session, results: Sequence[CalculatedSegment]) -> None:
    session.output.table(
        ("segment", "members", "entered", "left", "ms"),
        [(each.name, each.members, each.entered, each.left, round(each.seconds * 1000)) for each in results],
    )
    for each in results:
        if each.error:
            show_error(each.error, session.language, session.output.remarks)
