"""Export templates."""

from collections.abc import Sequence
from uuid import UUID

from attrs import define, evolve

from kohorte.adapters.memory.state import Transaction
from kohorte.core.errors import AlreadyExists, Conflict, NotFound
from kohorte.core.exports.model import ExportTemplate


@define
class MemoryExportTemplates:
    """The tenant's export templates."""

    _transaction: Transaction

    def by_name(self, name: str) -> ExportTemplate:
        """Return a template."""
        for template in self.all():
            if template.name == name:
                return template
        raise NotFound('There is no export template "{name}".', hint="Check the name.", name=name[:80])

    def by_id(self, template_id: UUID) -> ExportTemplate:
        """Return a template."""
        found = self._transaction.seen.export_templates.get(template_id)
        if found is None:
            raise NotFound("There is no export template {id}.", hint="Check its id.", id=template_id)
        return evolve(found)

    def all(self) -> Sequence[ExportTemplate]:
        """Return all templates by name."""
        found = self._transaction.seen.export_templates.values()
        return sorted(map(evolve, found), key=lambda template: template.name)

    def save(self, template: ExportTemplate) -> None:
        """Insert or update a template."""
        templates = self._transaction.written.export_templates
        self._refuse_outdated(template)
        if any(each.name == template.name and each.id != template.id for each in templates.values()):
            raise AlreadyExists(
                'There is an export template "{name}" already.', hint="Choose another name.", name=template.name
            )
        template.version += 1
        templates[template.id] = evolve(template)

    def remove(self, template: ExportTemplate) -> None:
        """Delete a template."""
        self._refuse_outdated(template)
        del self._transaction.written.export_templates[template.id]

    def _refuse_outdated(self, template: ExportTemplate) -> None:
        stored = self._transaction.seen.export_templates.get(template.id)
        if (stored.version if stored else 0) != template.version:
            raise Conflict(
                'Somebody else changed the export template "{name}" meanwhile.',
                hint="Read it again and repeat the change.",
                name=template.name,
            )
