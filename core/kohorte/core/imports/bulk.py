"""Save many records at once, as texts: read by the parsers of imports and written by their writer."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from attrs import field, frozen

from kohorte.core.bus import Ports
from kohorte.core.columns import REQUIRED, Column, Reading, column_named, columns
from kohorte.core.errors import InvalidInput, InvalidValue, KohorteError
from kohorte.core.imports.batches import BatchWriter
from kohorte.core.imports.layout import Layout
from kohorte.core.imports.numbers import DecimalStyle
from kohorte.core.messages import Command
from kohorte.core.ports.records import RecordKind, Refused
from kohorte.core.ports.rows import Reject, Row
from kohorte.core.saving import Texts

AT_ONCE: Final = 10_000
"""So many records are saved by one command."""


@frozen
class SavedRecords:
    """What became of records: how many are new, known already, and waiting for a parent, and what was refused.

    ``joined`` counts records that had waited for these, by kind. ``refused`` says of each row that was not written what
    is wrong, column by column; rows are counted from 0.
    """

    created: int
    updated: int
    waiting: int
    joined: Mapping[RecordKind, int]
    refused: tuple[Refused, ...]


@frozen
class SaveRecords(Command[SavedRecords]):
    """Write records of one kind by their keys, each with values by field; empty ones and None clear the field.

    Fields that a row does not name stay. Rows with one key are written one after the other.
    """

    kind: RecordKind
    rows: Sequence[Texts] = field(repr=False)


def save_records(command: SaveRecords, ports: Ports) -> SavedRecords:
    """Write the rows that can be read; bad ones come back and take no good one with them.

    Raise ``InvalidInput`` for too many rows.
    """
    if len(command.rows) > AT_ONCE:
        raise InvalidInput(
            "These are {count} records.", hint="Save {limit} at most at once.", count=len(command.rows), limit=AT_ONCE
        )
    known = columns(command.kind, ports.work.custom_fields.all(), Reading.of(ports.tenant))
    faults = [_faults(index, row, command.kind, known) for index, row in enumerate(command.rows)]
    rows = [_row(index, row) for index, row in enumerate(command.rows) if not faults[index]]
    parts, rejects = Layout(command.kind, ports.tenant.currency, DecimalStyle.PLAIN, known, {}).parse(rows)
    writer = BatchWriter(command.kind, ports.work.records)
    writer.write(parts)
    if writer.created or writer.updated or writer.waiting:
        ports.work.record(writer.event(ports.ids.new()))
    refused = [each for found in faults for each in found]
    refused += [each for reject in (*rejects, *writer.rejects) for each in _refused(reject)]
    refused.sort(key=lambda each: each.index)
    return SavedRecords(writer.created, writer.updated, writer.waiting, dict(writer.joined), tuple(refused))


def _faults(index: int, row: Texts, kind: RecordKind, known: Mapping[str, Column]) -> Sequence[Refused]:
    """Return what is wrong with the names of a row's fields."""
    wrong = [*_missing(row, kind), *_not_fields(row, known)]
    return [Refused(index, name, error) for name, error in wrong]


def _missing(row: Texts, kind: RecordKind) -> Iterator[tuple[str, KohorteError]]:
    for name in REQUIRED[kind]:
        if name not in row:
            yield name, InvalidValue("{name} is empty.", hint="Every row needs one.", name=name)


def _not_fields(row: Texts, known: Mapping[str, Column]) -> Iterator[tuple[str, KohorteError]]:
    for name in row:
        try:
            column_named(known, name)
        except InvalidInput as error:
            yield name, error


def _row(index: int, row: Texts) -> Row:
    return Row(index, tuple(row), [text or "" for text in row.values()])


def _refused(reject: Reject) -> Iterator[Refused]:
    return (Refused(reject.row.line, column, error) for column, _, error in reject.problems)
