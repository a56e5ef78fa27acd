"""However a rule is made, its analysis ends soon: what takes time takes steps, and when they are used up, it is silent.

Time is counted in calls, which are the same on every machine.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohorte.dsl.analysis.answers import Answer, Unknown
from kohorte.dsl.analysis.comparison import Comparison, compare
from kohorte.dsl.analysis.fingerprints import fingerprint
from kohorte.dsl.analysis.linting import findings
from kohorte.dsl.compiled import CompiledRule
from kohorte.dsl.language import RuleLanguage
from tests.dsl.analysis.hostile import HOSTILE
from tests.dsl.analysis.small import NOW, pairs, rule
from tests.dsl.catalogues import EVERYTHING, shop_catalogue

SHOP = shop_catalogue()
MOST_CALLS: Final = 800_000
"""Calls of functions and returns from them, Python's and C's: some 30 ms."""


def checked(text: str) -> CompiledRule:
    return RuleLanguage().check(text, SHOP, EVERYTHING)


def calls_in(run: Callable[[], object]) -> int:
    """Count the calls of functions and the returns from them."""
    calls = 0

    def count(_frame: FrameType, _event: str, _argument: object) -> None:
        nonlocal calls
        calls += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        run()
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize("name", HOSTILE)
def test_no_rule_takes_long(name: str) -> None:
    one, other = checked(HOSTILE[name]), checked(f"not ({HOSTILE[name]})")
    assert calls_in(lambda: findings(one, NOW)) < MOST_CALLS
    assert calls_in(lambda: compare(one, other, NOW)) < MOST_CALLS
    assert calls_in(lambda: fingerprint(one.checked, SHOP.subject)) < MOST_CALLS


@given(texts=pairs(), steps=st.integers(0, 500))
def test_a_small_budget_leaves_answers_unknown_and_makes_no_other_ones(texts: tuple[str, str], steps: int) -> None:
    one, other = map(rule, texts)
    ample, scarce = compare(one, other, NOW), compare(one, other, NOW, steps=steps)
    for found, known in zip(_answers(scarce), _answers(ample), strict=True):
        assert isinstance(found, Unknown) or type(found) is type(known)


def _answers(compared: Comparison) -> tuple[Answer, Answer, Answer]:
    return compared.within, compared.covers, compared.apart


AT_THE_EDGE: Final = ("the same again and again", "groups within groups", "pairs of fields", "many different rows")
"""Rules whose budget is used up while their parts are looked at."""


def test_where_the_budget_ends_is_the_same_in_every_process() -> None:
    here = tell(AT_THE_EDGE)
    assert "redundant_part" in here
    assert "Unknown" in here
    assert {_told_by_a_process(seed) for seed in ("1", "2")} == {here}


def tell(names: Sequence[str]) -> str:
    """Return what is found out about rules."""
    said: list[object] = []
    for name in names:
        one, other = checked(HOSTILE[name]), checked(f"not ({HOSTILE[name]})")
        said.append([(each.code, each.start, each.end) for each in findings(one, NOW)])
        said.append([type(answer).__name__ for answer in _answers(compare(one, other, NOW))])
    return json.dumps(said)


def _told_by_a_process(seed: str) -> str:
    program = f"from tests.dsl.analysis.test_hostile import tell; print(tell({AT_THE_EDGE!r}))"
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[3],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.strip()
