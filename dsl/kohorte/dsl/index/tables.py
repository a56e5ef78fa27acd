"""Tables: which clauses fail, for each value that one operand may have.

Values that are named have a set each of the clauses that judge them other than the rest; cuts have the clauses that
fail on one side of them. So a clause costs space at the values and cuts that it names, not at all the others.
"""

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Final

from attrs import define, field, frozen

from kohorte.dsl.index.asked import Asked, Cut, Moving
from kohorte.dsl.index.numbers import NONE, Numbers, as_mask, toggled

BLOCK: Final = 4
FEW_CUTS: Final = 128
"""Cuts are summed up in blocks, or each for itself where there are few: quicker to ask, but it takes more space."""

SMALL: Final = 16
"""Of a table with so few values and cuts, it is worked out beforehand what fails at each value and between cuts."""

Failing = Callable[[Any], int]
"""Tells which clauses fail for a value, as bits."""


@frozen
class Settled:
    """The cuts of one side in their order, each with the clauses that fail beyond it.

    ``sums`` has the clauses of all blocks that lie wholly beyond the beginning of each block.
    """

    cuts: Sequence[Cut]
    clauses: Sequence[Numbers]
    sums: Sequence[int]
    block: int
    is_low: bool

    def failing(self, value: Any) -> int:
        """Return the clauses that fail for a value: those that want it higher, or lower."""
        place = bisect_right(self.cuts, value)
        if self.block == 1:
            return self.sums[place]
        if self.is_low:
            block = -(-place // BLOCK)
            near = self.clauses[place : block * BLOCK]
        else:
            block = place // BLOCK
            near = self.clauses[block * BLOCK : place]
        mask = self.sums[block]
        for clauses in near:
            mask |= as_mask(clauses)
        return mask


@define(eq=False)
class Side:
    """Cuts below which clauses fail (``is_low``), or from which on they do."""

    is_low: bool
    clauses: dict[Cut | Moving, Numbers] = field(factory=dict["Cut | Moving", Numbers])

    def toggle(self, cut: Cut | Moving, number: int) -> None:
        """Enter a clause at a cut, or take it out."""
        changed = toggled(self.clauses.get(cut, NONE), number)
        if changed:
            self.clauses[cut] = changed
        else:
            del self.clauses[cut]

    def settled(self, place: Callable[[Any], Cut]) -> Settled:
        """Return the cuts in their order, where ``place`` says where each lies."""
        placed = sorted((place(cut), number) for number, cut in enumerate(self.clauses))
        held = [*self.clauses.values()]
        clauses, block = [held[number] for _, number in placed], 1 if len(placed) <= FEW_CUTS else BLOCK
        sums = _sums(clauses, block, is_low=self.is_low)
        return Settled([cut for cut, _ in placed], clauses, sums, block, self.is_low)


def _sums(clauses: Sequence[Numbers], block: int, *, is_low: bool) -> list[int]:
    blocks = range(0, len(clauses), block)
    sums = [0]
    for start in reversed(blocks) if is_low else blocks:
        mask = sums[-1]
        for each in clauses[start : start + block]:
            mask |= as_mask(each)
        sums.append(mask)
    return sums[::-1] if is_low else sums


Place = Callable[[Moving], int]
"""Tells where a moving cut lies at the instant in question."""


@define(eq=False)
class Table:
    """The clauses that ask something of one operand, by the values for which they fail."""

    version: int = 0
    """Counts the changes."""
    clauses: int = 0
    """All of them, as bits."""
    others: Numbers = NONE
    """Clauses that fail for every value that they do not name."""
    exceptions: dict[Hashable, Numbers] = field(factory=dict[Hashable, Numbers])
    """Clauses that judge a value otherwise; None is a missing one."""
    missing: Numbers = NONE
    """Clauses that fail for a missing value because of a cut."""
    sides: tuple[Side, Side] = field(factory=lambda: (Side(is_low=True), Side(is_low=False)))
    moving: tuple[Side, Side] = field(factory=lambda: (Side(is_low=True), Side(is_low=False)))
    _settled: tuple[Settled, ...] | None = None
    _failing: Failing | None = None
    """The same at every instant, where no cuts move."""

    def toggle(self, number: int, asked: Asked) -> None:
        """Enter what a clause asks, or take it out; it is entered once."""
        self.version += 1
        self.clauses ^= 1 << number
        self._failing = None
        if not asked.others:
            self.others = toggled(self.others, number)
        for value in asked.exceptions:
            changed = toggled(self.exceptions.get(value, NONE), number)
            if changed:
                self.exceptions[value] = changed
            else:
                del self.exceptions[value]
        if not asked.or_missing:
            self.missing = toggled(self.missing, number)
        for place, cuts in enumerate((asked.lows, asked.highs)):
            for cut in cuts:
                (self.moving if isinstance(cut, Moving) else self.sides)[place].toggle(cut, number)
                self._settled = None

    def failing(self, place: Place) -> Failing:
        """Return what tells which clauses fail, until the table changes; ``place`` tells where moving cuts lie."""
        if self._failing is not None:
            return self._failing
        sides = self._sides(place)
        is_small = len(self.exceptions) + sum(len(side.cuts) for side in sides) <= SMALL
        failing = self._worked_out(sides) if is_small else self._looked_up(sides)
        if not any(side.clauses for side in self.moving):
            self._failing = failing
        return failing

    def _sides(self, place: Place) -> tuple[Settled, ...]:
        if self._settled is None:
            self._settled = tuple(side.settled(_as_it_is) for side in self.sides if side.clauses)
        return (*self._settled, *(side.settled(place) for side in self.moving if side.clauses))

    def _looked_up(self, sides: Sequence[Settled]) -> Failing:
        others, missing, exceptions = as_mask(self.others), as_mask(self.missing), self.exceptions

        def failing(value: Any) -> int:
            mask = others ^ as_mask(exceptions[value]) if value in exceptions else others
            if value is None:
                return mask | missing
            for side in sides:
                mask |= side.failing(value)
            return mask

        return failing

    def _worked_out(self, sides: Sequence[Settled]) -> Failing:
        looked_up, others = self._looked_up(sides), as_mask(self.others)
        named = {value: looked_up(value) for value in (None, *self.exceptions)}
        cuts: list[Any] = sorted({cut for side in sides for cut in side.cuts})
        masks = [_union(others, [side.sums[0] for side in sides])]
        masks += [_union(others, [side.failing(cut) for side in sides]) for cut in cuts]

        def failing(value: Any) -> int:
            mask = named.get(value)
            return masks[bisect_right(cuts, value)] if mask is None else mask

        return failing


def _union(mask: int, others: Iterable[int]) -> int:
    for other in others:
        mask |= other
    return mask


def _as_it_is(cut: Cut) -> Cut:
    return cut
