"""What is watched, at an instant and as far ahead as another: who asks learns which of it may change until then.

Most that is watched are values that a cut will pass. Which values those are until then is known beforehand: a record
none of whose values is among them is done with a look at each of them.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from attrs import define, field, frozen

from kohorte.dsl.index.numbers import as_mask
from kohorte.dsl.index.sources import CutPlace, Source
from kohorte.dsl.predicates.functions import Entries, Members
from kohorte.dsl.records import Prepared

Stay = Callable[[Prepared], int]
"""Tells how long nothing changes, below zero or above (see ``changes.stays``)."""


@define(eq=False)
class _Bound:
    """A source that is bound to the instant when it is first asked."""

    source: Source
    clauses: int
    stay: Stay | None = None


@frozen
class _Passed:
    """The values, of a field of the record or of its rows, that some cut passes: ranges that do not touch."""

    place: CutPlace
    begins: Sequence[int]
    ends: Sequence[int]
    sources: Sequence[_Bound]

    def concerns(self, record: Prepared) -> bool:
        """Tell whether a record has such a value."""
        collection, key = self.place
        for holder in (record,) if collection is None else record[collection]:
            value = holder[key]
            if value is not None:
                place = bisect_right(self.begins, value) - 1
                if place >= 0 and value < self.ends[place]:
                    return True
        return False


@define(eq=False)
class Watching:
    """All sources of a sheet, from an instant (µs) until another."""

    now: int
    until: int
    members: Members
    entries: Entries
    _always: list[_Bound] = field(factory=list[_Bound])
    _passed: list[_Passed] = field(factory=list[_Passed])

    def begin(self, sources: Iterable[Source]) -> "Watching":
        """Watch these."""
        cuts = defaultdict[CutPlace, list[tuple[int, int]]](list)
        looking = defaultdict[CutPlace, list[_Bound]](list)
        for source in sources:
            bound = _Bound(source, as_mask(source.clauses))
            if source.cuts is None:
                self._always.append(bound)
                continue
            for place, cut in source.cuts:
                cuts[place].append((cut.bound.at(self.now, cut.zone), cut.bound.at(self.until, cut.zone)))
                looking[place].append(bound)
        for place, ranges in cuts.items():
            merged = _merged(ranges)
            begins, ends = [begin for begin, _ in merged], [end for _, end in merged]
            self._passed.append(_Passed(place, begins, ends, list(dict.fromkeys(looking[place]))))
        return self

    def due(self, record: Prepared) -> Iterator[tuple[int, int]]:
        """Yield when (µs) something may change for a record until the later instant, and what clauses hang on it."""
        asked = dict.fromkeys(self._always)
        for passed in self._passed:
            if passed.concerns(record):
                asked |= dict.fromkeys(passed.sources)
        limit = self.until - self.now
        for bound in asked:
            stay = abs((bound.stay or self._bind(bound))(record))
            if stay <= limit:
                yield self.now + stay, bound.clauses

    def _bind(self, bound: _Bound) -> Stay:
        bound.stay = bound.source.changes.at(self.now, members=self.members, entries=self.entries).stay
        return bound.stay


def _merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return ranges in their order, those that touch each other as one; empty ones are none."""
    found: list[tuple[int, int]] = []
    for begin, end in sorted(each for each in ranges if each[0] < each[1]):
        if found and begin <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((begin, end))
    return found
