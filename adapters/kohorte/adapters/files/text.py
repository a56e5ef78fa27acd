"""The text of a file or pipe: found, unpacked, decoded, with its size and the place where the reader is."""

import gzip
import io
import lzma
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from attrs import frozen

from kohorte.adapters.files.encodings import (
    BAD_BYTES,
    EncodingJudge,
    known_encoding,
    mark_bad_bytes,
    marked_encoding,
)
from kohorte.core.errors import InvalidInput
from kohorte.core.ports.rows import Row

_HEAD: Final = 1 << 18
"""So many bytes are looked at before reading, to find the format and the delimiter."""
LONGEST_LINE: Final = 1 << 20
"""A longer line is a row that is rejected: it is cut, so that memory stays flat."""
SHOWN: Final = 200
"""So many characters of a line that cannot be read are shown."""
_CHUNK: Final = 1 << 20
_GZIP: Final = b"\x1f\x8b"
_XZ: Final = b"\xfd7zXZ\x00"
_NOT_TEXT: Final = (
    (b"PK\x03\x04", "an Excel workbook or a ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF document"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd"),
    (b"BZh", "compressed with bzip2"),
)
_CONTROLS: Final = bytes({*range(32), 127} - set(b"\t\n\r"))
_LOOKED_AT: Final = 4096
_FEW: Final = 20
"""So many control characters are faults of single rows, however short the file."""
_STANDARD_INPUT: Final = 0
_BREAKS: Final = (OSError, EOFError, zlib.error, lzma.LZMAError)


@frozen
class OpenText:
    """Decoded text, not yet read, and its beginning; bytes that do not belong are marks U+DC80 to U+DCFF."""

    text: io.TextIOWrapper
    head: str
    encoding: str
    total_bytes: int | None
    _counted: "_Counted"

    def bytes_read(self) -> int:
        """Return how many bytes have been taken, counted as they lie on the disk."""
        return self._counted.taken


class _Counted(io.RawIOBase):
    """Bytes that fill every buffer they are read into, as pipes and archives do not, and are counted."""

    def __init__(self, stream: io.BufferedReader | io.FileIO | gzip.GzipFile | lzma.LZMAFile) -> None:
        self._stream = stream
        self.taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        filled = 0
        while filled < len(view) and (part := self._stream.read(len(view) - filled)):
            view[filled : filled + len(part)] = part
            filled += len(part)
        self.taken += filled
        return filled


@contextmanager
def open_text(path: Path | None, encoding: str | None) -> Iterator[OpenText]:
    """Open a file, or standard input for None; raise ``InvalidInput`` where there is nothing to read as text."""
    mark_bad_bytes()
    given = known_encoding(encoding) if encoding else None
    with _opened(path) as file:
        counted = _Counted(file)
        try:
            stream = _unpacked(counted)
            head = stream.peek(_HEAD)[:_HEAD]
            _refuse_what_is_no_text(head)
            marked = given or marked_encoding(head)
            if not marked:
                _refuse_bytes(head[:_LOOKED_AT])
            found = marked or EncodingJudge().judged(_chunks(path, head))
        except _BREAKS as broken:
            raise _ends_early(broken) from broken
        text = io.TextIOWrapper(stream, encoding=found, errors=BAD_BYTES, newline="")
        yield OpenText(text, head.decode(found, BAD_BYTES), found.removesuffix("-sig"), _size(path), counted)


def too_long() -> InvalidInput:
    """Return what is wrong with a line beyond the longest."""
    return InvalidInput("The line is longer than {limit} characters.", hint="Cut it in the file.", limit=LONGEST_LINE)


def until_broken(rows: Iterator[Row]) -> Iterator[Row]:
    """Yield rows; raise ``InvalidInput`` where the file cannot be read to its end."""
    try:
        yield from rows
    except _BREAKS as broken:
        raise _ends_early(broken) from broken


@contextmanager
def _opened(path: Path | None) -> Iterator[io.FileIO]:
    if path is None:
        # Unbuffered: a buffer fills itself in C, where an interrupt between two reads would wait for more input.
        yield io.FileIO(_STANDARD_INPUT, closefd=False)
        return
    try:
        file = path.open("rb", buffering=0)
    except FileNotFoundError:
        raise _missing(path) from None
    except IsADirectoryError:
        raise InvalidInput('"{path}" is a folder.', hint="Name a file in it.", path=path) from None
    except OSError as refused:
        raise InvalidInput(
            '"{path}" cannot be opened: {reason}.',
            hint="Check who may read it.",
            path=path,
            reason=refused.strerror or "unknown reason",
        ) from refused
    with file:
        yield file


def _missing(path: Path) -> InvalidInput:
    names = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
    beside = [name for name in names if not name.endswith(".rejects.csv")]
    close = get_close_matches(path.name, beside, n=1)
    if close:
        return InvalidInput('There is no file "{path}".', hint='Did you mean "{close}"?', path=path, close=close[0])
    return InvalidInput('There is no file "{path}".', hint="Check the name and the folder.", path=path)


def _unpacked(counted: _Counted) -> io.BufferedReader:
    stream: io.BufferedReader = io.BufferedReader(counted, _CHUNK)
    head = stream.peek(len(_XZ))
    if head.startswith(_GZIP):
        return io.BufferedReader(_Counted(gzip.GzipFile(fileobj=stream)), _CHUNK)
    if head.startswith(_XZ):
        return io.BufferedReader(_Counted(lzma.LZMAFile(stream)), _CHUNK)
    return stream


def _chunks(path: Path | None, head: bytes) -> Iterable[bytes]:
    """Yield the bytes of the whole file, which is then opened a second time, or the beginning of a pipe."""
    if path is None or not path.is_file():
        yield head
        return
    with path.open("rb", buffering=0) as file:
        stream = _unpacked(_Counted(file))
        while chunk := stream.read(_CHUNK):
            yield chunk


def _refuse_what_is_no_text(head: bytes) -> None:
    for mark, what in _NOT_TEXT:
        if head.startswith(mark):
            raise InvalidInput("The file is {what}, not text.", hint="Save it as CSV or JSON Lines.", what=what)


def _refuse_bytes(head: bytes) -> None:
    """Refuse a picture or a program: a twentieth of such a file, and of no text, are control characters."""
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if controls > _FEW and controls * 20 > len(head):
        raise InvalidInput("The file is not text.", hint="Save it as CSV or JSON Lines.")


def _size(path: Path | None) -> int | None:
    return path.stat().st_size if path is not None and path.is_file() else None


def _ends_early(broken: Exception) -> InvalidInput:
    return InvalidInput(
        "The file cannot be read to its end: {reason}.",
        hint="Get it again and import it again: rows that were read already are not doubled.",
        reason=str(broken) or type(broken).__name__,
    )
