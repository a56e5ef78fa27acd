"""Judge values: what a condition says of a value that it might see, whatever record the value comes from.

Kinds of value as judged: stored form; of money the pair of units and currency; of averages exact fractions; of two
operands the pair of their values; of membership and samples true or false; of ``any purchases`` the number of rows.
"""

import operator
from bisect import bisect_right
from collections.abc import Callable, Collection, Container, Mapping
from fractions import Fraction
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from attrs import define, field

from kohorte.core.fields import Kind
from kohorte.core.values import fold, from_days, month_day
from kohorte.dsl.anniversaries import month_days
from kohorte.dsl.explaining.domain import COUNTING
from kohorte.dsl.operands import is_of_dates, is_of_money
from kohorte.dsl.predicates.functions import given_of
from kohorte.dsl.predicates.globs import glob_matcher
from kohorte.dsl.timed import returning_between
from kohorte.dsl.typed import (
    AggregateOf,
    Among,
    Bound,
    Compare,
    CompareOperands,
    Contains,
    FieldOf,
    HasAnniversary,
    HasTags,
    InList,
    InSample,
    InSegment,
    Leaf,
    Look,
    Missing,
    Operand,
    Order,
    SomeRow,
    Within,
)

Judge = Callable[[Any], bool]
Members = Mapping[UUID, Container[Any]]
Entries = Mapping[UUID, Collection[str]]

ORDERS: Final[Mapping[Order, Callable[[Any, Any], bool]]] = {
    Order.EQUAL: operator.eq,
    Order.LESS: operator.lt,
    Order.LESS_OR_EQUAL: operator.le,
    Order.GREATER: operator.gt,
    Order.GREATER_OR_EQUAL: operator.ge,
}


@define
class Judging:
    """Conditions bound to an instant (µs), and to the members and entries that they ask for."""

    now: int
    members: Members
    entries: Entries
    _bounds: dict[tuple[int, int], tuple[Bound, int]] = field(factory=dict[tuple[int, int], tuple[Bound, int]])
    _listed: dict[tuple[UUID, bool], frozenset[str]] = field(factory=dict[tuple[UUID, bool], frozenset[str]])

    def bound(self, bound: Bound, zone: ZoneInfo) -> int:
        """Return what a bound is at the instant; each is reckoned once."""
        key = id(bound), id(zone)
        known = self._bounds.get(key)
        if known is None:  # the bound is held, so that no other gets its identity
            known = self._bounds[key] = bound, bound.at(self.now, zone)
        return known[1]

    def judge(self, leaf: Leaf, zone: ZoneInfo) -> Judge:
        """Return the function that gives a condition's verdict on a value, its negation counted in."""
        positive = self._positive(leaf, zone)
        if leaf.negated:
            return lambda value: not positive(value)
        return positive

    def entries_of(self, leaf: InList) -> frozenset[str]:
        """Return the entries of a stored list, folded where the comparison is; raise ``InvalidInput`` for none."""
        key = leaf.list_id, leaf.folded
        if key not in self._listed:
            listed = given_of(self.entries, leaf.list_id, "stored list", "entries")
            self._listed[key] = frozenset(map(fold, listed) if leaf.folded else listed)
        return self._listed[key]

    def members_of(self, leaf: InSegment) -> Container[Any]:
        """Return the keys that belong to a segment; raise ``InvalidInput`` for none."""
        members: Container[Any] = given_of(self.members, leaf.segment.id, "segment", "members")
        return members

    def _positive(self, leaf: Leaf, zone: ZoneInfo) -> Judge:
        match leaf:
            case Missing():
                return lambda value: value is None
            case InSegment() | InSample():
                return lambda value: value is True
            case SomeRow():
                return lambda value: value > 0
            case CompareOperands():
                return _compare_operands(leaf)
            case _:
                test = self._of_value(leaf, zone)
                return lambda value: value is not None and test(value)

    def _of_value(self, leaf: Leaf, zone: ZoneInfo) -> Judge:
        """Return the test of a value that is not missing."""
        match leaf:
            case Compare():
                return _compare(leaf)
            case Among(values=values):
                chosen = frozenset(values)
                return _of_compared(leaf, lambda value: value in chosen)
            case InList():
                entries = self.entries_of(leaf)
                return _of_compared(leaf, lambda value: value in entries)
            case Contains():
                return _of_compared(leaf, _look(leaf))
            case HasTags():
                return _has_tags(leaf)
            case Within():
                return self._within(leaf, zone)
            case HasAnniversary():
                return self._has_anniversary(leaf, zone)
            case _:
                raise TypeError(leaf)

    def _within(self, leaf: Within, zone: ZoneInfo) -> Judge:
        low = None if leaf.low is None else self.bound(leaf.low, zone)
        high = None if leaf.high is None else self.bound(leaf.high, zone)
        if low is None:
            return lambda value: high is None or value < high
        return (lambda value: value >= low) if high is None else (lambda value: low <= value < high)

    def _has_anniversary(self, leaf: HasAnniversary, zone: ZoneInfo) -> Judge:
        of_dates = is_of_dates(leaf.operand)
        if of_dates and isinstance(leaf.operand, FieldOf):
            returning = month_days(self.bound(leaf.low, zone), self.bound(leaf.high, zone))

            def returns(value: int) -> bool:
                day = month_day(from_days(value))
                return any(value < end and day in days for end, days in returning)

            return returns
        ends = returning_between(leaf.low, leaf.high, zone, of_dates=of_dates)(self.now)
        return lambda value: bisect_right(ends, value) % 2 == 1


def _compare(leaf: Compare) -> Judge:
    value = leaf.value
    if isinstance(value, bool):
        return lambda seen: seen is value
    order, currency = ORDERS[leaf.order], leaf.currency
    if currency is not None:
        return lambda seen: seen[1] == currency and order(seen[0], value)
    return _of_compared(leaf, lambda seen: order(seen, value))


def _of_compared(leaf: Compare | Among | InList | Contains, test: Judge) -> Judge:
    """Return the test of a value as it is compared: folded, or an amount in the wanted currency."""
    if leaf.folded:
        return lambda value: test(fold(value))
    if not is_of_money(leaf.operand):
        return test
    currency = leaf.currency if isinstance(leaf, Compare | Among) else None
    if currency is None:
        return lambda value: test(value[0])
    return lambda value: value[1] == currency and test(value[0])


def _look(leaf: Contains) -> Judge:
    needle = leaf.needle
    match leaf.look:
        case Look.CONTAINS:
            return lambda value: needle in value
        case Look.STARTS:
            return lambda value: value.startswith(needle)
        case Look.ENDS:
            return lambda value: value.endswith(needle)
        case Look.GLOB:
            matches = glob_matcher(needle)
            return lambda value: matches(value) is not None


def _has_tags(leaf: HasTags) -> Judge:
    wanted = frozenset(leaf.tags)
    meets: Judge = wanted.issubset if leaf.every else lambda tags: not wanted.isdisjoint(tags)
    return (lambda tags: meets(frozenset(map(fold, tags)))) if leaf.folded else meets


def _compare_operands(leaf: CompareOperands) -> Judge:
    order, folded, of_money = ORDERS[leaf.order], leaf.folded, is_of_money(leaf.left)
    prepare = [_comparable(each) for each in (leaf.left, leaf.right)]

    def test(values: tuple[Any, Any]) -> bool:
        left, right = values
        if left is None or right is None:
            return False
        if of_money and left[1] != right[1]:
            return False
        if folded:
            return order(fold(left), fold(right))
        return order(prepare[0](left), prepare[1](right))

    return test


def _comparable(operand: Operand) -> Callable[[Any], Any]:
    if is_of_money(operand):
        return lambda value: value[0]
    if operand.field is None or operand.field.kind is not Kind.DECIMAL:
        return _same
    if isinstance(operand, AggregateOf) and operand.function in COUNTING:
        return _same
    scale = 10**operand.field.scale
    return lambda value: Fraction(value, scale)


def _same(value: Any) -> Any:
    return value
