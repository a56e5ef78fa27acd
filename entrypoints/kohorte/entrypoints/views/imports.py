"""Imports and what became of them, as programs read them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from attrs import asdict, frozen

from kohorte.core.errors import Translate, as_written
from kohorte.core.imports.bulk import SavedRecords
from kohorte.core.imports.commands import Imported
from kohorte.core.imports.model import ImportRun, ImportStatus
from kohorte.core.imports.queries import ImportState
from kohorte.core.ports.records import RecordKind, WaitingRows


@frozen
class ImportRunView:
    """A file that was read, and how many of its rows were new, known already, waiting for a parent, and rejected."""

    id: UUID
    kind: RecordKind
    source: str
    status: ImportStatus
    started_at: datetime
    finished_at: datetime | None
    rows: int
    created: int
    updated: int
    waiting: int
    rejected: int
    error: str


@frozen
class ImportedView(ImportRunView):
    """An import that has ended, with how its file was read.

    ``joined`` counts records that had waited for these, ``rejects`` is where rejected rows went.
    """

    joined: Mapping[str, int]
    columns: Mapping[str, str]
    ignored: Sequence[str]
    reading: Mapping[str, str]
    dry_run: bool
    rejects: str | None


@frozen
class ListedRunView(ImportRunView):
    """An import among others: whether it died, and whether its file has not been read to its end."""

    interrupted: bool
    unfinished: bool


@frozen
class WaitingView:
    """Rows that wait for a parent; ``problem`` says why they cannot join although it is there."""

    kind: RecordKind
    parent_kind: RecordKind
    parent_key: str
    count: int
    problem: str


@frozen
class ImportStateView:
    """The latest imports, the parents that most rows wait for, and how many rows wait, by kind."""

    runs: Sequence[ListedRunView]
    waiting: Sequence[WaitingView]
    waiting_count: Mapping[str, int]


@frozen
class RefusedRowView:
    """What is wrong with a row (counted from 0) that was not saved, in one of its columns."""

    row: int
    column: str
    code: str
    message: str
    hint: str


@frozen
class SavedRowsView:
    """What became of rows: new, known already, waiting for a parent, or refused; `joined` had waited for these."""

    created: int
    updated: int
    waiting: int
    joined: Mapping[str, int]
    refused: Sequence[RefusedRowView]


def saved_rows_view(saved: SavedRecords, translate: Translate = as_written) -> SavedRowsView:
    """Return what became of rows for programs."""
    refused = [
        RefusedRowView(
            each.index, each.column, each.error.code, each.error.text(translate), each.error.advice(translate)
        )
        for each in saved.refused
    ]
    return SavedRowsView(saved.created, saved.updated, saved.waiting, _by_kind(saved.joined), refused)


def run_view(run: ImportRun) -> ImportRunView:
    """Return an import for programs."""
    return ImportRunView(
        id=run.id,
        kind=run.kind,
        source=run.source,
        status=run.status,
        started_at=run.started_at,
        finished_at=run.finished_at,
        rows=run.rows,
        created=run.created,
        updated=run.updated,
        waiting=run.waiting,
        rejected=run.rejected,
        error=run.error,
    )


def imported_view(imported: Imported, rejects: Path | None) -> ImportedView:
    """Return what became of a file for programs; ``rejects`` is where rejected rows would have gone."""
    return ImportedView(
        **asdict(run_view(imported.run)),
        joined=_by_kind(imported.joined),
        columns=dict(imported.columns),
        ignored=list(imported.ignored),
        reading=dict(imported.reading),
        dry_run=imported.dry_run,
        rejects=str(rejects) if rejects is not None and imported.run.rejected else None,
    )


def import_state_view(state: ImportState) -> ImportStateView:
    """Return what has become of imports for programs."""
    return ImportStateView(
        [_listed(run, state) for run in state.runs],
        [_waiting(each) for each in state.waiting],
        _by_kind(state.waiting_count),
    )


def _listed(run: ImportRun, state: ImportState) -> ListedRunView:
    is_interrupted, is_unfinished = run in state.interrupted, run in state.unfinished
    return ListedRunView(**asdict(run_view(run)), interrupted=is_interrupted, unfinished=is_unfinished)


def _waiting(rows: WaitingRows) -> WaitingView:
    return WaitingView(rows.kind, rows.parent_kind, rows.parent_key, rows.count, rows.problem)


def _by_kind(counts: Mapping[RecordKind, int]) -> Mapping[str, int]:
    return {kind.value: count for kind, count in counts.items()}
