"""Globs in memory: ``*`` is any text, ``?`` one character, and nothing else is special."""

import re
from collections.abc import Callable


def glob_matcher(pattern: str) -> Callable[[str], object]:
    """Return a function that answers None for texts that do not match as a whole.

    Every part between stars takes the first place where it fits and never moves (atomic groups), so the time is bounded
    by the product of the lengths.
    """
    first, *others = [re.escape(part).replace(r"\?", ".") for part in re.sub(r"\*+", "*", pattern).split("*")]
    if not others:
        return re.compile(first, re.DOTALL).fullmatch
    *middle, last = others
    found = "".join(f"(?>.*?{part})" for part in middle)
    return re.compile(f"{first}{found}.*{last}", re.DOTALL).fullmatch
