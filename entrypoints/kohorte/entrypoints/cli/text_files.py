"""What commands read and write: a text file in UTF-8, or the standard input and output (``-``); files of bytes."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any, Final

from kohorte.core.errors import InvalidInput, KohorteError

LONGEST_LINE: Final = 100_000
"""Characters; whatever has longer lines is no list."""


def read_text(file: str, limit: int) -> str:
    """Return the first ``limit`` characters of a text; raise ``InvalidInput`` where it cannot be read."""
    with _opened(file) as text:
        return text.read(limit)


def read_lines(file: str) -> Iterator[str]:
    """Yield the lines of a text, with flat memory; raise ``InvalidInput`` where it cannot be read."""
    with _opened(file) as text:
        number = 0
        while line := text.readline(LONGEST_LINE):
            number += 1
            if len(line) == LONGEST_LINE:
                raise InvalidInput(
                    "Line {line} of {file} is too long.", hint="Write one entry a line.", line=number, file=file
                )
            yield line


@contextmanager
def written_text(file: str | None) -> Iterator[IO[str]]:
    """Open a file to write, or the standard output; a file is there whole, for its owner alone, or as it was before."""
    if file is None or file == "-":
        if isinstance(sys.stdout, TextIOWrapper) and not sys.stdout.isatty():
            sys.stdout.reconfigure(encoding="utf-8", newline="")  # a file for others, whatever the terminal's encoding
        yield sys.stdout
        return
    with _written(file, {"mode": "w", "encoding": "utf-8", "newline": ""}) as stream:
        yield stream


@contextmanager
def written_bytes(file: str) -> Iterator[IO[bytes]]:
    """Open a file to write, as ``written_text`` does."""
    with _written(file, {"mode": "wb"}) as stream:
        yield stream


@contextmanager
def _written(file: str, how: Mapping[str, Any]) -> Iterator[IO[Any]]:
    path = Path(file)
    try:
        if path.exists() and not path.is_file():  # a device or a pipe: written as it comes
            with path.open(**how) as stream:
                yield stream
            return
        folder = path.resolve().parent
        with NamedTemporaryFile(**how, dir=folder, prefix=".kohorte-", delete=False) as new:
            try:
                yield new
                new.close()
                os.replace(new.name, path.resolve())  # noqa: PTH105 - as short
            finally:
                Path(new.name).unlink(missing_ok=True)
    except (OSError, ValueError) as refused:
        if isinstance(refused, KohorteError):
            raise
        reason = getattr(refused, "strerror", None) or str(refused)
        raise InvalidInput(
            "{path} cannot be written: {reason}.", hint="Choose another file.", path=file, reason=reason
        ) from None


@contextmanager
def _opened(file: str) -> Iterator[IO[str]]:
    try:
        if file == "-":
            yield sys.stdin
        else:
            with open(file, encoding="utf-8-sig") as text:  # noqa: PTH123 - a path of the shell, as it is
                yield text
    except (UnicodeDecodeError, UnicodeEncodeError):
        raise InvalidInput("{file} is not UTF-8 text.", hint="Save it as UTF-8.", file=file) from None
    except (OSError, ValueError) as refused:  # ValueError: a path with a NUL in it
        if isinstance(refused, KohorteError):
            raise
        reason = getattr(refused, "strerror", None) or str(refused)
        raise InvalidInput(
            "{file} cannot be read: {reason}.", hint="Check the path.", file=file, reason=reason
        ) from None
