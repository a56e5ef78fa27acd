"""What happened to stored lists."""

from attrs import frozen

from kohorte.core.messages import Event


@frozen
class ListCreated(Event):
    """There is a new, empty list."""

    type = "crm.list.created"


@frozen
class ListEntriesAdded(Event):
    """A list has got so many entries more."""

    type = "crm.list.entries_added"

    count: int


@frozen
class ListRenamed(Event):
    """A list has another name."""

    type = "crm.list.renamed"


@frozen
class ListDeleted(Event):
    """A list is gone with its entries."""

    type = "crm.list.deleted"
