"""What a process keeps is kept while it is used now and then, and while it is sound."""

import pytest

from kohorte.core.kept import MOST, Kept


def test_it_is_made_once() -> None:
    kept = Kept()
    with kept.use("a", list[int]) as first:
        first.append(1)
    with kept.use("a", list[int]) as again, kept.use("b", list[int]) as other:
        assert (again, other) == ([1], [])


def test_what_was_used_while_something_failed_is_made_anew() -> None:
    kept = Kept()
    with kept.use("a", list[int]) as first:
        first.append(1)
    with pytest.raises(IndexError), kept.use("a", list[int]) as again:
        again[7] = 1
    with kept.use("a", list[int]) as again:
        assert again == []


def test_what_was_not_used_for_longest_goes_first() -> None:
    kept = Kept()
    for number in range(MOST + 1):
        for name in (number, 0):
            with kept.use(name, list[int]) as thing:
                thing.append(number)
    with kept.use(0, list[int]) as first, kept.use(1, list[int]) as gone:
        assert (len(first), gone) == (MOST + 2, [])
