"""Custom fields: what a tenant added. A field keeps the name under which its values lie when it is renamed.

A removed field keeps its row, and with it that name, until ``custom_values`` has taken its values out of all rows: a
new field of the same name never meets them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from attrs import frozen
from sqlalchemy import ColumnElement, Row, delete, select, update
from sqlalchemy.exc import IntegrityError

from kohorte.adapters.storage.custom_indexes import create_index, drop_index
from kohorte.adapters.storage.custom_values import PAGE, count_rows, count_values, purge_pages
from kohorte.adapters.storage.schema import custom_fields
from kohorte.adapters.storage.transaction import Transaction
from kohorte.core.custom_fields.model import CustomField
from kohorte.core.errors import AlreadyExists
from kohorte.core.fields import Field, Kind
from kohorte.core.values import from_micros, to_micros


@frozen
class StorageCustomFields:
    """The tenant's custom fields."""

    transaction: Transaction

    def add(self, custom: CustomField) -> None:
        """Store a new field, with its index where one is asked for; raise ``AlreadyExists``."""
        if not self.transaction.insert(custom_fields, _to_row(custom) | {"stored_as": self._free_place(custom)}):
            raise _taken(custom)
        self._forget_memo()
        if custom.field.indexed:
            self._settle_index(custom.id)

    def all(self) -> Sequence[CustomField]:
        """Return all fields by owner and name."""
        known = self.transaction.memo.get(StorageCustomFields)
        if known is None:
            present = self.transaction.own(custom_fields), custom_fields.c.removed_at.is_(None)
            rows = select(custom_fields).where(*present).order_by(custom_fields.c.owner, custom_fields.c.name)
            known = tuple(_from_row(row) for row in self.transaction.connection.execute(rows))
            self.transaction.memo[StorageCustomFields] = known
        return known

    def of(self, owner: str) -> Mapping[str, Field]:
        """Return the fields of an owner by name."""
        return {custom.field.name: custom.field for custom in self.all() if custom.owner == owner}

    def save(self, custom: CustomField) -> None:
        """Store another name, description, choices, or wish for an index; raise ``AlreadyExists``."""
        values = {"name": custom.field.name, "description": custom.description, "choices": list(custom.field.choices)}
        changed = update(custom_fields).where(*self._its(custom.id))
        try:
            with self.transaction.connection.begin_nested():
                self.transaction.connection.execute(changed, values | {"indexed": custom.field.indexed})
        except IntegrityError:
            raise _taken(custom) from None
        self._forget_memo()
        self._settle_index(custom.id)

    def remove(self, field_id: UUID) -> None:
        """Forget a field, and drop its index; its values stay out of sight until they are purged."""
        now = to_micros(self.transaction.clock.now())
        gone = update(custom_fields).where(*self._its(field_id)).values(removed_at=now)
        drop_index(self.transaction, self._with_id(field_id))
        self.transaction.connection.execute(gone)
        self._forget_memo()

    def purge(self, page: int = PAGE) -> Iterator[int]:
        """Take the values of removed fields out of all rows, page by page; see the port."""
        gone = self.transaction.own(custom_fields), custom_fields.c.removed_at.is_not(None)
        rows = self.transaction.connection.execute(select(custom_fields).where(*gone)).all()
        for custom in map(_from_row, rows):
            # Whoever read the fields before one was removed may write a value yet: until a pass finds nothing.
            found = 1
            while found:
                found = 0
                for count in purge_pages(self.transaction, custom, page):
                    found += count
                    yield count
            self.transaction.connection.execute(delete(custom_fields).where(*self._its(custom.id)))

    def count(self, custom: CustomField) -> int:
        """Return how many records have a value of a field."""
        return count_rows(self.transaction, self._with_id(custom.id))

    def count_values(self, custom: CustomField, values: Sequence[str]) -> Mapping[str, int]:
        """Return how many records, waiting ones too, have each of some codes."""
        return count_values(self.transaction, self._with_id(custom.id), values)

    def _with_id(self, field_id: UUID) -> CustomField:
        row = self.transaction.connection.execute(select(custom_fields).where(*self._its(field_id))).one()
        return _from_row(row)

    def _free_place(self, custom: CustomField) -> str:
        """Return a name for the values of a field that no other field of its owner ever had, or has still."""
        its = self.transaction.own(custom_fields), custom_fields.c.owner == custom.owner
        taken = self.transaction.connection.scalars(select(custom_fields.c.stored_as).where(*its)).all()
        name = custom.field.name
        return name if name not in taken else f"{name}.{custom.id.hex}"  # no field's name has a dot

    def _settle_index(self, field_id: UUID) -> None:
        custom = self._with_id(field_id)
        if custom.field.indexed:
            create_index(self.transaction, custom)
        else:
            drop_index(self.transaction, custom)

    def _its(self, field_id: UUID) -> tuple[ColumnElement[bool], ...]:
        return self.transaction.own(custom_fields), custom_fields.c.field_id == field_id

    def _forget_memo(self) -> None:
        self.transaction.memo.pop(StorageCustomFields, None)


def _to_row(custom: CustomField) -> dict[str, object]:
    return {
        "field_id": custom.id,
        "owner": custom.owner,
        "name": custom.field.name,
        "kind": custom.field.kind.value,
        "scale": custom.field.scale,
        "choices": list(custom.field.choices),
        "long": custom.field.long,
        "indexed": custom.field.indexed,
        "created_at": to_micros(custom.created_at),
        "description": custom.description,
    }


def _from_row(row: Row[Any]) -> CustomField:
    made = Field(
        row.name,
        Kind(row.kind),
        scale=row.scale,
        choices=tuple(row.choices),
        long=bool(row.long),
        custom=True,
        indexed=bool(row.indexed),
        stored_as=None if row.stored_as == row.name else row.stored_as,
    )
    return CustomField(row.field_id, row.owner, made, from_micros(row.created_at), row.description)


def _taken(custom: CustomField) -> AlreadyExists:
    return AlreadyExists(
        "{owner} has a field {name} already.", hint="Choose another name.", owner=custom.owner, name=custom.field.name
    )
