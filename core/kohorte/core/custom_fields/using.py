"""What uses a custom field: records that have a value, rules and export templates that read it."""

from collections.abc import Sequence

from attrs import frozen

from kohorte.core.bus import Ports
from kohorte.core.custom_fields.model import CustomField
from kohorte.core.custom_fields.queries import custom_field, segments_reading
from kohorte.core.exports.model import ExportTemplate
from kohorte.core.exports.queries import templates_reading
from kohorte.core.segments.model import Segment


@frozen
class ShownField:
    """A custom field, the segments and export templates that read it, and how many records have a value of it."""

    custom: CustomField
    segments: Sequence[Segment]
    templates: Sequence[ExportTemplate]
    records: int


def show_field(ports: Ports, owner: str, name: str) -> ShownField:
    """Return a tenant's own field; raise as ``custom_field`` does."""
    work, custom = ports.work, custom_field(ports.work, owner, name)
    templates = templates_reading(ports, custom.full_name)
    return ShownField(custom, segments_reading(work, custom), templates, work.custom_fields.count(custom))
