"""Offers that begin a condition or stand for a value: fields, questions about rows, events, segments."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from attrs import evolve

from kohorte.core.fields import Catalogue, Collection, Field, Kind
from kohorte.core.values import CURRENCIES
from kohorte.dsl.assistance.descriptions import FUNCTIONS, KINDS, PARAMETER, ROWS, SEGMENT, VERB, WORDS
from kohorte.dsl.assistance.knowledge import Knowledge
from kohorte.dsl.assistance.offers import Category, Offer
from kohorte.dsl.checker.rows import ASKED_OF_FIELDS
from kohorte.dsl.syntax import phrases
from kohorte.dsl.syntax.canonical import RESERVED
from kohorte.dsl.syntax.phrases import literal, path
from kohorte.dsl.typed import FieldOf

_SHOWN: Final = 12
_SAMPLE: Final = '10 % of "sample"'


# -- fields ------------------------------------------------------------------------------------------------------


def seen_fields(catalogue: Catalogue, row: Collection | None) -> Iterator[tuple[str, FieldOf]]:
    """Yield the fields that a condition may speak of, as they are written: a row's own first, by their bare names."""
    if row is not None:
        for each in row.fields.values():
            yield path((each.name,)), FieldOf(row.name, each)
    for owner in catalogue.owners.values():
        for each in owner.fields.values():
            yield path((owner.name, each.name)), FieldOf(owner.name, each)


def field_offers(found: Iterable[tuple[str, FieldOf]], used: Mapping[str, int]) -> Iterator[Offer]:
    """Yield an offer for each field."""
    for text, each in found:
        yield Offer(
            text,
            Category.FIELD,
            KINDS[each.field.kind].template,
            about_field(each.field),
            uses=used.get(f"{each.owner}.{each.field.name}", 0),
        )


def about_field(described: Field) -> dict[str, object]:
    """Return the values of the template that describes a field's kind."""
    shown = list(map(literal, described.choices[:_SHOWN])) + ["…"] * (len(described.choices) > _SHOWN)
    return {"scale": described.scale, "choices": ", ".join(shown)}


# -- rows --------------------------------------------------------------------------------------------------------


def asked_about(catalogue: Catalogue, row: Collection | None) -> list[Collection]:
    """Return the collections that may be asked about: all of the subject's, or the lines of the row."""
    return [each for each in catalogue.collections.values() if row is None or each.parent == row.name]


def collection_offers(collections: Iterable[Collection]) -> Iterator[Offer]:
    """Yield the names of collections, for behind ``any`` and ``no``."""
    for each in collections:
        yield Offer(path((each.name,)), Category.COLLECTION, ROWS.template, {"fields": _listed(each)})


def aggregate_offers(collections: Iterable[Collection], known: Iterable[str]) -> Iterator[Offer]:
    """Yield what may be asked about the rows of collections, whole and with a window to begin with."""
    currency = next(iter(known), "EUR")
    for rows in collections:
        for offer in _questions(rows, f"{path((rows.name,))}.", currency):
            yield evolve(offer, category=Category.AGGREGATE)
        yield Offer(f"{path((rows.name,))}(", Category.COLLECTION, ROWS.template, {"fields": _listed(rows)})
        if rows.time is not None:
            text = f"{path((rows.name,))}(last 90 days).count"
            places = ((text.index("90"), text.index("90") + 2), (text.index("days"), text.index("days") + 4))
            yield Offer(text, Category.SNIPPET, FUNCTIONS["count"].template, places=places)


def function_offers(rows: Collection, known: Iterable[str], before: str) -> Iterator[Offer]:
    """Yield what may be asked about rows whose filter is closed, each behind the dot ``before`` it."""
    return _questions(rows, before, next(iter(known), "EUR"))


def _questions(rows: Collection, before: str, currency: str) -> Iterator[Offer]:
    yield Offer(f"{before}count", Category.FUNCTION, FUNCTIONS["count"].template)
    for (function, distinct), (_, kinds) in ASKED_OF_FIELDS.items():
        name = f"{function} distinct" if distinct else function
        for each in rows.fields.values():
            if each.kind in kinds:
                text = f"{before}{name}({path((each.name,))}"
                yield _question(text, FUNCTIONS[name].template, currency if each.kind is Kind.MONEY else "")


def _question(text: str, detail: str, currency: str) -> Offer:
    if not currency:
        return Offer(f"{text})", Category.FUNCTION, detail)
    return Offer(f"{text}, {currency})", Category.FUNCTION, detail, places=((len(text) + 2, len(text) + 5),))


def argument_offers(rows: Collection, function: str, *, distinct: bool) -> Iterator[Offer]:
    """Yield the fields that a function may be about."""
    known = ASKED_OF_FIELDS.get((function, distinct))
    kinds = known[1] if known else frozenset[Kind]()
    fields = ((path((each.name,)), FieldOf(rows.name, each)) for each in rows.fields.values() if each.kind in kinds)
    yield from field_offers(fields, {})


def row_field_offers(rows: Collection, before: str) -> Iterator[Offer]:
    """Yield the fields of the latest row, each behind what stands ``before`` it."""
    for each in rows.fields.values():
        text = before + phrases.name(each.name)
        yield Offer(text, Category.FIELD, KINDS[each.kind].template, about_field(each))


def currency_offers(known: Iterable[str], number: str = "") -> Iterator[Offer]:
    """Yield the currencies of the data, the commonest first, then all others; behind a number where there is one."""
    for place, each in enumerate(dict.fromkeys([*known, "EUR", *CURRENCIES])):
        yield Offer(f"{number} {each}".lstrip(), Category.CURRENCY, uses=-place)


# -- events, segments, and the head of a rule --------------------------------------------------------------------


def verb_offers(knowledge: Knowledge, row: Collection | None, before: str) -> Iterator[Offer]:
    """Yield the verbs of events, each behind the words ``before`` it."""
    allowed = {each.name for each in asked_about(knowledge.catalogue, row)}
    for verb in knowledge.catalogue.verbs.values():
        if verb.collection in allowed:
            text = before + phrases.name(verb.name, RESERVED)
            yield Offer(text, Category.VERB, VERB.template, {"collection": verb.collection})


def segment_offers(names: Iterable[str], before: str) -> Iterator[Offer]:
    """Yield the names of segments, each behind the words ``before`` it."""
    for each in names:
        yield Offer(before + literal(each), Category.SEGMENT, SEGMENT.template)


def sample_offers(before: str) -> Iterator[Offer]:
    """Yield a fixed share of all contacts, behind the words ``before`` it."""
    at = len(before)
    places = ((at, at + 2), (at + 9, at + 15))
    yield Offer(before + _SAMPLE, Category.SNIPPET, WORDS["in sample"].template, places=places)


def word_offers(*words: str) -> Iterator[Offer]:
    """Yield words of the language that a value or a condition follows."""
    for each in words:
        described = WORDS.get(each.strip())
        yield Offer(each, Category.KEYWORD, described.template if described else "")


def parameter_offers(names: Iterable[str]) -> Iterator[Offer]:
    """Yield parameters."""
    for each in names:
        yield Offer(f"${each}", Category.PARAMETER, PARAMETER.template)


def _listed(rows: Collection) -> str:
    names = list(rows.fields)
    return ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
