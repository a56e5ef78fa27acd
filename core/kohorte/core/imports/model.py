"""An import run: one file, read once from start to end."""

from datetime import datetime
from enum import Enum
from uuid import UUID

from attrs import define

from kohorte.core.ports.records import RecordKind


class ImportStatus(Enum):
    """Life of a run: running → finished | failed. A run whose process died stays running and can be run again."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


@define
class ImportRun:
    """What an import read and what became of it. ``source`` is the file's name without its folder."""

    id: UUID
    kind: RecordKind
    source: str
    started_at: datetime
    status: ImportStatus = ImportStatus.RUNNING
    finished_at: datetime | None = None
    rows: int = 0
    created: int = 0
    updated: int = 0
    waiting: int = 0
    rejected: int = 0
    error: str = ""
