"""``kohorte segment activate|deactivate|archive|delete``: what becomes of a segment."""

import click

from kohorte.core.errors import KohorteError
from kohorte.core.segments.lifecycle import ActivateSegment, ArchiveSegment, DeactivateSegment, DeleteSegment
from kohorte.entrypoints.cli.commands import TranslatedCommand, argument, examples, option
from kohorte.entrypoints.cli.completion import offering, segment_names
from kohorte.entrypoints.cli.failures import exit_code, show_error
from kohorte.entrypoints.cli.session import Session, common


@examples(("kohorte segment activate lapsed", "calculated again, with whoever is in it by now"))
@click.command(cls=TranslatedCommand)
@argument("name", shell_complete=offering(segment_names))
@common()
def activate(session: Session, name: str) -> None:
    """Calculate a segment again that was inactive or archived."""
    session.run(ActivateSegment(name))
    session.output.say('The segment "{name}" is active.', name=name)


@examples(("kohorte segment deactivate lapsed", "its members stay as they are"))
@click.command(cls=TranslatedCommand)
@argument("name", shell_complete=offering(segment_names))
@common()
def deactivate(session: Session, name: str) -> None:
    """Leave a segment's members as they are until it is active again."""
    session.run(DeactivateSegment(name))
    session.output.say('The segment "{name}" is inactive.', name=name)


@examples(
    ("kohorte segment archive lapsed", "its members and history stay readable"),
    ("kohorte segment archive lapsed champions", "several, one after the other"),
)
@click.command(cls=TranslatedCommand)
@argument("names", nargs=-1, required=True, shell_complete=offering(segment_names))
@common()
def archive(session: Session, names: tuple[str, ...]) -> int:
    """Take segments out of use.

    One that cannot be never stops the others; the exit code is that of the first that failed.
    """
    codes = [_archive(session, name) for name in names]
    return next(filter(None, codes), 0)


def _archive(session: Session, name: str) -> int:
    """Take a segment out of use; return the exit code."""
    try:
        session.run(ArchiveSegment(name))
    except KohorteError as error:
        show_error(error, session.language, session.output.remarks)
        return exit_code(error)
    session.output.say('The segment "{name}" is archived.', name=name)
    return 0


@examples(("kohorte segment delete lapsed --yes", "gone for good, without being asked"))
@click.command(cls=TranslatedCommand)
@argument("name", shell_complete=offering(segment_names))
@option("--yes", is_flag=True, help="Delete it without asking.")
@common()
def delete(session: Session, name: str, *, yes: bool) -> None:
    """Forget a segment with its members and its history."""
    if not yes:
        question = session.language('Delete the segment "{name}" with its members and history?').format(name=name)
        click.confirm(question, abort=True)
    session.run(DeleteSegment(name))
    session.output.say('The segment "{name}" is deleted.', name=name)
