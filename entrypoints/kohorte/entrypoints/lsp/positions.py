"""Places in a text as editors count them: lines, and units of the encoding that was agreed on."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from typing import Final

from attrs import define
from lsprotocol.types import Position, PositionEncodingKind, Range

_LINE_BREAK: Final = re.compile(r"\r\n|\n|\r")
"""What ends a line in the protocol; Python's own idea of lines knows more."""
_CODECS: Final = {
    PositionEncodingKind.Utf8.value: ("utf-8", 1),
    PositionEncodingKind.Utf16.value: ("utf-16-le", 2),
    PositionEncodingKind.Utf32.value: ("utf-32-le", 4),
}


@define(slots=False)  # a cached property keeps the lines
class Positions:
    """The places of one text. ``encoding`` is ``utf-8``, ``utf-16`` (the default everywhere) or ``utf-32``."""

    text: str
    encoding: str = PositionEncodingKind.Utf16.value

    @cached_property
    def _starts(self) -> Sequence[int]:
        return [0, *(found.end() for found in _LINE_BREAK.finditer(self.text))]

    def offset(self, position: Position) -> int:
        """Return the character offset of a position; one beyond its line, or the text, means the end of it."""
        if position.line >= len(self._starts):
            return len(self.text)
        start = self._starts[max(0, position.line)]
        line = self._line(start)
        if line.isascii():
            return start + min(max(0, position.character), len(line))
        codec, size = self._codec
        units = line.encode(codec, "surrogatepass")[: max(0, position.character) * size]
        return start + len(units.decode(codec, "ignore"))

    def position(self, offset: int) -> Position:
        """Return the position of a character offset."""
        line = bisect_right(self._starts, offset) - 1
        return Position(line, self.length(self._starts[line], offset))

    def length(self, start: int, end: int) -> int:
        """Return how many units a stretch takes."""
        codec, size = self._codec
        return len(self.text[start:end].encode(codec, "surrogatepass")) // size

    def range(self, start: int, end: int) -> Range:
        """Return the range between two character offsets."""
        return Range(self.position(start), self.position(end))

    @property
    def _codec(self) -> tuple[str, int]:
        return _CODECS.get(self.encoding, _CODECS[PositionEncodingKind.Utf16.value])

    def _line(self, start: int) -> str:
        end = _LINE_BREAK.search(self.text, start)
        return self.text[start : end.start() if end else len(self.text)]
