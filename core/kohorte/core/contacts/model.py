"""A contact: a person."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from attrs import define, field

from kohorte.core.values import email_domain


@define
class Contact:
    """A person, known by an external key; None means that nobody knows.

    ``customer`` is the key of the company or household the person belongs to. ``custom`` holds the tenant's custom
    fields in domain form. ``version`` is the optimistic lock: 0 means not stored yet.
    """

    id: UUID
    key: str
    created_at: datetime
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    language: str | None = None
    time_zone: str | None = None
    street: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country: str | None = None
    birthday: date | None = None
    customer: str | None = None
    custom: Mapping[str, object] = field(factory=dict[str, object])
    version: int = 0

    @property
    def name(self) -> str | None:
        """Return first and last name joined, or whichever is known."""
        return full_name(self.first_name, self.last_name)

    @property
    def email_domain(self) -> str | None:
        """Return the folded domain of the e-mail address."""
        return email_domain(self.email) if self.email else None


def full_name(first_name: str | None, last_name: str | None) -> str | None:
    """Return first and last name joined by a blank, or whichever is known."""
    return " ".join(part for part in (first_name, last_name) if part) or None
