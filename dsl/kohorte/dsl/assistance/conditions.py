"""Offers for a condition: how it begins, how it goes on, and what joins it to the next."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from zoneinfo import available_timezones

from kohorte.core.fields import Collection, Kind
from kohorte.dsl.assistance.cursor import Cursor
from kohorte.dsl.assistance.events import event_offers
from kohorte.dsl.assistance.names import (
    aggregate_offers,
    asked_about,
    collection_offers,
    field_offers,
    row_field_offers,
    sample_offers,
    seen_fields,
    segment_offers,
    verb_offers,
    word_offers,
)
from kohorte.dsl.assistance.offers import Category, Offer
from kohorte.dsl.assistance.operators import asked_of, offered, units_of, windows
from kohorte.dsl.assistance.place import Inside, kind_of
from kohorte.dsl.assistance.questions import question_offers
from kohorte.dsl.assistance.values import value_offers
from kohorte.dsl.checker.scope import about
from kohorte.dsl.syntax.lexer import Piece
from kohorte.dsl.syntax.phrases import literal, path
from kohorte.dsl.typed import AggregateOf, Function, Operand

_ZONE: Final = re.compile(r"^[^\S\n]*+in\s++zone\b\s*+[\"']", re.IGNORECASE | re.MULTILINE)


def beginnings(cursor: Cursor) -> Iterator[Offer]:
    """Yield what a condition may begin with, and an argument of a collection."""
    place, row, knowledge = cursor.place, cursor.place.row, cursor.knowledge
    if "NOT" not in place.accepted:
        return
    rows = asked_about(cursor.catalogue, row)
    yield from field_offers(seen_fields(cursor.catalogue, row), knowledge.used)
    yield from aggregate_offers(rows, cursor.references.currencies())
    yield from word_offers("not ")
    if rows:
        yield from word_offers("any ", "no ", *(["last "] if _timed(rows) else []))
        yield from verb_offers(knowledge, row, "did ")
        yield from verb_offers(knowledge, row, "did not ")
    if row is None:
        for before in ("", "not "):
            yield from segment_offers(cursor.references.segment_names(), f"{before}in segment ")
            yield from sample_offers(f"{before}in sample ")
    elif "THIS" in place.accepted:
        yield from _windows(cursor, row, ())
    if "LET" in place.accepted:
        yield Offer("let $name = ", Category.KEYWORD, places=((5, 9),))
        yield from _zone_line(cursor, "in zone ")


def continuations(cursor: Cursor) -> Iterator[Offer]:
    """Yield what may follow in a condition that has begun."""
    place = cursor.place
    first, last = place.items[0], kind_of(place.items[-1])
    if alone := cursor.left_alone():
        yield from _operators(cursor, alone, ())
        if "DISTINCT" in place.accepted and _is_count(alone):
            yield from word_offers("distinct(")
        if about(alone).kind is not Kind.BOOLEAN:
            return
    elif isinstance(first, Piece):
        yield from _BEGUN.get(first.type, _nothing)(cursor)
    elif left := cursor.left():
        yield from _operators(cursor, left, cursor.stands())
        if (wanted := cursor.wanted()) is not None:
            yield from value_offers(wanted)
        if last == "LIST":
            yield from (Offer(literal(each), Category.LIST) for each in cursor.references.stored_list_names())
    if last in {"RPAR", "DOT"} and {"DOT", "NAME"} & place.accepted:
        yield from question_offers(cursor)
    else:
        yield from _joints(cursor)


def _operators(cursor: Cursor, left: Operand, stands: Sequence[str]) -> Iterator[Offer]:
    return offered([*asked_of(left)], stands, units_of(about(left).kind), one=cursor.place.counts_one)


def _joints(cursor: Cursor) -> Iterator[Offer]:
    """Yield ``and`` and ``or`` behind a condition that is complete; never both on one level."""
    place = cursor.place
    if {"AND", "OR"} <= place.accepted and place.may_join():
        for offer in word_offers(*([f"{place.joint.lower()} "] if place.joint else ["and ", "or "])):
            yield Offer(offer.text, Category.CONNECTIVE, offer.detail)


def _is_count(operand: Operand) -> bool:
    return isinstance(operand, AggregateOf) and operand.function is Function.COUNT


# -- conditions that begin with a word ---------------------------------------------------------------------------


def _nothing(_cursor: Cursor) -> Iterator[Offer]:
    return iter(())


def _rows(cursor: Cursor) -> Iterator[Offer]:
    """Go on with ``any`` and ``no``."""
    if len(cursor.place.items) == 1:
        yield from collection_offers(asked_about(cursor.catalogue, cursor.place.row))


def _in(cursor: Cursor) -> Iterator[Offer]:
    """Go on with ``in segment``, ``in sample``, ``in zone``, and windows that begin with ``in``."""
    place = cursor.place
    match place.kinds:
        case ("IN",):
            if place.row is None:
                yield from segment_offers(cursor.references.segment_names(), "segment ")
                yield from sample_offers("sample ")
            if "ZONE" in place.accepted:
                yield from _zone_line(cursor, "zone ")
        case ("IN", "SEGMENT"):
            yield from segment_offers(cursor.references.segment_names(), "")
        case ("IN", "SAMPLE"):
            yield from sample_offers("")
        case ("IN", "SAMPLE", _):
            yield from word_offers("of ")
        case ("IN", "ZONE"):
            yield from (Offer(literal(each), Category.ZONE) for each in _zones())
        case _:
            pass
    yield from _window(cursor)


def _zone_line(cursor: Cursor, words: str) -> Iterator[Offer]:
    """Yield the beginning of the zone's line, unless there is one."""
    if not _ZONE.search(cursor.place.source):
        yield from word_offers(words)


@lru_cache(maxsize=1)
def _zones() -> Sequence[str]:
    return sorted(available_timezones())


def _last(cursor: Cursor) -> Iterator[Offer]:
    """Go on with ``last``: a window, or the latest row."""
    if len(cursor.place.items) == 1:
        for rows in _timed(asked_about(cursor.catalogue, cursor.place.row)):
            yield from collection_offers([rows])
            yield from row_field_offers(rows, f"{path((rows.name,))}.")
    yield from _window(cursor)


def _timed(found: Sequence[Collection]) -> Sequence[Collection]:
    """Return the collections whose rows have a time, and so a latest one."""
    return [rows for rows in found if rows.time is not None]


def _window(cursor: Cursor) -> Iterator[Offer]:
    place = cursor.place
    if place.inside is Inside.ROWS and place.row is not None:
        yield from _windows(cursor, place.row, place.kinds)


def _windows(cursor: Cursor, row: Collection, stands: Sequence[str]) -> Iterator[Offer]:
    kind = row.fields[row.time].kind if row.time else Kind.INSTANT
    for offer in offered(windows(row), stands, units_of(kind), amount=90, one=cursor.place.counts_one):
        yield Offer(offer.text, Category.UNIT if stands else Category.WINDOW, offer.detail, places=offer.places)


_BEGUN: Final[Mapping[str, Callable[[Cursor], Iterator[Offer]]]] = MappingProxyType(
    {
        "ANY": _rows,
        "NO": _rows,
        "IN": _in,
        "LAST": _last,
        "NEXT": _window,
        "THIS": _window,
        "THE": _window,
        "DID": event_offers,
    }
)
