"""Messages: commands ask for a change, events say what has changed."""

from typing import ClassVar, Generic, TypeVar
from uuid import UUID

from attrs import frozen

R_co = TypeVar("R_co", covariant=True)


class Command(Generic[R_co]):
    """Ask for one change; its handler returns an ``R_co``. Commands are frozen attrs classes."""


@frozen
class Event:
    """Say that something has happened, in the past tense.

    ``type`` is the wire name (``crm.segment.created``); ``about`` is the id of the thing it happened to, which also
    orders the events: those about one thing are delivered in the order in which they were recorded.
    """

    type: ClassVar[str] = ""

    about: UUID
