"""``kohorte segment members|export|of|overlap``: who is in which segment, now or at a past instant."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Final
from uuid import UUID

import click

from kohorte.adapters.files.members import write_csv, write_json, write_json_lines
from kohorte.core.errors import InvalidInput
from kohorte.core.segments.queries import compare_members, export_members, list_members, segments_of
from kohorte.entrypoints.cli.commands import TranslatedCommand, argument, examples, option
from kohorte.entrypoints.cli.completion import FILE, offering, segment_names
from kohorte.entrypoints.cli.session import Session, common
from kohorte.entrypoints.cli.text_files import written_bytes, written_text
from kohorte.entrypoints.views.segments import members_view, membership_view, overlap_view

FORMATS: Final = ("csv", "json", "jsonl", "xlsx")
_WRITERS: Final[Mapping[str, Callable[..., int]]] = {
    "csv": write_csv,
    "json": lambda stream, columns, rows, **_: write_json(stream, columns, rows),
    "jsonl": lambda stream, columns, rows, **_: write_json_lines(stream, columns, rows),
}
EXPORTED: Final = "contact.key,contact.email,contact.first_name,contact.last_name,entered_at"


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
            ("key", "name", "email", "since"),
            [(each.person.key, each.person.name, each.person.email, each.entered_at) for each in found.members],
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
)
@click.command(cls=TranslatedCommand)
@argument("name", shell_complete=offering(segment_names))
@option("--output", type=FILE, metavar="FILE", help="Write to a file instead of the standard output.")
@option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="File format; without it the file's ending tells, or else it is CSV.",
)
@option("--columns", default=EXPORTED, show_default=True, metavar="NAMES", help="Fields to export, parted by commas.")
@option("--unsafe", is_flag=True, help="Leave cells that a spreadsheet would run as formulas as they are.")
@common(evaluating=True)
def export(session: Session, name: str, output: str | None, form: str | None, columns: str, *, unsafe: bool) -> None:
    """Write all members to a file, however many: CSV, JSON, JSON Lines, or a workbook for Excel."""
    at = session.at if session.at_text else None
    wanted = tuple(part.strip() for part in columns.split(",") if part.strip())
    form = form or _form_of(output)
    with session.application.bus.ports(session.tenant, reading=True) as ports:
        rows = export_members(ports, name, wanted, at=at)
        if form == "xlsx":
            count = _write_workbook(output, wanted, rows)
        else:
            with written_text(output) as stream:
                count = _WRITERS[form](stream, wanted, rows, safe=not unsafe)
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


def _write_workbook(output: str | None, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    if output is None or output == "-":
        raise InvalidInput("A workbook is a file.", hint="Name it: --output members.xlsx")
    from kohorte.adapters.files.workbooks import write_workbook  # noqa: PLC0415 - only here, and it takes a while

    with written_bytes(output) as stream:
        return write_workbook(stream, columns, rows)
