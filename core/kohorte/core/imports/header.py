"""Which column of a file says which field: by mapping, by name, or not at all.

Names are taken generously (``E-Mail``, ``First Name``), and as rules and exports write them (``contact.email``). What
looks like a misspelt field stops the import, because its values would silently be lost; other unknown columns are left
out and reported.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from attrs import frozen

from kohorte.core.columns import Column
from kohorte.core.errors import InvalidInput
from kohorte.core.values import fold

IGNORED: Final = "-"
"""Mapped to this, a column is left out."""

_BETWEEN_WORDS: Final = re.compile(r"[\s_.\-]+")
_NO_TEXT: Final = re.compile("[\ud800-\udfff]")
_ALIKE: Final = 0.8


@frozen
class Header:
    """The fields that a file gives, ``key`` first, where each stands in a row, and which columns say nothing known."""

    fields: tuple[Column, ...]
    places: tuple[int, ...]
    ignored: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the fields."""
        return tuple(field.name for field in self.fields)

    def field(self, name: str) -> Column:
        """Return a field that the file gives."""
        return self.fields[self.names.index(name)]


def read_header(columns: Sequence[str], known: Mapping[str, Column], mapping: Mapping[str, str], owner: str) -> Header:
    """Return what the columns of a file mean. ``owner`` is what rules call the records, such as ``contact``.

    Raise ``InvalidInput`` for a column or field that stands twice, a required field that is missing, a column that
    looks like a misspelt field, and a mapping of or to something that is not there.
    """
    _refuse_twice(columns, "The column {name} stands twice.", "Rename or remove one.")
    _check_mapping(mapping, columns, known)
    meant = {column: _meaning(column, known, mapping, owner) for column in columns}
    found = {column: field for column, field in meant.items() if field is not None and field in known}
    _refuse_twice(found.values(), "Two columns are read as {name}.", 'Leave one of them out: --map "COLUMN=-".')
    unknown = [column for column, field in meant.items() if field is None]
    missing = [name for name in known if name not in found.values()]
    _refuse_misspelt(unknown, missing)
    _refuse_missing([known[name] for name in missing], columns)
    places = {field: columns.index(column) for column, field in found.items()}
    ordered = [name for name in known if name in places]
    return Header(tuple(known[name] for name in ordered), tuple(places[name] for name in ordered), tuple(unknown))


def _meaning(column: str, known: Mapping[str, Column], mapping: Mapping[str, str], owner: str) -> str | None:
    """Return the field, ``-``, or None for a column that says nothing known."""
    if column in mapping:
        return mapping[column]
    named = column.removeprefix(f"{owner}.")
    if named in known:
        return named
    alike = [name for name in known if _plain(name) == _plain(named)]
    return alike[0] if len(alike) == 1 else None


def _plain(name: str) -> str:
    return _BETWEEN_WORDS.sub("", fold(name))


def _check_mapping(mapping: Mapping[str, str], columns: Sequence[str], known: Mapping[str, Column]) -> None:
    for column, field in mapping.items():
        if column not in columns:
            raise _absent('There is no column "{name}" to map.', column, columns)
        if field != IGNORED and field not in known:
            raise _absent('The column "{column}" is mapped to "{name}", which is no field.', field, known, column)


def _absent(template: str, name: str, there: Iterable[str], column: str = "") -> InvalidInput:
    names = list(there)
    close = get_close_matches(name, names, n=1)
    return InvalidInput(
        template,
        hint='Did you mean "{close}"? There are: {there}.' if close else "There are: {there}.",
        name=_shown(name),
        column=_shown(column),
        close=_shown(close[0]) if close else "",
        there=_listed(names),
    )


def _refuse_twice(names: Iterable[str], template: str, hint: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InvalidInput(template, hint=hint, name=f'"{_shown(name)}"')
        seen.add(name)


def _refuse_misspelt(unknown: Sequence[str], missing: Sequence[str]) -> None:
    for column in unknown:
        close = get_close_matches(_plain(column), [_plain(name) for name in missing], n=1, cutoff=_ALIKE)
        if close:
            field = next(name for name in missing if _plain(name) == close[0])
            raise InvalidInput(
                'The column "{column}" is unknown. Did you mean "{field}"?',
                hint='Say which it is: --map "{column}={field}", or --map "{column}=-" to leave it out.',
                column=_shown(column),
                field=field,
            )


def _refuse_missing(missing: Sequence[Column], columns: Sequence[str]) -> None:
    required = [field.name for field in missing if field.required]
    if required:
        raise InvalidInput(
            "The column {missing} is missing. There are: {there}.",
            hint='Name it in the first line, or read another column as it: --map "{example}={first}".',
            missing=_listed(required),
            first=required[0],
            example=_shown(columns[0]) if columns else "Number",
            there=_listed(columns),
        )


def _listed(names: Iterable[str]) -> str:
    listed = [_shown(name) for name in names]
    return ", ".join(listed[:30]) + (", …" if len(listed) > 30 else "")


def _shown(name: str) -> str:
    return _NO_TEXT.sub("�", name)[:60]
