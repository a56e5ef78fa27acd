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
        return (len(self.lows) + len(self.highs)) * (1 + len(self.holes))

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
    """Return what is left once holes at the ends have moved them; each hole does so at most once."""
    first, last, waiting = [*lows], [*highs], [*holes]
    while moving := next((hole for hole in waiting if _moves(hole, first, last)), None):
        waiting.remove(moving)
        if _begins_within(moving, first) and moving.high is not None:
            first.append(moving.high)
        if _ends_within(moving, last) and moving.low is not None:
            last.append(moving.low)
    if any(never_after(high, low) for low in first for high in last):
        return None
    return Times(tuple(first), tuple(last), holes)


def _moves(hole: Period, lows: list[Edge], highs: list[Edge]) -> bool:
    return _begins_within(hole, lows) or _ends_within(hole, highs)


def _begins_within(hole: Period, lows: list[Edge]) -> bool:
    """Tell whether all that is left begins in a hole or after it."""
    return hole.low is not None and any(never_after(hole.low, low) for low in lows)


def _ends_within(hole: Period, highs: list[Edge]) -> bool:
    """Tell whether all that is left ends in a hole or before it."""
    return hole.high is not None and any(never_after(high, hole.high) for high in highs)
