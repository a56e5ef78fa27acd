"""What is known of one operand: which values it may still have, and whether it may be missing.

Every set of values answers ``meet`` (those that pass a test) and ``without`` (those that do not) with a set of values,
with None where surely nothing is left, and with itself where surely nothing changed. A set may seem larger than it is,
never smaller: that nothing is left is proved, that something is left is not.
"""

from typing import Any, Protocol

from attrs import frozen

from kohorte.core.values import fold
from kohorte.dsl.analysis.questions import Priced, Range, Sought, Tag, Test, Values


class ValueSet(Protocol):
    """Values that an operand may have."""

    @property
    def size(self) -> int:
        """Return about how much work a test is."""
        ...

    def meet(self, test: Any) -> "ValueSet | None":
        """Return those that pass a test."""
        ...

    def without(self, test: Any) -> "ValueSet | None":
        """Return those that do not."""
        ...


@frozen
class Domain:
    """The values that an operand may have, None for none, and whether it may be missing."""

    missing: bool
    values: ValueSet | None

    @property
    def size(self) -> int:
        """Return about how much work a test is."""
        return 0 if self.values is None else self.values.size

    def assume(self, test: Test, *, positive: bool) -> "Domain | None":
        """Return what is left where the test is passed, or is not; None where nothing is, itself where all is."""
        values = self.values
        if positive:
            met = None if values is None else values.meet(test)
            if met is None:
                return None
            return self if met is values and not self.missing else Domain(False, met)
        left = None if values is None else values.without(test)
        if left is None and not self.missing:
            return None
        return self if left is values else Domain(self.missing, left)

    def set(self) -> "Domain | None":
        """Return what is left where the operand has a value."""
        if not self.missing:
            return self
        return None if self.values is None else Domain(False, self.values)

    def unset(self) -> "Domain | None":
        """Return what is left where the operand is missing."""
        if not self.missing:
            return None
        return self if self.values is None else Domain(True, None)


# -- numbers -----------------------------------------------------------------------------------------------------


@frozen
class Numbers:
    """Whole numbers from ``low`` to ``high``, None being open, but for some; or of these only ``allowed``."""

    low: int | None = None
    high: int | None = None
    denied: frozenset[int] = frozenset()
    allowed: frozenset[int] | None = None

    @property
    def size(self) -> int:
        """Return about how much work a test is."""
        return (len(self.denied) + len(self.allowed or ())) // 8

    def meet(self, test: Range | Values) -> "Numbers | None":
        """Return those that pass a test."""
        if isinstance(test, Range):
            return self._between(test.low, test.high)
        if self.allowed is not None:
            kept = self.allowed & test.values
            return self if kept == self.allowed else self._only(kept)
        return self._only(frozenset([value for value in test.values if self.holds(value)]))

    def without(self, test: Range | Values) -> "Numbers | None":
        """Return those that do not."""
        if isinstance(test, Values):
            return self._but(test.values)
        if test.low is None:
            return None if test.high is None else self._between(test.high + 1, None)
        if test.high is None:
            return self._between(None, test.low - 1)
        return self  # both ends are never asked for at once

    def holds(self, value: int) -> bool:
        """Tell whether a number is one of them."""
        if self.allowed is not None:
            return value in self.allowed
        after = self.low is None or value >= self.low
        return after and (self.high is None or value <= self.high) and value not in self.denied

    def _only(self, values: frozenset[int]) -> "Numbers | None":
        if not values:
            return None
        return Numbers(min(values), max(values), allowed=values)

    def _between(self, low: int | None, high: int | None) -> "Numbers | None":
        low = self.low if low is None or (self.low is not None and self.low >= low) else low
        high = self.high if high is None or (self.high is not None and self.high <= high) else high
        if low == self.low and high == self.high:
            return self
        if self.allowed is not None:
            test = Range(low, high)
            return self._only(frozenset(value for value in self.allowed if test.admits(value, 0)))
        return _trimmed(low, high, self.denied)

    def _but(self, values: frozenset[int]) -> "Numbers | None":
        if self.allowed is not None:
            kept = self.allowed - values
            return self if len(kept) == len(self.allowed) else self._only(kept)
        taken = frozenset(value for value in values if self.holds(value))
        return _trimmed(self.low, self.high, self.denied | taken) if taken else self


def _trimmed(low: int | None, high: int | None, denied: frozenset[int]) -> Numbers | None:
    while low is not None and low in denied:
        low += 1
    while high is not None and high in denied:
        high -= 1
    if low is not None and high is not None and low > high:
        return None
    return Numbers(low, high, denied)


@frozen
class Amounts:
    """Amounts of money by their currency: those in currencies that were asked about, and all others together."""

    initial: Numbers
    asked: tuple[tuple[str, Numbers | None], ...] = ()
    others: bool = True

    @property
    def size(self) -> int:
        """Return about how much work a test is."""
        return 1 + len(self.asked)

    def meet(self, test: Priced) -> "Amounts | None":
        """Return those that pass a test: all in one currency."""
        before = self.in_currency(test.currency)
        met = None if before is None else before.meet(test.test)
        if met is None:
            return None
        kept = Amounts(self.initial, ((test.currency, met),), others=False)
        return self if kept == self else kept

    def without(self, test: Priced) -> "Amounts | None":
        """Return those that do not: those in other currencies are among them."""
        before = self.in_currency(test.currency)
        left = None if before is None else before.without(test.test)
        if left is before:
            return self
        known = {**dict(self.asked), test.currency: left}
        if not self.others and all(each is None for each in known.values()):
            return None
        return Amounts(self.initial, tuple(known.items()), self.others)

    def in_currency(self, currency: str) -> Numbers | None:
        """Return the numbers of smallest units that amounts in one currency can be; None for none."""
        return dict(self.asked).get(currency, self.initial if self.others else None)


# -- few values and tags ----------------------------------------------------------------------------------------


@frozen
class Choices:
    """Some of finitely many values."""

    values: frozenset[Any]

    @property
    def size(self) -> int:
        """Return about how much work a test is."""
        return len(self.values) // 2

    def meet(self, test: Values | Sought) -> "Choices | None":
        """Return those that pass a test."""
        return self._kept(frozenset(value for value in self.values if test.admits(value, 0)))

    def without(self, test: Values | Sought) -> "Choices | None":
        """Return those that do not."""
        return self._kept(frozenset(value for value in self.values if not test.admits(value, 0)))

    def _kept(self, values: frozenset[Any]) -> "Choices | None":
        if len(values) == len(self.values):
            return self
        return Choices(values) if values else None


@frozen
class TagSets:
    """Sets of tags that have some and lack others."""

    has: frozenset[Tag] = frozenset()
    lacks: frozenset[Tag] = frozenset()

    @property
    def size(self) -> int:
        """Return about how much work a test is."""
        return (len(self.has) + len(self.lacks)) // 8

    def meet(self, test: Tag) -> "TagSets | None":
        """Return those that have a tag."""
        has = self.has | {test}
        if not test.folded:
            has |= {Tag(fold(test.tag), folded=True)}
        if has == self.has:
            return self
        return None if has & self.lacks else TagSets(has, self.lacks)

    def without(self, test: Tag) -> "TagSets | None":
        """Return those that lack it."""
        if test in self.lacks:
            return self
        return None if test in self.has else TagSets(self.has, self.lacks | {test})
