"""Messages: commands ask for a change, events say what has changed."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Any, ClassVar, Generic, TypeVar, Union, get_args, get_origin
from uuid import UUID

from attrs import fields, frozen, resolve_types

R_co = TypeVar("R_co", covariant=True)
M = TypeVar("M", bound="Event | Command[Any]")


class Command(Generic[R_co]):
    """Ask for one change of a tenant's data; its handler returns an ``R_co``. Commands are frozen attrs classes."""


class Administration(Generic[R_co]):
    """Ask for one change of the installation itself, outside every tenant; otherwise like a ``Command``."""


@frozen
class Event:
    """Say that something has happened, in the past tense.

    ``type`` is the wire name (``crm.segment.created``); ``about`` is the id of the thing it happened to, which also
    orders the events: those about one thing are delivered in the order in which they were recorded. Fields are ids,
    instants, texts, numbers, truth, enumerations, and tuples of those; never personal data, for events are sent on.
    """

    type: ClassVar[str] = ""

    about: UUID


def message_data(message: "Event | Command[Any]") -> dict[str, Any]:
    """Return all that an event says besides ``type``, or a command that is kept for later, as JSON values."""
    kind: Any = type(message)
    return {each.name: _plain(getattr(message, each.name)) for each in fields(kind)}


def message_of(kind: type[M], data: Mapping[str, Any]) -> M:
    """Return the message that ``message_data`` was made from."""
    known: Any = kind
    return kind(**{each.name: _typed(data[each.name], each.type) for each in fields(resolve_types(known))})


def _plain(value: Any) -> Any:
    match value:
        case UUID():
            return str(value)
        case datetime():
            return value.isoformat()
        case Enum():
            return value.value
        case tuple():
            return [_plain(each) for each in value]  # pyright: ignore[reportUnknownVariableType]
        case _:  # text, numbers, truth and None are what they are in JSON
            return value


def _typed(value: Any, kind: Any) -> Any:
    if value is None:
        return None
    if get_origin(kind) in (Union, UnionType):  # the one that is not None
        kind = next(each for each in get_args(kind) if each is not NoneType)
    if get_origin(kind) is tuple:
        return tuple(_typed(each, get_args(kind)[0]) for each in value)
    if kind is datetime:
        return datetime.fromisoformat(value)
    return kind(value) if isinstance(kind, type) and issubclass(kind, UUID | Enum) else value
