"""Catalogues from plain declarations, for embedders who want to write down what they have and begin.

::

    {
        "contact": {"country": "code", "score": "integer", "rate": "decimal(2)", "tier": ["gold", "silver"]},
        "company": {"category": "text"},
        "purchases": [{"at": "instant", "amount": "money", "items": [{"product": "code", "quantity": "integer"}]}],
    }

A mapping declares an owner's fields; the first one is the subject, whose records rules select. A list with one mapping
declares related rows, and a list inside it the lines of such a row. Kinds are ``text``, ``code``, ``integer``,
``decimal(N)``, ``money``, ``boolean``, ``date``, ``instant``, ``tags``, or a list of the words of an enumeration; a
``!`` behind a kind says that no record lacks the value. Rows are timed by their field ``at``, or their first instant or
date, and those that lie ahead do not exist yet; ``Catalogue.of`` can say otherwise. Lines without a time have their
row's. Rows are told apart by their field ``key`` or ``id``. An amount of money that is not ``values.Money`` has its
currency in the field ``currency`` beside it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

from kohorte.core.errors import InvalidInput
from kohorte.core.fields import Catalogue, Collection, Field, Kind, Owner, Verb

Declared = Mapping[str, Any]
"""Kinds of fields by name; a list with a mapping inside declares lines."""

_KINDS: Final = {kind.value: kind for kind in Kind if kind is not Kind.ENUMERATION} | {"tags": Kind.TAGS}
_KIND: Final = re.compile(r"([a-z ]+)(?:\(([0-6])\))?(!?)")
_TIMES: Final = (Kind.INSTANT, Kind.DATE)
_CURRENCY: Final = "currency"
_KEYS: Final = ("key", "id")


def catalogue_of(declared: Mapping[str, Any], verbs: Mapping[str, str] | None = None) -> Catalogue:
    """Return the catalogue of a plain declaration (see the module); ``verbs`` maps words after ``did`` to collections.

    Raise ``InvalidInput`` for what cannot be understood.
    """
    owners: list[Owner] = []
    collections: list[Collection] = []
    for name, shape in declared.items():
        if isinstance(shape, Mapping):
            fields = _fields(name, cast("Declared", shape))
            owners.append(Owner(name, fields, optional=bool(owners)))
        else:
            collections += _collections(name, shape, None)
    if not owners:
        raise InvalidInput("Nothing is declared whose records rules could select.", hint="Declare a mapping of fields.")
    times = {rows.name: rows.time for rows in collections}
    return Catalogue.of(
        *owners,
        collections=collections,
        verbs=[Verb(word, rows, time=times.get(rows) or "") for word, rows in (verbs or {}).items()],
    )


def _collections(name: str, shape: Sequence[Declared], parent: Collection | None) -> Iterator[Collection]:
    if not _is_rows(shape) or len(shape) > 1:
        raise InvalidInput(
            "{name} is not declared in a way that can be understood.",
            hint='Declare fields as {{"country": "code"}} and rows as [{{"at": "instant"}}].',
            name=name,
        )
    fields = _fields(name, shape[0])
    timed = [each.name for each in fields if each.kind in _TIMES]
    if parent is not None:
        fields += _inherited(fields, parent, timed=bool(timed))
        timed = timed or ([parent.time] if parent.time else [])
    time = "at" if "at" in timed else timed[0] if timed else None
    key = next((each for each in _KEYS if each in shape[0]), None)
    rows = Collection(name, fields, time, past_only=time is not None, parent=parent.name if parent else None, key=key)
    yield rows
    for inner, lines in shape[0].items():
        if _is_rows(lines):
            yield from _collections(inner, lines, rows)


def _inherited(fields: Sequence[Field], parent: Collection, *, timed: bool) -> list[Field]:
    """Return the time of the row that lines belong to, where they have none of their own."""
    names = {each.name for each in fields}
    return [] if timed or parent.time is None or parent.time in names else [parent.fields[parent.time]]


def _is_rows(declared: object) -> bool:
    return isinstance(declared, list | tuple) and any(
        isinstance(each, Mapping) for each in cast("Sequence[object]", declared)
    )


def _fields(owner: str, declared: Declared) -> list[Field]:
    fields = [_field(f"{owner}.{name}", name, kind) for name, kind in declared.items() if not _is_rows(kind)]
    if _CURRENCY not in declared and any(each.kind is Kind.MONEY for each in fields):
        fields.append(Field(_CURRENCY, Kind.CODE))
    return fields


def _field(path: str, name: str, declared: object) -> Field:
    if isinstance(declared, list | tuple):
        return Field(name, Kind.ENUMERATION, choices=tuple(map(str, cast("Sequence[object]", declared))))
    found = _KIND.fullmatch(declared) if isinstance(declared, str) else None
    kind = _KINDS.get(found[1]) if found else None
    if found is None or kind is None or (kind is Kind.DECIMAL) != (found[2] is not None):
        raise InvalidInput(
            "{path} is declared as {declared}, which is no kind of field.",
            hint="Kinds are: {known}, decimal(2), or a list of words.",
            path=path,
            declared=repr(declared)[:60],
            known=", ".join(sorted(set(_KINDS) - {"decimal", "tag set"})),
        )
    currency = _CURRENCY if kind is Kind.MONEY else None
    return Field(name, kind, nullable=not found[3], scale=int(found[2] or 0), currency=currency)
