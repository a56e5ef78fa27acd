"""``kohorte segment members|export``: who is in a segment, now or at a past instant."""

from typing import Any, Final
from uuid import UUID

import click

from kohorte.adapters.files.members import write_csv, write_json_lines
from kohorte.core.ports.audiences import Member
from kohorte.core.segments.queries import export_members, list_members
from kohorte.entrypoints.cli.commands import TranslatedCommand, argument, examples, option
from kohorte.entrypoints.cli.completion import FILE, offering, segment_names
from kohorte.entrypoints.cli.segments import person
from kohorte.entrypoints.cli.session import Session, common
from kohorte.entrypoints.cli.text_files import written_text

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
    told = {
        "count": found.count,
        "members": [_member(each) for each in found.members],
        "after": found.after,
    }

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

    session.output.show(told, people)


@examples(
    ("kohorte segment export lapsed --output lapsed.csv", "for a spreadsheet"),
    (
        "kohorte segment export lapsed --format jsonl --columns contact.key,customer.category",
        "chosen columns, for a program",
    ),
)
@click.command(cls=TranslatedCommand)
@argument("name", shell_complete=offering(segment_names))
@option("--output", type=FILE, metavar="FILE", help="Write to a file instead of the standard output.")
@option("--format", "form", type=click.Choice(["csv", "jsonl"]), default="csv", show_default=True, help="File format.")
@option("--columns", default=EXPORTED, show_default=True, metavar="NAMES", help="Fields to export, parted by commas.")
@option("--unsafe", is_flag=True, help="Leave cells that a spreadsheet would run as formulas as they are.")
@common(evaluating=True)
def export(session: Session, name: str, output: str | None, form: str, columns: str, *, unsafe: bool) -> None:
    """Write all members to a file, however many."""
    at = session.at if session.at_text else None
    wanted = tuple(part.strip() for part in columns.split(",") if part.strip())
    with session.application.bus.ports(session.tenant, reading=True) as ports, written_text(output) as stream:
        rows = export_members(ports, name, wanted, at=at)
        if form == "csv":
            count = write_csv(stream, wanted, rows, safe=not unsafe)
        else:
            count = write_json_lines(stream, wanted, rows)
    session.output.remark(
        "{count} member written" if count == 1 else "{count} members written", count=session.output.cell(count)
    )


def _member(member: Member) -> dict[str, Any]:
    return {
        **person(member.person),
        "entered_at": member.entered_at,
        "left_at": member.left_at,
        "rule_version": member.rule_version or None,
        "cause": member.cause,
        "added_by": member.added_by,
        "left_cause": member.left_cause,
        "removed_by": member.removed_by,
    }
