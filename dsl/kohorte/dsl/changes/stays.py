"""Stays: whether a condition holds and for how long nothing changes, in one number.

A stay is a number of microseconds from now. It is positive where the condition holds and negative where it does not,
and for so long the answer surely stays. Stays compose by plain arithmetic: *all* is the least (of false members the
one that lasts longest decides, of true ones the one that ends first), *any* is the greatest, *not* is the negation.

Rows compose likewise. At least k rows hold as the k-th greatest stay says; the row that a least value comes from is one
that holds while none with a lesser value does.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cmp_to_key
from typing import Final

from kohorte.dsl.passing import NEVER
from kohorte.dsl.records import Prepared

FOREVER: Final = NEVER
"""The stay of what holds for ever; ``-FOREVER`` that of what never does."""

_FAR: Final = FOREVER // 2


def lasts_forever(stay: int) -> bool:
    """Tell whether a stay has no end: no instant is as far away as this."""
    return not -_FAR < stay < _FAR


def at_least(stays: Sequence[int], number: int) -> int:
    """Return the stay of "at least so many rows hold"; the rows' stays come in descending order."""
    if number <= 0:
        return FOREVER
    return stays[number - 1] if number <= len(stays) else -FOREVER


def exactly(stays: Sequence[int], numbers: Iterable[int]) -> int:
    """Return the stay of "so many rows hold", of which several numbers may be named."""
    return max(min(at_least(stays, number), -at_least(stays, number + 1)) for number in numbers)


Candidate = tuple[int, int, int]
"""A row's rank, its own stay, and the stay of what is asked of its value."""


def of_first(candidates: list[Candidate]) -> int:
    """Return the stay of what is asked of the value of the first row that holds, in the order of ranks."""
    candidates.sort()
    found = before = -FOREVER
    for _, stay, asked in candidates:
        found = max(found, min(stay, asked, -before))
        before = max(before, stay)
        if before >= _FAR:
            break
    return found


def latest_first(
    rows: list[tuple[int, Prepared, int, int]], is_later: Callable[[Prepared, Prepared], bool]
) -> list[Candidate]:
    """Rank rows, given with their times and as candidates, from the latest on; ``is_later`` parts those of one time."""

    def compared(one: tuple[int, Prepared, int, int], other: tuple[int, Prepared, int, int]) -> int:
        if one[0] != other[0]:
            return other[0] - one[0]
        return is_later(other[1], one[1]) - is_later(one[1], other[1])

    rows.sort(key=cmp_to_key(compared))
    return [(rank, stay, asked) for rank, (_, _, stay, asked) in enumerate(rows)]


# -- sums --------------------------------------------------------------------------------------------------------

Span = tuple[int, int, int]
"""From which instant to which a row counts, and its value."""

Test = Callable[[int, int], bool]
"""What is asked of a sum and a number of rows."""


def of_sum(spans: Iterable[Span], now: int, until: int, test: Test) -> int:
    """Return the stay of what is asked of a sum, by letting rows come and go in the order of time.

    Spans end after now; ``until`` is the instant to which they are known.
    """
    total = number = 0
    events: list[tuple[int, int, int]] = []
    for start, end, value in spans:
        if start <= now:
            total, number = total + value, number + 1
        else:
            events.append((start, value, 1))
        if end < until:
            events.append((end, -value, -1))
    events.sort()
    holds, changes = test(total, number), until
    following = [*(instant for instant, _, _ in events[1:]), None]
    for (instant, value, rows), after in zip(events, following, strict=False):
        if instant >= until:
            break
        total, number = total + value, number + rows
        if instant != after and test(total, number) is not holds:  # all events of one instant together
            changes = instant
            break
    return changes - now if holds else now - changes
