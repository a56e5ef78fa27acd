"""Members as text files: CSV for spreadsheets, JSON and JSON Lines for programs; row by row, with flat memory."""

import csv
import json
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import IO, Final
from uuid import UUID

from kohorte.core.values import Money

_FORMULA: Final = re.compile(r"[\t\r\n ]*[=+\-@＝＋－＠]|[\t\r]")
_NUMBER_OR_PHONE: Final = re.compile(r"[+-]?[0-9][0-9 ./()-]*")


def write_csv(stream: IO[str], columns: Sequence[str], rows: Iterable[Sequence[object]], *, safe: bool = True) -> int:
    """Write a header and rows (RFC 4180); return how many rows.

    With ``safe``, a text that a spreadsheet would run as a formula begins with an apostrophe; numbers and phone numbers
    stay as they are. Missing values are empty, instants RFC 3339 in UTC, decimals plain, tags joined by ``;``.
    """
    writer = csv.writer(stream)
    writer.writerow(columns)
    cell: Callable[[object], object] = defused if safe else cell_value
    count = 0
    for row in rows:
        writer.writerow([cell(value) for value in row])
        count += 1
    return count


def write_json_lines(stream: IO[str], columns: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write one object per row and line (ndjson); return how many rows. Decimals and instants are text."""
    count = 0
    for row in rows:
        stream.write(_object(columns, row) + "\n")
        count += 1
    return count


def write_json(stream: IO[str], columns: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write one list of objects, one per row; return how many rows. Decimals and instants are text."""
    count = 0
    for row in rows:
        stream.write((",\n" if count else "[\n") + _object(columns, row))
        count += 1
    stream.write("\n]\n" if count else "[]\n")
    return count


def _object(columns: Sequence[str], row: Sequence[object]) -> str:
    return json.dumps(dict(zip(columns, map(json_value, row), strict=True)), ensure_ascii=False)


def cell_value(value: object) -> object:
    """Return a value as a cell of a text file has it: missing ones empty, tags joined by ``;``."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Money():
            return f"{value.amount} {value.currency}"
        case tuple():
            return ";".join(map(str, value))
        case _:
            return plain_text(value)


def defused(value: object) -> object:
    """Return a cell that no spreadsheet runs as a formula: it begins with an apostrophe where one would."""
    cell = cell_value(value)
    if isinstance(cell, str) and _FORMULA.match(cell) and not _NUMBER_OR_PHONE.fullmatch(cell):
        return f"'{cell}"
    return cell


def json_value(value: object) -> object:
    """Return a value as JSON has it: decimals and instants as text."""
    match value:
        case Money():
            return {"amount": str(value.amount), "currency": value.currency}
        case tuple():
            return list(value)
        case None | bool() | int() | str():
            return value
        case _:
            return plain_text(value)


def plain_text(value: object) -> object:
    """Return a value as text, or as it is where it has no text of its own: numbers, for instance."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case Decimal() | UUID():
            return str(value)
        case _:
            return value
