"""Printing: tables and sentences for people, JSON for programs; colours only on a terminal."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from enum import Enum
from typing import IO
from uuid import UUID

from attrs import define, field
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from kohorte.core.values import Money
from kohorte.entrypoints.languages import Language

WIDE = 10_000
"""Lines are never wrapped or cut where no person looks at them."""


def console_for(stream: IO[str]) -> Console:
    """Return a console that colours and fits lines only on a terminal (NO_COLOR is respected)."""
    return Console(file=stream, highlight=False, width=None if stream.isatty() else WIDE, soft_wrap=not stream.isatty())


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
            self.answers.print(escape(self.language(template).format(**values)))

    def remark(self, template: str, **values: object) -> None:
        """Print a sentence beside the answer."""
        self.remarks.print(escape(self.language(template).format(**values)))

    def text(self, text: str) -> None:
        """Print text as it is, in lines as they are, so that it can be copied: a rule, a statement, a command."""
        self.answers.print(Text(text), soft_wrap=True)

    def data(self, value: object) -> None:
        """Print a value as one JSON document."""
        sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=plain) + "\n")

    def show(self, value: object, people: Callable[[], None]) -> None:
        """Print ``value`` as JSON for programs, or what ``people`` prints."""
        if self.json:
            self.data(value)
        else:
            people()

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Print a table; numbers are aligned to the right."""
        filled = [tuple(row) for row in rows]
        table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for position, name in enumerate(columns):
            numeric = bool(filled) and all(isinstance(row[position], int | float | Decimal) for row in filled)
            table.add_column(self.language(name), justify="right" if numeric else "left", overflow="fold")
        for row in filled:
            table.add_row(*(escape(self.cell(value)) for value in row))
        self.answers.print(table)

    def cell(self, value: object) -> str:
        """Return a value as a person reads it."""
        match value:
            case None:
                return "–"
            case bool():
                return self.language("yes") if value else self.language("no")
            case int() | float():
                return self.language.number(value)
            case datetime():
                return self.language.moment(value, self.zone)
            case Money():
                return f"{self.language.number(value.amount)} {value.currency}"
            case _:
                return str(plain(value))


def plain(value: object) -> object:
    """Return a value in the form that JSON has for it: decimals as text, instants as RFC 3339 in UTC."""
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
        case tuple():
            return list(value)
        case _:
            return str(value)
