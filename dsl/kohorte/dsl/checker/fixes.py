"""What may have been meant where a name is unknown, spelled as rules write it."""

from collections.abc import Callable, Iterable, Sequence

from kohorte.dsl.errors import Message, Refusal
from kohorte.dsl.syntax.ast import Span
from kohorte.dsl.syntax.phrases import path


def unknown(
    word: str,
    near: Sequence[str],
    span: Span,
    messages: tuple[Message, Message],
    write: Callable[[str], str],
    **values: str,
) -> Refusal:
    """Return the finding that a word is unknown: the first message with what is near as fixes, else the second."""
    message = messages[0] if near else messages[1]
    return Refusal.writing(message, span, *map(write, near), instead_of=None, name=word, **values)


def spelled(*names: str) -> str:
    """Return a path as rules write it, with backquotes where they are needed."""
    return path(names)


def listed(names: Iterable[str], most: int = 12) -> str:
    """Return names for a message, shortened."""
    known = list(names)
    return ", ".join(known[:most]) + (", …" if len(known) > most else "")
