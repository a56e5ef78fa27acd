"""The interval of an estimate holds the true count at least as often as it says."""

from collections.abc import Sequence
from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.segments.intervals import CONFIDENCE, Interval, interval


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
