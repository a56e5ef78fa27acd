"""How the open memberships of a segment become what its rule selects.

The rule is evaluated once. What it selects meets the open memberships in one comparison of two sets, set against set as
each engine does it best, and only the difference is written: on PostgreSQL a full join, which reads both sides once
whatever the planner believes; on SQLite two merges of sorted keys. A first calculation has nothing to compare with and
is a plain insertion.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from attrs import frozen
from sqlalchemy import (
    ClauseElement,
    Column,
    ColumnElement,
    Executable,
    Insert,
    MetaData,
    Select,
    SelectBase,
    Table,
    and_,
    delete,
    exists,
    func,
    insert,
    join,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateTable, DropTable
from sqlalchemy.sql.compiler import SQLCompiler

from kohorte.adapters.storage.columns import Truth, identifier
from kohorte.adapters.storage.planning import renew_statistics
from kohorte.adapters.storage.schema import segment_members
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.ports.audiences import Calculation
from kohorte.core.segments.model import Cause

Parameters = Mapping[str, object]


def _temporary(name: str, *columns: Column[Any], on_commit: str | None = None) -> Table:
    return Table(
        name,
        MetaData(),
        *columns,
        prefixes=["TEMPORARY"],
        sqlite_with_rowid=False,
        postgresql_on_commit=on_commit,
    )


_selected: Final = _temporary("selected", identifier("contact_id", key=True))
_leaving: Final = _temporary("leaving", identifier("contact_id", key=True))
# What was looked at is gone with the transaction: a worker uses one connection for days.
_touched: Final = _temporary("touched", identifier("contact_id", key=True), on_commit="DELETE ROWS")
_difference: Final = _temporary("difference", identifier("contact_id"), Column("entering", Truth))


@frozen
class Membership:
    """The members of one segment, which change at an instant (µs), as the change of that number.

    With ``of`` only these contacts are looked at, given by their ids or as a selection of them, and found in what
    ``touched`` selects until the next such change.
    """

    transaction: Transaction
    segment_id: UUID
    rule_version: int
    at: int
    change: int
    cause: Cause
    by: str
    of: Sequence[UUID] | Select[tuple[UUID]] | None = None

    @property
    def touched(self) -> Select[tuple[UUID]]:
        """Return the selection of the ids of the contacts that are looked at."""
        return select(_touched.c.contact_id)

    def become(self, selection: Select[Any], parameters: Parameters) -> Calculation:
        """Make the open memberships those of the contacts whose ids are selected."""
        if self.of is not None:
            self._touch(self.of)
        if not self._has_open():
            entered = self._enter(selection.order_by(*selection.selected_columns), parameters)
            found = Calculation(entered, entered, 0)
        elif self.transaction.dialect == "sqlite":
            found = self._merge(selection, parameters)
        else:
            found = self._join(selection, parameters)
        if self.of is None:  # page after page would renew them again and again
            renew_statistics(self.transaction, segment_members, found.entered + found.left)
        return found

    # -- the difference ------------------------------------------------------------------------------------------

    def _merge(self, selection: Select[Any], parameters: Parameters) -> Calculation:
        """Find the difference by merging sorted keys."""
        connection = self.transaction.connection
        for table in (_selected, _leaving):
            connection.execute(CreateTable(table, if_not_exists=True))
            connection.execute(delete(table))
        ordered = selection.order_by(*selection.selected_columns)
        members = self._insert(insert(_selected).from_select(["contact_id"], ordered), parameters)
        kept, is_open = select(_selected.c.contact_id), select(segment_members.c.contact_id).where(*self._open)
        gone = is_open.except_(kept).order_by("contact_id")
        left = self._insert(insert(_leaving).from_select(["contact_id"], gone))
        new = kept.except_(is_open).order_by("contact_id").subquery()
        entered = self._enter(select(new.c.contact_id))
        if left:
            self._leave(segment_members.c.contact_id.in_(select(_leaving.c.contact_id)))
        for table in (_selected, _leaving):
            connection.execute(DropTable(table))
        return Calculation(members, entered, left)

    def _join(self, selection: Select[Any], parameters: Parameters) -> Calculation:
        """Find the difference by a full join."""
        connection = self.transaction.connection
        connection.execute(_Temporary(_difference.name, self._compare(selection)), parameters)
        changed = connection.scalar(select(func.count()).select_from(_difference)) or 0
        entered = left = 0
        if changed:
            connection.execute(text("ANALYZE difference"))
            entered = self._enter(select(_difference.c.contact_id).where(_difference.c.entering))
            left = changed - entered
        if left:
            same = _difference.c.contact_id == segment_members.c.contact_id
            self._leave(and_(same, _difference.c.entering.is_(False)))
        connection.execute(DropTable(_difference))
        members = connection.scalar(select(func.count()).select_from(segment_members).where(*self._open)) or 0
        return Calculation(members, entered, left)

    def _compare(self, selection: Select[Any]) -> Select[*tuple[Any, ...]]:
        chosen = selection.subquery("chosen").c[0]
        member = select(segment_members.c.contact_id).where(*self._open).subquery("member").c.contact_id
        columns: tuple[ColumnElement[Any], ...] = (
            func.coalesce(chosen, member).label("contact_id"),
            member.is_(None).label("entering"),
        )
        both = join(chosen.table, member.table, chosen == member, full=True)
        return select(*columns).select_from(both).where(or_(chosen.is_(None), member.is_(None)))

    # -- writing it ----------------------------------------------------------------------------------------------

    def _enter(self, contact_ids: Select[Any], parameters: Parameters | None = None) -> int:
        """Open a membership for each selected contact; return how many there are."""
        (contact_id,) = contact_ids.selected_columns
        values = {
            "tenant_id": literal(self.transaction.tenant.id, segment_members.c.tenant_id.type),
            "segment_id": literal(self.segment_id, segment_members.c.segment_id.type),
            "contact_id": contact_id,
            "entered_change": literal(self.change, segment_members.c.entered_change.type),
            "entered_at": literal(self.at, segment_members.c.entered_at.type),
            "cause": literal(self.cause.value, segment_members.c.cause.type),
            "added_by": literal(self.by, segment_members.c.added_by.type),
            "rule_version": literal(self.rule_version, segment_members.c.rule_version.type),
        }
        rows = contact_ids.with_only_columns(*values.values())
        return self._insert(insert(segment_members).from_select([*values], rows), parameters)

    def _insert(self, statement: Insert, parameters: Parameters | None = None) -> int:
        """Insert rows; return how many there were."""
        # Unless it is asked to, SQLAlchemy forgets how many rows an INSERT wrote.
        counting = {"preserve_rowcount": True}
        return self.transaction.connection.execute(statement, parameters or {}, execution_options=counting).rowcount

    def _leave(self, who: ColumnElement[bool]) -> None:
        """Close memberships."""
        told = {
            "left_change": self.change,
            "left_at": self.at,
            "left_cause": self.cause.value,
            "removed_by": self.by,
        }
        self.transaction.connection.execute(update(segment_members).where(*self._open, who).values(told))

    # -- what there is -------------------------------------------------------------------------------------------

    @property
    def _open(self) -> tuple[ColumnElement[bool], ...]:
        members = segment_members.c
        its = self.transaction.own(segment_members), members.segment_id == self.segment_id, members.left_at.is_(None)
        return its if self.of is None else (*its, members.contact_id.in_(self.touched))

    def _touch(self, contact_ids: Sequence[UUID] | Select[tuple[UUID]]) -> None:
        connection = self.transaction.connection
        connection.execute(CreateTable(_touched, if_not_exists=True))
        connection.execute(delete(_touched))
        if isinstance(contact_ids, Select):
            connection.execute(insert(_touched).from_select(["contact_id"], contact_ids))
        elif contact_ids:
            connection.execute(insert(_touched), [{"contact_id": each} for each in contact_ids])

    def _has_open(self) -> bool:
        return bool(self.transaction.connection.scalar(select(exists().where(*self._open))))


class _Temporary(Executable, ClauseElement):
    """A temporary table that is made from a select, whose values stay parameters; it is gone after the transaction."""

    inherit_cache = False

    def __init__(self, name: str, rows: SelectBase) -> None:
        self.name = name
        self.rows = rows


@compiles(_Temporary, "postgresql")
def _write(element: _Temporary, compiler: SQLCompiler, **options: Any) -> str:
    return f"CREATE TEMPORARY TABLE {element.name} ON COMMIT DROP AS {compiler.process(element.rows, **options)}"
