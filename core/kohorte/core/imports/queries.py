"""What one may ask about imports: the latest runs, and what waits for a parent."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from attrs import frozen

from kohorte.core.bus import Ports
from kohorte.core.imports.model import ImportRun, ImportStatus
from kohorte.core.ports.records import RecordKind, WaitingRows


@frozen
class ImportState:
    """The latest runs, the newest first, those that died before they ended among them; and what waits.

    ``unfinished`` are those that died or failed, and whose file has not been read to its end since.
    ``waiting`` names the parents that most rows wait for, ``waiting_count`` counts all rows that wait, by kind.
    """

    runs: Sequence[ImportRun]
    interrupted: Sequence[ImportRun]
    unfinished: Sequence[ImportRun]
    waiting: Sequence[WaitingRows]
    waiting_count: Mapping[RecordKind, int]


def import_state(ports: Ports, *, runs: int = 20, parents: int = 100) -> ImportState:
    """Return what has become of imports. A run that has been silent for ``model.SILENCE`` counts as interrupted."""
    latest = ports.work.imports.latest(runs)
    now = ports.clock.now()
    records = ports.work.records
    counts = {kind: count for kind, count in records.waiting_count().items() if count}
    interrupted = [run for run in latest if run.interrupted(now)]
    return ImportState(latest, interrupted, _unfinished(latest, now), records.waiting(parents), counts)


def _unfinished(latest: Sequence[ImportRun], now: datetime) -> Sequence[ImportRun]:
    found: list[ImportRun] = []
    finished: set[tuple[RecordKind, str]] = set()
    for run in latest:
        if run.status is ImportStatus.FINISHED:
            finished.add((run.kind, run.source))
        elif (run.status is ImportStatus.FAILED or run.interrupted(now)) and (run.kind, run.source) not in finished:
            found.append(run)
    return found
