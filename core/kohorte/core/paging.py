"""Pages of lists: each goes on behind the last row of the one before, whatever came or went meanwhile."""

import json
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Final, Generic, TypeVar
from uuid import UUID

from attrs import frozen

from kohorte.core.errors import InvalidInput
from kohorte.core.values import clean_text, fold

MOST: Final = 500
"""Rows of one page."""
_LONGEST: Final = 200
"""Characters of a text that is searched for."""
_LARGEST: Final = 2**63

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
Value = str | int | None


@frozen
class Place:
    """A place in a list: behind the row of that id, which has that value of what the list is sorted by (``order``).

    Its text is opaque to those who pass it on.
    """

    order: str
    value: Value
    id: UUID

    def __str__(self) -> str:
        plain = json.dumps([self.order, self.value, self.id.hex], ensure_ascii=False, separators=(",", ":"))
        return urlsafe_b64encode(plain.encode()).decode().rstrip("=")

    @classmethod
    def of(cls, text: str) -> "Place":
        """Return the place of a text; raise ``InvalidInput`` for one that no page ends with."""
        try:
            place = cls(*_read(text))
            if str(place) == text:
                return place
        except (TypeError, ValueError, RecursionError):
            pass
        raise no_place()

    def refuse_outside(self, *orders: str, texts: bool) -> None:
        """Raise ``InvalidInput`` where it lies in no list that is sorted like this, by ``texts`` or by numbers."""
        fits = isinstance(self.value, str) if texts else not isinstance(self.value, str)
        if self.order not in orders or not fits:
            raise no_place()


@frozen
class Page(Generic[R_co]):
    """Rows in their order; ``after`` is where the next page begins, None where there is none."""

    rows: Sequence[R_co]
    after: Place | None = None


def paged(found: Iterable[R], limit: int, place: Callable[[R], Place]) -> Page[R]:
    """Return what a storage found as a page: rows in their order, at least one more than the page has if there are."""
    rows = list(islice(found, limit + 1))
    shown = rows[:limit]
    return Page(shown, place(shown[-1]) if len(rows) > limit else None)


def searched(text: str) -> str:
    """Return a text as it is searched for, whatever the case; raise ``InvalidValue`` for one that nothing can hold."""
    return fold(clean_text(text, limit=_LONGEST) or "")


def no_place() -> InvalidInput:
    """Return what is said of a place that is none."""
    return InvalidInput(
        "This is no place in this list.", hint="Give the one that the page before ended with, or none to begin."
    )


def refuse_limit(limit: int) -> None:
    """Raise ``InvalidInput`` for a number of rows that no page has."""
    if not 1 <= limit <= MOST:
        raise InvalidInput("A page has from 1 to {most} rows.", hint="Ask for less, and go on behind them.", most=MOST)


def _read(text: str) -> tuple[str, Value, UUID]:
    order, value, number = json.loads(b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True))
    if not (isinstance(order, str) and isinstance(number, str)) or isinstance(value, bool | float | list | dict):
        raise TypeError
    if (isinstance(value, str) and "\0" in value) or (isinstance(value, int) and not -_LARGEST <= value < _LARGEST):
        raise ValueError
    return order, value, UUID(number)
