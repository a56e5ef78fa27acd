"""The interval of an estimate holds the true count at least as often as it says."""

from collections.abc import Sequence
from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.segments.intervals import CONFIDENCE, Interval, interval, interval_by_lots, population_interval


def _intervals(population: int, drawn: int) -> Sequence[Interval]:
    return [interval(population, drawn, found) for found in range(drawn + 1)]


def _coverage(population: int, drawn: int, count: int, told: Sequence[Interval]) -> float:
    """Return in which part of all samples the interval holds the true count."""
    holding = (found for found in range(drawn + 1) if told[found].low <= count <= told[found].high)
    ways = sum(comb(count, found) * comb(population - count, drawn - found) for found in holding)
    return ways / comb(population, drawn)


@pytest.mark.parametrize("population", [1, 2, 3, 5, 10, 25, 60])
def test_of_all_samples_there_are_enough_hold_the_true_count(population: int) -> None:
    for drawn in range(population + 1):
        told = _intervals(population, drawn)
        for count in range(population + 1):
            assert _coverage(population, drawn, count, told) >= CONFIDENCE, (drawn, count)


@given(st.integers(1, 400), st.data())
def test_samples_of_any_size_hold_the_true_count_often_enough(population: int, data: st.DataObject) -> None:
    drawn, count = (data.draw(st.integers(0, population)) for _ in range(2))
    assert _coverage(population, drawn, count, _intervals(population, drawn)) >= CONFIDENCE


@given(st.integers(0, 2_000_000), st.data())
def test_it_says_no_more_than_the_sample_shows(population: int, data: st.DataObject) -> None:
    drawn = data.draw(st.integers(0, population))
    found = data.draw(st.integers(0, drawn))
    told = interval(population, drawn, found)
    assert found <= told.low <= told.high <= population - (drawn - found)
    if drawn:
        assert told.low <= population * found / drawn <= told.high


@given(st.integers(0, 1000), st.data())
def test_who_has_asked_everybody_knows(population: int, data: st.DataObject) -> None:
    found = data.draw(st.integers(0, population))
    assert interval(population, population, found) == Interval(found, found)


def test_who_has_asked_nobody_knows_nothing() -> None:
    assert interval(1_000_000, 0, 0) == Interval(0, 1_000_000)


def test_a_larger_sample_says_more() -> None:
    widths = [
        told.high - told.low for told in (interval(1_000_000, drawn, drawn // 4) for drawn in (100, 1_600, 25_600))
    ]
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < 11_000  # a tenth of what 100 tell: 1.06 % of all


@given(st.integers(1, 60), st.data())
def test_it_has_every_count_under_which_neither_so_many_nor_so_few_are_rare(
    population: int, data: st.DataObject
) -> None:
    drawn = data.draw(st.integers(1, population))
    found = data.draw(st.integers(0, drawn))
    likely = [count for count in range(population + 1) if _is_likely(population, drawn, found, count)]
    assert interval(population, drawn, found) == Interval(min(likely), max(likely))


def _is_likely(population: int, drawn: int, found: int, count: int) -> bool:
    ways = [comb(count, each) * comb(population - count, drawn - each) for each in range(drawn + 1)]
    both = sum(ways[found:]), sum(ways[: found + 1])
    return all(Fraction(some, comb(population, drawn)) > Fraction(25, 1000) for some in both)


# -- where not all have been counted -------------------------------------------------------------------------------


def _share_at(quantile: float, counted: int, size: int) -> float:
    """Return the share of lots below which the last of so many first ones lies with a probability, of ``size``."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        fewer = sum(comb(size, each) * middle**each * (1 - middle) ** (size - each) for each in range(counted))
        low, high = (middle, high) if 1 - fewer < quantile else (low, middle)
    return low


@pytest.mark.parametrize(("counted", "size"), [(1, 1), (1, 200), (20, 20), (20, 25), (20, 400), (100, 800)])
def test_lots_tell_how_many_there_are_as_often_as_they_say(counted: int, size: int) -> None:
    for quantile in (0.026, 0.1, 0.5, 0.9, 0.974):
        told = population_interval(counted, _share_at(quantile, counted, size), CONFIDENCE)
        assert told.low <= size <= told.high, quantile
    for quantile in (0.02, 0.98):
        told = population_interval(counted, _share_at(quantile, counted, size), CONFIDENCE)
        assert size == counted or not told.low <= size <= told.high, quantile


def test_many_lots_tell_it_to_less_than_one_in_a_hundred() -> None:
    told = population_interval(100_000, 0.1, 0.99)
    assert 992_000 < told.low < 992_500
    assert 1_007_500 < told.high < 1_008_000


def test_what_is_found_allows_for_not_knowing_how_many_there_are() -> None:
    counted, by_lots = interval(1_000_000, 10_000, 2_500), interval_by_lots(100_000, 0.1, 10_000, 2_500)
    assert by_lots.low < counted.low < 250_000 < counted.high < by_lots.high
    assert by_lots.high - by_lots.low < 1.5 * (counted.high - counted.low)
    assert interval_by_lots(100_000, 0.1, 0, 0).low == 0
