"""Samples: pinned for ever, uniform over every kind of key, and independent of each other."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.errors import InvalidInput
from kohorte.dsl import Language
from kohorte.dsl.samples import ALL, PRIME, hasher, sampler

KEYS = 4_000
SEEDS = [f"seed {number}" for number in range(10)]
CELLS = 100
RANDOM = Random(11)  # noqa: S311 - the same keys in every run


def time_ordered(number: int) -> UUID:
    """Return a UUID of version 7 as a busy import makes them: several in one millisecond, a random end."""
    milliseconds = 1_700_000_000_000 + number // 7
    return UUID(int=milliseconds << 80 | 7 << 76 | number % 7 << 68 | 2 << 62 | RANDOM.getrandbits(62))


FAMILIES: dict[str, Sequence[object]] = {
    "in sequence": range(KEYS),
    "in large steps": range(0, KEYS * 2**20, 2**20),
    "random numbers": [RANDOM.getrandbits(63) for _ in range(KEYS)],
    "random UUIDs": [UUID(int=RANDOM.getrandbits(128)) for _ in range(KEYS)],
    "time-ordered UUIDs": [time_ordered(number) for number in range(KEYS)],
    "UUIDs in sequence": [UUID(int=number) for number in range(KEYS)],
    "numbered texts": [f"C{number:06}" for number in range(KEYS)],
    "addresses": [f"person{number}@example.com" for number in range(KEYS)],
}


def deviation(cells: Iterable[int], count: int) -> float:
    """Return how many standard deviations chi-square over ``CELLS`` cells is off (Wilson and Hilferty 1931)."""
    found = [0] * CELLS
    for cell in cells:
        found[cell] += 1
    expected, freedom = count / CELLS, CELLS - 1
    chi_square = sum((each - expected) ** 2 / expected for each in found)
    z: float = ((chi_square / freedom) ** (1 / 3) - (1 - 2 / (9 * freedom))) / (2 / (9 * freedom)) ** 0.5
    return z


def seem_random(deviations: Sequence[float]) -> bool:
    """Say whether nothing is out of the ordinary: neither too uneven nor too even."""
    mean = sum(deviations) / len(deviations)
    return all(abs(each) < 4 for each in deviations) and abs(mean) < 4 / len(deviations) ** 0.5


def cell(number: int, cells: int = CELLS) -> int:
    return number * cells // PRIME


@cache
def hashes(family: str) -> list[list[int]]:
    return [list(map(hasher(seed), FAMILIES[family])) for seed in SEEDS]


def tens(family: str) -> list[list[int]]:
    return [[cell(each, 10) for each in found] for found in hashes(family)]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_members_of_samples_are_spread_evenly_over_keys_of_every_kind(family: str) -> None:
    assert seem_random([deviation(map(cell, found), KEYS) for found in hashes(family)])


@pytest.mark.parametrize("family", FAMILIES)
def test_two_samples_have_nothing_to_do_with_each_other(family: str) -> None:
    pairs = [zip(one, other, strict=True) for one, other in pairwise(tens(family))]
    assert seem_random([deviation((10 * a + b for a, b in pair), KEYS) for pair in pairs])


@pytest.mark.parametrize("family", FAMILIES)
def test_neighbours_have_nothing_to_do_with_each_other(family: str) -> None:
    assert seem_random([deviation((10 * a + b for a, b in pairwise(found)), KEYS - 1) for found in tens(family)])


PINNED = [
    ("control", 0, 406993715),
    ("control", 1, 1575668413),
    ("control", -1, 1347605752),
    ("control", 2**63 - 1, 973765314),
    ("Größe", UUID("0192d3e4-5f60-7a8b-9c0d-1e2f30415263"), 216731292),
    ("control", "C00042", 814671974),
    ("control", "ä" * 70, 688506387),
]


@pytest.mark.parametrize(("seed", "key", "expected"), PINNED)
def test_a_sample_is_the_same_for_ever(seed: str, key: object, expected: int) -> None:
    assert hasher(seed)(key) == expected


@given(st.text(min_size=1), st.integers(-(2**63), 2**63 - 1) | st.uuids() | st.text(), st.data())
def test_the_greater_sample_of_a_seed_holds_the_lesser(seed: str, key: object, data: st.DataObject) -> None:
    lesser = data.draw(st.integers(0, ALL))
    greater = data.draw(st.integers(lesser, ALL))
    assert not sampler(seed, lesser)(key) or sampler(seed, greater)(key)


@pytest.mark.parametrize("key", [None, True, 1.5, 2**63, ("a", "b")])
def test_a_key_that_is_no_number_identifier_or_text_is_refused(key: object) -> None:
    with pytest.raises(InvalidInput, match="puts nobody into a sample"):
        sampler("x", 1)(key)


# -- in rules ------------------------------------------------------------------------------------------------------

NOW = datetime(2024, 7, 1, tzinfo=UTC)
PEOPLE: list[dict[str, Any]] = [{"id": number, "country": "DE"} for number in range(2_000)]
LANGUAGE = Language.of({"contact": {"id": "integer", "country": "code"}}, key="id")


def chosen(text: str) -> set[int]:
    return {person["id"] for person in LANGUAGE.rule(text).select(PEOPLE, NOW)}


def test_a_rule_draws_the_share_it_names_and_not_draws_all_others() -> None:
    drawn = chosen('in sample 12.5 % of "spring"')
    assert 200 < len(drawn) < 300
    assert chosen('not in sample 12.5 % of "spring"') == set(range(len(PEOPLE))) - drawn


def test_a_seed_is_one_however_it_is_composed() -> None:
    one, other = (LANGUAGE.rule(f'in sample 10 % of "{seed}"') for seed in ("Größe", " Gro\u0308ße "))
    assert one.checked.condition == other.checked.condition


def test_nobody_is_in_nothing_and_everybody_in_all() -> None:
    assert chosen('in sample 0 % of "x"') == set()
    assert chosen('in sample 100 % of "x"') == set(range(len(PEOPLE)))


def test_a_rule_without_a_known_key_says_what_it_needs() -> None:
    rule = Language.of({"contact": {"country": "code"}}).rule('in sample 10 % of "x"')
    with pytest.raises(InvalidInput, match="nobody said what identifies a record"):
        rule.predicate(NOW)
