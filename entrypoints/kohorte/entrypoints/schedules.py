"""How often a segment is calculated whole, as people write it: 30m, 6h, 2d, never."""

import re
from datetime import timedelta
from typing import Final

from kohorte.core.errors import InvalidInput, naming

NEVER: Final = timedelta(0)
_UNITS: Final = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
_WRITTEN: Final = re.compile(r"([1-9][0-9]{0,5})([dhm])")


@naming("every")
def read_every(text: str | None) -> timedelta | None:
    """Return how often; nothing where nothing is given, ``NEVER`` for never; raise ``InvalidInput``."""
    if text is None or text == "never":
        return None if text is None else NEVER
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise InvalidInput(
            '"{text}" does not say how often.', hint="Write it like 30m, 6h or 2d, or never.", text=text[:40]
        )
    return int(found[1]) * _UNITS[found[2]]


def written_every(every: timedelta | None) -> str | None:
    """Return how often, in the largest unit that says it whole."""
    if every is None:
        return None
    unit = next((unit for unit, length in _UNITS.items() if not every % length), None)
    return f"{every // _UNITS[unit]}{unit}" if unit else str(every)
