"""What happened to activities."""

from attrs import frozen

from kohorte.core.messages import Event


@frozen
class ActivityCreated(Event):
    """Something was done with a contact, or is planned."""

    type = "crm.activity.created"


@frozen
class ActivityUpdated(Event):
    """Something about an activity is different now: the named fields."""

    type = "crm.activity.updated"

    fields: tuple[str, ...]
