"""How many of all a sample speaks for: the exact confidence interval for a count in a finite population.

Of N contacts n were drawn at random without replacement, and k of them were found. The interval has every count K under
which k or more, and k or fewer, are found with a probability of more than half of what the confidence leaves: so it
holds the true count at least as often as it says, for any n, N and K. (T. Wright, Exact Confidence Bounds when Sampling
from Small Finite Universes, Springer 1991; J. P. Buonaccorsi, The American Statistician 41, 1987. The usual
approximations do not hold what they say: W. Wang, Journal of the American Statistical Association 110, 2015.)
"""

from math import exp, lgamma
from typing import Final

from attrs import frozen

CONFIDENCE: Final = 0.95
"""The true count lies in so many of all intervals, at least."""

_ROUNDING: Final = 1e-9
"""So much a probability may be off by arithmetic; the interval is the wider for it."""

_NOTHING: Final = 1e-18
"""What adds less than this share is left out."""


@frozen
class Interval:
    """From the least to the greatest count, both among them."""

    low: int
    high: int


def interval(population: int, drawn: int, found: int, confidence: float = CONFIDENCE) -> Interval:
    """Return the interval for how many of a population are such as ``found`` of the ``drawn`` ones."""
    tail = (1 - confidence) / 2 - _ROUNDING
    return Interval(
        _least(population, drawn, found, tail), population - _least(population, drawn, drawn - found, tail)
    )


def _least(population: int, drawn: int, found: int, tail: float) -> int:
    """Return the least count under which so many or more are found with more than a probability."""
    if not found:
        return 0
    low, high = found, -(-population * found // drawn)  # under the share that was found it is a half at least
    while low < high:
        middle = (low + high) // 2
        if _found_or_more(population, middle, drawn, found) > tail:
            high = middle
        else:
            low = middle + 1
    return low


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
