"""Prepared records: what a compiled predicate reads, made from an embedder's own dicts or objects.

A prepared record is a plain ``dict`` of values in stored form (see ``typed``); a missing value is None. Its keys:

======================= ==============================================================================================
``"country"``           a field of the subject
``"customer.category"`` a field of another owner
``"purchases"``         a collection: a list of rows, each a ``dict`` with the row's fields
``"items"``             a child collection: all lines here, and in each parent's row that row's lines
``"name~"``             text folded; of a tag set, the folded tags as a ``frozenset``
``"amount$"``           the currency of an amount
``"birthday#"``         month * 100 + day of a date
``""``                  the record's key, by which stored membership is looked up and samples are drawn
======================= ==============================================================================================

Records are read by the catalogue's names, from mappings (where an absent key is a missing value) or from objects by
attribute: ``{"country": "DE", "customer": {"category": "wholesale"}, "purchases": [{"at": …, "items": […]}]}``.
A line without a time, a currency or another field that no line can lack takes its parent's of the same name.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, Final, cast
from unicodedata import normalize

from attrs import define, field

from kohorte.core.errors import InvalidInput, InvalidValue
from kohorte.core.fields import Catalogue, Collection, Field, Kind
from kohorte.core.values import Money, currency_scale, fold, month_day, parse_date, to_days, to_micros, to_units

Prepared = dict[str, Any]
Prepare = Callable[[object], Prepared]
KEY: Final = ""


class Form(Enum):
    """In which form a field is read; the sign is added to the field's name in a prepared record."""

    VALUE = ""
    FOLDED = "~"
    CURRENCY = "$"
    MONTH_DAY = "#"


def key_of(name: str, form: Form) -> str:
    """Return the key of a prepared record under which a field lies in a form."""
    return name + form.value


@define
class Reads:
    """What a rule reads: fields of owners and of collections' rows, each in the forms that it compares."""

    owners: dict[str, dict[Field, set[Form]]] = field(factory=dict[str, dict[Field, set[Form]]])
    rows: dict[str, dict[Field, set[Form]]] = field(factory=dict[str, dict[Field, set[Form]]])
    by_key: bool = False

    @property
    def names(self) -> frozenset[str]:
        """Return what is read: ``contact.country``, ``purchases.amount``, and ``purchases`` for the rows as such."""
        holders = {**self.owners, **self.rows}
        return frozenset(self.rows) | {f"{name}.{each.name}" for name, fields in holders.items() for each in fields}

    def add(self, owner: str, wanted: Field, form: Form) -> None:
        """Note that a field of an owner is read."""
        self.owners.setdefault(owner, {}).setdefault(wanted, set()).add(form)

    def add_rows(self, collection: str) -> None:
        """Note that the rows of a collection are read."""
        self.rows.setdefault(collection, {})

    def add_of_row(self, collection: str, wanted: Field, form: Form) -> None:
        """Note that a field of a collection's rows is read."""
        self.rows.setdefault(collection, {}).setdefault(wanted, set()).add(form)


# -- preparing a record ------------------------------------------------------------------------------------------

_Read = Callable[[str], Any]
_Step = Callable[[_Read, Prepared], None]


def preparation(reads: Reads, catalogue: Catalogue, *, key: str | None = None) -> Prepare:
    """Return a function that makes a prepared record from an embedder's own, with just what a rule reads.

    ``key`` names the field that identifies a record; rules that ask for stored membership or samples need it. The
    function raises ``InvalidValue`` for a value that does not fit its field, and ``InvalidInput`` for an object without
    an attribute.
    """
    steps = [_owner(name, fields, catalogue) for name, fields in reads.owners.items()]
    collections = with_parents(reads.rows, catalogue)
    steps += [_rows(each, collections, reads, catalogue) for each in collections if each.parent is None]
    if reads.by_key:
        steps.append(_key(key))

    def prepare(record: object) -> Prepared:
        read = _reader(record)
        prepared: Prepared = {}
        for step in steps:
            step(read, prepared)
        return prepared

    return prepare


def _key(key: str | None) -> _Step:
    if key is None:
        raise InvalidInput(
            "The rule asks who belongs to a segment or a sample, and nobody said what identifies a record.",
            hint='Name the key field: key="id".',
        )
    return lambda read, prepared: prepared.__setitem__(KEY, read(key))


def _reader(record: object) -> _Read:
    """Return a function that reads a field by its name."""
    if isinstance(record, Mapping):
        return cast("Mapping[str, Any]", record).get

    def read(name: str) -> Any:
        try:
            return getattr(record, name)
        except AttributeError:
            raise InvalidInput(
                "A record of the type {type} has no attribute {name}.",
                hint="Give objects with the attributes that the catalogue names, or mappings.",
                type=type(record).__name__,
                name=name,
            ) from None

    return read


def _owner(name: str, fields: Mapping[Field, set[Form]], catalogue: Catalogue) -> _Step:
    """Prepare fields of the subject, or of a record that lies in it under the owner's name."""
    known = catalogue.owners[name].fields
    if name == catalogue.subject:
        return _all(_steps_of(fields, known, prefix=""))
    steps = _all(_steps_of(fields, known, prefix=f"{name}."))

    def step(read: _Read, prepared: Prepared) -> None:
        record = read(name)
        steps(_nothing if record is None else _reader(record), prepared)

    return step


def _all(steps: Sequence[_Step]) -> _Step:
    def run(read: _Read, prepared: Prepared) -> None:
        for step in steps:
            step(read, prepared)

    return run


def _nothing(name: str) -> None:  # noqa: ARG001 - reads any field of a record that is not there
    return None


def with_parents(names: Iterable[str], catalogue: Catalogue) -> list[Collection]:
    """Return the collections and those in whose rows their lines lie, parents first."""
    found: dict[str, Collection] = {}
    for name in names:
        line: list[Collection] = []
        wanted: str | None = name
        while wanted is not None:
            line.append(catalogue.collections[wanted])
            wanted = line[-1].parent
        found |= {each.name: each for each in reversed(line)}
    return list(found.values())


def _rows(rows: Collection, collections: Sequence[Collection], reads: Reads, catalogue: Catalogue) -> _Step:
    """Prepare the rows of a collection, each with its lines, and the lines of all rows beside them."""
    children = [each for each in collections if each.parent == rows.name]
    prepare_fields = _all(
        [
            *_steps_of(reads.rows.get(rows.name, {}), rows.fields, prefix=""),
            *(_rows(each, collections, reads, catalogue) for each in children),
        ]
    )
    inherited = inherited_fields(rows, catalogue)

    def step(outer: _Read, prepared: Prepared) -> None:
        found: list[Prepared] = []
        for record in outer(rows.name) or ():
            read = _reader(record)
            row: Prepared = {}
            prepare_fields(_or_parents(read, outer, inherited) if inherited else read, row)
            found.append(row)
        prepared[rows.name] = found
        for child in children:
            prepared[child.name] = [line for row in found for line in row[child.name]]

    return step


def inherited_fields(rows: Collection, catalogue: Catalogue) -> frozenset[str]:
    """Return the fields that a line takes from its parent's row where it lacks them itself.

    They are the time, the currencies, and what no line can lack, as far as the parent has fields of these names.
    """
    if rows.parent is None:
        return frozenset()
    currencies = {each.currency for each in rows.fields.values()}
    of_parent = catalogue.collections[rows.parent].fields
    return frozenset(
        name
        for name, each in rows.fields.items()
        if name in of_parent and (name == rows.time or name in currencies or not each.nullable)
    )


def _or_parents(read: _Read, parents: _Read, inherited: frozenset[str]) -> _Read:
    def either(name: str) -> Any:
        if name not in inherited:
            return read(name)
        try:
            value = read(name)
        except InvalidInput:
            value = None
        return parents(name) if value is None else value

    return either


# -- values into stored form -------------------------------------------------------------------------------------


def _steps_of(fields: Mapping[Field, Iterable[Form]], known: Mapping[str, Field], *, prefix: str) -> list[_Step]:
    """Return the steps for the fields that are read, of those that are known beside them."""
    amounts = {each.currency: each.name for each in known.values() if each.currency is not None}
    return [
        _currency_step(each, amounts[each.name], prefix + each.name)
        if each.name in amounts
        else _step(each, set(forms), prefix + each.name)
        for each, forms in fields.items()
    ]


def _currency_step(wanted: Field, amount_name: str, name: str) -> _Step:
    """Prepare the currency beside an amount, which may be said by the amount itself."""
    value_key = key_of(name, Form.VALUE)

    def step(read: _Read, prepared: Prepared) -> None:
        amount = read(amount_name)
        value = amount.currency if isinstance(amount, Money) else read(wanted.name)
        prepared[value_key] = None if value is None else _text(value, wanted)

    return step


def _step(wanted: Field, forms: set[Form], name: str) -> _Step:
    convert, companion = _CONVERSIONS[wanted.kind]
    source, value_key = wanted.name, key_of(name, Form.VALUE)
    if wanted.kind is Kind.MONEY:
        return _money_step(wanted, name)
    if companion is None or companion[0] not in forms:

        def plain(read: _Read, prepared: Prepared) -> None:
            value = read(source)
            prepared[value_key] = None if value is None else convert(value, wanted)

        return plain
    form, derive = companion
    companion_key = key_of(name, form)

    def with_companion(read: _Read, prepared: Prepared) -> None:
        value = read(source)
        stored = None if value is None else convert(value, wanted)
        prepared[value_key] = stored
        prepared[companion_key] = None if stored is None else derive(stored)

    return with_companion


def _money_step(wanted: Field, name: str) -> _Step:
    value_key, currency_key = key_of(name, Form.VALUE), key_of(name, Form.CURRENCY)

    def step(read: _Read, prepared: Prepared) -> None:
        value = read(wanted.name)
        if isinstance(value, Money):
            prepared[value_key], prepared[currency_key] = value.units, value.currency
            return
        currency = read(wanted.currency) if value is not None and wanted.currency is not None else None
        prepared[currency_key] = currency
        prepared[value_key] = None if value is None else _money_units(value, currency, wanted)

    return step


def _money_units(value: object, currency: object, wanted: Field) -> int:
    if not isinstance(currency, str):
        raise _unusable(value, wanted, "Give Money(amount, currency), or the currency in a field beside it.")
    return _scaled(value, currency_scale(currency), wanted)


def _text(value: object, wanted: Field) -> str | None:
    if isinstance(value, Enum):
        value = value.value if isinstance(value.value, str) else value.name
    if not isinstance(value, str):
        raise _unusable(value, wanted, "Give a text.")
    if not (value.isascii() and value.isprintable()):
        if not wanted.long:
            value = value.replace("\r\n", " ").translate(_BLANKS)
        value = normalize("NFC", value)
    return value.strip() or None


_BLANKS: Final = {ord(each): " " for each in "\t\r\n"}


def _integer(value: object, wanted: Field) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _unusable(value, wanted, "Give a whole number.")
    return value


def _decimal(value: object, wanted: Field) -> int:
    return _scaled(value, wanted.scale, wanted)


def _scaled(value: object, scale: int, wanted: Field) -> int:
    """Return units; a float stands for the shortest decimal that reads back as it, which is what was once written."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise _unusable(value, wanted, "Give a Decimal.")
    try:
        return to_units(Decimal(repr(value)) if isinstance(value, float) else Decimal(value), scale)
    except (InvalidValue, InvalidOperation, ValueError, OverflowError) as refused:
        raise _unusable(value, wanted, f"Give at most {scale} decimals, within ± 10^12 smallest units.") from refused


def _boolean(value: object, wanted: Field) -> bool:
    if isinstance(value, bool) or value in (0, 1):
        return bool(value)
    raise _unusable(value, wanted, "Give true or false.")


def _date(value: object, wanted: Field) -> int:
    if isinstance(value, date) and not isinstance(value, datetime):
        return to_days(value)
    if isinstance(value, str):
        return to_days(parse_date(value))
    raise _unusable(value, wanted, "Give a date.")


def _instant(value: object, wanted: Field) -> int:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise _unusable(value, wanted, "Write instants like 2024-02-29T10:30:00Z.") from None
    if isinstance(value, datetime) and value.tzinfo is not None:
        return to_micros(value)
    raise _unusable(value, wanted, "Give a datetime with a time zone.")


def _tags(value: object, wanted: Field) -> tuple[str, ...] | None:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise _unusable(value, wanted, "Give a list of texts.")
    tags = (_text(each, wanted) for each in cast("Iterable[object]", value) if each is not None)
    return tuple(tag for tag in tags if tag is not None) or None


def _unusable(value: object, wanted: Field, hint: str) -> InvalidValue:
    return InvalidValue(
        "{value} does not fit the field {name} ({kind}).",
        hint=hint,
        value=repr(value)[:80],
        name=wanted.name,
        kind=wanted.kind.value,
    )


def _folded_tags(tags: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(fold, tags))


def _month_day_of(days: int) -> int:
    return month_day(date.fromordinal(days + _EPOCH_ORDINAL))


_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()


def companion(kind: Kind) -> tuple[Form, Callable[[Any], Any]] | None:
    """Return the form that goes with the stored form of a kind, and how it is derived from it."""
    return _CONVERSIONS[kind][1]


_Conversion = tuple[Callable[[Any, Field], Any], tuple[Form, Callable[[Any], Any]] | None]
_CONVERSIONS: Final[dict[Kind, _Conversion]] = {
    Kind.TEXT: (_text, (Form.FOLDED, fold)),
    Kind.CODE: (_text, None),
    Kind.ENUMERATION: (_text, None),
    Kind.INTEGER: (_integer, None),
    Kind.DECIMAL: (_decimal, None),
    Kind.MONEY: (_decimal, None),
    Kind.BOOLEAN: (_boolean, None),
    Kind.DATE: (_date, (Form.MONTH_DAY, _month_day_of)),
    Kind.INSTANT: (_instant, None),
    Kind.TAGS: (_tags, (Form.FOLDED, _folded_tags)),
}
