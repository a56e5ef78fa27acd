"""Tables of few and of many values and cuts, which answer alike: a clause fails where a value is not what it asks."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.dsl.index.asked import Asked, Moving
from kohorte.dsl.index.differences import differing_rows
from kohorte.dsl.index.numbers import numbers_in
from kohorte.dsl.index.tables import FEW_CUTS, SMALL, Table
from kohorte.dsl.moments import FixedInstant
from kohorte.dsl.records import Prepared

UTC = ZoneInfo("UTC")


def moving(cut: int) -> Moving:
    return Moving(FixedInstant(cut), UTC)


def place(cut: Moving) -> int:
    return cut.bound.at(0, cut.zone)


def asked(number: int) -> Asked:
    """Return what a clause asks, of each kind in its turn."""
    match number % 5:
        case 0:
            return Asked(lows=(number,), or_missing=False)
        case 1:
            return Asked(highs=(number,))
        case 2:
            return Asked(lows=(moving(number),), highs=(moving(2 * number),))
        case 3:
            return Asked(others=False, exceptions=(number, number + 1, None))
        case _:
            return Asked(exceptions=(number,), lows=(number - 2,), or_missing=False)


def fails(wanted: Asked, value: int | None) -> bool:
    if not wanted.passes(value):
        return True
    if value is None:
        return not wanted.or_missing
    lows, highs = (
        [place(cut) if isinstance(cut, Moving) else cut for cut in cuts] for cuts in (wanted.lows, wanted.highs)
    )
    return not all(isinstance(low, int) and value >= low for low in lows) or not all(
        isinstance(high, int) and value < high for high in highs
    )


@pytest.mark.parametrize("size", [0, 1, SMALL // 2, 4 * SMALL, 5 * FEW_CUTS])
def test_what_fails_is_what_asks_for_another_value(size: int) -> None:
    table = Table()
    for number in range(size):
        table.toggle(number, asked(number))
    failing = table.failing(place)
    for value in (None, *range(-3, 2 * size + 3)):
        assert sorted(numbers_in(failing(value))) == [number for number in range(size) if fails(asked(number), value)]


def test_a_table_that_changes_is_asked_anew() -> None:
    table = Table()
    all_asked = [Asked(lows=(number,)) if number % 2 else Asked(exceptions=(-9,)) for number in range(3 * SMALL)]
    for number, wanted in enumerate(all_asked):
        table.toggle(number, wanted)
        assert numbers_in(table.failing(place)(-9)) == [*range(number, -1, -1)]
    for number, wanted in enumerate(all_asked):
        table.toggle(number, wanted)
        assert numbers_in(table.failing(place)(-9)) == [*range(3 * SMALL - 1, number, -1)]
    assert (table.clauses, table.exceptions) == (0, {})


ROWS = st.lists(st.sampled_from("abc").map(lambda name: {"name": name}), max_size=8)


@given(ROWS, ROWS, ROWS, ROWS)
def test_rows_that_are_not_among_those_that_differ_are_in_both(
    start: list[Prepared], before: list[Prepared], after: list[Prepared], end: list[Prepared]
) -> None:
    first, then = [*start, *before, *end], [*start, *after, *end]
    found = differing_rows(first, then)
    assert len(found) <= len(before) + len(after)
    in_first, in_then = ([row["name"] for row in rows] for rows in (first, then))
    for name in "abc":
        if {"name": name} not in found:
            assert in_first.count(name) == in_then.count(name)
