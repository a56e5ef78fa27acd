"""Another name for a field in a template's text.

Where the name stands is looked for in the text; which of these places are read, and are not plain text, a comment or a
constant, the template itself tells, read with a name of its own at each of them.
"""

import re
from collections.abc import Callable
from itertools import count
from re import Match

from attrs import evolve

from kohorte.adapters.rendering.templates import compiled
from kohorte.core.ports.rendering import Parts


def renamed(parts: Parts, before: str, after: str) -> Parts:
    """Return parts in which a column that the row reads has another name; raise ``TemplateRefused``."""
    owner, _, name = before.partition(".")
    _, _, new_name = after.partition(".")
    place, mark = re.compile(rf"(?<!\w)({owner}\s*\.\s*)({re.escape(name)})(?!\w)"), _unused_in(parts.row)

    def written(name_at: Callable[[int, str], str]) -> Parts:
        numbers = count()

        def at(found: Match[str]) -> str:
            return found[1] + name_at(next(numbers), found[2])

        return evolve(parts, row=place.sub(at, parts.row))

    marked = compiled(written(lambda number, _: f"{mark}{number}"))
    read = {column.name for column in marked.columns}
    changed = written(lambda number, old: new_name if f"{owner}.{mark}{number}" in read else old)
    compiled(changed)  # not every name can be read by a template
    return changed


def _unused_in(row: str) -> str:
    """Return a name with which nothing in a row begins."""
    name = "x"
    while name in row:
        name += "x"
    return name
