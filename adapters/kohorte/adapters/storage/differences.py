"""What the index of rules says of some contacts, beside the stays that are open: found with a few statements.

Stays come as one text of segments' ids for each contact: a contact may be in hundreds of segments, and each row of an
answer costs more than each id in it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from attrs import define, field, frozen
from sqlalchemy import ARRAY, ColumnElement, Row, Uuid, any_, bindparam, func, literal, select

from kohorte.adapters.storage.due import ALWAYS
from kohorte.adapters.storage.schema import contacts, segment_members, segments
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.ports.audiences import Difference
from kohorte.core.ports.rule_index import RuleIndex
from kohorte.core.segments.model import SegmentStatus
from kohorte.core.values import from_micros, to_micros
from kohorte.dsl.index.segments import SegmentIndex
from kohorte.dsl.sql import prepared_records
from kohorte.dsl.sql.binding import Binding

_SIZE: Final = 16


@define
class _Found:
    """What was found of a segment, before it is known how that stands."""

    entering: list[UUID] = field(factory=list[UUID])
    leaving: list[UUID] = field(factory=list[UUID])
    due: dict[UUID, datetime] = field(factory=dict[UUID, datetime])


@frozen
class Differences:
    """What is to change of the segments of an index, for some contacts."""

    transaction: Transaction
    binding: Binding
    index: RuleIndex

    def of(self, contact_ids: Sequence[UUID], at: datetime) -> Mapping[UUID, Difference]:
        """Return what is to change at an instant, by segment."""
        if not isinstance(self.index, SegmentIndex):
            raise TypeError(f"{type(self.index).__name__} cannot be asked of a database's records.")
        its = self.transaction.own(contacts) & one_of(self.transaction, contacts.c.contact_id, contact_ids)
        connection, reads = self.transaction.connection, self.index.reads
        records = prepared_records(connection, self.binding, kohorte_catalogue(), reads, its)
        stays = self._stays(contact_ids)
        bound = self.index.at(to_micros(at), _stored(self.index.stored, stays))
        until = self._until()
        found = defaultdict[bytes, _Found](_Found)
        for contact_id in contact_ids:
            record = records.get(contact_id)
            entering, leaving = bound.moves(record, _ids(stays.get(contact_id, b"")))
            for each in entering:
                found[each].entering.append(contact_id)
            for each in leaving:
                found[each].leaving.append(contact_id)
            if record is not None and until is not None:
                for each, due_at in bound.soon(record, until).items():
                    found[each].due[contact_id] = from_micros(due_at)
        return self._as_they_are({UUID(bytes=each): found[each] for each in found})

    def _stays(self, contact_ids: Sequence[UUID]) -> Mapping[UUID, bytes]:
        """Return the ids of the segments in which each contact is, one after the other."""
        stays = segment_members.c
        is_sqlite = self.transaction.dialect == "sqlite"
        ids = (
            func.group_concat(func.hex(stays.segment_id), "")
            if is_sqlite
            else func.string_agg(func.uuid_send(stays.segment_id), literal(b""))
        )
        theirs = one_of(self.transaction, stays.contact_id, contact_ids)
        found = (
            select(stays.contact_id, ids)
            .where(self.transaction.own(segment_members), theirs, stays.left_at.is_(None))
            .group_by(stays.contact_id)
        )
        rows = self.transaction.connection.execute(found)
        return {contact_id: bytes.fromhex(each) if is_sqlite else each for contact_id, each in rows}

    def _until(self) -> int | None:
        """Return until when bounds are kept of any segment; None where of none."""
        its = self.transaction.own(segments), segments.c.due_until < ALWAYS
        until: int | None = self.transaction.connection.scalar(select(func.max(segments.c.due_until)).where(*its))
        return until

    def _as_they_are(self, found: Mapping[UUID, _Found]) -> Mapping[UUID, Difference]:
        """Return what was found of the segments that follow changes, with how these stand."""
        its = self.transaction.own(segments), one_of(self.transaction, segments.c.segment_id, [*found])
        rows = self.transaction.connection.execute(select(*STANDING).where(*its)) if found else ()
        follows = {row.segment_id: row for row in rows if row.status == SegmentStatus.ACTIVE.value and not row.stale}
        return {
            each: Difference(found[each].entering, found[each].leaving, found[each].due, standing(row))
            for each, row in follows.items()
        }


STANDING: Final[tuple[ColumnElement[Any], ...]] = (
    segments.c.segment_id,
    segments.c.version,
    segments.c.status,
    segments.c.stale,
    segments.c.calculated_at,
    segments.c.moved_at,
    segments.c.last_change,
)
"""The columns by which one knows that nobody has changed a segment or its members."""


def standing(row: Row[*tuple[Any, ...]]) -> tuple[object, ...]:
    """Return how a segment stands."""
    return (row.version, row.status, bool(row.stale), row.calculated_at, row.last_change)


def one_of(transaction: Transaction, column: ColumnElement[UUID], ids: Sequence[UUID]) -> ColumnElement[bool]:
    """Return the condition that a column is one of many ids; on PostgreSQL they are one parameter."""
    if transaction.dialect == "sqlite":
        return column.in_(ids)
    return column == any_(bindparam(None, [*ids], ARRAY(Uuid)))


def _stored(segment_ids: Set[UUID], stays: Mapping[UUID, bytes]) -> Mapping[UUID, Set[UUID]]:
    """Return which of the contacts are members of segments whose stored members count."""
    members = {each: set[UUID]() for each in segment_ids}
    if members:
        for contact_id, ids in stays.items():
            for each in _ids(ids) & {each.bytes for each in segment_ids}:
                members[UUID(bytes=each)].add(contact_id)
    return members


def _ids(together: bytes) -> Set[bytes]:
    return {together[start : start + _SIZE] for start in range(0, len(together), _SIZE)}
