"""Pages: a place is an opaque, signed text, good for the same question of the same tenant alone."""

import json
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Annotated, Final, Generic, TypeVar
from uuid import UUID

from attrs import frozen
from litestar.params import QueryParameter

from kohorte.core.paging import MOST, Place
from kohorte.entrypoints.http.asking import Asked

T = TypeVar("T")
USUAL: Final = 50

Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=MOST, description="How many at most.")]
CursorText = Annotated[
    str | None,
    QueryParameter(name="cursor", max_length=2_000, description="Where to go on: `next` of the page before."),
]


@frozen
class Page(Generic[T]):
    """Some of what was asked for; `count` is of all, `next` is the cursor of the page behind it, null at the end."""

    items: Sequence[T]
    count: int
    next: str | None


def cursor_of(place: Place | UUID | None, question: Mapping[str, object], asked: Asked) -> str | None:
    """Return the text of a place; None where there is nothing behind it."""
    return None if place is None else asked.application.signing.sign(_purpose(question, asked), str(place).encode())


def place_of(cursor: str | None, question: Mapping[str, object], asked: Asked) -> Place | None:
    """Return the place of a text; raise ``InvalidSignature`` where it was made for another question, or by nobody."""
    found = _verified(cursor, question, asked)
    return None if found is None else Place.of(found)


def id_of(cursor: str | None, question: Mapping[str, object], asked: Asked) -> UUID | None:
    """Return the id that a text goes on behind; raise as ``place_of`` does."""
    found = _verified(cursor, question, asked)
    return None if found is None else UUID(found)


def _verified(cursor: str | None, question: Mapping[str, object], asked: Asked) -> str | None:
    if cursor is None:
        return None
    signing, now = asked.application.signing, asked.application.clock.now()
    return signing.verify(_purpose(question, asked), cursor, now).decode()


def _purpose(question: Mapping[str, object], asked: Asked) -> str:
    told = json.dumps(question, sort_keys=True, default=str)
    return f"cursor/{blake2b(told.encode(), digest_size=9).hexdigest()}/{asked.tenant.id}"
