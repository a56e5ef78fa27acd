"""How a file writes numbers: plain (1234.50), or with thousands separators and a decimal point or comma."""

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Final

from kohorte.core.errors import InvalidInput
from kohorte.core.ports.rows import Cell, Number


class DecimalStyle(Enum):
    """How numbers are written. A blank or an apostrophe between thousands is read in the last two."""

    PLAIN = "1234.50"
    POINT = "1,234.50"
    COMMA = "1.234,50"


_BLANKS: Final = "[ \u00a0\u2009\u202f'’]"
_NAMED: Final = re.compile(r"\s*(?:([A-Z]{3})\s+)?([^A-Za-z]*?)(?:\s+([A-Z]{3}))?\s*")
_PATTERNS: Final = {
    DecimalStyle.PLAIN: re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?"),
    DecimalStyle.POINT: re.compile(
        rf"[+\-−]?(?:[0-9]+|[0-9]{{1,3}}(?:,[0-9]{{3}})+|[0-9]{{1,3}}(?:{_BLANKS}[0-9]{{3}})+)(?:\.[0-9]+)?"
    ),
    DecimalStyle.COMMA: re.compile(
        rf"[+\-−]?(?:[0-9]+|[0-9]{{1,3}}(?:\.[0-9]{{3}})+|[0-9]{{1,3}}(?:{_BLANKS}[0-9]{{3}})+)(?:,[0-9]+)?"
    ),
}
_BETWEEN_THOUSANDS: Final = {ord(sign): None for sign in " \u00a0\u2009\u202f'’"}
_TO_PLAIN: Final[Mapping[DecimalStyle, Mapping[int, str | None]]] = {
    DecimalStyle.PLAIN: {},
    DecimalStyle.POINT: {**_BETWEEN_THOUSANDS, ord(","): None, ord("−"): "-"},
    DecimalStyle.COMMA: {**_BETWEEN_THOUSANDS, ord("."): None, ord(","): ".", ord("−"): "-"},
}
_GROUPED_BY_POINT: Final = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3})+")
_LONGEST: Final = 60


def decimal_style(text: str) -> DecimalStyle:
    """Return the style of a number that a user gave as an example, such as ``1.234,50``, or by name.

    Raise ``InvalidInput`` for anything else, and for a number that shows nothing (``1234`` or ``1,234``).
    """
    if text.upper() in DecimalStyle.__members__:
        return DecimalStyle[text.upper()]
    fits = [style for style in DecimalStyle if _fits(text.strip(), style)]
    meant = {_convert(text.strip(), style) for style in fits}
    if len(meant) != 1 or not re.search("[.,]", text):
        raise InvalidInput(
            '"{text}" does not show how decimals are written.',
            hint="Choose 1234.50, 1,234.50 or 1.234,50.",
            text=text[:40],
        )
    return fits[0]


def plain_number(cell: Cell, style: DecimalStyle) -> Cell:
    """Return a number as a plain decimal, with its currency where it has one; anything else as it is."""
    if style is DecimalStyle.PLAIN:
        return cell
    named = _named_number(cell)
    if not named or not _fits(named[2], style):
        return cell
    return " ".join(part for part in (named[1], _convert(named[2], style), named[3]) if part)


def detected_style(columns: Iterable[tuple[str, Sequence[Cell]]]) -> DecimalStyle:
    """Return the style in which the numbers of some columns are written; plain where nothing speaks against it.

    Where no style fits all of them, the one that fits most counts. Raise ``InvalidInput`` where they could all be read
    in two ways with different values.
    """
    named = [(name, number) for name, cells in columns for number in _numbers(cells)]
    if all(_fits(number, DecimalStyle.PLAIN) for _, number in named):
        return DecimalStyle.PLAIN
    fitting = {style: sum(1 for _, number in named if _fits(number, style)) for style in DecimalStyle}
    point, comma = fitting[DecimalStyle.POINT], fitting[DecimalStyle.COMMA]
    if point == comma == len(named):
        _refuse_ambiguous(named)
    if comma > point:
        return DecimalStyle.COMMA
    return DecimalStyle.PLAIN if fitting[DecimalStyle.PLAIN] == point else DecimalStyle.POINT


def _refuse_ambiguous(named: Sequence[tuple[str, str]]) -> None:
    for name, number in named:
        if _convert(number, DecimalStyle.POINT) != _convert(number, DecimalStyle.COMMA):
            raise InvalidInput(
                'The column {name} can be read in two ways: is "{number}" written like 1,234.50 or like 1.234,50?',
                hint="Say which is meant: --decimals 1,234.50 or --decimals 1.234,50.",
                name=name,
                number=number,
            )


def _fits(number: str, style: DecimalStyle) -> bool:
    return _PATTERNS[style].fullmatch(number) is not None


def looks_grouped(cell: Cell) -> bool:
    """Return whether a plain number may have been meant with a point between thousands, as in 1.234."""
    return isinstance(cell, str) and _GROUPED_BY_POINT.fullmatch(cell.strip()) is not None


def _named_number(cell: Cell) -> re.Match[str] | None:
    """Return a number with its currency before or after it, if that is what the cell may be."""
    if not isinstance(cell, str) or isinstance(cell, Number) or len(cell) > _LONGEST:
        return None
    return _NAMED.fullmatch(cell)


def _numbers(cells: Sequence[Cell]) -> Iterable[str]:
    """Yield each different text that is a number in some style, without its currency."""
    for cell in dict.fromkeys(cell for cell in cells if isinstance(cell, str)):
        named = _named_number(cell)
        if named and any(_fits(named[2], style) for style in DecimalStyle):
            yield named[2]


def _convert(number: str, style: DecimalStyle) -> str:
    return number.translate(_TO_PLAIN[style])
