"""Values that occur in the data, counted contact by contact."""

from collections import Counter
from collections.abc import Iterator, Sequence

from attrs import define

from kohorte.adapters.memory.contact_records import Record, records
from kohorte.adapters.memory.state import Transaction
from kohorte.core.catalogue import kohorte_catalogue
from kohorte.core.custom_fields.model import with_custom_fields
from kohorte.core.errors import NotFound
from kohorte.core.fields import Field, Kind
from kohorte.core.ports.known_values import LEAST_SHARED, MOST, KnownValue, are_told
from kohorte.core.values import fold


@define
class MemoryKnownValues:
    """What the tenant's data knows."""

    _transaction: Transaction

    def values(self, owner: str, field: str, prefix: str = "") -> Sequence[KnownValue]:
        """Return values that enough contacts share, the commonest first; see the port."""
        state = self._transaction.seen
        try:
            wanted = with_custom_fields(kohorte_catalogue(), [*state.custom_fields.values()]).field(owner, field)
        except NotFound:
            return ()
        if not are_told(wanted):
            return ()
        shared = Counter(each for record in records(state) for each in _of_contact(record, owner, wanted, prefix))
        found = [KnownValue(value, count) for value, count in shared.items() if count >= LEAST_SHARED]
        return sorted(found, key=lambda each: (-each.count, each.value))[:MOST]


def _of_contact(record: Record, owner: str, wanted: Field, prefix: str) -> set[str]:
    """Return the values of a contact that begin with a prefix, each once."""
    values = {row.get(wanted.name) for row in _rows(record, owner)} - {None}
    return {value for value in values if isinstance(value, str) and _begins(value, wanted, prefix)}


def _rows(record: Record, owner: str) -> Iterator[Record]:
    if owner == "contact":
        yield record
    elif owner == "customer":
        yield from [record["customer"]] if record["customer"] else []
    elif owner == "items":
        yield from (item for purchase in record["purchases"] for item in purchase["items"])
    else:
        yield from record[owner]


def _begins(value: str, wanted: Field, prefix: str) -> bool:
    if wanted.kind is Kind.TEXT:
        return fold(value).startswith(fold(prefix))
    return value.startswith((prefix, prefix.lower(), prefix.upper()))
