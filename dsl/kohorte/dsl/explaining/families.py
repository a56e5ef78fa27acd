"""What other rows of a collection mean for their lines, and for the rows in which they lie as lines themselves."""

from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from kohorte.core.fields import Collection
from kohorte.dsl.explaining.storing import blank_row
from kohorte.dsl.records import Prepared


def with_rows(
    record: Prepared,
    changed: Collection,
    rows: Sequence[Prepared],
    read: Sequence[Collection],
    now: int,
    zone: ZoneInfo,
) -> Prepared:
    """Return a record with other rows of a collection; of its lines and parents those that are ``read``.

    A new line comes in a row of its own.
    """
    known, kept = {id(row) for row in record[changed.name]}, {id(row) for row in rows}
    added = [row for row in rows if id(row) not in known]
    result = {**record, changed.name: [*rows]}
    for each in read:
        if each.parent == changed.name:
            gone = {id(line) for row in record[changed.name] if id(row) not in kept for line in row.get(each.name, ())}
            new = [line for row in added for line in row.get(each.name, ())]
            result[each.name] = [*(line for line in record[each.name] if id(line) not in gone), *new]
        elif each.name == changed.parent:
            parents = [_without_lines(row, changed.name, known - kept) for row in record[each.name]]
            blank = new_row(each, read, now, zone)
            parents += ({**blank, **shared_values(line, changed, each), changed.name: [line]} for line in added)
            result[each.name] = parents
    return result


def new_row(collection: Collection, read: Iterable[Collection], now: int, zone: ZoneInfo) -> Prepared:
    """Return a new row with what a row cannot lack, and without lines; it happens now (µs)."""
    return {**blank_row(collection, now, zone), **{each.name: [] for each in read if each.parent == collection.name}}


def shared_values(row: Prepared, lines: Collection, of: Collection) -> Prepared:
    """Return, of a line or the row in which it lies, what both have in common: the time and the currencies.

    Only what rows ``of`` a collection have is returned.
    """
    shared = {lines.time, *(each.currency for each in lines.fields.values())}
    return {name: row[name] for name in of.fields if name in shared and name in row}


def _without_lines(row: Prepared, name: str, removed: set[int]) -> Prepared:
    lines = row.get(name, ())
    if not any(id(line) in removed for line in lines):
        return row
    return {**row, name: [line for line in lines if id(line) not in removed]}
