"""What happened to export templates."""

from attrs import frozen

from kohorte.core.messages import Event


@frozen
class ExportTemplateCreated(Event):
    """There is a new template."""

    type = "crm.export_template.created"


@frozen
class ExportTemplateUpdated(Event):
    """Something about a template is different now."""

    type = "crm.export_template.updated"


@frozen
class ExportTemplateDeleted(Event):
    """A template is gone."""

    type = "crm.export_template.deleted"
