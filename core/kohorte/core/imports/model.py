"""An import run: one file, read once from start to end."""

from datetime import datetime, timedelta
from enum import Enum
from typing import Final
from uuid import UUID

from attrs import define

from kohorte.core.ports.records import RecordKind

SILENCE: Final = timedelta(minutes=2)
"""A running import notes every batch; one that has been silent for longer has died."""


class ImportStatus(Enum):
    """Life of a run: running → finished | failed. A run whose process died stays running and can be run again."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


@define
class ImportRun:
    """What an import read and what became of it. ``source`` is the file's name without its folder.

    ``updated_at`` is when the latest batch was written, in the same transaction as the batch.
    """

    id: UUID
    kind: RecordKind
    source: str
    started_at: datetime
    updated_at: datetime
    status: ImportStatus = ImportStatus.RUNNING
    finished_at: datetime | None = None
    rows: int = 0
    created: int = 0
    updated: int = 0
    waiting: int = 0
    rejected: int = 0
    error: str = ""

    def interrupted(self, now: datetime) -> bool:
        """Return whether the process that ran it must have died: run it again, and it completes."""
        return self.status is ImportStatus.RUNNING and now - self.updated_at > SILENCE
