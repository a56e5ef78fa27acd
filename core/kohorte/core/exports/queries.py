"""What one may read about export templates, and members written by them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from difflib import get_close_matches
from typing import Final
from uuid import UUID

from attrs import frozen

from kohorte.core.bus import Ports
from kohorte.core.exports.model import ExportTemplate
from kohorte.core.ports.rendering import Exported, Part, Parts, TemplateRefused
from kohorte.core.segments.finding import find_segment
from kohorte.core.segments.queries import export_members, exportable_columns

ANY_COLUMN: Final = "contact.key"
"""What is read of members by a template that reads nothing: there is one row for each all the same."""


@frozen
class WrittenExport:
    """An export by a template: ``texts`` are the header, one for each member, and the footer."""

    template: ExportTemplate
    texts: Iterator[str]


def write_export(ports: Ports, segment: str | UUID, template: str, *, at: datetime | None = None) -> WrittenExport:
    """Return a segment's members, now or at a past instant, as a template writes them, with flat memory.

    Raise ``NotFound``, and ``TemplateRefused`` for a field that is gone meanwhile, before the first text;
    ``TemplateFailed`` and ``TemplateLimit`` while they are read.
    """
    known = ports.work.export_templates.by_name(template)
    columns = read_columns(known.parts, ports) or (ANY_COLUMN,)
    rows = export_members(ports, segment, columns, at=at)
    about = Exported(find_segment(ports.work, segment).name, at or ports.clock.now(), ports.tenant.zone_info)
    return WrittenExport(known, ports.rendering.render(known.parts, columns, rows, about))


def read_columns(parts: Parts, ports: Ports) -> Sequence[str]:
    """Return the columns that a template reads; raise ``TemplateRefused`` for one that members do not have."""
    read = ports.rendering.columns(parts)
    known = exportable_columns(ports)
    for column in read:
        if column.name not in known:
            near = get_close_matches(column.name, known, n=3)
            raise TemplateRefused(
                "There is no field {name}.",
                hint="Did you mean {near}?" if near else "Name fields as rules do: contact.email, customer.category.",
                name=column.name[:80],
                near=", ".join(near),
            ).in_line(Part.ROW, column.line)
    return [column.name for column in read]
