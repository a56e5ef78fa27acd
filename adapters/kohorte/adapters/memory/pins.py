"""Contacts that were put into segments, or are kept out of them, by hand."""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from uuid import UUID

from attrs import define

from kohorte.adapters.memory.audiences import person_of
from kohorte.adapters.memory.state import KeptPin, Transaction
from kohorte.core.ports.pins import Pin, Side


@define
class MemoryPins:
    """The pins of all segments."""

    _transaction: Transaction

    def find(self, keys: Sequence[str]) -> Mapping[str, UUID]:
        """Return the ids of contacts by their keys."""
        known = self._transaction.seen.contacts
        return {key: known[key].id for key in keys if key in known}

    def known(self, contact_ids: Sequence[UUID]) -> Set[UUID]:
        """Return the ids that contacts have."""
        return {*contact_ids} & {contact.id for contact in self._transaction.seen.contacts.values()}

    def put(self, segment_id: UUID, contact_ids: Sequence[UUID], side: Side, *, by: str, at: datetime) -> None:
        """Put contacts on a side of a segment."""
        state = self._transaction.written
        before = state.pins.get(segment_id, {})
        new = [each for each in contact_ids if each not in before or before[each].side is not side]
        state.pins[segment_id] = {**before, **dict.fromkeys(new, KeptPin(side, by, at))}

    def release(self, segment_id: UUID, contact_ids: Sequence[UUID]) -> None:
        """Leave contacts to the rule again."""
        state, released = self._transaction.written, {*contact_ids}
        before = state.pins.get(segment_id, {})
        state.pins[segment_id] = {each: pin for each, pin in before.items() if each not in released}

    def page(self, segment_id: UUID, *, after: UUID | None = None, limit: int = 100) -> Sequence[Pin]:
        """Return a page of contacts in the order of their ids."""
        state = self._transaction.seen
        people = {contact.id: contact for contact in state.contacts.values()}
        pins = [
            (each, pin) for each, pin in sorted(state.pins.get(segment_id, {}).items()) if not after or each > after
        ]
        return [Pin(person_of(people[each]), pin.side, pin.by, pin.at) for each, pin in pins[:limit]]

    def count(self, segment_id: UUID) -> int:
        """Return how many contacts are put in or kept out."""
        return len(self._transaction.seen.pins.get(segment_id, {}))
