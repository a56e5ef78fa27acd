"""What completion offers, and the order in which it does."""

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Final

from attrs import field, frozen

from kohorte.core.errors import Translate, as_written

MOST_OFFERED: Final = 200
"""Offers in one answer."""


class Category(Enum):
    """What an offer is, in the order in which kinds of offer are shown."""

    VALUE = "value"
    CHOICE = "choice"
    PARAMETER = "parameter"
    FIELD = "field"
    OPERATOR = "operator"
    LIST = "list"
    UNIT = "unit"
    CURRENCY = "currency"
    DAY = "day"
    CONNECTIVE = "connective"
    VERB = "verb"
    AGGREGATE = "aggregate"
    FUNCTION = "function"
    COLLECTION = "collection"
    WINDOW = "window"
    SEGMENT = "segment"
    KEYWORD = "keyword"
    SNIPPET = "snippet"
    ZONE = "zone"


@frozen
class Offer:
    """A text that may be inserted; ``places`` are the stretches of it that the reader will want to change.

    ``detail`` is a template over ``values``. ``uses`` counts what speaks for it: contacts that share a value, rules
    that use a field.
    """

    text: str
    category: Category
    detail: str = ""
    values: Mapping[str, object] = field(factory=dict[str, object])
    uses: int = 0
    places: tuple[tuple[int, int], ...] = ()

    def described(self, translate: Translate = as_written) -> str:
        """Return what it is, in the language of ``translate``."""
        return translate(self.detail).format(**self.values) if self.detail else ""


@frozen
class Completion:
    """Offers, the likeliest first, each to be put in place of the text from ``start`` to ``end``.

    ``is_complete`` is False where more would fit than are offered.
    """

    start: int
    end: int
    offers: tuple[Offer, ...] = ()
    is_complete: bool = True


def ranked(offers: Iterable[Offer], typed: str) -> Sequence[Offer]:
    """Return the offers that fit what is typed so far, each text once: the best fit, category and use come first."""
    wanted = typed.casefold()
    fitting = [(rank, offer) for offer in offers if (rank := _fit(offer, wanted)) is not None]
    fitting.sort(key=lambda each: (each[0], _ORDER[each[1].category], -each[1].uses))
    once: dict[str, Offer] = {}
    for _, offer in fitting:
        once.setdefault(offer.text, offer)
    return [*once.values()]


_ORDER: Final = {category: place for place, category in enumerate(Category)}


def _fit(offer: Offer, wanted: str) -> int | None:
    """Return how well an offer fits: it begins so, one of its names does, or not at all."""
    if not wanted:
        return 0
    text = offer.text.casefold()
    if text.startswith(wanted) or text.lstrip('"').replace("`", "").startswith(wanted.replace("`", "")):
        return 0
    if offer.category in _NAMED and any(part.startswith(wanted) for part in _parts(text)):
        return 1
    return None


_NAMED: Final = frozenset({Category.FIELD, Category.AGGREGATE, Category.SEGMENT, Category.VERB, Category.SNIPPET})


def _parts(text: str) -> Iterable[str]:
    for sign in '.(_" `':
        text = text.replace(sign, "\0")
    return filter(None, text.split("\0"))
