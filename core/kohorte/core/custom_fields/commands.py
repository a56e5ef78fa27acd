"""What one may ask for about custom fields."""

from attrs import frozen

from kohorte.core.bus import Ports
from kohorte.core.custom_fields.events import FieldAdded
from kohorte.core.custom_fields.model import CustomField, new_custom_field
from kohorte.core.custom_fields.queries import tenant_catalogue
from kohorte.core.fields import Kind
from kohorte.core.messages import Command


@frozen
class AddField(Command[CustomField]):
    """Give contacts, customers or the rows of a collection one more field, which rules then use like a built-in one.

    ``scale`` is the number of decimals of a decimal field, ``choices`` are the codes of an enumeration, ``long`` text
    keeps its line breaks. ``indexed`` makes rules that compare the field fast.
    """

    owner: str
    name: str
    kind: Kind
    scale: int = 0
    choices: tuple[str, ...] = ()
    long: bool = False
    indexed: bool = False


def add_field(command: AddField, ports: Ports) -> CustomField:
    """Add a field. Raise ``InvalidValue`` for what cannot be one, ``AlreadyExists`` where the name is taken."""
    custom = new_custom_field(
        ports.ids.new(),
        command.owner,
        command.name,
        command.kind,
        ports.clock.now(),
        tenant_catalogue(ports.work),
        scale=command.scale,
        choices=command.choices,
        long=command.long,
        indexed=command.indexed,
    )
    ports.work.custom_fields.add(custom)
    ports.work.record(FieldAdded(custom.id, custom.owner, custom.field.name))
    return custom
