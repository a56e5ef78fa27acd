"""What happened to customers."""

from attrs import frozen

from kohorte.core.messages import Event


@frozen
class CustomerCreated(Event):
    """A customer is known from now on."""

    type = "crm.customer.created"


@frozen
class CustomerUpdated(Event):
    """Something about a customer is different now: the named fields."""

    type = "crm.customer.updated"

    fields: tuple[str, ...]
