"""The feed of events: what others read, in a CloudEvents envelope, from any place on.

Each event is delivered at least once: who keeps the cursor of the last one that they have dealt with goes on after it,
and knows by its id what they have seen before. Events about one thing come in the order in which they happened.
Members that entered a segment or left it are events of their own, read from the memberships.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final
from uuid import UUID, uuid5

from attrs import frozen

from kohorte.core.bus import Ports
from kohorte.core.errors import InvalidInput, NotFound
from kohorte.core.messages import Command
from kohorte.core.ports.audiences import MemberChange
from kohorte.core.ports.events import StoredEvent
from kohorte.core.segments.events import MembersChanged

MOST: Final = 10_000
"""Events of one page."""
_AT_ONCE: Final = 1_000
"""So many are read from the storage at a time."""
_DIGITS: Final = 20
_NUMBER: Final = re.compile(r"[0-9]{1,20}")
_HEX: Final = re.compile(r"[0-9a-f]{32}")


class EventsForgotten(NotFound):
    """Events that a reader has not seen are no longer there; ``begin`` is where those begin that are."""

    code = "events_forgotten"

    def __init__(self, begin: "Cursor") -> None:
        self.begin = begin
        super().__init__(
            "Events after this cursor were forgotten.",
            hint="Read what you need anew, and go on with the cursor {cursor}.",
            cursor=str(begin),
        )


@frozen(order=True)
class Cursor:
    """A place in the feed: after an event, or after one member of a change of many.

    As texts cursors have the order of their places.
    """

    sequence: int = 0
    member: str = ""

    def __str__(self) -> str:
        number = f"{self.sequence:0{_DIGITS}}"
        return f"{number}:{self.member}" if self.member else number

    @classmethod
    def of(cls, text: str) -> "Cursor":
        """Return the cursor of a text; raise ``InvalidInput`` for one that no event has."""
        number, _, member = text.partition(":")
        if (
            number.isascii()
            and number.isdecimal()
            and len(number) <= _DIGITS
            and (not member or _HEX.fullmatch(member))
        ):
            return cls(int(number), member)
        raise InvalidInput(
            "This is no cursor.",
            hint="Give the sequence of an event, or none to begin with the first.",
            cursor=text[:80],
        )


START: Final = Cursor()
"""Before the first event."""


@frozen
class FedEvent:
    """An event of the feed; ``cursor`` goes on after it."""

    id: UUID
    type: str
    about: UUID
    at: datetime
    data: Mapping[str, Any]
    cursor: Cursor


@frozen
class EventPage:
    """Events in their order; ``after`` goes on behind them, and is where the reader began if there are none."""

    events: Sequence[FedEvent]
    after: Cursor


@frozen
class ForgetEvents(Command[int]):
    """Forget the events that were recorded before an instant; return how many there were."""

    before: datetime


def read_events(ports: Ports, after: Cursor = START, limit: int = 1_000) -> EventPage:
    """Return a page of events, from a cursor on.

    Raise ``EventsForgotten`` where events after the cursor are no longer there; from ``START`` on, those are read that
    are. Raise ``InvalidInput`` for a limit that is not between 1 and ``MOST``.
    """
    if not 1 <= limit <= MOST:
        raise InvalidInput("Events are read up to {most} at a time.", hint="Give a limit from 1 on.", most=MOST)
    forgotten = ports.work.events.forgotten()
    if after != START and after < Cursor(forgotten):
        raise EventsForgotten(Cursor(forgotten))
    events = list(islice(_from(ports, after), limit))
    return EventPage(events, events[-1].cursor if events else after)


def forget_events(command: ForgetEvents, ports: Ports) -> int:
    """Forget old events; raise ``InvalidInput`` for an instant without an offset."""
    if command.before.tzinfo is None:
        raise InvalidInput(
            "The instant {now} has no offset from UTC.",
            hint="Give datetime.now(timezone.utc) or the like.",
            now=command.before,
        )
    return ports.work.events.forget(command.before)


def envelope(event: FedEvent, tenant_id: UUID) -> Mapping[str, Any]:
    """Return an event in the JSON form of CloudEvents 1.0, with its extension ``sequence``, which is the cursor."""
    return {
        "specversion": "1.0",
        "id": str(event.id),
        "source": f"urn:kohorte:tenant:{tenant_id}",
        "type": event.type,
        "subject": str(event.about),
        "time": event.at.isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "sequence": str(event.cursor),
        "data": dict(event.data),
    }


# -- members -----------------------------------------------------------------------------------------------------


def _from(ports: Ports, after: Cursor) -> Iterator[FedEvent]:
    """Yield events from a cursor on; one that is in the midst of a change of members begins there."""
    before = after.sequence - 1 if after.member else after.sequence
    while stored := ports.work.events.after(before, _AT_ONCE):
        for each in stored:
            if each.type == MembersChanged.type:
                begin = UUID(after.member) if after.member and each.sequence == after.sequence else None
                yield from _members(ports, each, begin)
            else:
                yield FedEvent(each.id, each.type, each.about, each.at, each.data, Cursor(each.sequence))
        before = stored[-1].sequence


def _members(ports: Ports, stored: StoredEvent, after: UUID | None) -> Iterator[FedEvent]:
    """Yield the members of a change, read from the memberships: none once the segment is deleted."""
    number = stored.data["number"]
    while changes := ports.work.audiences.changes(stored.about, number, after=after, limit=_AT_ONCE):
        for each in changes:
            yield _member(stored, each)
        after = changes[-1].contact_id


def _member(stored: StoredEvent, change: MemberChange) -> FedEvent:
    data = {
        "contact": str(change.contact_id),
        "at": change.at.isoformat().replace("+00:00", "Z"),
        "cause": change.cause.value,
        "rule_version": change.rule_version,
        "change": stored.data["number"],
    }
    return FedEvent(
        uuid5(stored.id, change.contact_id.hex),  # a contact moves once in a change
        "crm.segment.member_added" if change.entered else "crm.segment.member_removed",
        stored.about,
        stored.at,
        data,
        Cursor(stored.sequence, change.contact_id.hex),
    )
