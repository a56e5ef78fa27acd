"""A customer: the company or household that contacts belong to."""

from collections.abc import Mapping
from uuid import UUID

from attrs import define, field


@define
class Customer:
    """A company or household, known by an external key; None means that nobody knows.

    ``custom`` holds the tenant's custom fields in domain form. ``version`` is the optimistic lock: 0 means not stored.
    """

    id: UUID
    key: str
    name: str | None = None
    category: str | None = None
    industry: str | None = None
    website: str | None = None
    country: str | None = None
    city: str | None = None
    custom: Mapping[str, object] = field(factory=dict[str, object])
    version: int = 0
