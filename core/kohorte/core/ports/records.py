"""Bulk writing of the five record kinds, by external key: what imports and bulk APIs use."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Protocol

from attrs import field, frozen

from kohorte.core.errors import KohorteError


class RecordKind(Enum):
    """What can be imported."""

    CUSTOMERS = "customers"
    CONTACTS = "contacts"
    PURCHASES = "purchases"
    ITEMS = "items"
    ACTIVITIES = "activities"

    @property
    def parent(self) -> "tuple[str, RecordKind] | None":
        """Return the column that names the parent's key, and the parent's kind."""
        return _PARENTS.get(self)


_PARENTS: Mapping[RecordKind, tuple[str, RecordKind]] = {
    RecordKind.CONTACTS: ("customer", RecordKind.CUSTOMERS),
    RecordKind.PURCHASES: ("contact", RecordKind.CONTACTS),
    RecordKind.ITEMS: ("purchase", RecordKind.PURCHASES),
    RecordKind.ACTIVITIES: ("contact", RecordKind.CONTACTS),
}


@frozen
class Batch:
    """Rows to write, aligned with ``columns``.

    Values are in domain form, as the parsers of ``kohorte.core.columns`` return them: ``str``, ``int``, ``Decimal``,
    ``Money``, ``bool``, ``date``, ``datetime``, tuples of tags. An item's amount is a ``Decimal``, because its
    purchase's currency may not be known yet; a purchase's amount is ``Money`` and comes with the same ``currency``.

    ``columns`` begins with ``key``, has the columns that its kind requires (``columns.REQUIRED``), and may have the
    other built-in fields, the parent column and custom fields by name. A column that is not there leaves what is
    stored; None clears it. Required columns are never None; a ``currency`` that is None is the tenant's, a
    ``created_at`` that is None stays as stored, or is the time of writing. No key occurs twice.
    """

    kind: RecordKind
    columns: tuple[str, ...]
    rows: Sequence[tuple[object, ...]]


@frozen
class Written:
    """What became of a batch.

    ``waiting`` rows name a parent that does not exist yet: they are kept under the parent's key and count nowhere.
    ``joined`` counts, per kind, earlier waiting rows that this batch brought to life (and what waited for those).
    ``refused`` rows do not fit what is stored (an item's amount in its purchase's currency): the index in the batch,
    the column, and what is wrong.
    """

    created: int = 0
    updated: int = 0
    waiting: int = 0
    joined: Mapping[RecordKind, int] = field(factory=dict[RecordKind, int])
    refused: tuple["Refused", ...] = ()


@frozen
class Refused:
    """A row of a batch that was not written."""

    index: int
    column: str
    error: KohorteError


@frozen
class WaitingRows:
    """Rows that wait for a parent: how many rows of ``kind`` name ``parent_key``.

    ``problem`` says why they could not join although the parent is there.
    """

    kind: RecordKind
    parent_kind: RecordKind
    parent_key: str
    count: int
    problem: str = ""


class Records(Protocol):
    """Write many rows of one kind at once; the result depends on the rows alone, never on files' order.

    Writing the same batch twice gives the same data. A row whose parent is unknown waits: a new one counts nowhere, and
    a stored one stays as it was until the parent arrives. A row written again joins its key's waiting row, column by
    column, and waits or is written as a whole. What waits joins in the transaction that brings the parent, whether a
    batch or a repository stores it.

    A purchase that goes to another contact takes its items along. When its currency changes, amounts keep their
    numbers; where one has more decimals than the new currency, the row is refused.
    """

    def write(self, batch: Batch) -> Written:
        """Upsert by external key, within the unit of work; raise ``InvalidInput`` for a column that no field has.

        A field that was removed or renamed since the rows were read is such a one.
        """
        ...

    def waiting(self, limit: int = 100) -> Sequence[WaitingRows]:
        """Return the parents that are waited for, those with most rows first."""
        ...

    def waiting_count(self) -> Mapping[RecordKind, int]:
        """Return how many rows of each kind wait."""
        ...

    def count(self, kind: RecordKind) -> int:
        """Return how many rows of a kind there are (waiting ones excluded)."""
        ...

    def begin_bulk(self, kind: RecordKind) -> None:
        """Make ready for many batches. Storage may drop secondary indexes of a kind that has no rows yet."""
        ...

    def finish_bulk(self, kind: RecordKind) -> None:
        """Restore every index and refresh statistics; harmless when called twice, or after an interrupted import."""
        ...
