"""Import runs: what was imported when."""

from collections.abc import Sequence
from typing import Any

from attrs import frozen
from sqlalchemy import Row, select, update

from kohorte.adapters.storage.schema import import_runs
from kohorte.adapters.storage.stored_form import instant, micros
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.imports.model import ImportRun, ImportStatus
from kohorte.core.ports.records import RecordKind
from kohorte.core.values import from_micros, to_micros


@frozen
class StorageImportRuns:
    """The tenant's import runs."""

    transaction: Transaction

    def save(self, run: ImportRun) -> None:
        """Insert or update a run by its id."""
        row = _to_row(run)
        if not self.transaction.insert(import_runs, row):
            same = (self.transaction.own(import_runs), import_runs.c.run_id == run.id)
            self.transaction.connection.execute(update(import_runs).where(*same), row)

    def latest(self, limit: int = 20) -> Sequence[ImportRun]:
        """Return the latest runs, the newest first."""
        newest_first = (import_runs.c.started_at.desc(), import_runs.c.run_id.desc())
        found = select(import_runs).where(self.transaction.own(import_runs)).order_by(*newest_first).limit(limit)
        return [_from_row(row) for row in self.transaction.connection.execute(found)]


def _to_row(run: ImportRun) -> dict[str, object]:
    return {
        "run_id": run.id,
        "kind": run.kind.value,
        "source": run.source,
        "started_at": to_micros(run.started_at),
        "updated_at": to_micros(run.updated_at),
        "status": run.status.value,
        "finished_at": micros(run.finished_at),
        "rows": run.rows,
        "created": run.created,
        "updated": run.updated,
        "waiting": run.waiting,
        "rejected": run.rejected,
        "error": run.error,
    }


def _from_row(row: Row[Any]) -> ImportRun:
    return ImportRun(
        id=row.run_id,
        kind=RecordKind(row.kind),
        source=row.source,
        started_at=from_micros(row.started_at),
        updated_at=from_micros(row.updated_at),
        status=ImportStatus(row.status),
        finished_at=instant(row.finished_at),
        rows=row.rows,
        created=row.created,
        updated=row.updated,
        waiting=row.waiting,
        rejected=row.rejected,
        error=row.error,
    )
