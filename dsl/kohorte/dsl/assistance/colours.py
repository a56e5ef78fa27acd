"""What each stretch of a rule is, for colouring it: as the grammar reads it, and by its letters where that fails."""

import re
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Final

from attrs import frozen

from kohorte.core.fields import Catalogue
from kohorte.dsl.errors import Refusal
from kohorte.dsl.syntax.canonical import RESERVED
from kohorte.dsl.syntax.lexer import Piece
from kohorte.dsl.syntax.limits import check_text
from kohorte.dsl.syntax.reader import pieces
from kohorte.dsl.syntax.scanner import Scrap, scraps


class Colour(Enum):
    """What a stretch is; the values are the names that editors know."""

    KEYWORD = "keyword"
    OPERATOR = "operator"
    OWNER = "namespace"
    FIELD = "property"
    COLLECTION = "class"
    FUNCTION = "function"
    VERB = "method"
    TEXT = "string"
    NUMBER = "number"
    PARAMETER = "variable"
    COMMENT = "comment"


@frozen
class Coloured:
    """A stretch of one line and what it is."""

    start: int
    end: int
    colour: Colour


_NAMES: Final = re.compile(r"`[^`]+`|[^.`]+")
_LITERALS: Final = {
    **dict.fromkeys(("INTEGER", "DECIMAL", "MONEY", "PERCENT", "DATE", "INSTANT", "CURRENCY"), Colour.NUMBER),
    **dict.fromkeys(("EQUALS", "OTHER_SIGN", "PLUS", "MINUS", "STAR"), Colour.OPERATOR),
    "STRING": Colour.TEXT,
    "PARAMETER": Colour.PARAMETER,
}
_PLAIN: Final = frozenset({"LPAR", "RPAR", "COMMA", "DOT"})
_KINDS: Final = {
    **dict.fromkeys(("text", "curly", "unclosed"), Colour.TEXT),
    **dict.fromkeys(("number", "date"), Colour.NUMBER),
    "sign": Colour.OPERATOR,
    "parameter": Colour.PARAMETER,
    "name": Colour.FIELD,
}


def colours(text: str, catalogue: Catalogue) -> Sequence[Coloured]:
    """Return what the stretches of a text are, in its order and without overlap; any text has an answer."""
    found = list(_read(text, catalogue))
    end = found[-1].end if found else 0
    for scrap in scraps(text):
        if scrap.kind == "comment":
            found.append(Coloured(scrap.start, scrap.end, Colour.COMMENT))
        elif scrap.start >= end and (colour := _by_letters(scrap)):
            found.append(Coloured(scrap.start, scrap.end, colour))
    return sorted(found, key=lambda each: each.start)


def _read(text: str, catalogue: Catalogue) -> Iterator[Coloured]:
    try:
        check_text(text)
    except Refusal:
        return
    before: Piece | None = None
    for piece in pieces(text):
        if piece.type == "PATH":
            yield from _path(piece, catalogue)
        elif piece.type == "NAME":
            yield Coloured(piece.start, piece.end, _name(before))
        elif piece.type not in _PLAIN:
            yield Coloured(piece.start, piece.end, _LITERALS.get(piece.type, Colour.KEYWORD))
        before = piece


def _name(before: Piece | None) -> Colour:
    """Return what a name is by the token before it: a function or a field behind a dot, a verb, or its object."""
    if before is None or before.type == "DOT":
        return Colour.FUNCTION
    return Colour.VERB if before.type in {"DID", "NOT"} else Colour.KEYWORD


def _path(piece: Piece, catalogue: Catalogue) -> Iterator[Coloured]:
    names = list(_NAMES.finditer(piece))
    first = names[0][0].strip("`")
    rows = first in catalogue.collections
    for place, name in enumerate(names):
        if place == 0 and (rows or len(names) > 1):
            colour = Colour.COLLECTION if rows else Colour.OWNER
        else:
            colour = Colour.FUNCTION if rows else Colour.FIELD
        yield Coloured(piece.start + name.start(), piece.start + name.end(), colour)


def _by_letters(scrap: Scrap) -> Colour | None:
    if scrap.kind == "word":
        return Colour.KEYWORD if scrap.word in RESERVED else Colour.FIELD
    return _KINDS.get(scrap.kind)
