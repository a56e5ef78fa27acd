"""Sets of small whole numbers: bits of one integer where there are many, a tuple where there are few.

An integer of 12,000 bits takes 1.6 KB and is joined with another in 0.1 µs; a field's rare values have two or three
clauses each, for which that would be a waste.
"""

import re
from collections.abc import Collection
from typing import Final

FEW: Final = 4
"""So many numbers are kept as a tuple."""

MANY: Final = 16
"""From here on bits are set in bytes, and not by making an integer for each."""

SPARSE: Final = 64
"""So many bits are taken off one by one; where there are more, they are searched for in a text."""

Numbers = int | tuple[int, ...]
"""A set of numbers; the empty one is false."""

NONE: Final[Numbers] = ()


def toggled(numbers: Numbers, number: int) -> Numbers:
    """Return the set with a number that it lacked, or without one that it had."""
    if isinstance(numbers, int):
        return numbers ^ (1 << number)
    if number in numbers:
        return tuple(each for each in numbers if each != number)
    more = (*numbers, number)
    return more if len(more) <= FEW else as_mask(more)


def as_mask(numbers: Numbers) -> int:
    """Return the set as bits of an integer."""
    return numbers if isinstance(numbers, int) else mask_of(numbers)


def mask_of(numbers: Collection[int]) -> int:
    """Return numbers as bits of an integer."""
    if len(numbers) > MANY:
        digits = bytearray(max(numbers) // 8 + 1)
        for number in numbers:
            digits[number >> 3] |= 1 << (number & 7)
        return int.from_bytes(digits, "little")
    mask = 0
    for number in numbers:
        mask |= 1 << number
    return mask


def numbers_in(mask: int) -> list[int]:
    """Return the numbers whose bits are set, the greatest first."""
    if mask.bit_count() <= SPARSE:
        return _taken_off(mask)
    digits = bin(mask)
    last = len(digits) - 1
    return [last - found.start() for found in _SET.finditer(digits)]


def _taken_off(mask: int) -> list[int]:
    numbers: list[int] = []
    while mask:
        number = mask.bit_length() - 1
        numbers.append(number)
        mask ^= 1 << number
    return numbers


_SET: Final = re.compile("1")
