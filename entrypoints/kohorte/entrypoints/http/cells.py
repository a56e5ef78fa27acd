"""Values of records as JSON: what a field takes as text may come as what JSON has for it."""

from collections.abc import Iterator, Mapping
from typing import Any

from kohorte.core.errors import InvalidValue
from kohorte.entrypoints.http.bodies import InvalidBody, Misfit, pointer_to


def texts_of(body: Mapping[str, Any], pointer: str = "") -> dict[str, str | None]:
    """Return values as the texts that imports and forms give; null clears a field.

    Texts are taken as they are, whole numbers and truth as they are written, several tags as a list of texts. Decimals
    are texts: a JSON number may have lost digits. Raise ``InvalidBody`` with the place of everything else.
    """
    misfits = tuple(_misfits(body, pointer))
    if misfits:
        raise InvalidBody(misfits)
    return {name: _text(value) for name, value in body.items()}


def _text(value: Any) -> str | None:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case list():
            return ";".join(value)  # pyright: ignore[reportUnknownArgumentType]
        case _:
            found: str | None = value
            return found


def _misfits(body: Mapping[str, Any], pointer: str) -> Iterator[Misfit]:
    for name, value in body.items():
        place = pointer_to(pointer, name)
        if isinstance(value, float):
            yield Misfit(place, InvalidValue("A number with decimals must be text.", hint='Write it like "12.50".'))
        elif isinstance(value, list):
            if not all(isinstance(each, str) and not {*each} & {",", ";"} for each in value):
                yield Misfit(place, InvalidValue("A list must hold texts without commas and semicolons."))
        elif value is not None and not isinstance(value, str | int):
            yield Misfit(
                place, InvalidValue("This must be text, a whole number, true, false, null or a list of texts.")
            )
