"""Rows become values: column by column, each different cell once, with the parsers that the aggregates use."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from attrs import frozen

from kohorte.core.columns import Column, settle
from kohorte.core.errors import InvalidValue, KohorteError
from kohorte.core.fields import Kind
from kohorte.core.imports.header import Header
from kohorte.core.imports.numbers import DecimalStyle, looks_grouped, plain_number
from kohorte.core.ports.records import RecordKind
from kohorte.core.ports.rows import Cell, Reject, Row
from kohorte.core.values import clean_tags

NUMERIC: Final = (Kind.INTEGER, Kind.DECIMAL, Kind.MONEY)
"""Kinds whose cells follow the file's way of writing numbers."""

_AMOUNT: Final = "amount"
_CURRENCY: Final = "currency"


Faults = dict[int, list[tuple[str, str, KohorteError]]]
"""Column, value and problem of each fault, by the row's place in the batch."""


@frozen
class Parsed:
    """The rows of a batch whose every cell is a value, in the order of ``names``, and those with faults.

    ``labels`` are the names that the file gives to the columns.
    """

    names: tuple[str, ...]
    rows: Sequence[Row]
    values: Sequence[tuple[object, ...]]
    rejects: Sequence[Reject]
    labels: Mapping[str, str]


@frozen
class RowParser:
    """Parse rows of one kind under one header."""

    kind: RecordKind
    header: Header
    style: DecimalStyle
    currency: str

    def parse(self, rows: Sequence[Row]) -> Parsed:
        """Return the values of each row; a row with faults is rejected with all of them, and spoils no other."""
        faults: Faults = {}
        cells = list(zip(*(row.cells for row in rows), strict=True))
        labels = {
            name: rows[0].columns[place] for name, place in zip(self.header.names, self.header.places, strict=True)
        }
        columns: dict[str, Sequence[object]] = {}
        for field, place in zip(self.header.fields, self.header.places, strict=True):
            columns[field.name] = self._column(field, cells[place], faults)
        if self.kind is RecordKind.PURCHASES and _AMOUNT in columns:
            self._settle(columns, cells, faults)
        values = list(zip(*columns.values(), strict=True))
        if not faults:
            return Parsed(tuple(columns), rows, values, (), labels)
        good = [index for index in range(len(rows)) if index not in faults]
        return Parsed(
            tuple(columns),
            [rows[index] for index in good],
            [values[index] for index in good],
            [Reject(rows[index], _labelled(found, labels)) for index, found in sorted(faults.items())],
            labels,
        )

    def _column(self, field: Column, cells: Sequence[Cell], faults: Faults) -> Sequence[object]:
        if field.field.kind in NUMERIC and self.style is not DecimalStyle.PLAIN:
            cells = [plain_number(cell, self.style) for cell in cells]
        values, wrong = _parsed(_parser_of(field, cells), cells)
        if wrong:
            for index, cell in enumerate(cells):
                if (error := wrong.get(cell)) is not None:
                    faults.setdefault(index, []).append((field.name, shown(cell), self._explained(field, cell, error)))
        return values

    def _explained(self, field: Column, cell: Cell, error: InvalidValue) -> KohorteError:
        """Return an error that names what is probably the matter."""
        if any("\udc80" <= sign <= "\udcff" for sign in shown(cell)):
            return InvalidValue(
                "The value has bytes that are no text in the file's encoding.",
                hint="Save the file as UTF-8, or say which encoding it has.",
            )
        if field.field.kind in NUMERIC and self.style is DecimalStyle.PLAIN and looks_grouped(cell):
            return InvalidValue(
                '"{text}" does not fit when read as a plain decimal.',
                hint="If its point separates thousands, say that the file writes decimals like 1.234,50.",
                text=shown(cell),
            )
        return error

    def _settle(
        self,
        columns: dict[str, Sequence[object]],
        cells: Sequence[Sequence[Cell]],
        faults: Faults,
    ) -> None:
        """Give amounts their currency: that of their row, else the tenant's."""
        amounts = columns[_AMOUNT]
        currencies = columns.get(_CURRENCY) or [None] * len(amounts)
        settled: dict[tuple[object, object], tuple[object, str] | InvalidValue] = {}
        for pair in set(zip(amounts, currencies, strict=True)):
            settled[pair] = _settled(pair, self.currency)
        moneys: list[object] = []
        codes: list[object] = []
        place = self.header.places[self.header.names.index(_AMOUNT)]
        for index, pair in enumerate(zip(amounts, currencies, strict=True)):
            found = settled[pair]
            if isinstance(found, InvalidValue):
                cell = cells[place][index]
                error = self._explained(self.header.field(_AMOUNT), cell, found)
                faults.setdefault(index, []).append((_AMOUNT, shown(cell), error))
                found = (None, self.currency)
            moneys.append(found[0])
            codes.append(found[1])
        columns[_AMOUNT], columns[_CURRENCY] = moneys, codes


def _labelled(
    faults: Sequence[tuple[str, str, KohorteError]], labels: Mapping[str, str]
) -> Sequence[tuple[str, str, KohorteError]]:
    return [(labels[name], value, error) for name, value, error in faults]


def shown(cell: Cell) -> str:
    """Return a cell as text."""
    return cell if isinstance(cell, str) else ", ".join(cell)


def _parsed(
    parse: Callable[[Cell], object], cells: Sequence[Cell]
) -> tuple[Sequence[object], Mapping[Cell, InvalidValue]]:
    """Parse each different cell once; return the values of all, None for what is wrong, and what is wrong."""
    values: dict[Cell, object] = {}
    wrong: dict[Cell, InvalidValue] = {}
    for cell in set(cells):
        try:
            values[cell] = parse(cell)
        except InvalidValue as error:
            values[cell] = None
            wrong[cell] = error
    return list(map(values.__getitem__, cells)), wrong


def _parser_of(field: Column, cells: Sequence[Cell]) -> Callable[[Cell], object]:
    """Return the field's parser, for cells with several texts as well where there are any."""
    if tuple not in set(map(type, cells)):
        return field.parse  # type: ignore[return-value]

    def parse(cell: Cell) -> object:
        if isinstance(cell, str):
            return field.parse(cell)
        if field.field.kind is not Kind.TAGS:
            raise InvalidValue("{name} takes one value, not several.", hint="Write one text.", name=field.name)
        return clean_tags(cell) or None

    return parse


def _settled(pair: tuple[object, object], currency: str) -> tuple[object, str] | InvalidValue:
    amount, named = pair
    try:
        return settle(amount if isinstance(amount, Decimal) else None, str(named) if named else None, currency)
    except InvalidValue as error:
        return error


def numeric_cells(header: Header, rows: Sequence[Row]) -> Iterable[tuple[str, Sequence[Cell]]]:
    """Yield name and cells of every column that holds numbers."""
    for field, place in zip(header.fields, header.places, strict=True):
        if field.field.kind in NUMERIC:
            yield field.name, [row.cells[place] for row in rows]
