"""Printing: tables and sentences for people, JSON for programs; colours only on a terminal."""

import json
import re
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from enum import Enum
from typing import IO, Final, Literal, cast
from uuid import UUID

from attrs import AttrsInstance, asdict, define, field, has
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from kohorte.core.values import Money
from kohorte.entrypoints.languages import Language

WIDE: Final = 10_000
"""Lines are never wrapped or cut where no person looks at them."""
SHORT: Final = 12
"""Columns of at most so many signs stay whole where a terminal is too narrow: others give way."""
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def console_for(stream: IO[str]) -> Console:
    """Return a console that colours and fits lines only on a terminal (NO_COLOR is respected)."""
    return Console(file=stream, highlight=False, width=None if stream.isatty() else WIDE, soft_wrap=not stream.isatty())


def printable(text: str) -> str:
    """Return a text in which no file or name can give a terminal orders."""
    return _CONTROL.sub("�", text)


@define
class Output:
    """Where a command's answer goes: data to the standard output, remarks to the standard error."""

    language: Language
    json: bool = False
    zone: tzinfo = UTC
    answers: Console = field(factory=lambda: console_for(sys.stdout))
    remarks: Console = field(factory=lambda: console_for(sys.stderr))

    def say(self, template: str, **values: object) -> None:
        """Print a sentence, unless a program reads."""
        if not self.json:
            self.answers.print(self._filled(template, values))

    def remark(self, template: str, **values: object) -> None:
        """Print a sentence beside the answer."""
        self.remarks.print(self._filled(template, values))

    def _filled(self, template: str, values: Mapping[str, object]) -> str:
        return escape(printable(self.language(template).format(**values)))

    def text(self, text: str) -> None:
        """Print text as it is, in lines as they are, so that it can be copied: a rule, a statement, a command."""
        self.answers.print(Text(printable(text)), soft_wrap=True)

    def data(self, value: object) -> None:
        """Print a value as one JSON document."""
        sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=plain) + "\n")

    def show(self, value: object, people: Callable[[], None]) -> None:
        """Print ``value`` as JSON for programs, or what ``people`` prints."""
        if self.json:
            self.data(value)
        else:
            people()

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]], *, sparse: Collection[str] = ()) -> None:
        """Print a table; numbers are aligned to the right. ``sparse`` columns without a value are left out."""
        filled = [tuple(row) for row in rows]
        table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
        shown: list[list[str]] = []
        for position, name in enumerate(columns):
            values = [row[position] for row in filled]
            if name in sparse and not any(values):
                continue
            heading, cells = self.language(name), [printable(self.cell(value)) for value in values]
            is_short = max(map(len, [heading, *cells])) <= SHORT
            justify: Literal["left", "right"] = "right" if _are_numbers(values) else "left"
            table.add_column(escape(heading), justify=justify, overflow="fold", no_wrap=is_short)
            shown.append([escape(cell) for cell in cells])
        for row in zip(*shown, strict=True):
            table.add_row(*row)
        self.answers.print(table)

    def cell(self, value: object) -> str:
        """Return a value as a person reads it."""
        match value:
            case None:
                return "–"
            case bool():
                return self.language("yes") if value else self.language("no")
            case int() | float() | Decimal():
                return self.language.number(value)
            case datetime():
                return self.language.moment(value, self.zone)
            case date():
                return self.language.day(value)
            case Money():
                return f"{self.language.number(value.amount)} {value.currency}"
            case _:
                return str(plain(value))


def _are_numbers(values: Sequence[object]) -> bool:
    known = [value for value in values if value is not None]
    return bool(known) and all(isinstance(each, int | float | Decimal) and not isinstance(each, bool) for each in known)


def plain(value: object) -> object:
    """Return a value in the form that JSON has for it, as ``kohorte.entrypoints.views`` says; a view as its fields."""
    match value:
        case Money():
            return {"amount": str(value.amount), "currency": value.currency}
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case Enum():
            return value.value
        case Decimal() | UUID():
            return str(value)
        case frozenset() | set():
            return sorted(str(each) for each in value)
        case Mapping():
            return dict(value)
        case _ if has(type(value)):
            return asdict(cast("AttrsInstance", value), recurse=False)
        case tuple():
            return list(value)
        case _:
            return str(value)
