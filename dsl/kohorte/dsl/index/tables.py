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

BLOCK: Final = 8
FEW_CUTS: Final = 16
"""Cuts are summed up in blocks, or each for itself where there are few: quicker to ask, but it takes more space."""


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

    def between(self, one: Any, other: Any) -> int:
        """Return the clauses that may judge two values differently."""
        low, high = bisect_right(self.cuts, one), bisect_right(self.cuts, other)
        mask = 0
        for clauses in self.clauses[min(low, high) : max(low, high)] if low != high else ():
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


Settle = Callable[[Side], Settled]
"""What returns the moving cuts of a side at the instant in question."""


@define(eq=False)
class Table:
    """The clauses that ask something of one operand, by the values for which they fail."""

    others: Numbers = NONE
    """Clauses that fail for every value that they do not name."""
    exceptions: dict[Hashable, Numbers] = field(factory=dict[Hashable, Numbers])
    """Clauses that judge a value otherwise; None is a missing one."""
    missing: Numbers = NONE
    """Clauses that fail for a missing value because of a cut."""
    sides: tuple[Side, Side] = field(factory=lambda: (Side(is_low=True), Side(is_low=False)))
    moving: tuple[Side, Side] = field(factory=lambda: (Side(is_low=True), Side(is_low=False)))
    _settled: tuple[Settled, ...] | None = None

    def toggle(self, number: int, asked: Asked) -> None:
        """Enter what a clause asks, or take it out; it is entered once."""
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

    @property
    def is_empty(self) -> bool:
        """Tell whether no clause asks for the operand any more."""
        held = (self.others, self.exceptions, self.missing, *(side.clauses for side in (*self.sides, *self.moving)))
        return not any(held)

    def failing(self, value: Any, settle: Settle) -> int:
        """Return the clauses that fail for a value as bits; ``settle`` knows where moving cuts lie."""
        others, exceptions = self.others, self.exceptions.get(value, NONE)
        mask = 0 if exceptions == others else as_mask(others) ^ as_mask(exceptions) if exceptions else as_mask(others)
        if value is None:
            return mask | as_mask(self.missing)
        for side in self._sides(settle):
            mask |= side.failing(value)
        return mask

    def between(self, one: Any, other: Any, settle: Settle) -> int:
        """Return the clauses that may judge two values differently, and hardly any others."""
        if one is None or other is None:
            return self.failing(one, settle) ^ self.failing(other, settle)
        mask = as_mask(self.exceptions.get(one, NONE)) ^ as_mask(self.exceptions.get(other, NONE))
        for side in self._sides(settle):
            mask |= side.between(one, other)
        return mask

    def _sides(self, settle: Settle) -> Iterable[Settled]:
        settled = self._settled
        if settled is None:
            settled = self._settled = tuple(side.settled(_as_it_is) for side in self.sides if side.clauses)
        moving = [settle(side) for side in self.moving if side.clauses]
        return (*settled, *moving) if moving else settled


def _as_it_is(cut: Cut) -> Cut:
    return cut
