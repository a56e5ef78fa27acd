"""What happened to segments."""

from attrs import frozen

from kohorte.core.messages import Event


@frozen
class SegmentCreated(Event):
    """There is a new segment, not yet calculated."""

    type = "crm.segment.created"


@frozen
class SegmentUpdated(Event):
    """Something about a segment is different now: the named fields."""

    type = "crm.segment.updated"

    fields: tuple[str, ...]


@frozen
class SegmentArchived(Event):
    """A segment is out of use; its members and history stay readable."""

    type = "crm.segment.archived"


@frozen
class SegmentDeleted(Event):
    """A segment is gone, with its members and its history."""

    type = "crm.segment.deleted"


@frozen
class MembersChanged(Event):
    """So many entered a segment and so many left it, together, as the change of that number.

    It stands in the outbox for the events ``crm.segment.member_added`` and ``member_removed`` of each of them, which
    are read from the memberships (``Audiences.changes``): a million of them are not copied.
    """

    type = "crm.segment.members_changed"

    number: int
    entered: int
    left: int


@frozen
class SegmentCalculated(Event):
    """A segment's members are those that its rule selects: so many, after so many entered and left."""

    type = "crm.segment.calculated"

    rule_version: int
    members: int
    entered: int
    left: int
