"""What one may ask for about export templates."""

from attrs import evolve, frozen

from kohorte.core.bus import Ports
from kohorte.core.exports.events import ExportTemplateCreated, ExportTemplateDeleted, ExportTemplateUpdated
from kohorte.core.exports.model import (
    PLAIN_TEXT,
    ExportTemplate,
    file_extension,
    media_type,
    template_name,
    template_parts,
)
from kohorte.core.exports.queries import read_columns
from kohorte.core.messages import Command
from kohorte.core.ports.rendering import Parts
from kohorte.core.saving import refuse_outdated


@frozen
class CreateExportTemplate(Command[ExportTemplate]):
    """Make a format for exports: what stands before all members, for each of them, and after them."""

    name: str
    parts: Parts
    extension: str = "txt"
    media_type: str = PLAIN_TEXT


@frozen
class ChangeExportTemplate(Command[ExportTemplate]):
    """Change what is given of a template; None leaves a thing as it is."""

    name: str
    header: str | None = None
    row: str | None = None
    footer: str | None = None
    extension: str | None = None
    media_type: str | None = None
    new_name: str | None = None
    version: int | None = None


@frozen
class DeleteExportTemplate(Command[None]):
    """Delete a template."""

    name: str
    version: int | None = None


def create_export_template(command: CreateExportTemplate, ports: Ports) -> ExportTemplate:
    """Create a template.

    Raise ``InvalidValue``, ``TemplateRefused`` with the line of what is wrong, or ``AlreadyExists`` for a taken name.
    """
    now = ports.clock.now()
    made = ExportTemplate(
        ports.ids.new(),
        template_name(command.name),
        _checked(command.parts, ports),
        media_type(command.media_type),
        file_extension(command.extension),
        created_at=now,
        created_by=ports.by,
        changed_at=now,
        changed_by=ports.by,
    )
    ports.work.export_templates.save(made)
    ports.work.record(ExportTemplateCreated(made.id))
    return made


def change_export_template(command: ChangeExportTemplate, ports: Ports) -> ExportTemplate:
    """Change a template. Raise ``NotFound``, ``Conflict`` for another version, and what creating one raises."""
    known = ports.work.export_templates.by_name(command.name)
    refuse_outdated(command.version, known.version, known.name)
    given = {"header": command.header, "row": command.row, "footer": command.footer}
    parts = evolve(known.parts, **{name: text for name, text in given.items() if text is not None})
    changed = evolve(
        known,
        name=known.name if command.new_name is None else template_name(command.new_name),
        parts=known.parts if parts == known.parts else _checked(parts, ports),
        media_type=known.media_type if command.media_type is None else media_type(command.media_type),
        extension=known.extension if command.extension is None else file_extension(command.extension),
    )
    if changed != known:
        changed.changed_at, changed.changed_by = ports.clock.now(), ports.by
        ports.work.export_templates.save(changed)
        ports.work.record(ExportTemplateUpdated(changed.id))
    return changed


def delete_export_template(command: DeleteExportTemplate, ports: Ports) -> None:
    """Delete a template. Raise ``NotFound``, or ``Conflict`` for another version."""
    known = ports.work.export_templates.by_name(command.name)
    refuse_outdated(command.version, known.version, known.name)
    ports.work.export_templates.remove(known)
    ports.work.record(ExportTemplateDeleted(known.id))


def _checked(parts: Parts, ports: Ports) -> Parts:
    """Return parts that can be kept and read nothing unknown; raise ``InvalidValue`` or ``TemplateRefused``."""
    checked = template_parts(parts)
    read_columns(checked, ports)
    return checked
