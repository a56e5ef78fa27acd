"""The standard streams as the shell may leave them: closed, full, in another encoding, or no longer read."""

import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import Final

_DIRECTIONS: Final = (("stdin", os.O_RDONLY), ("stdout", os.O_WRONLY), ("stderr", os.O_WRONLY))


def open_streams() -> None:
    """Open what the shell has closed onto nothing, and let no character be too strange to print.

    A database opened in the place of a closed stream would receive what is printed.
    """
    for number, (name, direction) in enumerate(_DIRECTIONS):
        if getattr(sys, name) is None:
            nothing = os.open(os.devnull, direction)
            if nothing != number:
                os.dup2(nothing, number)
            setattr(sys, name, open(number, "r" if direction == os.O_RDONLY else "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - by its number, until the process ends
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def write_nothing_more() -> None:
    """Send the rest of the answer to nowhere: it cannot be written, and must not be tried again at exit."""
    with suppress(OSError, ValueError):  # a stream of the caller's has no number
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
