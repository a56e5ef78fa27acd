"""Values that pass what a branch asks of a variable: those at the ends of what is asked are tried."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final
from zoneinfo import ZoneInfo

from attrs import frozen

from kohorte.core.errors import KohorteError
from kohorte.core.fields import Kind
from kohorte.core.values import CURRENCIES, Money, fold, from_days, from_micros, from_units, month_day
from kohorte.dsl.analysis.bounds import position
from kohorte.dsl.analysis.domains import Amounts, Choices, Domain, Numbers, TagSets
from kohorte.dsl.analysis.questions import Period, Priced, Range, Sought, Test, Values, work
from kohorte.dsl.analysis.solver import Budget
from kohorte.dsl.anniversaries import instant_intervals, month_days
from kohorte.dsl.moments import MICROS_A_DAY, Step, shift_day, start_of_day
from kohorte.dsl.syntax.ast import Unit
from kohorte.dsl.typed import HasAnniversary, Look

_FILLERS: Final = ("x", "abc", "zz")
_YEARS_BACK: Final = (1, 30, 4)
_PER_KIND: Final[dict[Kind, tuple[Any, ...]]] = {
    Kind.TEXT: _FILLERS,
    Kind.CODE: _FILLERS,
    Kind.INTEGER: (0, 1),
    Kind.DECIMAL: (0, 1),
    Kind.BOOLEAN: (True, False),
    Kind.TAGS: (("x",), ("other",)),
}


@frozen
class Wanted:
    """What is asked of one value: the tests it passes or does not, and its returns in a year, by zone."""

    kind: Kind
    domain: Domain
    tests: tuple[tuple[Test, bool], ...]
    returns: tuple[tuple[HasAnniversary, ZoneInfo, bool], ...]
    entries: tuple[tuple[frozenset[str], bool, bool], ...] = ()
    """Entries of a stored list, whether they are folded, and whether the value is one of them."""


def candidates(wanted: Wanted, now: int, budget: Budget) -> Iterator[Any]:
    """Yield the values in stored form that pass all that is wanted, some of them twice; amounts with their currency.

    Raise ``Exhausted`` when the budget is used up.
    """
    budget.take(len(wanted.returns))
    returns = [(_returning_on(leaf, zone, wanted.kind, now), positive) for leaf, zone, positive in wanted.returns]
    steps = 1 + sum(work(test) for test, _ in wanted.tests) // 2 + 2 * len(returns)
    for value in _tried(wanted, now):
        budget.take(steps)
        is_possible = _exists(value, wanted.kind) and _passes(value, wanted, now)
        if is_possible and all(comes_back(value) is positive for comes_back, positive in returns):
            yield value


def _exists(value: Any, kind: Kind) -> bool:
    """Tell whether a record can hold a value: a day before the year 1 is tried, but is none."""
    try:
        as_given(value, kind, 0)
    except (KohorteError, ValueError, OverflowError):
        return False
    return True


def _passes(value: Any, wanted: Wanted, now: int) -> bool:
    values = wanted.domain.values
    if isinstance(values, Choices) and value not in values.values:
        return False
    if isinstance(values, Numbers) and not values.holds(value):
        return False
    if not all(test.admits(value, now) is positive for test, positive in wanted.tests):
        return False
    return all(
        ((fold(value) if folded else value) in entries) is positive for entries, folded, positive in wanted.entries
    )


def _tried(wanted: Wanted, now: int) -> Iterator[Any]:
    values = wanted.domain.values
    if isinstance(values, Choices):
        yield from sorted(values.values)
    elif isinstance(values, Numbers):
        yield from _of_numbers(values)
    elif isinstance(values, Amounts):
        yield from _of_amounts(values)
    elif isinstance(values, TagSets):
        yield tuple(tag.tag for tag in sorted(values.has, key=lambda tag: (tag.folded, tag.tag))) or ("other",)
    for leaf, zone, positive in wanted.returns:
        if positive:
            yield from _returning(leaf, zone, wanted.kind, now)
    for entries, _, positive in wanted.entries:
        if positive:
            yield from sorted(entries)
    yield from _words(wanted.tests)
    for test, _ in wanted.tests:
        yield from _around(test, now)
    yield from _usual(wanted.kind, now)


def _usual(kind: Kind, now: int) -> Iterable[Any]:
    if kind is Kind.DATE:
        return now // MICROS_A_DAY, now // MICROS_A_DAY - 400
    if kind is Kind.INSTANT:
        return now, now - 400 * MICROS_A_DAY
    return _PER_KIND.get(kind, ())


# -- numbers -----------------------------------------------------------------------------------------------------


def _of_numbers(numbers: Numbers) -> Iterator[int]:
    if numbers.allowed is not None:
        yield from sorted(numbers.allowed)
        return
    for value in (0, 1, numbers.low, numbers.high):
        if value is not None:
            nearest = value if numbers.low is None else max(value, numbers.low)
            nearest = nearest if numbers.high is None else min(nearest, numbers.high)
            yield from (each for each in (nearest, nearest + 1, nearest - 1) if each not in numbers.denied)


def _of_amounts(amounts: Amounts) -> Iterator[tuple[int, str]]:
    known = dict(amounts.asked)
    for currency, numbers in known.items():
        if numbers is not None:
            yield from ((units, currency) for units in _of_numbers(numbers))
    if amounts.others:
        other = next(currency for currency in ("EUR", "USD", "GBP", *CURRENCIES) if currency not in known)
        yield from ((units, other) for units in _of_numbers(amounts.initial))


# -- texts and times ---------------------------------------------------------------------------------------------


def _words(tests: Iterable[tuple[Test, bool]]) -> Iterator[str]:
    """Yield texts that have all the needles."""
    sought = [test for test, positive in tests if positive and isinstance(test, Sought)]
    if not sought:
        return
    starts = max((test.needle for test in sought if test.look is Look.STARTS), key=len, default="")
    ends = max((test.needle for test in sought if test.look is Look.ENDS), key=len, default="")
    inner = [test.needle for test in sought if test.look is Look.CONTAINS]
    globs = [test.needle.replace("*", "").replace("?", "x") for test in sought if test.look is Look.GLOB]
    missing = "".join(needle for needle in inner if needle not in starts + ends)
    yield from globs
    yield starts + missing + ends
    yield starts + "x" + "x".join(inner) + "x" + ends
    if starts.endswith(ends):
        yield starts
    if ends.startswith(starts):
        yield ends


def _around(test: Test, now: int) -> Iterator[Any]:
    match test:
        case Range(low=low, high=high):
            yield from (value for end in (low, high) if end is not None for value in (end, end - 1, end + 1))
        case Values(values=values):
            for value in sorted(values):
                yield value
                yield from (value + "x", "x" + value) if isinstance(value, str) else (value + 1, value - 1)
        case Period(low=low, high=high):
            ends = [position(end, now) for end in (high, low) if end is not None]
            yield from (value for end in ends for value in (end - 1, end, end + 1))
        case Sought(needle=needle):
            yield from (needle, needle + "x", "x" + needle)
        case Priced(currency=currency, test=inner):
            yield from ((units, currency) for units in _around(inner, now))
        case _:
            pass


# -- anniversaries -----------------------------------------------------------------------------------------------


def _returning_on(leaf: HasAnniversary, zone: ZoneInfo, kind: Kind, now: int) -> Callable[[int], bool]:
    """Return what tells whether a value has its anniversary as it is asked."""
    days = leaf.low.at(now, zone), leaf.high.at(now, zone)
    if kind is Kind.DATE:
        wanted = list(month_days(*days))
        return lambda value: any(value < before and month_day(from_days(value)) in those for before, those in wanted)
    intervals = list(instant_intervals(*days, zone))
    return lambda value: any(low <= value < high for low, high in intervals)


def _returning(leaf: HasAnniversary, zone: ZoneInfo, kind: Kind, now: int) -> Iterator[int]:
    first, last = leaf.low.at(now, zone), leaf.high.at(now, zone) - 1
    for years in _YEARS_BACK:
        for day in (first, last):
            earlier = shift_day(day, Step(-years, Unit.YEAR))
            yield earlier if kind is Kind.DATE else start_of_day(earlier, zone) + MICROS_A_DAY // 2


# -- the embedder's form -----------------------------------------------------------------------------------------


def as_given(value: Any, kind: Kind, scale: int) -> Any:
    """Return a value in stored form as an embedder's record has it."""
    match kind:
        case Kind.DATE:
            return from_days(value)
        case Kind.INSTANT:
            return from_micros(value)
        case Kind.DECIMAL:
            return from_units(value, scale)
        case Kind.MONEY:
            return Money.of_units(*value)
        case Kind.TAGS:
            return list(value)
        case _:
            return value
