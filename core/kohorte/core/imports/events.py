"""What happened to imports."""

from attrs import frozen

from kohorte.core.messages import Event
from kohorte.core.ports.records import RecordKind


@frozen
class BatchWritten(Event):
    """A batch of records was written: how many are new, changed or rewritten, and waiting.

    ``about`` is the run of an import, or a number of its own where many records were saved at once.

    ``joined`` counts records of any kind that had waited for these.
    """

    type = "crm.import.batch_written"

    kind: RecordKind
    created: int
    updated: int
    waiting: int
    joined: int
