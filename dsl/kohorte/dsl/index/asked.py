"""What a clause asks of one value, in the three forms that tables can answer.

The parts of a clause that look at one value are joined into one ``Asked``. A condition on a value passes or fails by
what the value equals, or by the side of a cut on which it lies; a missing value fails unless the condition is negated.
"""

from collections.abc import Hashable, Iterable
from functools import reduce
from typing import Final
from zoneinfo import ZoneInfo

from attrs import frozen

from kohorte.dsl.moments import FixedDay, FixedInstant, Shifted, StartOfDay, WallClock
from kohorte.dsl.typed import Among, Bound, Compare, Condition, Contains, Look, Missing, Order, Within

MOST_VALUES: Final = 64
"""A condition with more values than this is evaluated rather than filed under each of them."""


@frozen
class Moving:
    """A cut that moves as time passes."""

    bound: Bound
    zone: ZoneInfo


Cut = int | str
"""Values below it lie on one side, it and those above on the other."""


@frozen
class Asked:
    """What a clause asks of a value.

    ``others``: whether values pass that are not ``exceptions``, which are judged the other way round; None stands
    for a missing value. Beyond that the value has to be at least each cut of ``lows`` and below each of ``highs``;
    ``or_missing`` says whether a missing value passes these.
    """

    others: bool = True
    exceptions: tuple[Hashable, ...] = ()
    lows: tuple[Cut | Moving, ...] = ()
    highs: tuple[Cut | Moving, ...] = ()
    or_missing: bool = True

    def passes(self, value: Hashable) -> bool:
        """Tell whether a value passes, cuts aside."""
        return self.others is not (value in self.exceptions)


def joined(asked: Iterable[Asked]) -> Asked:
    """Return what asks all of it at once."""
    return reduce(_both, asked)


def _both(one: Asked, other: Asked) -> Asked:
    others = one.others and other.others
    named = {*one.exceptions, *other.exceptions}
    return Asked(
        others,
        tuple(value for value in named if (one.passes(value) and other.passes(value)) is not others),
        tuple({*one.lows, *other.lows}),
        tuple({*one.highs, *other.highs}),
        one.or_missing and other.or_missing,
    )


# -- of conditions -----------------------------------------------------------------------------------------------


def asked_by(condition: Condition, zone: ZoneInfo) -> Asked | None:
    """Return what a condition asks of its operand's value, or None where no table can answer it."""
    match condition:
        case Compare(order=Order.EQUAL, value=value, negated=negated):
            return Asked(negated, (value,))
        case Compare(order=order, value=int() as value, negated=negated):
            return _beside(order, value, negated=negated)
        case Among(values=values, negated=negated) if len(values) <= MOST_VALUES:
            return Asked(negated, values)
        case Missing(negated=negated):
            return Asked(negated, (None,))
        case Within():
            return _within(condition, zone)
        case Contains(look=Look.STARTS, needle=needle, negated=False):
            return _starting(needle)
        case _:
            return None


def _beside(order: Order, value: int, *, negated: bool) -> Asked:
    """Ask for a number on one side of a constant; only whole numbers are stored."""
    cut = (value + (order in (Order.GREATER, Order.LESS_OR_EQUAL)),)
    is_low = (order in (Order.GREATER, Order.GREATER_OR_EQUAL)) is not negated
    return Asked(lows=cut, or_missing=negated) if is_low else Asked(highs=cut, or_missing=negated)


def _within(leaf: Within, zone: ZoneInfo) -> Asked | None:
    lows, highs = (() if bound is None else (_cut(bound, zone),) for bound in (leaf.low, leaf.high))
    if not leaf.negated:
        return Asked(lows=lows, highs=highs, or_missing=False)
    if lows and highs:
        return None  # below the one or from the other on: no one side of a cut
    return Asked(lows=highs, highs=lows) if lows or highs else Asked(others=False, exceptions=(None,))


def _cut(bound: Bound, zone: ZoneInfo) -> Cut | Moving:
    return bound.at(0, zone) if _stands_still(bound) else Moving(bound, zone)


def _stands_still(bound: Bound) -> bool:
    match bound:
        case FixedDay() | FixedInstant() | WallClock():
            return True
        case StartOfDay(day=inner) | Shifted(base=inner):
            return _stands_still(inner)
        case _:
            return False


_LAST_LETTER: Final = 0x10FFFF


def _starting(needle: str) -> Asked:
    """Ask for texts from the needle up to the next text of its length, in the order of code points."""
    stem = needle.rstrip(chr(_LAST_LETTER))
    high = (stem[:-1] + chr(ord(stem[-1]) + 1),) if stem else ()
    return Asked(lows=(needle,), highs=high, or_missing=False)
