"""What happened to custom fields."""

from attrs import frozen

from kohorte.core.messages import Event


@frozen
class FieldAdded(Event):
    """Records of an owner can have one more field."""

    type = "crm.field.added"

    owner: str
    name: str


@frozen
class FieldRenamed(Event):
    """A field has another name: this one. Its values are the same."""

    type = "crm.field.renamed"

    owner: str
    name: str


@frozen
class FieldChanged(Event):
    """Something about a field is different now: the named properties."""

    type = "crm.field.changed"

    owner: str
    name: str
    fields: tuple[str, ...]


@frozen
class FieldRemoved(Event):
    """A field is gone, and its values with it."""

    type = "crm.field.removed"

    owner: str
    name: str
