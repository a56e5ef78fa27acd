"""Search the fewest conditions whose verdicts must change so that a tree answers otherwise, and can change together.

On the normal form that is a sum over ``and`` and a minimum over ``or`` (the other way round where the answer shall
become false), found by best-first search with exactly that sum as the estimate: without conflicts it walks straight to
the first smallest change in the text. Conditions on one variable must have a value in common; where they have none, the
search goes on with the next best way. What may be tried is bounded, so that a rule of 500 conditions ends in time.
"""

from collections.abc import Iterable, Iterator, Mapping
from heapq import heappop, heappush
from itertools import compress, islice
from math import inf
from operator import itemgetter
from typing import Final

from attrs import define, evolve, field, frozen

from kohorte.dsl.explaining.joining import Variables
from kohorte.dsl.explaining.nodes import Group, Inside, Node, Single
from kohorte.dsl.explaining.variables import Variable
from kohorte.dsl.typed import AggregateOf

_MOST_OTHERS: Final = 6
_MOST_STEPS: Final = 600
"""Ways that are looked into beyond one for each condition."""


@frozen(eq=False)
class Flip:
    """Conditions that get other verdicts, by candidates of the variables they are about.

    ``needed`` holds every condition that the answer then hangs on, with the verdict it must have; ``fitting`` the bit
    sets of candidates of which those were ``chosen`` that are not there yet.
    """

    flipped: tuple[Single, ...]
    needed: tuple[tuple[Single, bool], ...]
    chosen: tuple[tuple[Variable, int], ...]
    fitting: Mapping[Variable, int]

    def otherwise(self) -> Iterator["Flip"]:
        """Yield the change with other candidates for aggregates, which not all rows can make, one at a time."""
        for place, (variable, first) in enumerate(self.chosen):
            if any(isinstance(each, AggregateOf) for each in variable.subjects.values()):
                others = islice(variable.best_first(self.fitting[variable] & ~(1 << first)), _MOST_OTHERS)
                for other in others:
                    yield evolve(self, chosen=(*self.chosen[:place], (variable, other), *self.chosen[place + 1 :]))


@frozen(eq=False)
class _Needed:
    """A condition with the verdict that it must have, and those decided before it."""

    single: Single
    wanted: bool
    before: "_Needed | None"


@frozen(eq=False)
class _Choice:
    """A group of which one part must answer as wanted, and the choices after it.

    The parts that can come with their prices, the cheapest first, equally cheap ones as in the text.
    """

    parts: list[tuple[float, Node]]
    wanted: bool
    after: "_Choice | None"

    @property
    def price(self) -> float:
        """Return what it costs at least."""
        return self.parts[0][0] if self.parts else inf


@frozen(eq=False)
class _Way:
    """A part of a change: what it takes so far, what fits each variable then, and the choices that are open.

    ``estimate`` is what it takes in all if there are no conflicts, and never more than that.
    """

    price: int
    needed: _Needed | None
    fitting: dict[Variable, int]
    open: _Choice | None
    estimate: float


@define
class Search:
    """A search over a tree; ``proved`` tells afterwards whether its end shows that there is nothing more to find."""

    variables: Variables
    proved: bool = True
    _prices: dict[tuple[int, bool], float] = field(factory=dict[tuple[int, bool], float])

    def flips(self, root: Node, *, wanted: bool) -> Iterator[Flip]:
        """Yield changes after which a tree answers as wanted, those with the fewest conditions first."""
        ways = _Ways()
        first = self._decided(_Way(0, None, {}, None, self._price(root, wanted=wanted)), root, wanted=wanted)
        if first is not None:
            ways.push(first, first.open, 0)
        steps = 0
        while (found := ways.pop()) is not None:
            way, choice, place = found
            if choice is None:
                yield _flip(way)
                continue
            steps += 1
            if steps > _MOST_STEPS + len(self._prices):
                self.proved = False
                return
            if place + 1 < len(choice.parts):
                ways.push(way, choice, place + 1)
            price, part = choice.parts[place]
            rest = evolve(way, open=choice.after, estimate=way.estimate - choice.price + price)
            decided = self._decided(rest, part, wanted=choice.wanted)
            if decided is not None:
                ways.push(decided, decided.open, 0)

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
                prices = [self._price(part, wanted=wanted) for part in node.parts]
                return sum(prices) if node.every == wanted else min(prices, default=inf)

    def _decided(self, way: _Way, node: Node, *, wanted: bool) -> _Way | None:
        """Return a way on which a node answers as wanted but for choices that are open.

        None where its conditions cannot be met together with those before.
        """
        pending, choices = [(node, wanted)], list[tuple[Group, bool]]()
        price, needed, fitting = way.price, way.needed, dict(way.fitting)
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
        return _Way(price, needed, fitting, self._opened(choices, way.open), way.estimate)

    def _opened(self, choices: list[tuple[Group, bool]], after: _Choice | None) -> _Choice | None:
        """Return choices before those that are open; what costs something comes first, as it decides about the rest."""
        costly = [self._price(group, wanted=wanted) > 0 for group, wanted in choices]
        in_order = [
            *compress(choices, costly),
            *(each for each, costs in zip(choices, costly, strict=True) if not costs),
        ]
        for group, wanted in reversed(in_order):
            after = _Choice(self._in_order(group.parts, wanted=wanted), wanted, after)
        return after

    def _in_order(self, parts: Iterable[Node], *, wanted: bool) -> list[tuple[float, Node]]:
        priced = ((self._price(part, wanted=wanted), part) for part in parts)
        return sorted((each for each in priced if each[0] < inf), key=itemgetter(0))

    def _meets(self, single: Single, fitting: dict[Variable, int], *, wanted: bool) -> bool:
        """Narrow what fits a condition's variable; tell whether anything does."""
        variable = self.variables.of(single)
        if variable is None:
            return single.verdict == wanted
        fits = fitting.get(variable, variable.everything) & variable.meeting(single, wanted=wanted)
        fitting[variable] = fits
        self.proved &= bool(fits) or variable.complete
        return bool(fits)


@define
class _Ways:
    """The ways that are still to be tried: the least estimate first, and of equal ones the last that came.

    A way with a choice stands for the choice's parts from a place on, so that the others are looked into only if the
    first ones do not lead to an end.
    """

    _heap: list[tuple[float, int, _Way, _Choice | None, int]] = field(
        factory=list[tuple[float, int, _Way, _Choice | None, int]]
    )
    _pushed: int = 0

    def push(self, way: _Way, choice: _Choice | None, place: int) -> None:
        """Add a way, with the parts of its next choice from a place on."""
        estimate = way.estimate
        if choice is not None:
            if not choice.parts:
                return
            estimate += choice.parts[place][0] - choice.price
        self._pushed -= 1
        heappush(self._heap, (estimate, self._pushed, way, choice, place))

    def pop(self) -> tuple[_Way, _Choice | None, int] | None:
        """Return the best way, with the choice and place that it is at."""
        return heappop(self._heap)[2:] if self._heap else None


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
    return Flip(flipped, tuple(needed), changed, way.fitting)
