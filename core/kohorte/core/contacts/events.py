"""What happened to contacts."""

from attrs import frozen

from kohorte.core.messages import Event


@frozen
class ContactCreated(Event):
    """A contact is known from now on."""

    type = "crm.contact.created"


@frozen
class ContactUpdated(Event):
    """Something about a contact is different now: the named fields."""

    type = "crm.contact.updated"

    fields: tuple[str, ...]
