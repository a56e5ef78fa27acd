"""When bounds pass values, as a few pieces that a statement can compute with.

Within each piece, ``(value - start) // grain * scale + at`` is the instant (µs) at which the bound passes a value: on
most days a bound runs as the clock does, or moves on by one day at each midnight, so that months are one piece. The
number of pieces is always the same, so that a statement's shape never changes; what lies beyond them passes the bound
later than the last one begins, and is said to do so then.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from kohorte.dsl.moments import Shifted, local_day, start_of_day
from kohorte.dsl.passing import NEVER, runs_evenly
from kohorte.dsl.typed import Bound

PIECES: Final = 6
_DAYS_AHEAD: Final = 400
"""So far pieces are looked for: longer than a year, so that most rows leave the windows that people write in one."""
_SECOND: Final = 1_000_000


@frozen
class Piece:
    """Values from ``start`` to where the next piece starts."""

    start: int
    grain: int
    scale: int
    at: int

    def passes(self, value: int) -> int:
        """Return when the bound passes a value of this piece."""
        return (value - self.start) // self.grain * self.scale + self.at


@frozen
class _Run:
    """Values [start, end) that the bound passes one after the other from an instant on, or at one instant."""

    start: int
    end: int
    at: int
    is_even: bool = False


def pieces_of(bound: Bound, zone: ZoneInfo, now: int) -> tuple[Piece, ...]:
    """Return the pieces for the values that a bound has not passed at an instant (µs); each answers later than that."""
    pieces = _pieces_from(bound, zone, local_day(now, zone))
    return tuple(each if each.scale else evolve(each, at=max(each.at, now + 1)) for each in pieces)


@lru_cache(maxsize=256)
def _pieces_from(bound: Bound, zone: ZoneInfo, day: int) -> tuple[Piece, ...]:
    found: list[Piece] = []
    steps = 0
    for run in _runs(bound, zone, day):
        extended = _extended(found[-1], steps, run) if found else None
        if extended is not None:
            found[-1], steps = extended, steps + 1
            continue
        found.append(Piece(run.start, 1 if run.is_even else run.end - run.start, int(run.is_even), run.at))
        steps = 1
        if len(found) == PIECES:
            break
    if len(found) == PIECES:
        found[-1] = evolve(found[-1], grain=NEVER, scale=0)
    last = start_of_day(day + _DAYS_AHEAD, zone)
    rest = Piece(bound.at(last, zone), NEVER, 0, last)
    return (*found, *[rest] * (PIECES - len(found)))


def _extended(piece: Piece, steps: int, run: _Run) -> Piece | None:
    """Return a piece that has one more run, if that goes on as the piece does; ``steps`` is how many it has."""
    if run.is_even or (piece.grain, piece.scale) == (1, 1):
        is_same = run.is_even and piece.scale == 1 and run.at - run.start == piece.at - piece.start
        return piece if is_same and piece.grain == 1 else None
    scale = piece.scale if steps > 1 else run.at - piece.at
    goes_on = run.end - run.start == piece.grain and run.start == piece.start + steps * piece.grain
    return evolve(piece, scale=scale) if goes_on and run.at == piece.at + steps * scale else None


def _runs(bound: Bound, zone: ZoneInfo, day: int) -> Iterator[_Run]:
    """Yield the runs of a bound from the start of a local day on, day by day."""
    for each in range(day, day + _DAYS_AHEAD):
        start, end = start_of_day(each, zone), start_of_day(each + 1, zone)
        if isinstance(bound, Shifted):
            yield from _runs_between(bound, zone, start, end)
        elif bound.at(start, zone) < bound.at(end, zone):
            yield _Run(bound.at(start, zone), bound.at(end, zone), end)


def _runs_between(bound: Shifted, zone: ZoneInfo, start: int, end: int) -> Iterator[_Run]:
    """Yield the runs while now goes from one instant to another, parted where clocks change on the way."""
    if start >= end:
        return
    first, last, after = (bound.at(now, zone) for now in (start, end - 1, end))
    if first == last:
        runs = [_Run(first, after, end)]
    elif runs_evenly(bound.steps, start, end - 1, zone):
        runs = [_Run(first, last + 1, start + 1, is_even=True), _Run(last + 1, after, end)]
    elif end - start > _SECOND:
        middle = (start + end) // 2 // _SECOND * _SECOND
        yield from _runs_between(bound, zone, start, middle)
        yield from _runs_between(bound, zone, middle, end)
        return
    else:
        runs = [_Run(first, after, start + 1)]
    yield from (run for run in runs if run.start < run.end)
