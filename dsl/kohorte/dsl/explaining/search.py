"""Search the fewest conditions whose verdicts must change so that a tree answers otherwise, and can change together.

On the normal form that is a sum over ``and`` and a minimum over ``or`` (the other way round where the answer shall
become false), found by best-first search with exactly that sum as the estimate: without conflicts it walks straight to
the first smallest change in the text. Conditions on one variable must have a value in common; where they have none, the
search goes on with the next best way. What may be tried is bounded, so that a rule of 500 conditions ends in time.
"""

from collections.abc import Iterator
from heapq import heappop, heappush
from math import inf
from typing import Final

from attrs import define, field, frozen

from kohorte.dsl.explaining.joining import Variables
from kohorte.dsl.explaining.nodes import Group, Inside, Node, Single
from kohorte.dsl.explaining.variables import Variable

_MOST_STEPS: Final = 600
"""Ways that are looked into beyond one for each condition."""


@frozen(eq=False)
class Flip:
    """Conditions that get other verdicts, by candidates of the variables they are about.

    ``needed`` holds every condition that the answer then hangs on, with the verdict it must have.
    """

    flipped: tuple[Single, ...]
    needed: tuple[tuple[Single, bool], ...]
    chosen: tuple[tuple[Variable, int], ...]


_Wanted = tuple[Node, bool]


@frozen(eq=False)
class _Needed:
    """A condition with the verdict that it must have, and those decided before it."""

    single: Single
    wanted: bool
    before: "_Needed | None"


@frozen(eq=False)
class _Way:
    """A part of a change: what it takes so far, and what is still to be decided."""

    price: int
    needed: _Needed | None
    fitting: dict[Variable, int]
    open: tuple[_Wanted, ...]


@define
class Search:
    """A search over a tree; ``proved`` tells afterwards whether its end shows that there is nothing more to find."""

    variables: Variables
    proved: bool = True
    _prices: dict[tuple[int, bool], float] = field(factory=dict[tuple[int, bool], float])

    def flips(self, root: Node, *, wanted: bool) -> Iterator[Flip]:
        """Yield changes after which a tree answers as wanted, those with the fewest conditions first."""
        first = self._decided(_Way(0, None, {}, ((root, wanted),)))
        heap: list[tuple[float, int, _Way]] = []
        pushed, steps = 0, 0
        if first is not None:
            heappush(heap, (self._estimate(first), 0, first))
        while heap:
            _, _, way = heappop(heap)
            steps += 1
            if not way.open:
                yield _flip(way)
                continue
            if steps > _MOST_STEPS + self._size:
                self.proved = False
                return
            # The first in the text is pushed last, and of equally good ways the last pushed is tried first.
            for next_way in reversed([*self._branches(way)]):
                pushed -= 1
                heappush(heap, (self._estimate(next_way), pushed, next_way))

    @property
    def _size(self) -> int:
        return len(self._prices)

    def _estimate(self, way: _Way) -> float:
        return way.price + sum(self._price(node, wanted=wanted) for node, wanted in way.open)

    def _price(self, node: Node, *, wanted: bool) -> float:
        """Return how many conditions must change at least, conflicts aside."""
        key = id(node), wanted
        price = self._prices.get(key)
        if price is None:
            price = self._prices[key] = self._reckoned(node, wanted=wanted)
        return price

    def _reckoned(self, node: Node, *, wanted: bool) -> float:
        match node:
            case Single():
                if node.verdict == wanted:
                    return 0
                return 1 if self.variables.is_varied(node) else inf
            case Inside():
                return self._price(node.part, wanted=wanted != node.negated)
            case Group():
                prices = (self._price(part, wanted=wanted) for part in node.parts)
                return sum(prices) if node.every == wanted else min(prices, default=inf)

    def _branches(self, way: _Way) -> Iterator[_Way]:
        """Yield the ways to decide the first choice that is open, of those that cost something if there are any."""
        costly = (place for place, each in enumerate(way.open) if self._price(each[0], wanted=each[1]) > 0)
        place = next(costly, 0)
        group, wanted = way.open[place]
        rest = (*way.open[:place], *way.open[place + 1 :])
        for part in group.parts if isinstance(group, Group) else ():
            if self._price(part, wanted=wanted) < inf:
                decided = self._decided(_Way(way.price, way.needed, dict(way.fitting), (*rest, (part, wanted))))
                if decided is not None:
                    yield decided

    def _decided(self, way: _Way) -> _Way | None:
        """Return a way on which only choices are open; None where conditions cannot be met together."""
        pending, choices = [*reversed(way.open)], list[_Wanted]()
        price, needed, fitting = way.price, way.needed, way.fitting
        while pending:
            node, wanted = pending.pop()
            match node:
                case Inside():
                    pending.append((node.part, wanted != node.negated))
                case Group(every=every, parts=parts):
                    if every == wanted:
                        pending += [(part, wanted) for part in reversed(parts)]
                    else:
                        choices.append((node, wanted))
                case Single():
                    if not self._meets(node, fitting, wanted=wanted):
                        return None
                    price += node.verdict != wanted
                    needed = _Needed(node, wanted, needed)
        return _Way(price, needed, fitting, tuple(choices))

    def _meets(self, single: Single, fitting: dict[Variable, int], *, wanted: bool) -> bool:
        """Narrow what fits a condition's variable; tell whether anything does."""
        variable = self.variables.of(single)
        if variable is None:
            return single.verdict == wanted
        fits = fitting.get(variable, variable.everything) & variable.meeting(single, wanted=wanted)
        fitting[variable] = fits
        self.proved &= bool(fits) or variable.complete
        return bool(fits)


def _flip(way: _Way) -> Flip:
    needed: list[tuple[Single, bool]] = []
    link = way.needed
    while link is not None:
        needed.append((link.single, link.wanted))
        link = link.before
    needed.sort(key=lambda each: each[0].number)
    flipped = tuple(single for single, wanted in needed if single.verdict != wanted)
    chosen = ((variable, variable.chosen(fits)) for variable, fits in way.fitting.items())
    changed = tuple((variable, candidate) for variable, candidate in chosen if candidate != variable.present)
    return Flip(flipped, tuple(needed), changed)
