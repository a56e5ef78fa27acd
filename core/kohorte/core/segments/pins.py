"""Members by hand: put into a segment, kept out of it, and left to its rule again."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from attrs import field, frozen

from kohorte.core.bus import Ports
from kohorte.core.errors import InvalidInput
from kohorte.core.messages import Command
from kohorte.core.ports.audiences import Calculation
from kohorte.core.ports.pins import Pin, Side
from kohorte.core.segments.members import calculate
from kohorte.core.segments.model import CalculatedLater, Cause, Segment, SegmentType
from kohorte.core.values import clean_code

AT_ONCE: Final = 10_000
"""So many contacts are put in or taken out by one command: all of them, or none."""


@frozen
class MovedMembers:
    """What became of a segment by hand: members afterwards, how many entered and left, and the unknown keys."""

    segment: Segment
    members: int
    entered: int
    left: int
    unknown: tuple[str, ...]


@frozen
class AddMembers(Command[MovedMembers]):
    """Put contacts, by key, into a segment that is kept by hand; they stay in it whatever its rule says.

    ``cause`` says whether a person said so or a file.
    """

    name: str
    keys: tuple[str, ...] = field(converter=tuple[str, ...])
    cause: Cause = Cause.HAND


@frozen
class RemoveMembers(Command[MovedMembers]):
    """Take contacts, by key, out of a segment that is kept by hand; whatever its rule says, they stay out of it."""

    name: str
    keys: tuple[str, ...] = field(converter=tuple[str, ...])
    cause: Cause = Cause.HAND


@frozen
class ReleaseMembers(Command[MovedMembers]):
    """Leave contacts, by key, to the rule again that were put into a segment or kept out of it."""

    name: str
    keys: tuple[str, ...] = field(converter=tuple[str, ...])


@frozen
class Pinned:
    """A page of who was put into a segment or is kept out of it, in the order of their ids; ``count`` is of all."""

    segment: Segment
    count: int
    pins: Sequence[Pin]
    after: UUID | None


def add_members(command: AddMembers, ports: Ports) -> MovedMembers:
    """Put contacts into a segment.

    Raise ``NotFound`` for an unknown segment, ``NotAllowed`` where it is archived, inactive, or up to its rule alone,
    ``InvalidInput`` for too many keys. Keys that no contact has are returned.
    """
    segment = _kept_by_hand(command.name, ports)
    found = _contacts(command.keys, ports)
    ports.work.pins.put(segment.id, sorted(found.values()), Side.IN, by=ports.by, at=ports.clock.now())
    return _moved(segment, command.keys, found, command.cause, ports)


def remove_members(command: RemoveMembers, ports: Ports) -> MovedMembers:
    """Take contacts out of a segment; raise as ``add_members`` does."""
    segment = _kept_by_hand(command.name, ports)
    found = _contacts(command.keys, ports)
    contact_ids = sorted(found.values())
    if segment.type is SegmentType.STATIC:  # there is no rule that could let them in again
        ports.work.pins.release(segment.id, contact_ids)
    else:
        ports.work.pins.put(segment.id, contact_ids, Side.OUT, by=ports.by, at=ports.clock.now())
    return _moved(segment, command.keys, found, command.cause, ports)


def release_members(command: ReleaseMembers, ports: Ports) -> MovedMembers:
    """Leave contacts to the rule again; raise as ``add_members`` does, and ``NotAllowed`` where there is no rule."""
    segment = _kept_by_hand(command.name, ports)
    _ = segment.ruled
    found = _contacts(command.keys, ports)
    ports.work.pins.release(segment.id, sorted(found.values()))
    return _moved(segment, command.keys, found, Cause.RULE, ports)


def list_pins(ports: Ports, name: str, *, after: UUID | None = None, limit: int = 100) -> Pinned:
    """Return a page of who was put into a segment or is kept out of it; raise ``NotFound``."""
    segment = ports.work.segments.by_name(name)
    page = ports.work.pins.page(segment.id, after=after, limit=limit)
    more = page[-1].person.contact_id if 0 < limit == len(page) else None
    return Pinned(segment, ports.work.pins.count(segment.id), page, more)


def _kept_by_hand(name: str, ports: Ports) -> Segment:
    segment = ports.work.segments.by_name(name)
    segment.refuse_idle()
    segment.refuse_ruled_alone()
    return segment


def _contacts(keys: Sequence[str], ports: Ports) -> Mapping[str, UUID]:
    if len(keys) > AT_ONCE:
        raise InvalidInput(
            "These are {count} contacts.", hint="Name {limit} at most at once.", count=len(keys), limit=AT_ONCE
        )
    return ports.work.pins.find(sorted({each for key in keys if (each := clean_code(key)) is not None}))


def _moved(
    segment: Segment, keys: Sequence[str], found: Mapping[str, UUID], cause: Cause, ports: Ports
) -> MovedMembers:
    moved = _now(segment, sorted(found.values()), cause, ports)
    unknown = tuple(dict.fromkeys(key for key in keys if (clean_code(key) or "") not in found))
    return MovedMembers(segment, moved.members, moved.entered, moved.left, unknown)


def _now(segment: Segment, contact_ids: Sequence[UUID], cause: Cause, ports: Ports) -> Calculation:
    try:
        return calculate(segment, ports.clock.now(), ports, of=contact_ids, cause=cause)
    except CalculatedLater:  # by somebody whom this one had to wait for
        return calculate(segment, ports.clock.now(), ports, of=contact_ids, cause=cause)
