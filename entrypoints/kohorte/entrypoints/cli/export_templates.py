"""``kohorte export-template``: formats of a tenant's own for ``segment export``."""

from typing import Any

import click

from kohorte.core.exports.commands import ChangeExportTemplate, CreateExportTemplate, DeleteExportTemplate
from kohorte.core.exports.model import LONGEST, PLAIN_TEXT, ExportTemplate
from kohorte.core.ports.rendering import Part, Parts
from kohorte.entrypoints.cli.commands import TranslatedCommand, TranslatedGroup, argument, examples, option
from kohorte.entrypoints.cli.completion import FILE, offering, template_names
from kohorte.entrypoints.cli.session import Session, common
from kohorte.entrypoints.cli.text_files import read_text


@click.group("export-template", cls=TranslatedGroup)
def export_template() -> None:
    """Keep formats of your own, in which members are exported for other programs."""


@examples(
    ("kohorte export-template create crm --row row.txt --extension txt", "what is written for each member"),
    (
        "kohorte export-template create news --header head.xml --row row.xml --footer foot.xml --extension xml",
        "with what stands around them",
    ),
)
@export_template.command(cls=TranslatedCommand)
@argument("name")
@option(
    "--row",
    type=FILE,
    metavar="FILE",
    required=True,
    help="File with what is written for each member; - reads the input.",
)
@option("--header", type=FILE, metavar="FILE", help="File with what stands before all members.")
@option("--footer", type=FILE, metavar="FILE", help="File with what stands after all members.")
@option("--extension", metavar="ENDING", default="txt", show_default=True, help="Ending of the files.")
@option("--media-type", metavar="TYPE", default=PLAIN_TEXT, show_default=True, help="Media type of the files.")
@common(reading=True)
def create(
    session: Session, name: str, row: str, header: str | None, footer: str | None, extension: str, media_type: str
) -> None:
    """Make a format from files in which fields stand in braces: {{ contact.email }}.

    The documentation lists what templates can say.
    """
    parts = Parts(_read(header) or "", _read(row) or "", _read(footer) or "")
    made = session.run(CreateExportTemplate(name, parts, extension, media_type))
    session.output.show(
        _described(made), lambda: session.output.say('The export template "{name}" is made.', name=made.name)
    )


@examples(("kohorte export-template change crm --row better.txt", "another row; the rest stays"))
@export_template.command(cls=TranslatedCommand)
@argument("name", shell_complete=offering(template_names))
@option("--row", type=FILE, metavar="FILE", help="File with what is written for each member; - reads the input.")
@option("--header", type=FILE, metavar="FILE", help="File with what stands before all members.")
@option("--footer", type=FILE, metavar="FILE", help="File with what stands after all members.")
@option("--extension", metavar="ENDING", help="Ending of the files.")
@option("--media-type", metavar="TYPE", help="Media type of the files.")
@option("--name", "new_name", metavar="NAME", help="The new name.")
@common(reading=True)
def change(
    session: Session,
    name: str,
    row: str | None,
    header: str | None,
    footer: str | None,
    extension: str | None,
    media_type: str | None,
    new_name: str | None,
) -> None:
    """Change parts of a format."""
    changed = session.run(
        ChangeExportTemplate(name, _read(header), _read(row), _read(footer), extension, media_type, new_name)
    )
    session.output.show(
        _described(changed), lambda: session.output.say('The export template "{name}" is changed.', name=changed.name)
    )


@examples(("kohorte export-template list --json", "for a program"))
@export_template.command("list", cls=TranslatedCommand)
@common(reading=True)
def list_all(session: Session) -> None:
    """List formats."""
    found = session.read(lambda ports: ports.work.export_templates.all())
    session.output.show(
        [_described(each) for each in found],
        lambda: session.output.table(
            ("export template", "ending", "media type", "changed", "by"),
            [(each.name, each.extension, each.media_type, each.changed_at, each.changed_by) for each in found],
        ),
    )


@examples(("kohorte export-template show crm", "its parts"))
@export_template.command(cls=TranslatedCommand)
@argument("name", shell_complete=offering(template_names))
@common(reading=True)
def show(session: Session, name: str) -> None:
    """Show the parts of a format."""
    found = session.read(lambda ports: ports.work.export_templates.by_name(name))

    def people() -> None:
        for part in Part:
            if source := found.parts.of(part):
                session.output.say("{name}:", name=session.language(part.value))
                session.output.text(source)

    session.output.show(_described(found), people)


@examples(("kohorte export-template delete crm", "nobody needs it any more"))
@export_template.command(cls=TranslatedCommand)
@argument("name", shell_complete=offering(template_names))
@common()
def delete(session: Session, name: str) -> None:
    """Delete a format."""
    session.run(DeleteExportTemplate(name))
    session.output.say('The export template "{name}" is deleted.', name=name)


def _read(file: str | None) -> str | None:
    """Return the text of a file, and one character more than any may have."""
    return None if file is None else read_text(file, LONGEST + 1)


def _described(each: ExportTemplate) -> dict[str, Any]:
    return {
        "id": each.id,
        "name": each.name,
        **{part.value: each.parts.of(part) for part in Part},
        "extension": each.extension,
        "media_type": each.media_type,
        "created_at": each.created_at,
        "created_by": each.created_by,
        "changed_at": each.changed_at,
        "changed_by": each.changed_by,
        "version": each.version,
    }
