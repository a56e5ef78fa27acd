"""Put values into copies of prepared records and rows, with the companions that predicates read beside them."""

from typing import Any, Final

from kohorte.core.fields import Collection, Field, Kind
from kohorte.dsl.moments import local_day
from kohorte.dsl.records import Form, Prepared, companion, key_of
from kohorte.dsl.typed import FieldOf

_DEFAULTS: Final[dict[Kind, Any]] = {
    Kind.TEXT: "new",
    Kind.CODE: "new",
    Kind.INTEGER: 0,
    Kind.DECIMAL: 0,
    Kind.MONEY: (0, "EUR"),
    Kind.BOOLEAN: False,
    Kind.TAGS: ("new",),
}
"""What a new row has where a value is required and nothing is asked of it."""


def store(record: Prepared, field: Field, key: str, value: Any) -> None:
    """Set a field of a prepared record or row in place; of money the value is the pair of units and currency."""
    if field.kind is Kind.MONEY:
        units, currency = (None, None) if value is None else value
        record[key], record[key_of(key, Form.CURRENCY)] = units, currency
        return
    record[key] = value
    found = companion(field.kind)
    if found is not None:
        form, derive = found
        record[key_of(key, form)] = None if value is None else derive(value)


def with_field(record: Prepared, operand: FieldOf, value: Any, subject: str) -> Prepared:
    """Return a copy of a prepared record in which a field of the subject or of another owner has a value."""
    changed, owner = {**record}, operand.owner
    prefix = "" if owner == subject else f"{owner}."
    store(changed, operand.field, prefix + operand.field.name, value)
    currency = operand.field.currency
    if currency is not None and value is not None and prefix + currency in changed:
        changed[prefix + currency] = value[1]
    return changed


def blank_row(collection: Collection, now: int, zone: Any) -> Prepared:
    """Return a new row with what a row cannot lack; it happens now (µs)."""
    row: Prepared = {}
    for name, field in collection.fields.items():
        needed = not field.nullable or name == collection.time
        store(row, field, name, _default(field, now, zone) if needed else None)
    return row


def _default(field: Field, now: int, zone: Any) -> Any:
    match field.kind:
        case Kind.INSTANT:
            return now
        case Kind.DATE:
            return local_day(now, zone)
        case Kind.ENUMERATION:
            return field.choices[0] if field.choices else None
        case _:
            return _DEFAULTS[field.kind]
