"""``kohorte list``: stored lists of addresses, keys or codes for ``in list``."""

import click

from kohorte.core.lists.commands import AddEntries, CreateList, DeleteList, RenameList
from kohorte.core.lists.queries import show_list
from kohorte.entrypoints.cli.commands import (
    TranslatedCommand,
    TranslatedGroup,
    argument,
    examples,
    option,
)
from kohorte.entrypoints.cli.completion import FILE, list_names, offering
from kohorte.entrypoints.cli.failures import REJECTED_ROWS
from kohorte.entrypoints.cli.session import Session, common
from kohorte.entrypoints.cli.text_files import read_lines
from kohorte.entrypoints.views.lists import entries_added_view, list_view, shown_list_view


@click.group("list", cls=TranslatedGroup)
def list_group() -> None:
    """Keep lists of addresses, keys or codes that rules look up."""


@examples(("kohorte list create vip", 'then: contact.email in list "vip"'))
@list_group.command(cls=TranslatedCommand)
@argument("name")
@common()
def create(session: Session, name: str) -> None:
    """Make an empty list."""
    session.run(CreateList(name))
    session.output.say('The list "{name}" is made.', name=name)


@examples(("kohorte list import vip addresses.txt", "one entry a line"))
@list_group.command("import", cls=TranslatedCommand)
@argument("name", shell_complete=offering(list_names))
@argument("file", type=FILE)
@common(reading=True)
def import_entries(session: Session, name: str, file: str) -> int:
    """Add entries from a text file, one a line; - reads the standard input.

    The exit code is 6 where entries were refused.
    """
    added = session.run(AddEntries(name, read_lines(file)))

    def people() -> None:
        session.output.say(
            "{new} new entry, {known} known already, {refused} refused"
            if added.new == 1
            else "{new} new entries, {known} known already, {refused} refused",
            new=session.output.cell(added.new),
            known=session.output.cell(added.known),
            refused=session.output.cell(added.refused),
        )
        for refusal in added.refusals:
            session.output.remark("{line}: {text}", line=refusal.number, text=refusal.error.text(session.language))

    session.output.show(entries_added_view(added), people)
    return REJECTED_ROWS if added.refused else 0


@examples(("kohorte list show vip --limit 3", "how many, and the first of them"), ("kohorte list show", "all lists"))
@list_group.command(cls=TranslatedCommand)
@argument("name", shell_complete=offering(list_names), required=False)
@option(
    "--limit",
    type=click.IntRange(0, 10_000),
    default=20,
    show_default=True,
    help="How many entries to show.",
)
@common(reading=True)
def show(session: Session, name: str | None, limit: int) -> None:
    """Show a list with its first entries, or all lists."""
    if name is None:
        found = session.read(lambda ports: ports.work.lists.all())
        session.output.show(
            [list_view(each) for each in found],
            lambda: session.output.table(("list", "entries"), [(each.name, each.size) for each in found]),
        )
        return
    shown = session.read(lambda ports: show_list(ports.work, name, entries=limit))
    told = shown_list_view(shown)

    def people() -> None:
        session.output.say(
            "{name}: {size} entry" if shown.stored.size == 1 else "{name}: {size} entries",
            name=shown.stored.name,
            size=session.output.cell(shown.stored.size),
        )
        session.output.text("\n".join(shown.entries))
        if told.segments:
            session.output.say("Used by: {segments}", segments=", ".join(told.segments))

    session.output.show(told, people)


@examples(
    ("kohorte list rename vip patrons", "refused while a segment uses it"),
    ("kohorte list rename vip patrons --rewrite", "in the rules of segments too"),
)
@list_group.command(cls=TranslatedCommand)
@argument("name", shell_complete=offering(list_names))
@argument("new_name")
@option("--rewrite", is_flag=True, help="Let the rules of segments that name it follow.")
@common()
def rename(session: Session, name: str, new_name: str, *, rewrite: bool) -> None:
    """Give a list another name."""
    renamed = session.run(RenameList(name, new_name, rewrite))
    session.output.say('The list "{name}" has this name now.', name=renamed.name)


@examples(("kohorte list delete vip", "refused while a segment uses it"))
@list_group.command(cls=TranslatedCommand)
@argument("name", shell_complete=offering(list_names))
@common()
def delete(session: Session, name: str) -> None:
    """Delete a list that no segment uses."""
    session.run(DeleteList(name))
    session.output.say('The list "{name}" is deleted.', name=name)
