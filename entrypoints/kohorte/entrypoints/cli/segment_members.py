"""``kohorte segment members|export|of|overlap``: who is in which segment, now or at a past instant."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import PurePath
from typing import Any, Final, TypeVar
from uuid import UUID

import click

from kohorte.adapters.files.exports import write_file, write_text
from kohorte.core.bus import Ports
from kohorte.core.errors import InvalidInput
from kohorte.core.exports.formats import EXPORTED, ExportFormat
from kohorte.core.exports.queries import write_export
from kohorte.core.jobs.commands import StartExport
from kohorte.core.segments.finding import find_segment
from kohorte.core.segments.queries import compare_members, export_members, list_members, segments_of
from kohorte.entrypoints.cli.commands import TranslatedCommand, argument, examples, option
from kohorte.entrypoints.cli.completion import FILE, offering, segment_names, template_names
from kohorte.entrypoints.cli.jobs import started
from kohorte.entrypoints.cli.progress import steps_bar
from kohorte.entrypoints.cli.session import Session, common
from kohorte.entrypoints.cli.text_files import written_bytes, written_text
from kohorte.entrypoints.exporting import write_members
from kohorte.entrypoints.views.segments import members_view, membership_view, overlap_view

FORMATS: Final = tuple(each.value for each in ExportFormat)
COLUMNS: Final = ",".join(EXPORTED)

T = TypeVar("T")
Progress = Callable[[int, int], None]
_TOLD_EVERY: Final = 1_000


@examples(("kohorte segment members lapsed --at 2011-06-01", "who was in it on that day"))
@click.command(cls=TranslatedCommand)
@argument("name", shell_complete=offering(segment_names))
@option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=50,
    show_default=True,
    help="How many to show.",
)
@option("--after", type=click.UUID, metavar="ID", help="Go on after this contact's id.")
@common(reading=True, evaluating=True)
def members(session: Session, name: str, limit: int, after: UUID | None) -> None:
    """List members: now, or at a past instant."""
    at = session.at if session.at_text else None
    found = session.read(lambda ports: list_members(ports, name, at=at, after=after, limit=limit))

    def people() -> None:
        session.output.table(
            ("key", "name", "email", "since", "cause", "by"),
            [
                (
                    each.person.key,
                    each.person.name,
                    each.person.email,
                    each.entered_at,
                    session.language(each.cause.value),
                    each.added_by,
                )
                for each in found.members
            ],
            sparse=("by",),
        )
        session.output.remark(
            "{shown} of {count} member" if found.count == 1 else "{shown} of {count} members",
            shown=session.output.cell(len(found.members)),
            count=session.output.cell(found.count),
        )
        if found.after and len(found.members) < found.count:
            session.output.remark("Go on with: --after {id}", id=found.after)

    session.output.show(members_view(found), people)


@examples(
    ("kohorte segment export lapsed --output lapsed.xlsx", "for a spreadsheet"),
    (
        "kohorte segment export lapsed --format jsonl --columns contact.key,customer.category",
        "chosen columns, for a program",
    ),
    ("kohorte segment export lapsed --job", "later, by the worker: for very many members"),
    ("kohorte segment export lapsed champions --output members.zip", "several segments: a file each, in one archive"),
)
@click.command(cls=TranslatedCommand)
@argument("names", nargs=-1, required=True, shell_complete=offering(segment_names), metavar="NAME...")
@option("--output", type=FILE, metavar="FILE", help="Write to a file instead of the standard output.")
@option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="File format; without it the file's ending tells, or else it is CSV.",
)
@option("--columns", default=COLUMNS, show_default=True, metavar="NAMES", help="Fields to export, parted by commas.")
@option(
    "--template",
    metavar="NAME",
    shell_complete=offering(template_names),
    help="Write in a format of your own; it says itself which fields it needs.",
)
@option("--unsafe", is_flag=True, help="Leave cells that a spreadsheet would run as formulas as they are.")
@option("--job", "as_job", is_flag=True, help="Let the worker write the file, to be fetched later: kohorte job fetch.")
@common(evaluating=True)
def export(
    session: Session,
    names: tuple[str, ...],
    output: str | None,
    form: str | None,
    columns: str,
    template: str | None,
    *,
    unsafe: bool,
    as_job: bool,
) -> None:
    """Write all members to a file, however many: CSV, JSON, JSON Lines, a workbook, or a format of your own.

    export-template makes such a format. Of several segments, a ZIP archive is written with a file for each.
    """
    at = session.at if session.at_text else None
    if template is not None and (form is not None or unsafe or columns != COLUMNS):
        raise InvalidInput(
            "A template says itself what is written, and how.",
            hint="Give --template without --format, --columns and --unsafe.",
        )
    wanted = tuple(part.strip() for part in columns.split(",") if part.strip())
    chosen = ExportFormat(form or _form_of(output))
    ids = session.read(lambda ports: [find_segment(ports.work, name).id for name in names])
    asked = StartExport(ids, chosen, wanted, not unsafe, template, at)
    if as_job:
        if output is not None:
            raise InvalidInput("A job has no --output.", hint="Give it to: kohorte job fetch")
        started(session, session.run(asked))
        return
    with session.application.bus.ports(session.tenant, reading=True) as ports, _export_bar(session, output) as progress:
        total = sum(ports.work.audiences.member_count(each, at=at) for each in ids)
        if asked.is_archive:
            _write_archive(session, output, asked, ports, partial(_tell, progress, total))
            return
        count = _write_one(output, asked, ports, partial(_watched, total=total, progress=progress))
    session.output.remark(
        "{count} member written" if count == 1 else "{count} members written", count=session.output.cell(count)
    )


@examples(("kohorte segment of 12347", "every segment that a contact is in"))
@click.command("of", cls=TranslatedCommand)
@argument("contact", metavar="KEY")
@common(reading=True, evaluating=True)
def segments_of_contact(session: Session, contact: str) -> None:
    """List the segments that a contact is in: now, or at a past instant."""
    at = session.at if session.at_text else None
    found = session.read(lambda ports: segments_of(ports, contact, at=at))
    session.output.show(
        [membership_view(*each) for each in found],
        lambda: session.output.table(
            ("segment", "since", "status"),
            [(segment.name, stay.entered_at, session.language(segment.status.value)) for segment, stay in found],
        ),
    )


@examples(("kohorte segment overlap lapsed champions", "how many are in both"))
@click.command(cls=TranslatedCommand)
@argument("one", shell_complete=offering(segment_names))
@argument("other", shell_complete=offering(segment_names))
@common(reading=True, evaluating=True)
def overlap(session: Session, one: str, other: str) -> None:
    """Count whom two segments have in common: now, or at a past instant."""
    at = session.at if session.at_text else None
    found = session.read(lambda ports: compare_members(ports, one, other, at=at))

    def people() -> None:
        session.output.say("In both: {count}", count=session.output.cell(found.both))
        for segment, count in ((found.one, found.one_alone), (found.other, found.other_alone)):
            session.output.say('Only in "{name}": {count}', name=segment.name, count=session.output.cell(count))

    session.output.show(overlap_view(found), people)


def _form_of(output: str | None) -> str:
    """Return the format that a file's ending tells."""
    ending = PurePath(output or "").suffix.lower().removeprefix(".")
    return ending if ending in FORMATS else "csv"


def _export_bar(session: Session, output: str | None) -> AbstractContextManager[Progress]:
    """Return the bar of an export; there is none beside members that are written to the terminal themselves."""
    if output is None or output == "-":
        return nullcontext(lambda _done, _total: None)
    return steps_bar(session.output, PurePath(output).name)


def _tell(progress: Progress, total: int, done: int) -> None:
    """Say now and then how many there were."""
    if done % _TOLD_EVERY == 0:
        progress(done, total)


def _watched(parts: Iterable[T], *, total: int, progress: Progress) -> Iterator[T]:
    for done, part in enumerate(parts):
        _tell(progress, total, done)
        yield part


def _write_archive(
    session: Session, output: str | None, asked: StartExport, ports: Ports, tell: Callable[[int], None]
) -> None:
    if output is None or output == "-":
        raise InvalidInput("Several segments become an archive.", hint="Name it: --output members.zip")
    with written_bytes(output) as file:
        write_members(ports, asked, file, tell)
    session.output.remark("Written to {path}.", path=output)


def _write_one(
    output: str | None, asked: StartExport, ports: Ports, watched: Callable[[Iterable[Any]], Iterator[Any]]
) -> int:
    (segment,) = asked.segments
    if asked.template is not None:
        return _write_by_template(output, watched(write_export(ports, segment, asked.template, at=asked.at).texts))
    rows = watched(export_members(ports, segment, asked.columns, at=asked.at))
    return _write_columns(output, asked.format, asked.columns, rows, safe=asked.safe)


def _write_by_template(output: str | None, texts: Iterable[str]) -> int:
    """Write members in a format of the tenant's own; return how many."""
    with written_text(output) as stream:
        return sum(1 for text in texts if stream.write(text) >= 0) - 2  # header and footer


def _write_columns(
    output: str | None, form: ExportFormat, columns: Sequence[str], rows: Iterable[Sequence[object]], *, safe: bool
) -> int:
    if form is not ExportFormat.XLSX:
        with written_text(output) as stream:
            return write_text(form, stream, columns, rows, safe=safe)
    if output is None or output == "-":
        raise InvalidInput("A workbook is a file.", hint="Name it: --output members.xlsx")
    with written_bytes(output) as file:
        return write_file(form, file, columns, rows)
