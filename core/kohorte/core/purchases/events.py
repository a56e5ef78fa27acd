"""What happened to purchases."""

from attrs import frozen

from kohorte.core.messages import Event


@frozen
class PurchaseCreated(Event):
    """A contact has bought something."""

    type = "crm.purchase.created"


@frozen
class PurchaseUpdated(Event):
    """Something about a purchase is different now: the named fields, ``items`` among them."""

    type = "crm.purchase.updated"

    fields: tuple[str, ...]
