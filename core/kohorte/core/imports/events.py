"""What happened to imports."""

from attrs import frozen

from kohorte.core.messages import Event
from kohorte.core.ports.records import RecordKind


@frozen
class BatchWritten(Event):
    """An import (``about`` its run) wrote a batch of records: how many are new, changed or rewritten, and waiting.

    ``joined`` counts records of any kind that had waited for these.
    """

    type = "crm.import.batch_written"

    kind: RecordKind
    created: int
    updated: int
    waiting: int
    joined: int
