"""Custom fields; a record has their values under their names, so that these go along when a field is renamed."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from attrs import define, evolve

from kohorte.adapters.memory.state import State, Transaction
from kohorte.core.columns import OWNERS
from kohorte.core.custom_fields.model import CustomField
from kohorte.core.errors import AlreadyExists

Values = Mapping[str, Any]


@define
class MemoryCustomFields:
    """The tenant's custom fields."""

    _transaction: Transaction

    def add(self, custom: CustomField) -> None:
        """Store a new field."""
        self._refuse_taken(custom)
        self._transaction.written.custom_fields[custom.owner, custom.field.name] = custom

    def all(self) -> Sequence[CustomField]:
        """Return all fields by owner and name."""
        found = self._transaction.seen.custom_fields
        return [found[place] for place in sorted(found)]

    def save(self, custom: CustomField) -> None:
        """Store what has changed about a field; its values follow its name."""
        before = self._with_id(custom.id)
        name, new_name = before.field.name, custom.field.name
        if new_name != name:
            self._refuse_taken(custom)
            _change_values(self._transaction.written, custom.owner, name, lambda value: {new_name: value})
        fields = self._transaction.written.custom_fields
        del fields[custom.owner, name]
        fields[custom.owner, new_name] = custom

    def remove(self, field_id: UUID) -> None:
        """Forget a field and its values."""
        gone = self._with_id(field_id)
        del self._transaction.written.custom_fields[gone.owner, gone.field.name]
        _change_values(self._transaction.written, gone.owner, gone.field.name, lambda _: {})

    def purge(self, page: int = 5_000) -> Iterator[int]:  # noqa: ARG002 - the port's
        """Do nothing: values are gone with their field."""
        return iter(())

    def count(self, custom: CustomField) -> int:
        """Return how many records have a value of a field."""
        return sum(custom.field.name in values for values in _customs(self._transaction.seen, custom.owner))

    def count_values(self, custom: CustomField, values: Sequence[str]) -> Mapping[str, int]:
        """Return how many records, waiting ones too, have each of some choices."""
        state, name = self._transaction.seen, custom.field.name
        waiting = [row.columns for (kind, _), row in state.waiting.items() if OWNERS[kind] == custom.owner]
        counts = Counter(each.get(name) for each in [*_customs(state, custom.owner), *waiting])
        return {value: counts[value] for value in values if counts[value]}

    def _with_id(self, field_id: UUID) -> CustomField:
        return next(each for each in self.all() if each.id == field_id)

    def _refuse_taken(self, custom: CustomField) -> None:
        if (custom.owner, custom.field.name) in self._transaction.seen.custom_fields:
            raise AlreadyExists(
                "{owner} has a field {name} already.",
                hint="Choose another name.",
                owner=custom.owner,
                name=custom.field.name,
            )


def _customs(state: State, owner: str) -> Sequence[Values]:
    """Return the custom values of all records of an owner."""
    if owner == "items":
        return [item.custom for purchase in state.purchases.values() for item in purchase.items]
    return [record.custom for record in _records(state, owner).values()]


def _records(state: State, owner: str) -> dict[str, Any]:
    tables: Mapping[str, dict[str, Any]] = {
        "contact": state.contacts,
        "customer": state.customers,
        "purchases": state.purchases,
        "activities": state.activities,
    }
    return tables[owner]


def _change_values(state: State, owner: str, name: str, become: Callable[[Any], Values]) -> None:
    """Let the values under a name become others, in records and in waiting rows."""

    def changed(values: Values) -> dict[str, Any]:
        return {key: each for key, each in values.items() if key != name} | dict(become(values[name]))

    if owner == "items":
        for key, purchase in state.purchases.items():
            if any(name in item.custom for item in purchase.items):
                items = (
                    evolve(each, custom=changed(each.custom)) if name in each.custom else each
                    for each in purchase.items
                )
                state.purchases[key] = evolve(purchase, items=tuple(items))
    else:
        records = _records(state, owner)
        for key, record in records.items():
            if name in record.custom:
                records[key] = evolve(record, custom=changed(record.custom))
    for place, row in state.waiting.items():
        if OWNERS[place[0]] == owner and name in row.columns:
            state.waiting[place] = evolve(row, columns=changed(row.columns))
