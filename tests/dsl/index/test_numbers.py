"""Sets of numbers that are tuples where they are small and bits where they are large."""

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from kohorte.dsl.index.numbers import NONE, SPARSE, Numbers, as_mask, mask_of, numbers_in, toggled

SOME = st.lists(st.integers(0, 300), max_size=40)


@given(SOME)
def test_a_number_is_in_the_set_that_was_toggled_an_odd_number_of_times(numbers: list[int]) -> None:
    expected = {number for number in numbers if numbers.count(number) % 2}
    start: Numbers = NONE
    found = reduce(toggled, numbers, start)
    assert set(numbers_in(as_mask(found))) == expected
    assert bool(found) is bool(expected)


@given(st.sets(st.integers(0, 300)) | st.sets(st.integers(0, 300), min_size=SPARSE))
def test_bits_are_read_off_as_they_were_set(numbers: set[int]) -> None:
    assert numbers_in(mask_of(numbers)) == sorted(numbers, reverse=True)
