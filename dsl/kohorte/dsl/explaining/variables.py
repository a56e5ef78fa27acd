"""What a change may vary: fields, aggregates and memberships, each with the values worth trying.

The values of a variable are chosen so that whatever verdicts its conditions can have together, some value gives them:
for ordered values, those at and beside every constant. Where that cannot be guaranteed (searches in text, stored lists,
two operands compared), the variable is not ``complete``, and that no value fits proves nothing.

The values that meet a condition are a bit set (an ``int``), so that conditions on one variable are solved together by
``&``, however many there are.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterator
from functools import cached_property
from typing import Any

from attrs import define, field

from kohorte.dsl.explaining.judging import Judging
from kohorte.dsl.explaining.nodes import Single
from kohorte.dsl.typed import (
    AggregateOf,
    Compare,
    CompareOperands,
    FieldOf,
    Function,
    InSample,
    InSegment,
    Leaf,
    Order,
    SegmentUse,
    SomeRow,
    Within,
)

Subject = FieldOf | AggregateOf | SegmentUse
"""What a value belongs to."""


def subjects_of(leaf: Leaf) -> tuple[Subject, ...]:
    """Return what a condition is about; ``any purchases`` is about a count. Samples are about nothing that changes."""
    match leaf:
        case InSample():
            return ()
        case InSegment(segment=segment):
            return (segment,)
        case SomeRow(collection=collection, where=where):
            return (AggregateOf(collection, Function.COUNT, where),)
        case CompareOperands(left=left, right=right):
            return (left, right)
        case _:
            return (leaf.operand,)


def key_of_subject(subject: Subject, single: Single) -> Hashable:
    """Return by what equal subjects are known: an aggregate in another zone looks at other rows."""
    match subject:
        case FieldOf(owner=owner, field=wanted):
            return owner, wanted.name
        case SegmentUse(id=id_):
            return id_
        case AggregateOf():
            return subject, single.zone.key


def keys_of(single: Single) -> tuple[Hashable, ...]:
    """Return by what the subjects of a condition are known."""
    return tuple(key_of_subject(each, single) for each in subjects_of(single.leaf))


@define(eq=False, slots=False)
class Variable:
    """One subject, or several that conditions compare with each other; a candidate has a value for each.

    Where there is an ``anchor``, there is one subject, and its values are whole numbers in order, with None last.
    """

    subjects: dict[Hashable, Subject]
    singles: list[Single]
    candidates: list[tuple[Any, ...]]
    present: int
    complete: bool
    judging: Judging
    anchor: int | None = None
    _met: dict[int, int] = field(factory=dict[int, int])

    @cached_property
    def everything(self) -> int:
        """Return the bit set of all candidates."""
        return (1 << len(self.candidates)) - 1

    def meeting(self, single: Single, *, wanted: bool) -> int:
        """Return the bit set of the candidates that give a condition the wanted verdict."""
        met = self._met.get(single.number)
        if met is None:
            met = self._in_order(single)
            met = self._met[single.number] = self._tried(single) if met is None else met
        return met if wanted else met ^ self.everything

    def chosen(self, fitting: int) -> int:
        """Return the candidate to propose: the present one where it fits, else the nearest, else the first."""
        if fitting >> self.present & 1:
            return self.present
        return _lowest(fitting) if self.anchor is None else self.nearest(fitting, self.anchor)

    def best_first(self, fitting: int) -> Iterator[int]:
        """Yield all candidates that fit, in the order in which they would be chosen."""
        while fitting:
            candidate = self.chosen(fitting)
            yield candidate
            fitting &= ~(1 << candidate)

    def onwards(self, fitting: int, now: int) -> int:
        """Return the candidate nearest to a number, of those that lie further from the present one if there are any."""
        (present,), numbers = self.candidates[self.present], self._numbers
        if present is None or now == present:
            return self.nearest(fitting, now)
        behind = (1 << bisect_left(numbers, now)) - 1 if now > present else -1 << bisect_right(numbers, now)
        return self.nearest(fitting & self._set & ~behind or fitting, now)

    def nearest(self, fitting: int, anchor: int) -> int:
        """Return the candidate nearest to a number, where they are in order."""
        numbers = self._numbers
        fitting = fitting & self._whole or fitting & self._set or fitting  # to be missing is the last resort
        place = bisect_left(numbers, anchor)
        above, below = fitting >> place << place, fitting & ((1 << place) - 1)
        if not above or not below:
            return _lowest(above) if above else below.bit_length() - 1
        higher, lower = _lowest(above), below.bit_length() - 1
        return lower if anchor - numbers[lower] < numbers[higher] - anchor else higher

    @cached_property
    def _numbers(self) -> list[Any]:
        return [value for (value,) in self.candidates if value is not None]

    def _in_order(self, single: Single) -> int | None:
        """Return the bit set of a comparison of ordered values by the places of its ends, without trying each."""
        leaf = single.leaf
        if self.anchor is None or not isinstance(leaf, Compare | Within):
            return None
        met = self._between(single, leaf) if isinstance(leaf, Within) else self._compared(leaf)
        return met ^ self.everything if leaf.negated else met

    def _compared(self, leaf: Compare) -> int:
        low, high = self._below(leaf.value), (1 << bisect_right(self._numbers, leaf.value)) - 1
        match leaf.order:
            case Order.LESS:
                return low
            case Order.LESS_OR_EQUAL:
                return high
            case Order.EQUAL:
                return high ^ low
            case Order.GREATER:
                return self._set ^ high
            case Order.GREATER_OR_EQUAL:
                return self._set ^ low

    def _between(self, single: Single, leaf: Within) -> int:
        low, high = (None if each is None else self.judging.bound(each, single.zone) for each in (leaf.low, leaf.high))
        below = self._set if high is None else self._below(high)
        return below if low is None else below & ~self._below(low)

    def _below(self, value: Any) -> int:
        return (1 << bisect_left(self._numbers, value)) - 1

    @cached_property
    def _whole(self) -> int:
        """Return the bit set of whole numbers, which are easier to propose than what lies between them."""
        return sum(1 << place for place, value in enumerate(self._numbers) if isinstance(value, int))

    @cached_property
    def _set(self) -> int:
        return (1 << len(self._numbers)) - 1

    def _tried(self, single: Single) -> int:
        pick, judge, met = self._picker(single), single.judge, 0
        for place, candidate in enumerate(self.candidates):
            if judge(pick(candidate)):
                met |= 1 << place
        return met

    def _picker(self, single: Single) -> Callable[[tuple[Any, ...]], Any]:
        known, keys = [*self.subjects], keys_of(single)
        if len(keys) == 1:
            place = known.index(keys[0])
            return lambda candidate: candidate[place]
        places = [known.index(key) if key in self.subjects else None for key in keys]
        fixed = [*zip(places, single.value, strict=True)]
        return lambda candidate: tuple(value if place is None else candidate[place] for place, value in fixed)


def _lowest(bits: int) -> int:
    return (bits & -bits).bit_length() - 1
