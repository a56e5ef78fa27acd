"""Rows on their way into the tables: where records lie, where a batch's rows belong, and which of them must wait."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from attrs import frozen
from sqlalchemy import Table, select

from kohorte.adapters.storage.records_stage import among
from kohorte.adapters.storage.schema import RECORD_TABLES, external_keys, purchases
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.errors import KohorteError
from kohorte.core.ports.records import RecordKind

ID_COLUMNS: Final[Mapping[RecordKind, str]] = {
    RecordKind.CUSTOMERS: "customer_id",
    RecordKind.CONTACTS: "contact_id",
    RecordKind.PURCHASES: "purchase_id",
    RecordKind.ITEMS: "item_id",
    RecordKind.ACTIVITIES: "activity_id",
}


class Place(NamedTuple):
    """Where a record lies: its id, and the rest of its primary key. Purchases tell what their items copy."""

    id: UUID
    contact_id: UUID | None
    purchase_id: UUID | None
    at: int | None = None
    currency: str | None = None


@frozen
class Rows:
    """Rows with the same columns, and for each its number in the batch or page that it came with."""

    kind: RecordKind
    columns: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]
    numbers: Sequence[int]

    def column(self, name: str) -> Sequence[Any]:
        """Return the values of a column."""
        place = self.columns.index(name)
        return [row[place] for row in self.rows]

    def parent_keys(self) -> Sequence[Any] | None:
        """Return the parents' keys, or None where the rows name none."""
        parent = self.kind.parent
        return self.column(parent[0]) if parent and parent[0] in self.columns else None

    def some(self, places: Iterable[int]) -> "Rows":
        """Return the rows at these places."""
        chosen = list(places)
        return Rows(
            self.kind, self.columns, [self.rows[each] for each in chosen], [self.numbers[each] for each in chosen]
        )


class Refusal(NamedTuple):
    """A row that does not fit what is stored: its number, the column, and what is wrong."""

    number: int
    column: str
    error: KohorteError


@frozen
class Outcome:
    """What became of rows: the new and the old ones, those that must wait, and those that do not fit."""

    created: Rows
    updated: Rows
    waits: Rows
    refused: Sequence[Refusal]


def table_of(kind: RecordKind) -> Table:
    """Return the table of a kind."""
    return RECORD_TABLES[kind]


def key_columns(kind: RecordKind) -> list[str]:
    """Return the columns of the primary key after the tenant's."""
    return [column.name for column in table_of(kind).primary_key if column.name != "tenant_id"]


def places(transaction: Transaction, kind: RecordKind, keys: Collection[str]) -> dict[str, Place]:
    """Return where the records under some keys lie; keys that nobody has are left out."""
    found = external_keys
    columns = [found.c.key, found.c.id, found.c.contact_id, found.c.purchase_id]
    statement = select(*columns).where(transaction.own(found), found.c.kind == kind.value)
    rows = transaction.connection.execute(statement.where(among(transaction, found.c.key, sorted(keys))))
    return {row[0]: Place(*row[1:]) for row in rows}


def purchase_places(transaction: Transaction, keys: Collection[str]) -> dict[str, Place]:
    """Return where the purchases under some keys lie, with their instant and currency."""
    found, joined = external_keys, purchases
    statement = (
        select(found.c.key, found.c.id, found.c.contact_id, found.c.purchase_id, joined.c.at, joined.c.currency)
        .join(joined, (joined.c.tenant_id == found.c.tenant_id) & (joined.c.contact_id == found.c.contact_id))
        .where(joined.c.purchase_id == found.c.id)
        .where(transaction.own(found), found.c.kind == RecordKind.PURCHASES.value)
    )
    rows = transaction.connection.execute(statement.where(among(transaction, found.c.key, keys)))
    return {row[0]: Place(*row[1:]) for row in rows}
