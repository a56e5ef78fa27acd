"""What may have been meant where a name is unknown, spelled as rules write it."""

from collections.abc import Callable, Iterable

from kohorte.dsl.actions import RESERVED
from kohorte.dsl.ast import Span
from kohorte.dsl.errors import Message, Refusal, suggest


def unknown(
    word: str,
    candidates: Iterable[str],
    span: Span,
    messages: tuple[Message, Message],
    write: Callable[[str], str],
    **values: str,
) -> Refusal:
    """Return the finding that a word is unknown: the first message with near candidates as fixes, else the second."""
    near = suggest(word, candidates)
    message = messages[0] if near else messages[1]
    return Refusal.writing(message, span, *map(write, near), instead_of=None, name=word, **values)


def spelled(*names: str) -> str:
    """Return a path as rules write it, with backquotes where they are needed."""
    return ".".join(_name(name, first=place == 0) for place, name in enumerate(names))


def _name(name: str, *, first: bool) -> str:
    plain = name.isascii() and name.isidentifier() and not (first and name.lower() in RESERVED)
    return name if plain else f"`{name}`"


def quoted(text: str) -> str:
    """Return a text literal."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def listed(names: Iterable[str], most: int = 12) -> str:
    """Return names for a message, shortened."""
    known = list(names)
    return ", ".join(known[:most]) + (", …" if len(known) > most else "")
