"""Offers behind ``did``: the verb, its object, how often, when, and which rows count."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from kohorte.core.fields import Collection, Verb
from kohorte.dsl.assistance.cursor import Cursor
from kohorte.dsl.assistance.names import verb_offers, word_offers
from kohorte.dsl.assistance.offers import Category, Offer
from kohorte.dsl.assistance.operators import HOW_OFTEN, WHEN, offered, rest, units_of
from kohorte.dsl.assistance.place import kind_of, parts_of
from kohorte.dsl.assistance.values import known_texts, value_offers
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.lexer import Piece
from kohorte.dsl.syntax.terminals import name_of
from kohorte.dsl.typed import FieldOf

_WHENS: Final = frozenset({ast.Rolling, ast.Calendar, ast.OnDay, ast.DayRange})


def event_offers(cursor: Cursor) -> Iterator[Offer]:
    """Yield what may follow ``did``."""
    place = cursor.place
    names = [name_of(item) for item in place.items if isinstance(item, Piece) and item.type == "NAME"]
    if not names:
        yield from word_offers("not ") if place.kinds == ("DID",) else ()
        yield from verb_offers(cursor.knowledge, place.row, "")
        return
    verb = cursor.catalogue.verbs.get(names[0])
    rows = cursor.catalogue.collections.get(verb.collection) if verb else None
    if verb is None or rows is None:
        return
    if place.kinds[-1] != "NAME":
        yield from _details(cursor, verb, rows)
    elif len(names) == 1:
        yield from _details(cursor, verb, rows)
        yield from (Offer(f"{word} ", Category.KEYWORD) for word in verb.objects)
    elif names[1] in verb.objects:
        operand = FieldOf(rows.name, rows.fields[verb.objects[names[1]]])
        yield from known_texts(operand, cursor.word.content, cursor.knowledge)


def _details(cursor: Cursor, verb: Verb, rows: Collection) -> Iterator[Offer]:
    """Yield how often, when and where something happened, in this order, each once."""
    time = FieldOf(rows.name, rows.fields[verb.time])
    settled = cursor.place.settled("WHERE", "where")
    items = settled or cursor.place.items
    said, begun = {part.__class__ for part in parts_of(items)}, _begun(items)
    if said.isdisjoint(_WHENS):
        if ast.HowOften not in said:
            yield from offered(HOW_OFTEN, begun, (), amount=3, one=cursor.place.counts_one)
        yield from offered(WHEN, begun, units_of(time.field.kind), one=cursor.place.counts_one)
        if any((rest(phrase, begun) or ("",))[0] == "*" for phrase in WHEN):
            yield from value_offers(cursor.value_of(time, begun), entry=True)
    if settled:
        yield from word_offers("where ")


def _begun(items: Sequence[Any]) -> tuple[str, ...]:
    """Return the words behind the last thing about an event that is complete."""
    kinds: list[str] = []
    for item in items:
        if isinstance(item, Piece) and item.type in {"DID", "NAME"}:
            kinds.clear()
        elif isinstance(item, Piece) or kinds:
            kinds.append(kind_of(item))
        else:
            kinds.clear()
    return tuple(kinds)
