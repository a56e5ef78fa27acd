"""The records port: batches written set by set; whoever waited for what they bring joins, page by page."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import frozen
from sqlalchemy import func, select

from kohorte.adapters.storage import records_bulk
from kohorte.adapters.storage.changes import MANY, StorageChanges
from kohorte.adapters.storage.custom_fields import StorageCustomFields
from kohorte.adapters.storage.records_rows import Outcome, Rows, table_of
from kohorte.adapters.storage.records_waiting import StorageWaiting
from kohorte.adapters.storage.records_writing import write_rows
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.columns import Reading, column_named, columns
from kohorte.core.fields import Field
from kohorte.core.ports.records import Batch, RecordKind, Refused, WaitingRows, Written


@frozen
class StorageRecords:
    """Write many rows of one kind at once."""

    transaction: Transaction

    def write(self, batch: Batch) -> Written:
        """Upsert by external key, within the unit of work."""
        if not batch.rows:
            return Written()
        self.transaction.lock_records()
        waiting, fields = StorageWaiting(self.transaction), self._fields(batch.kind, batch.columns)
        waited = waiting.of(batch.kind, [str(row[0]) for row in batch.rows], fields)
        created = updated = parked = 0
        refused: list[Refused] = []
        stored: list[str] = []
        for rows in _with_waited(batch, waited):
            outcome = self._write(fields, rows)
            waiting.keep(outcome.waits, fields)
            stored += [*outcome.created.column("key"), *outcome.updated.column("key")]
            created, updated = created + len(outcome.created.rows), updated + len(outcome.updated.rows)
            parked += len(outcome.waits.rows)
            refused += [Refused(number, column, error) for number, column, error in outcome.refused]
        waiting.forget(batch.kind, [key for key in stored if key in waited])
        joined = self.join(batch.kind, stored)
        refused.sort(key=lambda each: each.index)
        return Written(created, updated, parked, joined, tuple(refused))

    def join(self, kind: RecordKind, keys: Sequence[str]) -> Mapping[RecordKind, int]:
        """Write what waits for records of a kind, and what waits for that; return how many rows of each kind joined."""
        joined: Counter[RecordKind] = Counter()
        waiting = StorageWaiting(self.transaction)
        for child in RecordKind:
            if child.parent is None or child.parent[1] is not kind:
                continue
            fields = self._fields(child)
            for page in waiting.pages(kind, child, keys, fields):
                stored: list[str] = []
                problems: dict[str, str] = {}
                for rows in _grouped(
                    child, ((place, {"key": key, **values}) for place, (key, values) in enumerate(page))
                ):
                    outcome = self._write(fields, rows)
                    stored += [*outcome.created.column("key"), *outcome.updated.column("key")]
                    problems |= {page[place].key: error.text() for place, _, error in outcome.refused}
                waiting.forget(child, stored)
                waiting.note(child, problems)
                joined[child] += len(stored)
                joined.update(self.join(child, stored))
        return {child: count for child, count in joined.items() if count}

    def waiting(self, limit: int = 100) -> Sequence[WaitingRows]:
        """Return the parents that are waited for, those with most rows first."""
        return StorageWaiting(self.transaction).parents(limit)

    def waiting_count(self) -> Mapping[RecordKind, int]:
        """Return how many rows of each kind wait."""
        return StorageWaiting(self.transaction).counts()

    def count(self, kind: RecordKind) -> int:
        """Return how many rows of a kind there are."""
        table = table_of(kind)
        counted = select(func.count()).select_from(table).where(self.transaction.own(table))
        return int(self.transaction.connection.scalar(counted) or 0)

    def begin_bulk(self, kind: RecordKind) -> None:
        """Make ready for many batches: on SQLite a table without rows goes without its indexes meanwhile."""
        records_bulk.begin_bulk(self.transaction, kind)

    def finish_bulk(self, kind: RecordKind) -> None:
        """Restore every index and refresh statistics; harmless when called twice, or after an interrupted import."""
        records_bulk.finish_bulk(self.transaction, kind)

    def _write(self, fields: Mapping[str, Field], rows: Rows) -> Outcome:
        """Write rows, and record the contacts that they belong to, before and after."""
        changes = StorageChanges(self.transaction)
        if len(rows.rows) > MANY:
            changes.of_everybody()
            return write_rows(self.transaction, fields, rows)
        keys = [str(key) for key in rows.column("key")]
        before = changes.contacts_of(rows.kind, keys)
        outcome = write_rows(self.transaction, fields, rows)
        changes.of_contacts([*before, *changes.contacts_of(rows.kind, keys)])
        return outcome

    def _fields(self, kind: RecordKind, named: Iterable[str] = ()) -> Mapping[str, Field]:
        """Return the fields of a kind; raise ``InvalidInput`` for one that is named and is not among them."""
        customs = StorageCustomFields(self.transaction).all()
        known = columns(kind, customs, Reading.of(self.transaction.tenant))
        for name in named:
            column_named(known, name)
        return {name: column.field for name, column in known.items()}


def _with_waited(batch: Batch, waited: Mapping[str, Mapping[str, Any]]) -> Iterable[Rows]:
    """Return the rows of a batch in groups with the same columns, each row joined by what waited under its key."""
    if not waited:
        return [Rows(batch.kind, batch.columns, batch.rows, range(len(batch.rows)))]
    named = (dict(zip(batch.columns, row, strict=True)) for row in batch.rows)
    whole = ({**waited.get(str(row["key"]), {}), **row} for row in named)
    return _grouped(batch.kind, enumerate(whole))


def _grouped(kind: RecordKind, rows: Iterable[tuple[int, Mapping[str, Any]]]) -> Iterable[Rows]:
    groups: dict[tuple[str, ...], tuple[list[tuple[Any, ...]], list[int]]] = {}
    for number, row in rows:
        names = tuple(sorted(row, key=lambda name: (name != "key", name)))
        values, numbers = groups.setdefault(names, ([], []))
        values.append(tuple(row[name] for name in names))
        numbers.append(number)
    return [Rows(kind, names, values, numbers) for names, (values, numbers) in groups.items()]
