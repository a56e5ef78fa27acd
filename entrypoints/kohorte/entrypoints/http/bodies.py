"""Bodies of requests: JSON into frozen attrs classes, strictly, with the place of everything that is wrong."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from types import GenericAlias
from typing import Any, Final, TypeVar, get_args
from uuid import UUID

import msgspec
from attrs import frozen, has
from cattrs import (
    BaseValidationError,
    ClassValidationError,
    Converter,
    ForbiddenExtraKeysError,
    IterableValidationError,
)
from cattrs.gen import make_dict_structure_fn
from litestar.dto import AbstractDTO
from litestar.openapi.spec import Reference, Schema
from litestar.typing import FieldDefinition

from kohorte.core.errors import InvalidValue, KohorteError, Translate, as_written
from kohorte.entrypoints.http.asking import note_body

T = TypeVar("T")
_JSON: Final = "application/json"


class Absent(Enum):
    """What a body does not name at all, where that means something else than null."""

    ABSENT = "absent"


ABSENT: Final[Any] = Absent.ABSENT
"""The default of such fields; typed so that the schema names only what may be sent."""


@frozen
class Misfit:
    """One thing that is wrong with a body, at a JSON pointer (RFC 6901)."""

    pointer: str
    error: KohorteError


class InvalidBody(KohorteError, ValueError):
    """A request's body does not have the form that its operation takes; ``misfits`` names every place."""

    code = "invalid_body"

    def __init__(self, misfits: tuple[Misfit, ...]) -> None:
        self.misfits = misfits
        super().__init__("{count} place(s) of the body cannot be taken.", count=len(misfits))

    def text(self, translate: Translate = as_written) -> str:
        """Return how many places are wrong, and what is wrong with the first one."""
        first = self.misfits[0]
        return f"{super().text(translate)} {first.pointer or '/'}: {first.error.text(translate)}"


class MalformedBody(KohorteError, ValueError):
    """A request's body is no JSON."""

    code = "malformed_body"


class UnsupportedMediaType(KohorteError, ValueError):
    """A request's body says that it is something else than JSON."""

    code = "unsupported_media_type"


class JsonBody(AbstractDTO[T]):
    """How every JSON body is read: by the type that its handler names."""

    @classmethod
    def create_for_field_definition(cls, *_args: object, **_named: object) -> None:
        """Need no code of its own: a body is read by its type."""

    @classmethod
    def create_openapi_schema(
        cls, field_definition: FieldDefinition, handler_id: str, schema_creator: Any
    ) -> Reference | Schema:
        """Describe a body by the type that its handler names, whichever ``handler_id`` that has."""
        del handler_id
        described: Reference | Schema = schema_creator.for_field_definition(field_definition)
        example = getattr(field_definition.annotation, "EXAMPLE", None)
        if example is not None and isinstance(described, Reference):
            schema_creator.schema_registry.from_reference(described).schema.examples = [
                msgspec.Raw(msgspec.json.encode(example))  # the framework would leave out what is null
            ]
        return described

    @classmethod
    def generate_field_definitions(cls, model_type: type[Any]) -> Any:
        """Refuse: no code is made of the type."""
        raise NotImplementedError(model_type)

    @classmethod
    def detect_nested_field(cls, field_definition: FieldDefinition) -> bool:
        """Refuse: no code is made of the type."""
        raise NotImplementedError(field_definition)

    def decode_bytes(self, value: bytes) -> Any:
        """Return a body; raise ``UnsupportedMediaType``, ``MalformedBody`` or ``InvalidBody``."""
        _refuse_other_types(self.asgi_connection.headers.get("content-type"))
        note_body(self.asgi_connection, value)
        field: Any = self.asgi_connection.route_handler.parsed_data_field
        return read_body(value, field.annotation)


def no_body() -> MalformedBody:
    """Return the error for a body that is no JSON, or not there."""
    return MalformedBody("The body is no JSON.", hint="Send one JSON value in UTF-8.")


def _refuse_other_types(told: str | None) -> None:
    """Let a body be JSON of any kind, or say nothing of what it is."""
    kind = (told or _JSON).partition(";")[0].strip().lower()
    if kind != _JSON and not kind.endswith("+json"):
        raise UnsupportedMediaType(
            "The body says that it is {kind}.", hint="Send JSON, with Content-Type: application/json.", kind=kind[:80]
        )


def read_body(text: bytes, kind: Any) -> Any:
    """Return the JSON of a body as a value of a type; raise ``MalformedBody`` or ``InvalidBody``."""
    try:
        raw = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise no_body() from None
    try:
        return converter().structure(raw, kind)
    except BaseValidationError as wrong:
        raise InvalidBody(tuple(_misfits(wrong, ""))) from None
    except KohorteError as wrong:
        raise InvalidBody((Misfit("", wrong),)) from None


@lru_cache(maxsize=1)
def converter() -> Converter:
    """Return what reads bodies: nothing is taken for something else, and unknown names are refused."""
    made = Converter(forbid_extra_keys=True, detailed_validation=True)
    for kind in (str, bool, int):
        made.register_structure_hook(kind, _exactly(kind))
    made.register_structure_hook_func(lambda kind: getattr(kind, "__origin__", None) is dict, _exactly(dict))
    made.register_structure_hook_factory(has, lambda kind: _object(kind, made))
    made.register_structure_hook(UUID, _id)
    made.register_structure_hook(datetime, _instant)
    made.register_structure_hook_func(lambda kind: isinstance(kind, type) and issubclass(kind, Enum), _choice)
    made.register_structure_hook_factory(_is_sequence, lambda kind: _sequence(kind, made))
    return made


# -- values ------------------------------------------------------------------------------------------------------


def _wrong(sentence: str) -> InvalidValue:
    return InvalidValue(sentence)


def _not_a(kind: type) -> InvalidValue:
    if kind is str:
        return _wrong("This must be text.")
    if kind is bool:
        return _wrong("This must be true or false.")
    if kind is int:
        return _wrong("This must be a whole number.")
    return _wrong("This must be an object.")


def _exactly(kind: type) -> Callable[[Any, Any], Any]:
    def structure(value: Any, _: Any) -> Any:
        if type(value) is not kind:
            raise _not_a(kind)
        return value

    return structure


def _id(value: Any, _: Any) -> UUID:
    try:
        return UUID(value if isinstance(value, str) else "")
    except ValueError:
        raise _wrong("This must be an id.") from None


def _instant(value: Any, _: Any) -> datetime:
    """Read an instant with its offset from UTC (RFC 3339)."""
    with suppress(TypeError, ValueError, OverflowError):
        found = datetime.fromisoformat(value)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    raise InvalidValue("This must be an instant with its offset from UTC.", hint="Write it like 2024-01-31T18:30:00Z.")


def _choice(value: Any, kind: type[Enum]) -> Enum:
    try:
        return kind(value)
    except ValueError:
        raise InvalidValue(
            "This must be one of: {choices}.", choices=", ".join(str(each.value) for each in kind)
        ) from None


def _object(kind: Any, made: Converter) -> Callable[[Any, Any], Any]:
    structure_fields = make_dict_structure_fn(kind, made, _cattrs_forbid_extra_keys=True)

    def structure(value: Any, _: Any) -> Any:
        if not isinstance(value, dict):
            raise _not_a(dict)
        return structure_fields(value, kind)

    return structure


def _is_sequence(kind: Any) -> bool:
    return getattr(kind, "__origin__", None) is tuple


def _sequence(kind: Any, made: Converter) -> Callable[[Any, Any], Any]:
    (element, *_rest) = get_args(kind)
    elements: Any = GenericAlias(list, (element,))
    structure_list = made.get_structure_hook(elements)

    def structure(value: Any, _: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise _wrong("This must be a list.")
        return tuple(structure_list(value, elements))

    return structure


# -- places ------------------------------------------------------------------------------------------------------


def _misfits(wrong: BaseException, pointer: str) -> Iterator[Misfit]:
    """Yield everything that is wrong, each with its place."""
    match wrong:
        case ClassValidationError() | IterableValidationError():
            named, others = wrong.group_exceptions()
            for each, note in named:
                step = note.name if isinstance(wrong, ClassValidationError) else note.index  # type: ignore[union-attr]
                yield from _misfits(each, pointer_to(pointer, str(step)))
            for each in others:
                yield from _misfits(each, pointer)
        case ForbiddenExtraKeysError():
            for name in sorted(wrong.extra_fields):
                yield Misfit(pointer_to(pointer, name), InvalidValue("Nothing has this name here."))
        case KeyError():
            yield Misfit(pointer, InvalidValue("This is missing."))
        case KohorteError():
            yield Misfit(pointer, wrong)
        case _:
            yield Misfit(pointer, _not_a(dict))


def pointer_to(pointer: str, step: str) -> str:
    """Return the JSON pointer one step further (RFC 6901)."""
    return f"{pointer}/{step[:80].replace('~', '~0').replace('/', '~1')}"
