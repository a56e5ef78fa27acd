"""Export templates, as programs read them."""

from datetime import datetime

from attrs import frozen

from kohorte.core.exports.model import ExportTemplate


@frozen
class ExportTemplateView:
    """A format: what stands before all members, what is written for each, and what stands after them."""

    name: str
    header: str
    row: str
    footer: str
    extension: str
    media_type: str
    created_at: datetime
    created_by: str
    changed_at: datetime
    changed_by: str


def export_template_view(template: ExportTemplate) -> ExportTemplateView:
    """Return a template for programs."""
    return ExportTemplateView(
        name=template.name,
        header=template.parts.header,
        row=template.parts.row,
        footer=template.parts.footer,
        extension=template.extension,
        media_type=template.media_type,
        created_at=template.created_at,
        created_by=template.created_by,
        changed_at=template.changed_at,
        changed_by=template.changed_by,
    )
