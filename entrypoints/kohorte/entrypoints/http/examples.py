"""Examples of answers, made of the same classes as answers: none can name a field that there is not."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from attrs import fields, has
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from litestar.serialization import encode_json
from msgspec import Raw

_ID: Final = UUID("0192f0c1-2b3c-7d4e-8f90-1a2b3c4d5e6f")
_AT: Final = datetime(2024, 5, 15, 12, tzinfo=UTC)
_BY_TYPE: Final[Mapping[Any, Any]] = {
    UUID: _ID,
    datetime: _AT,
    date: _AT.date(),
    bool: True,
    int: 3,
    float: 0.25,
    str: "text",
    Decimal: Decimal("12.50"),
    NoneType: None,
}
_BY_NAME: Final[Mapping[str, Any]] = {
    "action": "Put it into the rule.",
    "added_by": "web shop",
    "after": "17.0",
    "author": "web shop",
    "by": "web shop",
    "category": "retail",
    "canonical": "purchases.count >= 3",
    "changed_by": "web shop",
    "city": "Ulm",
    "clause": "country is Germany",
    "code": "not_found",
    "condition": "the country is Germany",
    "contact": "C-17",
    "country": "DE",
    "created_by": "web shop",
    "currency": "EUR",
    "customer": "A-1",
    "description": "Who bought three times and stopped",
    "email": "ann@example.com",
    "entries": "ann@example.com",
    "every": "6h",
    "extension": "txt",
    "field": "contact.country",
    "fields": "country",
    "first_name": "Ann",
    "fingerprint": "7f83b1657ff1fc53b92dc18148a1d65d",
    "footer": "",
    "header": "",
    "hint": "Check the id.",
    "href": "/files/AAYYfbI0FAABoiOD9Wp1pa57d7P79NV7",
    "industry": "books",
    "key": "C-17",
    "label": "lapsed buyers",
    "language": "de",
    "last_name": "Lee",
    "leave_when": "purchases(last 30 days).count >= 1",
    "media_type": "text/plain",
    "message": "There is no field contry in contact.",
    "name": "lapsed buyers",
    "next": "AAYYfbI0FAABoiOD9Wp1pa57d7P79NV7",
    "note": "Austria too",
    "operator": ">=",
    "outcome": "wants an offer",
    "owner": "contact",
    "parent_key": "C-18",
    "phone": "+4973112345",
    "postal_code": "89073",
    "product_code": "A-7",
    "rejected_rows": "error,key,email\r\n…,C-21,nonsense\r\n",
    "row": "{{ contact.email }}",
    "referred_to_by": "win back",
    "refers_to": "buyers",
    "rule": "purchases.count >= 3",
    "segment": "lapsed buyers",
    "segments": "lapsed buyers",
    "sentence": "Contacts with at least 3 purchases.",
    "sentences": "The country is Germany.",
    "source": "people.csv",
    "status": "alive",
    "street": "Main Street 1",
    "subject": "Offer",
    "tags": "win back",
    "text": "purchases.count >= 3",
    "time_zone": "Europe/Berlin",
    "title": "Not Found",
    "total": 9,
    "unknown": "C-99",
    "website": "books.example",
}
_MAPPINGS: Final[Mapping[str, Mapping[str, Any]]] = {
    "columns": {"Customer No": "key"},
    "counts": {"members": 3},
    "custom": {"score": 7},
    "events": {
        "specversion": "1.0",
        "id": "0192f0c1-2b3c-7d4e-8f90-1a2b3c4d5e6f",
        "source": "/tenants/0192f0c1-2b3c-7d4e-8f90-1a2b3c4d5e6f",
        "type": "crm.segment.created",
        "time": "2024-05-15T12:00:00Z",
        "data": {"name": "lapsed buyers"},
    },
    "joined": {"purchases": 3},
    "reading": {"encoding": "utf-8", "delimiter": ","},
}
_NOT_YET: Final = frozenset({"error", "failure", "finished_at", "left_at", "left_cause", "removed_by"})
"""What is null while nothing went wrong and nothing has ended."""

_Variables = Mapping[Any, Any]


def answer(kind: Any, description: str, media_type: str = "application/json", example: Any = None) -> ResponseSpec:
    """Return how an answer is described: what it holds, and an example of that."""
    examples = [shown(example_of(kind) if example is None else example)]
    return ResponseSpec(kind, False, description, media_type, examples)


def example_of(kind: Any) -> Any:
    """Return an example of an answer, of the type that the operation returns."""
    return _made(kind, "", {}, ())


def shown(value: Any) -> Example:
    """Return an example as the server sends it; the framework would leave out what is null."""
    return Example(value=Raw(encode_json(value)))


def _made(kind: Any, name: str, variables: _Variables, inside: tuple[Any, ...]) -> Any:
    """Return a value of a type for a field of a name; ``inside`` are the classes that it is a part of."""
    if isinstance(kind, TypeVar):
        return _made(variables[kind], name, variables, inside)
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _made(parts[0], name, variables, inside)
    if origin is Literal:
        return parts[0]
    if origin in (Union, UnionType):
        return _one_of(parts, name, variables, inside)
    if has(origin or kind):
        return _object(origin or kind, parts, variables, inside)
    if origin is not None:
        return _several(origin, parts, name, variables, inside)
    return _plain(kind, name)


def _one_of(parts: tuple[Any, ...], name: str, variables: _Variables, inside: tuple[Any, ...]) -> Any:
    if NoneType in parts and (name in _NOT_YET or any(each in inside for each in parts)):
        return None
    return _made(next(each for each in parts if each is not NoneType), name, variables, inside)


def _object(kind: Any, parts: tuple[Any, ...], variables: _Variables, inside: tuple[Any, ...]) -> Any:
    known = dict(zip(getattr(kind, "__parameters__", ()), (variables.get(each, each) for each in parts), strict=True))
    hints = get_type_hints(kind, include_extras=True)
    return kind(**{each.alias: _made(hints[each.name], each.name, known, (*inside, kind)) for each in fields(kind)})


def _several(origin: Any, parts: tuple[Any, ...], name: str, variables: _Variables, inside: tuple[Any, ...]) -> Any:
    if issubclass(origin, Mapping):
        return _MAPPINGS.get(name) or {"en": _made(parts[1], name, variables, inside)}
    return [] if parts[0] in inside else [_made(parts[0], name, variables, inside)]


def _plain(kind: Any, name: str) -> Any:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind))
    if kind in (Any, object):
        return "text"
    usual = _BY_NAME.get(name)
    return usual if type(usual) is kind else _BY_TYPE[kind]
