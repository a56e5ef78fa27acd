"""Another name for a field in a template: the places that read it are rewritten, and all else stays as it is."""

import re
from typing import Final

_PLACE: Final = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
_TEXT: Final = r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
"""A text in quotes, which names no field."""


def with_new_name(source: str, old: str, new: str) -> str:
    """Return a source that reads a column (``contact.score``) by another name of the same owner.

    It is found word by word, not as Jinja reads it: whoever calls this looks at what is read afterwards.
    """
    owner, _, name = old.partition(".")
    read = re.compile(rf"{_TEXT}|(?<![\w.])({owner}\s*\.\s*){re.escape(name)}(?!\w)", re.DOTALL)
    following = new.removeprefix(f"{owner}.")
    return _PLACE.sub(lambda place: read.sub(lambda each: each[1] or f"{each[2]}{following}", place[0]), source)
