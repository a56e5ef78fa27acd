"""Export templates."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from attrs import asdict, frozen
from sqlalchemy import ColumnElement, Row, delete, select, update
from sqlalchemy.exc import IntegrityError

from kohorte.adapters.storage.schema import export_templates
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.errors import AlreadyExists, Conflict, NotFound
from kohorte.core.exports.model import ExportTemplate
from kohorte.core.ports.rendering import Parts
from kohorte.core.values import from_micros, to_micros


@frozen
class StorageExportTemplates:
    """The tenant's export templates."""

    transaction: Transaction

    def by_name(self, name: str) -> ExportTemplate:
        """Return a template; raise ``NotFound``."""
        found = self._where(export_templates.c.name == name)
        if not found:
            raise NotFound(
                'There is no export template "{name}".',
                hint="See all with: kohorte export-template list",
                name=name[:80],
            )
        return found[0]

    def by_id(self, template_id: UUID) -> ExportTemplate:
        """Return a template; raise ``NotFound``."""
        found = self._where(export_templates.c.template_id == template_id)
        if not found:
            raise NotFound("There is no export template {id}.", hint="Check its id.", id=template_id)
        return found[0]

    def all(self) -> Sequence[ExportTemplate]:
        """Return all templates by name."""
        return self._where()

    def save(self, template: ExportTemplate) -> None:
        """Insert (version 0) or update; raise ``Conflict`` or ``AlreadyExists``."""
        row = _to_row(template) | {"version": template.version + 1}
        if template.version == 0:
            if not self.transaction.insert(export_templates, row):
                raise _taken(template)
        else:
            self._update(template, row)
        template.version += 1

    def remove(self, template: ExportTemplate) -> None:
        """Delete a template; raise ``Conflict`` where the stored version is another."""
        if not self.transaction.connection.execute(delete(export_templates).where(*self._as_seen(template))).rowcount:
            raise _changed_meanwhile(template)

    def _update(self, template: ExportTemplate, row: dict[str, object]) -> None:
        changed = update(export_templates).where(*self._as_seen(template)).values(row)
        try:
            with self.transaction.connection.begin_nested():
                found = self.transaction.connection.execute(changed).rowcount
        except IntegrityError:
            raise _taken(template) from None
        if not found:
            raise _changed_meanwhile(template)

    def _where(self, *conditions: ColumnElement[bool]) -> Sequence[ExportTemplate]:
        own = self.transaction.own(export_templates)
        found = select(export_templates).where(own, *conditions).order_by(export_templates.c.name)
        return [_from_row(row) for row in self.transaction.connection.execute(found)]

    def _as_seen(self, template: ExportTemplate) -> tuple[ColumnElement[bool], ...]:
        columns = export_templates.c
        same = (columns.template_id == template.id, columns.version == template.version)
        return (self.transaction.own(export_templates), *same)


def _to_row(template: ExportTemplate) -> dict[str, object]:
    return {
        "template_id": template.id,
        "name": template.name,
        "parts": asdict(template.parts),
        "media_type": template.media_type,
        "extension": template.extension,
        "created_at": to_micros(template.created_at),
        "created_by": template.created_by,
        "changed_at": to_micros(template.changed_at),
        "changed_by": template.changed_by,
    }


def _from_row(row: Row[Any]) -> ExportTemplate:
    return ExportTemplate(
        row.template_id,
        row.name,
        Parts(**row.parts),
        row.media_type,
        row.extension,
        from_micros(row.created_at),
        row.created_by,
        from_micros(row.changed_at),
        row.changed_by,
        row.version,
    )


def _taken(template: ExportTemplate) -> AlreadyExists:
    return AlreadyExists(
        'There is an export template "{name}" already.', hint="Choose another name.", name=template.name
    )


def _changed_meanwhile(template: ExportTemplate) -> Conflict:
    return Conflict(
        'Somebody else changed the export template "{name}" meanwhile.',
        hint="Read it again and repeat the change.",
        name=template.name,
    )
