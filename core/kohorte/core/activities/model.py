"""An activity: a call, meeting, visit or mail with a contact; it may lie ahead."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from attrs import define, field


@define
class Activity:
    """Something done, or planned, with a contact (named by its key).

    ``custom`` holds the tenant's custom fields in domain form. ``version`` is the optimistic lock: 0 means not stored.
    """

    id: UUID
    key: str
    contact: str
    kind: str
    at: datetime
    subject: str | None = None
    outcome: str | None = None
    custom: Mapping[str, object] = field(factory=dict[str, object])
    version: int = 0
