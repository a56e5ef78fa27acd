"""Members by hand: put into a segment, kept out of it, and left to its rule again."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from attrs import field, frozen

from kohorte.core.bus import Ports
from kohorte.core.errors import InvalidInput
from kohorte.core.messages import Command
from kohorte.core.ports.audiences import Calculation
from kohorte.core.ports.pins import Pin, Side
from kohorte.core.segments.finding import find_segment
from kohorte.core.segments.members import calculate
from kohorte.core.segments.model import CalculatedLater, Cause, Segment, SegmentType
from kohorte.core.values import clean_code

AT_ONCE: Final = 10_000
"""So many contacts are put in or taken out by one command: all of them, or none."""


@frozen
class MovedMembers:
    """What became of a segment by hand: members afterwards, how many entered and left, and the unknown keys and ids."""

    segment: Segment
    members: int
    entered: int
    left: int
    unknown: tuple[str, ...]


@frozen
class AddMembers(Command[MovedMembers]):
    """Put contacts, by key or id, into a segment that is kept by hand; they stay in it whatever its rule says.

    ``cause`` says whether a person said so or a file.
    """

    segment: str | UUID
    keys: tuple[str, ...] = field(default=(), converter=tuple[str, ...])
    cause: Cause = Cause.HAND
    ids: tuple[UUID, ...] = field(default=(), converter=tuple[UUID, ...])


@frozen
class RemoveMembers(Command[MovedMembers]):
    """Take contacts, by key or id, out of a segment kept by hand; whatever its rule says, they stay out of it."""

    segment: str | UUID
    keys: tuple[str, ...] = field(default=(), converter=tuple[str, ...])
    cause: Cause = Cause.HAND
    ids: tuple[UUID, ...] = field(default=(), converter=tuple[UUID, ...])


@frozen
class ReleaseMembers(Command[MovedMembers]):
    """Leave contacts, by key or id, to the rule again that were put into a segment or kept out of it."""

    segment: str | UUID
    keys: tuple[str, ...] = field(default=(), converter=tuple[str, ...])
    ids: tuple[UUID, ...] = field(default=(), converter=tuple[UUID, ...])


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
    ``InvalidInput`` for too many contacts. Keys and ids that no contact has are returned.
    """
    segment = _kept_by_hand(command.segment, ports)
    named = _contacts(command, ports)
    ports.work.pins.put(segment.id, named.ids, Side.IN, by=ports.by, at=ports.clock.now())
    return _moved(segment, named, command.cause, ports)


def remove_members(command: RemoveMembers, ports: Ports) -> MovedMembers:
    """Take contacts out of a segment; raise as ``add_members`` does."""
    segment = _kept_by_hand(command.segment, ports)
    named = _contacts(command, ports)
    if segment.type is SegmentType.STATIC:  # there is no rule that could let them in again
        ports.work.pins.release(segment.id, named.ids)
    else:
        ports.work.pins.put(segment.id, named.ids, Side.OUT, by=ports.by, at=ports.clock.now())
    return _moved(segment, named, command.cause, ports)


def release_members(command: ReleaseMembers, ports: Ports) -> MovedMembers:
    """Leave contacts to the rule again; raise as ``add_members`` does, and ``NotAllowed`` where there is no rule."""
    segment = _kept_by_hand(command.segment, ports)
    _ = segment.ruled
    named = _contacts(command, ports)
    ports.work.pins.release(segment.id, named.ids)
    return _moved(segment, named, Cause.RULE, ports)


def list_pins(ports: Ports, segment: str | UUID, *, after: UUID | None = None, limit: int = 100) -> Pinned:
    """Return a page of who was put into a segment or is kept out of it; raise ``NotFound``."""
    found = find_segment(ports.work, segment)
    page = ports.work.pins.page(found.id, after=after, limit=limit)
    more = page[-1].person.contact_id if 0 < limit == len(page) else None
    return Pinned(found, ports.work.pins.count(found.id), page, more)


def _kept_by_hand(wanted: str | UUID, ports: Ports) -> Segment:
    segment = find_segment(ports.work, wanted)
    segment.refuse_idle()
    segment.refuse_ruled_alone()
    return segment


@frozen
class _Named:
    """The contacts that a command names, in the order of their ids, and what names none."""

    ids: Sequence[UUID]
    unknown: tuple[str, ...]


def _contacts(command: AddMembers | RemoveMembers | ReleaseMembers, ports: Ports) -> _Named:
    count = len(command.keys) + len(command.ids)
    if count > AT_ONCE:
        raise InvalidInput(
            "These are {count} contacts.", hint="Name {limit} at most at once.", count=count, limit=AT_ONCE
        )
    keys = {key: clean_code(key) or "" for key in command.keys}
    by_key = ports.work.pins.find(sorted({*keys.values()} - {""}))
    known = ports.work.pins.known(sorted({*command.ids}))
    unknown_keys = [key for key, cleaned in keys.items() if cleaned not in by_key]
    unknown_ids = [str(each) for each in dict.fromkeys(command.ids) if each not in known]
    return _Named(sorted({*by_key.values(), *known}), (*unknown_keys, *unknown_ids))


def _moved(segment: Segment, named: _Named, cause: Cause, ports: Ports) -> MovedMembers:
    moved = _now(segment, named.ids, cause, ports)
    return MovedMembers(segment, moved.members, moved.entered, moved.left, named.unknown)


def _now(segment: Segment, contact_ids: Sequence[UUID], cause: Cause, ports: Ports) -> Calculation:
    try:
        return calculate(segment, ports.clock.now(), ports, of=contact_ids, cause=cause)
    except CalculatedLater:  # by somebody whom this one had to wait for
        return calculate(segment, ports.clock.now(), ports, of=contact_ids, cause=cause)
