"""Contacts drawn at random, one after the other: the clock is asked before each."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from attrs import define

from kohorte.adapters.memory.audiences import MemoryAudiences
from kohorte.adapters.memory.contact_records import Record, records
from kohorte.adapters.memory.state import Transaction
from kohorte.core.ports.draws import Drawn, Population, share_of
from kohorte.core.ports.rules import CheckedRule


@define
class MemoryDraws:
    """The tenant's contacts in the order of their lots."""

    _transaction: Transaction

    def count(self, rule: CheckedRule, at: datetime, *, within: timedelta) -> int | None:
        """Return how many contacts the rule selects."""
        return self._selected(records(self._transaction.seen), rule, at, within)

    def population(self, most: int) -> Population:
        """Return how many contacts there are, counting no more than so many."""
        lots = sorted(_lot(each.id) for each in self._transaction.seen.contacts.values())
        return Population(len(lots)) if len(lots) < most else Population(most, share_of(lots[most - 1][0]))

    def draw(
        self, rule: CheckedRule, at: datetime, size: int, *, after: UUID | None = None, within: timedelta
    ) -> Drawn | None:
        """Draw so many contacts, and ask the rule of them."""
        by_lot = sorted(records(self._transaction.seen), key=lambda each: _lot(each["id"]))
        waiting = by_lot if after is None else [each for each in by_lot if _lot(each["id"]) > _lot(after)]
        selected = self._selected(waiting[:size], rule, at, within)
        last = waiting[size - 1]["id"] if size <= len(waiting) else None
        return None if selected is None else Drawn(len(waiting[:size]), selected, last)

    def _selected(self, some: Iterable[Record], rule: CheckedRule, at: datetime, within: timedelta) -> int | None:
        """Count those whom the rule selects, or give up."""
        clock, matches = self._transaction.clock, MemoryAudiences(self._transaction).predicate(rule, at)
        until, selected = clock.now() + within, 0
        for record in some:
            if clock.now() >= until:
                return None
            selected += matches(record)
        return selected


def _lot(contact_id: UUID) -> tuple[bytes, UUID]:
    return contact_id.bytes[12:], contact_id
