"""How many of all a sample speaks for: the exact confidence interval for a count in a finite population.

Of N contacts n were drawn at random without replacement, and k of them were found. The interval has every count K under
which k or more, and k or fewer, are found with a probability of more than half of what the confidence leaves: so it
holds the true count at least as often as it says, for any n, N and K. (T. Wright, Exact Confidence Bounds when Sampling
from Small Finite Universes, Springer 1991; J. P. Buonaccorsi, The American Statistician 41, 1987. The usual
approximations do not hold what they say: W. Wang, Journal of the American Statistical Association 110, 2015.)
"""

from collections.abc import Callable
from math import exp, lgamma, log, log1p, sqrt
from typing import Final

from attrs import frozen

CONFIDENCE: Final = 0.95
"""The true count lies in so many of all intervals, at least."""

_OF_POPULATION: Final = 0.2
"""The part of what confidence leaves that is spent on how many there are, where nobody has counted them all."""

_ROUNDING: Final = 1e-9
"""So much a probability may be off by arithmetic; the interval is the wider for it."""

_NOTHING: Final = 1e-14
"""What adds less than this share is left out."""


@frozen
class Interval:
    """From the least to the greatest count, both among them."""

    low: int
    high: int


def interval(population: int, drawn: int, found: int, confidence: float = CONFIDENCE) -> Interval:
    """Return the interval for how many of a population are such as ``found`` of the ``drawn`` ones."""
    return _counts(Interval(population, population), drawn, found, 1 - confidence)


def interval_by_lots(counted: int, share: float, drawn: int, found: int, confidence: float = CONFIDENCE) -> Interval:
    """Return the same where only the first of a population were counted: the last at a share of all lots.

    Of the ways to be wrong a part is spent on the population, all others on what is found in it: so the interval fails
    no more often than both together.
    """
    wrong = 1 - confidence
    population = population_interval(counted, share, 1 - _OF_POPULATION * wrong)
    return _counts(population, drawn, found, (1 - _OF_POPULATION) * wrong)


def population_interval(counted: int, share: float, confidence: float) -> Interval:
    """Return the interval for how many there are, of whom so many have drawn a lot no higher than a share of all lots.

    The last of these lies exactly there. Among N it lies lower with the probability that of N so many or more draw such
    a lot (binomial), and higher with the probability that fewer than so many do.
    """
    tail = (1 - confidence) / 2 - _ROUNDING
    middle, spread = counted / share, 12 * sqrt(counted) / share  # within six or more deviations
    ends = max(counted, int(middle - spread)), int(middle + spread) + 12
    low = _first(*ends, lambda size: _so_many_or_more(size, share, counted) > tail)
    over = _first(low, ends[1], lambda size: _so_many_or_more(size, 1 - share, size - counted + 1) <= tail)
    return Interval(low, over - 1)


def _counts(population: Interval, drawn: int, found: int, wrong: float) -> Interval:
    tail = wrong / 2 - _ROUNDING
    least = _least(population.low, drawn, found, tail)
    return Interval(least, population.high - _least(population.high, drawn, drawn - found, tail))


def _first(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """Return the first number for which a condition holds that holds for all later ones; at the latest the high one."""
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def _so_many_or_more(size: int, share: float, count: int) -> float:
    """Return the probability that of so many lots so many or more lie below a share (binomial)."""
    odds = share / (1 - share)
    term = exp(_choices(size, count) + count * log(share) + (size - count) * log1p(-share))
    total = 0.0
    for each in range(count, size + 1):
        total += term
        if term <= total * _NOTHING:
            break
        term *= (size - each) / (each + 1) * odds
    return total


def _least(population: int, drawn: int, found: int, tail: float) -> int:
    """Return the least count under which so many or more are found with more than a probability."""
    if not found:
        return 0
    most = -(-population * found // drawn)  # under the share that was found it is a half at least
    return _first(found, most, lambda count: _found_or_more(population, count, drawn, found) > tail)


def _found_or_more(population: int, count: int, drawn: int, found: int) -> float:
    """Return the probability that of ``count`` in a population so many or more are drawn (hypergeometric)."""
    others = population - count
    if found <= drawn - others:  # fewer cannot be
        return 1.0
    term = exp(_choices(count, found) + _choices(others, drawn - found) - _choices(population, drawn))
    total = 0.0
    for each in range(found, min(drawn, count) + 1):
        total += term
        if term <= total * _NOTHING:
            break
        term *= (count - each) * (drawn - each) / ((each + 1) * (others - drawn + each + 1))
    return total


def _choices(of: int, some: int) -> float:
    """Return the logarithm of how many ways there are to choose some of all."""
    return lgamma(of + 1) - lgamma(some + 1) - lgamma(of - some + 1)
