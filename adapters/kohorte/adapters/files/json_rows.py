"""JSON Lines: one object a line, each with its own columns; null clears like an empty cell."""

import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import partial
from typing import Final

from attrs import define, field

from kohorte.adapters.files.text import LONGEST_LINE, SHOWN, OpenText, too_long, until_broken
from kohorte.core.errors import InvalidInput, KohorteError
from kohorte.core.ports.rows import Cell, Number, Row

_MOST_COLUMNS: Final = 10_000
"""So many different sets of columns are remembered; files with more are read all the same."""

Decode = Callable[[str], object]


@define
class JsonRows:
    """The rows of a JSON Lines file."""

    _file: OpenText
    _characters: int = 0
    _known: dict[tuple[str, ...], tuple[str, ...]] = field(factory=dict[tuple[str, ...], tuple[str, ...]])

    @classmethod
    def of(cls, file: OpenText) -> "JsonRows":
        """Begin; raise ``InvalidInput`` for a JSON array, which would have to be read as a whole."""
        if file.head.lstrip("\ufeff \t\r\n").startswith("["):
            raise InvalidInput(
                "The file is one JSON array.", hint="Write one object a line (JSON Lines), as `jq -c '.[]'` does."
            )
        file.text.reconfigure(newline="\n")
        return cls(file)

    @property
    def columns(self) -> None:
        """Return None: every row names its own columns."""
        return

    @property
    def reading(self) -> Mapping[str, str]:
        """Return how the file is read."""
        return {"format": "JSON Lines", "encoding": self._file.encoding}

    @property
    def total_bytes(self) -> int | None:
        """Return the size of the file."""
        return self._file.total_bytes

    def bytes_read(self) -> int:
        """Return how far the reader has come."""
        return self._file.bytes_read()

    def characters_read(self) -> int:
        """Return how many characters the rows so far have had."""
        return self._characters

    def __iter__(self) -> Iterator[Row]:
        """Yield a row for every line that is not blank."""
        return until_broken(self._read())

    def _read(self) -> Iterator[Row]:
        readline = partial(self._file.text.readline, LONGEST_LINE)
        decode = row_decoder()
        for number, line in enumerate(iter(readline, ""), 1):
            self._characters += len(line)
            if len(line) >= LONGEST_LINE and self._drop_rest(line):
                yield Row(number, (), (), too_long(), line[:SHOWN])
            elif stripped := line.strip("\ufeff \t\r\n"):
                row = row_of_json(number, stripped, decode)
                yield row if row.problem else row._replace(columns=self._same(row.columns))

    def _same(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        """Return the equal tuple of earlier rows, so that equal columns are identical ones."""
        if len(self._known) > _MOST_COLUMNS:
            self._known.clear()
        return self._known.setdefault(columns, columns)

    def _drop_rest(self, line: str) -> bool:
        """Skip what a line has beyond the longest that is read; return whether there was anything."""
        cut = False
        while line and line[-1] != "\n":
            line = self._file.text.readline(LONGEST_LINE)
            cut = cut or bool(line)
        return cut


def row_decoder() -> Decode:
    """Return what reads a line, with numbers as they are written."""
    return json.JSONDecoder(
        object_pairs_hook=_object, parse_int=Number, parse_float=_plain, parse_constant=_refuse_constant
    ).decode


def row_of_json(line: int, text: str, decode: Decode) -> Row:
    """Return the row that a line holds, or that it cannot be read."""
    try:
        found = decode(text)
        if not isinstance(found, _Object):
            raise _no_object()
        return Row(line, tuple(found), tuple(map(_cell, found.values())), None, text)
    except KohorteError as problem:
        return Row(line, (), (), problem, text)
    except (ValueError, RecursionError) as fault:
        return Row(line, (), (), _no_json(fault), text)


class _Object(dict[str, object]):
    """An object as it stood in the line, so that dictionaries within it are told apart."""


def _object(pairs: list[tuple[str, object]]) -> _Object:
    made = _Object(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidInput('The name "{name}" stands twice in the object.', hint="Keep one.", name=twice[:80])
    return made


def _plain(number: str) -> Number:
    """Return a number without an exponent."""
    if "e" not in number and "E" not in number:
        return Number(number)
    exact = Decimal(number)
    if not -40 < exact.adjusted() < 40:
        raise InvalidInput("{number} is out of range.", hint="Write a number of usual size.", number=number[:40])
    return Number(format(exact, "f"))


def _refuse_constant(name: str) -> object:
    raise InvalidInput("{name} is not a number.", hint="Write a number, or null to clear the value.", name=name)


def _cell(value: object) -> Cell:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return tuple(value)
    raise InvalidInput(
        "A value is a list of other things than texts, or an object.", hint="Write texts, numbers, true, false or null."
    )


def _no_object() -> KohorteError:
    return InvalidInput("The line is not a JSON object.", hint='Write it like {"key": "K1", "city": "Köln"}.')


def _no_json(fault: ValueError | RecursionError) -> KohorteError:
    if isinstance(fault, json.JSONDecodeError):
        return InvalidInput(
            "The line is not JSON from character {column} on: {reason}.",
            hint="Each line is one whole object.",
            column=fault.colno,
            reason=fault.msg,
        )
    return InvalidInput("The line is nested too deeply.", hint="Each line is one flat object.")
