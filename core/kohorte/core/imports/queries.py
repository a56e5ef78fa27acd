"""What one may ask about imports: the latest runs, and what waits for a parent."""

from collections.abc import Mapping, Sequence

from attrs import frozen

from kohorte.core.bus import Ports
from kohorte.core.imports.model import ImportRun
from kohorte.core.ports.records import RecordKind, WaitingRows


@frozen
class ImportState:
    """The latest runs, the newest first, those that died before they ended among them; and what waits.

    ``waiting`` names the parents that most rows wait for, ``waiting_count`` counts all rows that wait, by kind.
    """

    runs: Sequence[ImportRun]
    interrupted: Sequence[ImportRun]
    waiting: Sequence[WaitingRows]
    waiting_count: Mapping[RecordKind, int]


def import_state(ports: Ports, *, runs: int = 20, parents: int = 100) -> ImportState:
    """Return what has become of imports. A run that has been silent for ``model.SILENCE`` counts as interrupted."""
    latest = ports.work.imports.latest(runs)
    now = ports.clock.now()
    records = ports.work.records
    counts = {kind: count for kind, count in records.waiting_count().items() if count}
    return ImportState(latest, [run for run in latest if run.interrupted(now)], records.waiting(parents), counts)
