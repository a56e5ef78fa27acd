"""Values of a batch, column by column, as the tables hold them; and as the JSON in which a row waits."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from kohorte.adapters.storage.columns import document_text
from kohorte.adapters.storage.stored_form import forms
from kohorte.core.fields import Field, Kind
from kohorte.core.values import Money, email_domain, fold, from_micros, month_day, to_days, to_micros

Columns = dict[str, Sequence[Any]]
Values = Sequence[Any]

CUSTOM: Final = "custom"


def stored_columns(fields: Mapping[str, Field], columns: Mapping[str, Values]) -> Columns:
    """Return table columns for columns of domain values; custom fields become one column of changes to ``custom``.

    In such a change (RFC 7396) a name with null is taken out, others are set.
    """
    stored: Columns = {}
    changes: dict[str, Values] = {}
    for name, values in columns.items():
        field = fields[name]
        if field.custom:
            changes[name] = values
        else:
            stored.update(_STORED.get(field.kind, _as_it_is)(name, values))
    if "email" in stored:
        stored["email_domain"] = [value and email_domain(value) for value in stored["email"]]
    if changes:
        stored[CUSTOM] = _changes(fields, changes)
    return stored


def _as_it_is(name: str, values: Values) -> Columns:
    return {name: values}


def _text(name: str, values: Values) -> Columns:
    return {name: values, f"{name}_folded": fold_all(values)}


def _date(name: str, values: Values) -> Columns:
    return {
        name: [None if day is None else to_days(day) for day in values],
        f"{name}_month_day": [None if day is None else month_day(day) for day in values],
    }


def _instant(name: str, values: Values) -> Columns:
    return {name: [None if at is None else to_micros(at) for at in values]}


def _money(name: str, values: Values) -> Columns:
    return {name: [None if money is None else money.units for money in values]}


_STORED: Final[Mapping[Kind, Callable[[str, Values], Columns]]] = {
    Kind.TEXT: _text,
    Kind.DATE: _date,
    Kind.INSTANT: _instant,
    Kind.MONEY: _money,
}


def fold_all(texts: Values) -> Values:
    """Return each text folded; plain ASCII is folded in one go."""
    together = "\n".join(text or "" for text in texts)
    if together.isascii() and together.count("\n") == len(texts) - 1:
        return [text or None for text in together.lower().split("\n")]
    return [None if text is None else fold(text) for text in texts]


def _changes(fields: Mapping[str, Field], columns: Mapping[str, Values]) -> Sequence[str]:
    changed = [fields[name] for name in columns]
    signs = [[sign for sign, _ in forms(field, _EXAMPLES[field.kind])] for field in changed]
    rows = zip(*columns.values(), strict=True)
    return [document_text(_change(zip(changed, signs, row, strict=True))) for row in rows]


def _change(row: Iterable[tuple[Field, Sequence[str], Any]]) -> dict[str, Any]:
    change: dict[str, Any] = {}
    for field, signs, value in row:
        name = field.stored_name
        if value is None:
            change.update((name + sign, None) for sign in signs)
        else:
            change.update((name + sign, stored) for sign, stored in forms(field, value))
    return change


_EXAMPLES: Final[Mapping[Kind, object]] = {
    Kind.TEXT: "",
    Kind.CODE: "",
    Kind.INTEGER: 0,
    Kind.DECIMAL: Decimal(0),
    Kind.MONEY: Money(Decimal(0), "EUR"),
    Kind.BOOLEAN: False,
    Kind.DATE: date(2000, 1, 1),
    Kind.INSTANT: from_micros(0),
    Kind.ENUMERATION: "",
    Kind.TAGS: (),
}
"""A value of each kind, for the forms that a kind has."""


# -- waiting rows ------------------------------------------------------------------------------------------------


def waiting_document(names: Sequence[str], row: Sequence[Any]) -> str:
    """Return a row, its key left out, as JSON under the names by which its fields are stored."""
    return document_text({name: _written(value) for name, value in zip(names, row, strict=True) if name != "key"})


def _written(value: Any) -> Any:
    if isinstance(value, Money):
        return [str(value.amount), value.currency]
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):  # before date, of which it is a kind
        return to_micros(value)
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def waited_values(fields: Mapping[str, Field], document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a row that waited, in domain form."""
    return {
        name: _read(field, document[field.stored_name])
        for name, field in fields.items()
        if field.stored_name in document
    }


def _read(field: Field, value: Any) -> Any:
    if value is None:
        return None
    read = _READ.get(field.kind)
    return read(value) if read else value


def _read_money(value: Any) -> object:
    # An item's amount waits as a bare number, because nobody knows its currency yet.
    return Decimal(value) if isinstance(value, str) else Money(Decimal(value[0]), value[1])


_READ: Final[Mapping[Kind, Callable[[Any], object]]] = {
    Kind.MONEY: _read_money,
    Kind.DECIMAL: Decimal,
    Kind.DATE: date.fromisoformat,
    Kind.INSTANT: from_micros,
    Kind.TAGS: tuple,
}
