"""Days and instants that an operand may have, between bounds of which the order is known only in part."""

from attrs import frozen

from kohorte.dsl.analysis.bounds import Edge, never_after
from kohorte.dsl.analysis.questions import Period


@frozen
class Times:
    """Days or instants at or after all of ``lows``, before all of ``highs``, and in none of ``holes``."""

    lows: tuple[Edge, ...] = ()
    highs: tuple[Edge, ...] = ()
    holes: tuple[Period, ...] = ()

    @property
    def size(self) -> int:
        """Return about how much work a test is."""
        return 1 + (len(self.lows) + len(self.highs)) * (1 + len(self.holes)) + len(self.holes)

    def meet(self, test: Period) -> "Times | None":
        """Return those that lie in a period."""
        lows, highs = self.lows, self.highs
        if test.low is not None and not any(never_after(test.low, low) for low in lows):
            lows = (*lows, test.low)
        if test.high is not None and not any(never_after(high, test.high) for high in highs):
            highs = (*highs, test.high)
        if lows is self.lows and highs is self.highs:
            return self
        return _closed(lows, highs, self.holes)

    def without(self, test: Period) -> "Times | None":
        """Return those that lie before or after it."""
        if test.low is None:
            return None if test.high is None else self.meet(Period(test.high, None))
        if test.high is None:
            return self.meet(Period(None, test.low))
        if test in self.holes or self._lies_apart(test.low, test.high):
            return self
        return _closed(self.lows, self.highs, (*self.holes, test))

    def _lies_apart(self, low: Edge, high: Edge) -> bool:
        if never_after(high, low):
            return True
        return any(never_after(high, each) for each in self.lows) or any(never_after(each, low) for each in self.highs)


def _closed(lows: tuple[Edge, ...], highs: tuple[Edge, ...], holes: tuple[Period, ...]) -> Times | None:
    """Return what is left once holes at the ends have moved them; each hole does so at most once, and is gone then."""
    first, last, left = _latest(lows), _earliest(highs), [*holes]
    waiting: list[Period] = []
    while len(left) != len(waiting):
        waiting, left = left, list[Period]()
        for hole in waiting:
            after, before = _begins_within(hole, first), _ends_within(hole, last)
            if after and hole.high is not None:
                first = _latest((*first, hole.high))
            if before and hole.low is not None:
                last = _earliest((*last, hole.low))
            if not (after or before):
                left.append(hole)
    if any(never_after(high, low) for low in first for high in last):
        return None
    return Times(first, last, tuple(left))


def _latest(lows: tuple[Edge, ...]) -> tuple[Edge, ...]:
    """Return the lower bounds without those that never lie after the last one, which is the newest."""
    return (*(each for each in lows[:-1] if not never_after(each, lows[-1])), *lows[-1:])


def _earliest(highs: tuple[Edge, ...]) -> tuple[Edge, ...]:
    """Return the upper bounds without those that never lie before the last one, which is the newest."""
    return (*(each for each in highs[:-1] if not never_after(highs[-1], each)), *highs[-1:])


def _begins_within(hole: Period, lows: tuple[Edge, ...]) -> bool:
    """Tell whether all that is left begins in a hole or after it."""
    return hole.low is not None and any(never_after(hole.low, low) for low in lows)


def _ends_within(hole: Period, highs: tuple[Edge, ...]) -> bool:
    """Tell whether all that is left ends in a hole or before it."""
    return hole.high is not None and any(never_after(high, hole.high) for high in highs)
