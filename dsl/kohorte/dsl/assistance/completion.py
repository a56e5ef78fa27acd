"""Completion at a cursor: what may stand there, so that the rule can be finished from it.

Lark says which terminals may come next, and its stack what stands before them; the checker knows what an operand is and
what goes with it. So only that is offered which then parses and, with the rest of its condition written, checks.
"""

from collections.abc import Iterable, Iterator, Sequence
from string import ascii_letters

from kohorte.core.fields import Kind
from kohorte.dsl.assistance.conditions import beginnings, continuations
from kohorte.dsl.assistance.cursor import Cursor
from kohorte.dsl.assistance.knowledge import Knowledge
from kohorte.dsl.assistance.offers import MOST_OFFERED, Completion, Offer, ranked
from kohorte.dsl.assistance.place import Inside, place_behind
from kohorte.dsl.assistance.questions import argument_of_function
from kohorte.dsl.assistance.values import day_offers, money_offers, value_offers
from kohorte.dsl.assistance.word import Word, amount_at, word_at


def complete(text: str, at: int, knowledge: Knowledge) -> Completion:
    """Return what may be written at a place of a text (a character offset), the likeliest first.

    Each offer replaces the word that stands there. The text may be broken and half-written; where the condition being
    written makes no sense, and inside comments, nothing is offered. What stands behind the place hardly matters.
    """
    at = max(0, min(at, len(text)))
    word = word_at(text, at)
    if word is None:
        return Completion(at, at)
    amount = amount_at(text, at)
    if amount is not None and (found := _amounts(text, amount, knowledge)):
        return _completion(amount, found)
    cursor = _cursor(text, word, knowledge)
    return _completion(word, _offers(cursor) if cursor else ())


def _cursor(text: str, word: Word, knowledge: Knowledge) -> Cursor | None:
    place = place_behind(text[: word.start], knowledge.catalogue)
    return Cursor(place, word, knowledge) if place else None


def _completion(word: Word, offers: Iterable[Offer]) -> Completion:
    if word.is_text:
        offers = [each for each in offers if each.text.startswith('"')]
    found = ranked(offers, word.content)
    return Completion(word.start, word.end, tuple(found[:MOST_OFFERED]), is_complete=len(found) <= MOST_OFFERED)


def _amounts(text: str, amount: Word, knowledge: Knowledge) -> Sequence[Offer]:
    """Return the number that is being written with each currency, where it is compared with money."""
    cursor = _cursor(text, amount, knowledge)
    wanted = cursor.wanted() or cursor.entry() if cursor else None
    if wanted is None or wanted.field.kind is not Kind.MONEY:
        return ()
    return [*money_offers(wanted, amount.typed.rstrip(ascii_letters).rstrip())]


def _offers(cursor: Cursor) -> Iterator[Offer]:
    """Yield what may be offered, in no order."""
    place = cursor.place
    match place.inside:
        case Inside.LIST:
            return _entries(cursor)
        case Inside.FUNCTION:
            return argument_of_function(cursor)
        case Inside.LET if not place.items:
            return day_offers("today", "now")
        case Inside.ROWS if place.row is None:  # nobody knows such rows
            return iter(())
        case Inside.GROUP if place.before:  # arithmetic
            return iter(())
        case _:
            return continuations(cursor) if place.items else beginnings(cursor)


def _entries(cursor: Cursor) -> Iterator[Offer]:
    """Yield what may stand in a list of values."""
    wanted = cursor.entry()
    if wanted is not None:
        yield from value_offers(wanted, entry=True)
