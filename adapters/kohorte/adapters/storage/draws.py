"""Contacts drawn at random: the next ones of an index, each with what the rule says of it alone.

A statement that takes too long is ended, and nothing but itself is taken back.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from attrs import frozen
from sqlalchemy import ColumnElement, Row, Select, func, literal, select, tuple_

from kohorte.adapters.storage.binding import as_compiled, binding_of
from kohorte.adapters.storage.schema import contacts
from kohorte.adapters.storage.time_limits import within as limited
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.errors import TookTooLong
from kohorte.core.ports.draws import Drawn, Population, share_of
from kohorte.core.ports.rules import CheckedRule

_LEAST: Final = 0.001
"""Seconds: databases measure no shorter time."""


@frozen
class StorageDraws:
    """The tenant's contacts in the order of their lots."""

    transaction: Transaction

    def count(self, rule: CheckedRule, at: datetime, *, within: timedelta) -> int | None:
        """Return exactly how many contacts the rule selects, if that is found out in time."""
        compiled = as_compiled(rule)
        selected = self._own, compiled.condition(binding_of(self.transaction))
        found = self._row(select(func.count()).select_from(contacts).where(*selected), compiled.parameters(at), within)
        return None if found is None else found[0]

    def population(self, most: int) -> Population:
        """Return how many contacts there are, counting no more than so many."""
        by_lot = _next(select(contacts.c.lot).where(self._own), None)
        reached: bytes | None = self.transaction.connection.scalar(by_lot.offset(most - 1).limit(1))
        if reached is not None:
            return Population(most, share_of(reached))
        counted = select(func.count()).select_from(contacts).where(self._own)
        return Population(self.transaction.connection.scalar(counted) or 0)

    def draw(
        self, rule: CheckedRule, at: datetime, size: int, *, after: UUID | None = None, within: timedelta
    ) -> Drawn | None:
        """Draw so many contacts, and ask the rule of them."""
        compiled = as_compiled(rule)
        holds = compiled.condition(binding_of(self.transaction), of_few=True).label("holds")
        some = _next(select(holds).where(self._own), after).limit(size).subquery("some")
        last = _next(select(contacts.c.contact_id).where(self._own), after).offset(size - 1).limit(1)
        asked = select(func.count(), func.count().filter(some.c.holds), last.scalar_subquery())
        found = self._row(asked.select_from(some), compiled.parameters(at), within)
        return None if found is None else Drawn(*found)

    @property
    def _own(self) -> ColumnElement[bool]:
        return self.transaction.own(contacts)

    def _row(
        self, asked: Select[Any], parameters: Mapping[str, object], within: timedelta
    ) -> Row[*tuple[Any, ...]] | None:
        """Return the one row of a selection, or None where it takes longer."""
        connection = self.transaction.connection
        try:
            with connection.begin_nested(), limited(self.transaction, max(within.total_seconds(), _LEAST)):
                return connection.execute(asked, parameters).one()
        except TookTooLong:
            return None


def _next(some: Select[Any], after: UUID | None) -> Select[Any]:
    """Return a selection in the order of lots, behind a contact."""
    place = contacts.c.lot, contacts.c.contact_id
    ordered = some.order_by(*place)
    if after is None:
        return ordered
    reached = literal(after.bytes[12:], place[0].type), literal(after, place[1].type)
    return ordered.where(tuple_(*place) > tuple_(*reached))
