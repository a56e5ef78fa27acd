"""Bounds of contacts in segments, kept in one table: filled by one statement for a segment, and read by their instant.

Whoever asks who is due next seeks the first bound of each segment whose rule speaks of time, and reads no other.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from attrs import define
from sqlalchemy import ColumnElement, Select, Subquery, delete, func, literal, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from kohorte.adapters.storage.binding import as_compiled
from kohorte.adapters.storage.bounds import Bounds
from kohorte.adapters.storage.planning import renew_statistics
from kohorte.adapters.storage.schema import segment_due, segments
from kohorte.adapters.storage.time_limits import CALCULATING, within
from kohorte.adapters.storage.transaction import COUNTED, Transaction
from kohorte.core.ports.due import FOREVER
from kohorte.core.ports.rules import CheckedRule
from kohorte.core.segments.model import Segment, SegmentStatus
from kohorte.core.values import from_micros, to_micros

ALWAYS: Final = to_micros(FOREVER)
"""``due_until`` of a segment whose answers no time changes."""


@define
class StorageDue:
    """The tenant's bounds."""

    transaction: Transaction

    def unfilled(self, until: datetime) -> Sequence[UUID]:
        """Return the segments of which bounds are not kept until an instant, those that end first at the beginning."""
        end = func.coalesce(segments.c.due_until, segments.c.calculated_at)
        found = select(segments.c.segment_id).where(*self._watched, end < to_micros(until))
        return self.transaction.connection.scalars(found.order_by(end, segments.c.segment_id)).all()

    def fill(self, segment: Segment, rule: CheckedRule, until: datetime, *, leave: CheckedRule | None = None) -> int:
        """Keep the bounds of a segment until an instant; return how many were added."""
        its = self.transaction.own(segments), segments.c.segment_id == segment.id
        compiled, leaving = as_compiled(rule), None if leave is None else as_compiled(leave)
        end = func.coalesce(segments.c.due_until, segments.c.calculated_at)
        since = from_micros(self.transaction.connection.execute(select(end).where(*its)).scalar_one())
        if since >= until:
            return 0
        with within(self.transaction, CALCULATING):
            found = Bounds(self.transaction, segment, compiled, leaving).between(since, until)
            added = self._keep(segment.id, found)
        self.transaction.connection.execute(update(segments).where(*its).values(due_until=to_micros(until)))
        renew_statistics(self.transaction, segment_due, added)
        return added

    def segments(self, now: datetime) -> Sequence[UUID]:
        """Return the segments in which a bound is not later than ``now``, the longest due first."""
        first = self._first
        found = select(first.c.segment_id).where(first.c.due_at <= to_micros(now))
        return self.transaction.connection.scalars(found.order_by(first.c.due_at, first.c.segment_id)).all()

    def next_at(self) -> datetime | None:
        """Return the earliest bound of all; None where there is none."""
        found = self.transaction.connection.scalar(select(func.min(self._first.c.due_at)))
        return None if found is None else from_micros(found)

    # -- for calculations ------------------------------------------------------------------------------------------

    def by(self, segment_id: UUID, at: int, limit: int) -> Select[tuple[UUID]]:
        """Return the selection of the contacts of a segment that are due by an instant (µs), the longest due first."""
        found = select(segment_due.c.contact_id).where(*self._of(segment_id), segment_due.c.due_at <= at)
        return found.order_by(segment_due.c.due_at, segment_due.c.contact_id).limit(limit)

    def forget(self, segment_id: UUID) -> None:
        """Forget the bounds of a segment."""
        self.transaction.connection.execute(delete(segment_due).where(*self._of(segment_id)))

    def renew(self, bounds: Bounds, at: datetime, until: int, some: Select[tuple[UUID]]) -> None:
        """Find the bounds of some contacts anew, from an instant on until another (µs)."""
        gone = delete(segment_due).where(*self._of(bounds.segment.id), segment_due.c.contact_id.in_(some))
        self.transaction.connection.execute(gone)
        self._keep(bounds.segment.id, bounds.of(some, at, until))

    # -- statements ------------------------------------------------------------------------------------------------

    def _keep(self, segment_id: UUID, found: Subquery) -> int:
        """Keep the bounds of contacts; return how many there are. Who has an earlier one keeps that."""
        values = {
            "tenant_id": literal(self.transaction.tenant.id, segment_due.c.tenant_id.type),
            "segment_id": literal(segment_id, segment_due.c.segment_id.type),
            "contact_id": found.c.contact_id,
            "due_at": found.c.due_at,
        }
        # The condition lets SQLite tell the conflict clause from a join.
        rows = select(*values.values()).where(true()).order_by(found.c.contact_id)
        insert = sqlite.insert if self.transaction.dialect == "sqlite" else postgresql.insert
        written = insert(segment_due).from_select([*values], rows).on_conflict_do_nothing()
        return self.transaction.connection.execute(written, execution_options=COUNTED).rowcount

    @property
    def _watched(self) -> tuple[ColumnElement[bool], ...]:
        """Return the condition that a segment is active and not stale."""
        is_active = segments.c.status == SegmentStatus.ACTIVE.value
        return self.transaction.own(segments), is_active, segments.c.stale == literal(False, segments.c.stale.type)

    @property
    def _first(self) -> Subquery:
        """Return the first bound of each segment that has any."""
        own = self.transaction.own(segment_due)
        due_at = select(func.min(segment_due.c.due_at)).where(own, segment_due.c.segment_id == segments.c.segment_id)
        columns: tuple[ColumnElement[Any], ...] = (segments.c.segment_id, due_at.scalar_subquery().label("due_at"))
        return select(*columns).where(*self._watched, segments.c.due_until < ALWAYS).subquery("first")

    def _of(self, segment_id: UUID) -> tuple[ColumnElement[bool], ...]:
        return self.transaction.own(segment_due), segment_due.c.segment_id == segment_id
