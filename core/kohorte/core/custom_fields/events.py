"""What happened to custom fields."""

from attrs import frozen

from kohorte.core.messages import Event


@frozen
class FieldAdded(Event):
    """Records of an owner can have one more field."""

    type = "crm.field.added"

    owner: str
    name: str
