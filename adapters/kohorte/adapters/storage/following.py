"""How many segments follow what was found of them: all of it with a few statements, in one transaction.

Their rows are locked as a calculation locks one. Those that somebody else holds are not waited for: whoever holds one
and waits for another would wait for ever.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from attrs import frozen
from sqlalchemy import Row, TextClause, bindparam, select, text, update
from sqlalchemy import insert as insert_into
from sqlalchemy.dialects import sqlite

from kohorte.adapters.storage.differences import STANDING, one_of, standing
from kohorte.adapters.storage.due import ALWAYS
from kohorte.adapters.storage.schema import segment_due, segment_members, segments
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.ports.audiences import Calculation, Difference, Followed
from kohorte.core.segments.model import Cause
from kohorte.core.values import to_micros

_Rows = Sequence[Mapping[str, Any]]


@frozen
class Following:
    """Segments that follow at an instant (µs), for one cause, as somebody says."""

    transaction: Transaction
    at: int
    cause: Cause
    by: str

    def follow(self, differences: Mapping[UUID, Difference]) -> Followed:
        """Write what was found of segments, or refuse some of them."""
        rows = self._locked([*differences])
        refused = {each for each in differences if each not in rows or self._is_outdated(rows[each], differences[each])}
        if refused:
            return Followed(refused)
        moving = {each: rows[each] for each in differences if differences[each].entering or differences[each].leaving}
        self._enter([(moving[each], who) for each in moving for who in differences[each].entering])
        self._leave([(moving[each], who) for each in moving for who in differences[each].leaving])
        moved = {each: _counted(moving[each], differences[each]) for each in moving}
        self._note(moved)
        self._keep_bounds(differences, rows)
        return Followed(moved=moved)

    def _locked(self, segment_ids: Sequence[UUID]) -> Mapping[UUID, Row[*tuple[Any, ...]]]:
        """Return segments that nobody else holds, and lock them."""
        further = (segments.c.member_count, segments.c.rule_version, segments.c.due_until)
        its = self.transaction.own(segments), one_of(self.transaction, segments.c.segment_id, segment_ids)
        found = select(*STANDING, *further).where(*its).order_by(segments.c.segment_id)
        rows = self.transaction.connection.execute(found.with_for_update(key_share=True, skip_locked=True))
        return {row.segment_id: row for row in rows}

    def _is_outdated(self, row: Row[*tuple[Any, ...]], found: Difference) -> bool:
        return standing(row) != found.seen or self.at < max(row.calculated_at or 0, row.moved_at or 0)

    # -- writing -------------------------------------------------------------------------------------------------

    def _enter(self, moves: Sequence[tuple[Row[*tuple[Any, ...]], UUID]]) -> None:
        told = {"entered_at": self.at, "cause": self.cause.value, "added_by": self.by}
        own = {"tenant_id": self.transaction.tenant.id}
        rows = [
            {
                "segment_id": row.segment_id,
                "contact_id": who,
                "entered_change": row.last_change + 1,
                "rule_version": row.rule_version,
            }
            for row, who in moves
        ]
        self._write(_ENTER, insert_into(segment_members), own | told, rows)

    def _leave(self, moves: Sequence[tuple[Row[*tuple[Any, ...]], UUID]]) -> None:
        told = {"left_at": self.at, "left_cause": self.cause.value, "removed_by": self.by}
        own = {"tenant": self.transaction.tenant.id}
        rows = [{"segment": row.segment_id, "contact": who, "left_change": row.last_change + 1} for row, who in moves]
        self._write(_LEAVE, _leave_one, own | told, rows)

    def _note(self, moved: Mapping[UUID, Calculation]) -> None:
        """Note at segments how many members they have, and that they have moved."""
        rows = [
            {"segment": segment_id, "member_count": each.members, "last_change": each.change}
            for segment_id, each in moved.items()
        ]
        self._write(_NOTE, _note_one, {"tenant": self.transaction.tenant.id, "moved_at": self.at}, rows)

    def _keep_bounds(
        self, differences: Mapping[UUID, Difference], segment_rows: Mapping[UUID, Row[*tuple[Any, ...]]]
    ) -> None:
        """Keep the bounds of segments that have bounds, as far ahead as they have; the earlier ones count."""
        rows = [
            {"segment_id": segment_id, "contact_id": who, "due_at": due_at}
            for segment_id, each in differences.items()
            for who, due_at in ((who, to_micros(bound)) for who, bound in each.due.items())
            if due_at <= _end(segment_rows[segment_id].due_until)
        ]
        self._write(_KEEP, _keep_one, {"tenant_id": self.transaction.tenant.id}, rows)

    def _write(self, many: TextClause, one: Any, same: Mapping[str, Any], rows: _Rows) -> None:
        """Write rows: PostgreSQL pays for every statement, and takes columns of many rows as arrays."""
        if not rows:
            return
        if self.transaction.dialect == "sqlite":
            self.transaction.connection.execute(one, [{**same, **row} for row in rows])
        else:
            self.transaction.connection.execute(
                many, {**same, **{name: [row[name] for row in rows] for name in rows[0]}}
            )


def _counted(row: Row[*tuple[Any, ...]], found: Difference) -> Calculation:
    entered, left = len(found.entering), len(found.leaving)
    return Calculation((row.member_count or 0) + entered - left, entered, left, row.last_change + 1)


def _end(due_until: int | None) -> int:
    """Return until when bounds of a segment are kept; nobody waits for those of one that has none."""
    return -1 if due_until is None or due_until >= ALWAYS else due_until


# -- statements, for PostgreSQL and for SQLite -----------------------------------------------------------------------

_ENTER: Final = text(
    "INSERT INTO segment_members"
    " (tenant_id, segment_id, contact_id, entered_change, entered_at, cause, added_by, rule_version)"
    " SELECT :tenant_id, segment_id, contact_id, entered_change, :entered_at, :cause, :added_by, rule_version"
    " FROM unnest(CAST(:segment_id AS uuid[]), CAST(:contact_id AS uuid[]), CAST(:entered_change AS bigint[]),"
    " CAST(:rule_version AS bigint[])) AS new (segment_id, contact_id, entered_change, rule_version)"
)
_LEAVE: Final = text(
    "UPDATE segment_members SET left_change = gone.change, left_at = :left_at, left_cause = :left_cause,"
    " removed_by = :removed_by FROM unnest(CAST(:segment AS uuid[]), CAST(:contact AS uuid[]),"
    " CAST(:left_change AS bigint[])) AS gone (segment, contact, change)"
    " WHERE tenant_id = :tenant AND segment_id = gone.segment AND contact_id = gone.contact AND left_at IS NULL"
)
_leave_one: Final = update(segment_members).where(
    segment_members.c.tenant_id == bindparam("tenant"),
    segment_members.c.segment_id == bindparam("segment"),
    segment_members.c.contact_id == bindparam("contact"),
    segment_members.c.left_at.is_(None),
)
_NOTE: Final = text(
    "UPDATE segments SET member_count = now.members, last_change = now.change, moved_at = :moved_at"
    " FROM unnest(CAST(:segment AS uuid[]), CAST(:member_count AS bigint[]), CAST(:last_change AS bigint[]))"
    " AS now (segment, members, change) WHERE tenant_id = :tenant AND segment_id = now.segment"
)
_note_one: Final = update(segments).where(
    segments.c.tenant_id == bindparam("tenant"), segments.c.segment_id == bindparam("segment")
)
_KEEP: Final = text(
    "INSERT INTO segment_due (tenant_id, segment_id, contact_id, due_at)"
    " SELECT :tenant_id, segment_id, contact_id, due_at FROM unnest(CAST(:segment_id AS uuid[]),"
    " CAST(:contact_id AS uuid[]), CAST(:due_at AS bigint[])) AS new (segment_id, contact_id, due_at)"
    " ON CONFLICT (tenant_id, segment_id, contact_id) DO UPDATE SET due_at = excluded.due_at"
    " WHERE excluded.due_at < segment_due.due_at"
)
_new_bound: Final = sqlite.insert(segment_due)
_keep_one: Final = _new_bound.on_conflict_do_update(
    index_elements=["tenant_id", "segment_id", "contact_id"],
    set_={"due_at": _new_bound.excluded.due_at},
    where=_new_bound.excluded.due_at < segment_due.c.due_at,
)
