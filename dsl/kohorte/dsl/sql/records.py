"""Prepared records from bound tables: what a predicate reads, for records that lie in a database.

A predicate over them answers as the condition does in the database; so a changed record, or a page of them, is judged
by many rules with one reading.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import evolve, frozen
from sqlalchemy import ColumnElement, Connection, FromClause, literal, null, select, true

from kohorte.core.fields import Catalogue, Field, Kind
from kohorte.core.values import currency_scale
from kohorte.dsl.records import KEY, Form, Prepared, Reads, companion, key_of, with_parents
from kohorte.dsl.sql.binding import Binding, Rows
from kohorte.dsl.sql.columns import coder_of, in_units

_MOST_DECIMALS: Final = 4
"""No currency has more decimals."""


def prepared_records(
    connection: Connection,
    binding: Binding,
    catalogue: Catalogue,
    reads: Reads,
    where: ColumnElement[bool],
    parameters: Mapping[str, object] | None = None,
) -> dict[Any, Prepared]:
    """Return the prepared records of the subject's rows for which ``where`` holds, by their keys.

    They hold what ``reads`` names, and are all in memory at once: page over keys where there are many. One statement is
    run for the subject with its other owners, and one for each collection.
    """
    reading = _Reading(connection, binding, catalogue, reads, where, parameters or {})
    records = reading.subjects()
    rows: dict[str, dict[Any, Prepared]] = {}
    for collection in with_parents(reads.rows, catalogue):
        parents = rows.get(collection.parent, {}) if collection.parent is not None else {}
        for holder in (*records.values(), *parents.values()):
            holder[collection.name] = []
        rows[collection.name] = {}
        for subject, parent, key, row in reading.rows(collection.name, collection.parent):
            rows[collection.name][key] = row
            records[subject][collection.name].append(row)
            if parent is not None:
                parents[parent][collection.name].append(row)
    return records


@frozen
class _Value:
    """A field of prepared records: what is selected for it, and how that becomes the values of a record."""

    columns: tuple[ColumnElement[Any], ...]
    put: Callable[[Sequence[Any], Prepared], None]


@frozen
class _Reading:
    connection: Connection
    binding: Binding
    catalogue: Catalogue
    reads: Reads
    where: ColumnElement[bool]
    parameters: Mapping[str, object]

    def subjects(self) -> dict[Any, Prepared]:
        """Read the subject's rows with their other owners."""
        binding, subject = self.binding, self.binding.subject
        table: FromClause = subject.table
        values: list[_Value] = []
        for name, fields in self.reads.owners.items():
            is_subject = name == self.catalogue.subject
            rows = subject if is_subject else binding.owners[name]
            values += _values(fields, rows, "" if is_subject else f"{name}.")
            if rows.on is not None:
                table = table.outerjoin(rows.table, rows.on if rows.only is None else rows.on & rows.only)
        records: dict[Any, Prepared] = {}
        for (key,), record in self._read(table, [subject.key], values, _exists(subject)):
            record[KEY] = key
            records[key] = record
        return records

    def rows(self, name: str, parent: str | None) -> Iterator[tuple[Any, Any, Any, Prepared]]:
        """Read the rows of a collection: the subject's key, the parent's, the row's own, and the row."""
        subject, rows = self.binding.subject, self.binding.collections[name]
        table: FromClause = subject.table.join(rows.table, true() if rows.on is None else rows.on)
        parent_key: ColumnElement[Any] = null()
        if parent is not None and rows.on_parent is not None:
            parents = self.binding.collections[parent]
            table, parent_key = table.join(parents.table, rows.on_parent), parents.key
        values = _values(self.reads.rows.get(name, {}), rows, "")
        wanted = _exists(subject) & _exists(rows)
        for (key, of_parent, own), row in self._read(table, [subject.key, parent_key, rows.key], values, wanted):
            yield key, of_parent, own, row

    def _read(
        self,
        table: FromClause,
        keys: Sequence[ColumnElement[Any]],
        values: Sequence[_Value],
        wanted: ColumnElement[bool],
    ) -> Iterator[tuple[Sequence[Any], Prepared]]:
        columns = [*keys, *(column for value in values for column in value.columns)]
        labelled = [column.label(f"value_{place}") for place, column in enumerate(columns)]
        statement = select(*labelled).select_from(table).where(self.where, wanted)
        for row in self.connection.execute(statement, dict(self.parameters)):
            record: Prepared = {}
            place = len(keys)
            for value in values:
                following = place + len(value.columns)
                value.put(row[place:following], record)
                place = following
            yield row[: len(keys)], record


def _exists(rows: Rows) -> ColumnElement[bool]:
    return true() if rows.only is None else rows.only


def _values(fields: Mapping[Field, set[Form]], rows: Rows, prefix: str) -> list[_Value]:
    return [
        (_amount if wanted.kind is Kind.MONEY else _plain)(wanted, forms, rows, prefix + wanted.name)
        for wanted, forms in fields.items()
    ]


def _plain(wanted: Field, forms: set[Form], rows: Rows, name: str) -> _Value:
    stored = rows.stored(wanted)
    coder = coder_of(stored.value, wanted)
    decode, with_it = coder.decode, companion(wanted.kind)

    def put(selected: Sequence[Any], record: Prepared) -> None:
        value = selected[0] if selected[0] is None or decode is None else decode(selected[0])
        record[name] = value
        if with_it is not None and with_it[0] in forms:
            form, derive = with_it
            record[key_of(name, form)] = None if value is None else derive(value)

    return _Value((in_units(stored.value, coder),), put)


def _amount(wanted: Field, forms: set[Form], rows: Rows, name: str) -> _Value:  # noqa: ARG001 - as _plain
    """Read an amount; decimals are read in the smallest units of all currencies, and made their own currency's."""
    stored, beside = rows.stored(wanted), rows.currency_of(wanted)
    coder = coder_of(stored.value, wanted)
    is_decimal = coder.decimals is not None
    if is_decimal:
        coder = evolve(coder, decimals=_MOST_DECIMALS)

    def put(selected: Sequence[Any], record: Prepared) -> None:
        units, currency = selected
        if is_decimal and units is not None:
            units = int(units) // 10 ** (_MOST_DECIMALS - currency_scale(currency))
        record[name] = units
        record[key_of(name, Form.CURRENCY)] = None if units is None else currency

    return _Value((in_units(stored.value, coder), literal(beside) if isinstance(beside, str) else beside), put)
