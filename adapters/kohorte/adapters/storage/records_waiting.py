"""Rows that wait for a parent: kept as JSON under their own key, found by their parent's."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from attrs import frozen
from sqlalchemy import bindparam, case, delete, func, literal, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from kohorte.adapters.storage.records_rows import Rows
from kohorte.adapters.storage.records_stage import among, stage
from kohorte.adapters.storage.records_values import waited_values, waiting_document
from kohorte.adapters.storage.schema import waiting_rows
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.fields import Field
from kohorte.core.ports.records import RecordKind, WaitingRows

_PAGE: Final = 20_000
"""So many rows are taken at a time, and so many of their parents are looked for."""
_PARENTS: Final = 1_000

_rows: Final = waiting_rows.c
_DOCUMENT: Final = waiting_rows.c["columns"]
_KINDS: Final = {kind.value: number for number, kind in enumerate(RecordKind)}


class Waited(NamedTuple):
    """A row that waited: its key, and its other values in domain form."""

    key: str
    values: Mapping[str, Any]


@frozen
class StorageWaiting:
    """The tenant's waiting rows."""

    transaction: Transaction

    def of(self, kind: RecordKind, keys: Collection[str], fields: Mapping[str, Field]) -> dict[str, Mapping[str, Any]]:
        """Return the values of the rows that wait under some keys of their own."""
        own = (self.transaction.own(waiting_rows), _rows.kind == kind.value)
        if not self._any(*own):
            return {}
        found = select(_rows.key, _DOCUMENT).where(*own, among(self.transaction, _rows.key, keys))
        return {key: waited_values(fields, document) for key, document in self.transaction.connection.execute(found)}

    def keep(self, rows: Rows, fields: Mapping[str, Field]) -> None:
        """Keep rows until their parent comes, each in the place of what waited under its key."""
        parent = rows.kind.parent
        if parent is None or not rows.rows:
            return
        names = ["kind", "key", "parent_kind", "parent_key", "columns", "problem"]
        stored = [fields[name].stored_name for name in rows.columns]
        parked = (
            (rows.kind.value, key, parent[1].value, parent_key, waiting_document(stored, row), "")
            for key, parent_key, row in zip(rows.column("key"), rows.column(parent[0]), rows.rows, strict=True)
        )
        staged = stage(self.transaction, waiting_rows, names, parked)
        tenant = literal(self.transaction.tenant.id, _rows.tenant_id.type)
        # SQLite takes ON CONFLICT for a join's condition where the SELECT has no WHERE.
        new = select(tenant, *(staged.c[name] for name in names)).where(literal(1) == 1).order_by(staged.c.key)
        dialect: Any = sqlite if self.transaction.dialect == "sqlite" else postgresql
        upsert = dialect.insert(waiting_rows).from_select(["tenant_id", *names], new)
        changed = {name: upsert.excluded[name] for name in names[2:]}
        key = ["tenant_id", "kind", "key"]
        self.transaction.connection.execute(upsert.on_conflict_do_update(index_elements=key, set_=changed))

    def forget(self, kind: RecordKind, keys: Collection[str]) -> None:
        """Forget what waited under some keys of its own."""
        if keys:
            own = (self.transaction.own(waiting_rows), _rows.kind == kind.value)
            self.transaction.connection.execute(
                delete(waiting_rows).where(*own, among(self.transaction, _rows.key, keys))
            )

    def note(self, kind: RecordKind, problems: Mapping[str, str]) -> None:
        """Note under their keys why rows could not join though their parent is there."""
        if problems:
            which = (self.transaction.own(waiting_rows), _rows.kind == kind.value, _rows.key == bindparam("row"))
            noted = update(waiting_rows).where(*which).values(problem=bindparam("said"))
            rows = [{"row": key, "said": problem} for key, problem in problems.items()]
            self.transaction.connection.execute(noted, rows)

    def pages(
        self, kind: RecordKind, child: RecordKind, keys: Sequence[str], fields: Mapping[str, Field]
    ) -> Iterator[Sequence[Waited]]:
        """Yield the rows of the kind ``child`` that wait for records of another, page by page, each row once."""
        own = (self.transaction.own(waiting_rows), _rows.parent_kind == kind.value, _rows.kind == child.value)
        if not self._any(*own[:2]):
            return
        for start in range(0, len(keys), _PARENTS):
            parents = among(self.transaction, _rows.parent_key, keys[start : start + _PARENTS])
            rows = select(_rows.parent_key, _rows.key, _DOCUMENT).where(*own, parents)
            rows = rows.order_by(_rows.parent_key, _rows.key).limit(_PAGE)
            page = self.transaction.connection.execute(rows).all()
            while page:
                yield [Waited(key, waited_values(fields, document)) for _, key, document in page]
                after = tuple_(_rows.parent_key, _rows.key) > tuple_(*page[-1][:2])
                full = len(page) == _PAGE
                page = self.transaction.connection.execute(rows.where(after)).all() if full else []

    def parents(self, limit: int) -> Sequence[WaitingRows]:
        """Return the parents that are waited for, those with most rows first."""
        groups = (_rows.kind, _rows.parent_kind, _rows.parent_key, _rows.problem)
        count = func.count().label("rows")
        listed = select(*groups, count).where(self.transaction.own(waiting_rows)).group_by(*groups)
        ordered = listed.order_by(count.desc(), case(_KINDS, value=_rows.kind), _rows.parent_key, _rows.problem)
        return [
            WaitingRows(RecordKind(kind), RecordKind(parent_kind), parent_key, rows, problem)
            for kind, parent_kind, parent_key, problem, rows in self.transaction.connection.execute(
                ordered.limit(limit)
            )
        ]

    def counts(self) -> Mapping[RecordKind, int]:
        """Return how many rows of each kind wait."""
        own = self.transaction.own(waiting_rows)
        counted = select(_rows.kind, func.count()).where(own).group_by(_rows.kind)
        return {RecordKind(kind): count for kind, count in self.transaction.connection.execute(counted)}

    def _any(self, *conditions: Any) -> bool:
        return self.transaction.connection.scalar(select(literal(1)).where(*conditions).limit(1)) is not None
