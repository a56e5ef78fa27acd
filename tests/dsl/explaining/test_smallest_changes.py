"""Smallest changes against brute force: every value of every field is tried."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import product
from math import inf
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.values import to_micros
from kohorte.dsl import Language
from kohorte.dsl.compiled import CompiledRule
from kohorte.dsl.explaining.explain import explain
from kohorte.dsl.explaining.model import Changeability, Explanation, Seen, SeenCondition, SeenGroup, SeenSegment
from tests.dsl.oracle import Oracle

LANGUAGE: Final = Language.of(
    {"contact": {"a": "integer", "s": "code", "t": ["gold", "silver"], "f": "boolean"}},
    segments={"x": "contact.a < 3 or contact.f", "y": 'contact.s != "p" and contact.a > 1'},
)
VALUES: Final[Mapping[str, tuple[object, ...]]] = {
    "a": (None, *range(-2, 9)),
    "s": (None, "p", "q", "r", "other"),
    "t": (None, "gold", "silver"),
    "f": (None, True, False),
}
NOW: Final = datetime(2026, 5, 1, tzinfo=UTC)
CONDITIONS: Final = (
    *("contact.a {sign} {n}", "contact.a {sign} {n}", "contact.a between {n} and {m}", "contact.a in ({n}, {m})"),
    *('contact.s = "{word}"', 'contact.s != "{word}"', 'contact.s in ("{word}", "q")', "contact.s is set"),
    *('contact.t = "gold"', 'contact.t != "silver"', "contact.f", "not contact.f", "contact.a is empty"),
    *('in segment "x"', 'not in segment "x"', 'not in segment "y"'),
)


@st.composite
def conditions(draw: st.DrawFn) -> str:
    low = draw(st.integers(0, 5))
    return draw(st.sampled_from(CONDITIONS)).format(
        sign=draw(st.sampled_from(("=", "!=", "<", "<=", ">", ">="))),
        n=low,
        m=low + draw(st.integers(0, 2)),
        word=draw(st.sampled_from("pqr")),
    )


def _grouped(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    groups = st.builds(
        lambda word, parts: f"({word.join(parts)})",
        st.sampled_from((" and ", " or ")),
        st.lists(inner, min_size=2, max_size=3),
    )
    return st.one_of(groups, groups, inner.map(lambda each: f"not ({each})"))


RULES: Final = st.recursive(conditions(), _grouped, max_leaves=7)
RECORDS: Final = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in VALUES.items()})


def explained(rule: CompiledRule, record: Mapping[str, object]) -> Explanation:
    return explain(rule.checked, "contact", whole(record), to_micros(NOW))


def whole(record: Mapping[str, object]) -> dict[str, Any]:
    return dict(record)


def everything() -> Iterator[dict[str, object]]:
    return (dict(zip(VALUES, chosen, strict=True)) for chosen in product(*VALUES.values()))


def verdicts(explanation: Explanation, record: Mapping[str, object]) -> list[bool]:
    return [
        Oracle("contact", record, to_micros(NOW), each.zone).holds(each.condition) for each in explanation.conditions
    ]


def fewest(seen: Seen, after: list[bool], *, wanted: bool) -> float:
    """Return how few conditions changed on the way to an answer that conditions give afterwards."""
    match seen:
        case SeenCondition(verdict=verdict, number=number):
            return inf if after[number] != wanted else 0 if verdict == wanted else 1
        case SeenSegment(part=part, negated=negated):
            return fewest(part, after, wanted=wanted != negated)
        case SeenGroup(every=every, parts=parts):
            each = [fewest(part, after, wanted=wanted) for part in parts]
            return sum(each) if every == wanted else min(each, default=inf)


@given(RULES, RECORDS)
def test_a_change_takes_as_few_conditions_as_any_values_of_the_fields_can(text: str, record: dict[str, object]) -> None:
    rule = LANGUAGE.rule(text)
    explanation = explained(rule, record)
    least = min(
        fewest(explanation.seen, verdicts(explanation, other), wanted=not explanation.verdict) for other in everything()
    )
    if explanation.change is None:
        assert explanation.changeability is Changeability.IMPOSSIBLE
        assert least == inf
    else:
        assert explanation.changeability is Changeability.POSSIBLE
        assert len(explanation.change.conditions) == least


def _wheel(spokes: int) -> str:
    """Return a rule that holds where of three colours each name has one, and the two after it have others."""
    names = [f"contact.n{each}" for each in range(spokes)]
    coloured = [f'{name} in ("a", "b", "c")' for name in names]
    differ = [
        f'({name} != "{colour}" or {names[(place + step) % spokes]} != "{colour}")'
        for place, name in enumerate(names)
        for step in (1, 2)
        for colour in "abc"
    ]
    return " and ".join(coloured + differ)


def test_a_search_with_too_many_ways_ends_without_a_false_claim() -> None:
    language = Language.of({"contact": {f"n{each}": "code" for each in range(25)}})
    rule = language.rule(_wheel(25))
    explanation = rule.explain({}, NOW)
    assert len(explanation.conditions) > 200
    assert explanation.changeability is not Changeability.IMPOSSIBLE
