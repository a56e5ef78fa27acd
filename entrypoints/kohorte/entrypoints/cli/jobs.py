"""``kohorte job``: long work that the worker does, how far it has come, and the files that it wrote."""

from uuid import UUID

import click

from kohorte.core.errors import NotFound
from kohorte.core.files.queries import read_file
from kohorte.core.jobs.commands import CancelJob
from kohorte.core.jobs.listing import ListJobs
from kohorte.core.jobs.model import JobRun, JobStatus
from kohorte.core.jobs.queries import ShownJob, list_jobs, show_job
from kohorte.core.paging import MOST, Place
from kohorte.entrypoints.cli.commands import TranslatedCommand, TranslatedGroup, argument, examples, option
from kohorte.entrypoints.cli.completion import FILE
from kohorte.entrypoints.cli.failures import show_error
from kohorte.entrypoints.cli.session import Session, common
from kohorte.entrypoints.cli.text_files import written_bytes
from kohorte.entrypoints.views.jobs import file_view, job_view, shown_job_view


@click.group(cls=TranslatedGroup)
def job() -> None:
    """Follow long work that the worker does, fetch its files, and cancel it."""


@examples(("kohorte job list --limit 10", "the latest ones"))
@job.command("list", cls=TranslatedCommand)
@option("--limit", type=click.IntRange(1, MOST), default=50, show_default=True, help="How many to show.")
@option("--after", metavar="PLACE", help="Go on behind this place in the same list.")
@common(reading=True)
def list_all(session: Session, limit: int, after: str | None) -> None:
    """List jobs, the newest first."""
    query = ListJobs(None if after is None else Place.of(after), limit)
    page = session.read(lambda ports: list_jobs(ports, query))

    def people() -> None:
        session.output.table(
            ("job", "kind", "status", "done", "of", "by", "since", "ended"),
            [
                (
                    each.id,
                    session.language(each.kind.value),
                    session.language(each.status.value),
                    each.done,
                    each.total,
                    each.created_by,
                    each.created_at,
                    each.finished_at,
                )
                for each in page.rows
            ],
        )
        if page.after is not None:
            session.output.remark("Go on with: --after {id}", id=page.after)

    session.output.show([job_view(each) for each in page.rows], people)


@examples(("kohorte job show 0192f0c1-2b3c-7d4e-8f90-1a2b3c4d5e6f", "how far it is, or how it ended"))
@job.command(cls=TranslatedCommand)
@argument("job", type=click.UUID)
@common(reading=True)
def show(session: Session, job: UUID) -> None:
    """Show how far a job has come, how it ended, and its file."""
    shown = session.read(lambda ports: show_job(ports, job))
    session.output.show(shown_job_view(shown), lambda: _say(session, shown))


@examples(("kohorte job fetch 0192f0c1-2b3c-7d4e-8f90-1a2b3c4d5e6f --output members.csv", "what an export wrote"))
@job.command(cls=TranslatedCommand)
@argument("job", type=click.UUID)
@option("--output", type=FILE, metavar="FILE", help="Write to this file instead of one of the file's own name.")
@common(reading=True)
def fetch(session: Session, job: UUID, output: str | None) -> None:
    """Fetch the file that a job wrote: members, or the rows that an import rejected.

    It is kept for a day.
    """
    file = session.read(lambda ports: show_job(ports, job)).file
    if file is None:
        raise NotFound("The job has no file.", hint="It may not have ended, or the file was forgotten after a day.")
    place = output or file.name
    with written_bytes(place) as stream:
        for chunk in read_file(session.application.bus, session.tenant, file):
            stream.write(chunk)
    session.output.show(file_view(file), lambda: session.output.say("Written to {path}.", path=place))


@examples(("kohorte job cancel 0192f0c1-2b3c-7d4e-8f90-1a2b3c4d5e6f", "between two of its steps"))
@job.command(cls=TranslatedCommand)
@argument("job", type=click.UUID)
@common(reading=True)
def cancel(session: Session, job: UUID) -> None:
    """Cancel a job: at once where nobody has begun, or else between two of its steps. What was done by then stays."""
    run = session.run(CancelJob(job))
    is_over = run.status is JobStatus.CANCELLED
    session.output.show(
        job_view(run),
        lambda: session.output.say("The job is cancelled." if is_over else "The job ends after the step at hand."),
    )


def started(session: Session, run: JobRun) -> None:
    """Say that a worker will carry out a job, and how to follow it."""

    def people() -> None:
        session.output.text(str(run.id))
        session.output.remark("The worker carries it out. Follow it with: kohorte job show {id}", id=run.id)

    session.output.show(job_view(run), people)


def _say(session: Session, shown: ShownJob) -> None:
    output, run = session.output, shown.run
    of = output.cell(run.done) if run.total is None else f"{output.cell(run.done)} / {output.cell(run.total)}"
    output.say("{kind}: {status}", kind=session.language(run.kind.value), status=session.language(run.status.value))
    output.say("Done: {done}", done=of)
    for name, count in run.result.counts.items():
        output.say("{name}: {count}", name=session.language(name), count=output.cell(count))
    if run.cancel_asked and run.status is JobStatus.RUNNING:
        output.say("The job ends after the step at hand.")
    if run.error is not None:
        show_error(run.error.error, session.language, output.answers)
    if shown.file is not None:
        output.say(
            "Its file, {name}, is kept until {moment}.", name=shown.file.name, moment=output.cell(shown.file.expires_at)
        )
        output.say("Fetch it with: kohorte job fetch {id}", id=run.id)
