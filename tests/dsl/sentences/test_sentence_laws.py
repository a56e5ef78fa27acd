"""Laws of sentences: rules of different meaning are never said alike, and whatever is a rule can be said."""

import re
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from kohorte.core.values import to_micros
from kohorte.dsl.analysis.fingerprints import canonical, fingerprint
from kohorte.dsl.normal import push_negations
from kohorte.dsl.sentences import Language, clause, label, lines, pieces, said, sentence, spellings
from kohorte.dsl.syntax.parser import parse
from kohorte.dsl.testing import instants, records, rules
from kohorte.dsl.typed import Checked
from tests.dsl.oracle import answer
from tests.dsl.sentences.said import SHOP
from tests.dsl.sentences.said import said as compiled
from tests.dsl.sentences.variants import variants
from tests.dsl.test_normal import ENTRIES, MEMBERS, prepared

RULES: Final = rules(SHOP, segments=("x", "y", "vip"), lists=("vip", "countries"))
LANGUAGES: Final[tuple[Language, ...]] = ("en", "de")
QUOTED: Final = re.compile(r"[“„](?:\\.|[^\\“”])*[”“]")
SOURCE: Final = re.compile(r"\b(None|Decimal|FieldOf|Shifted|Step|Unit|object at)\b|[<>{}=]|  ")
"""What nobody says."""


def mean_the_same(one: Checked, other: Checked, data: st.DataObject) -> bool:
    """Tell whether two rules are one in normal or canonical form, or else answer alike as far as can be seen."""
    if one.zone == other.zone and push_negations(one.condition) == push_negations(other.condition):
        return True
    if fingerprint(one, "contact") == fingerprint(other, "contact"):
        return True
    facts, now = prepared(data.draw(records(SHOP))), to_micros(data.draw(instants()))
    answers = {answer(each, "contact", facts, now, MEMBERS, ENTRIES) for each in (one, other)}
    return len(answers) == 1


@pytest.mark.parametrize("language", LANGUAGES)
@given(rule=RULES, skipped=st.integers(0, 7), data=st.data())
def test_what_differs_in_one_place_is_said_differently(
    language: Language, rule: str, skipped: int, data: st.DataObject
) -> None:
    checked = compiled(rule).checked
    of_this = sentence(checked, language)
    for variant in islice(variants(checked.condition), skipped, None, 8):
        other = evolve(checked, condition=variant)
        if sentence(other, language) == of_this:
            assert mean_the_same(checked, other, data)


@given(rule=RULES, data=st.data())
def test_a_rule_in_another_zone_is_said_differently_where_that_matters(rule: str, data: st.DataObject) -> None:
    checked = compiled(rule).checked
    other = evolve(checked, zone=ZoneInfo("Asia/Kathmandu"))
    if sentence(other, "en") == sentence(checked, "en"):
        assert mean_the_same(checked, other, data)


@given(rules=st.lists(RULES, min_size=2, max_size=8), data=st.data())
def test_rules_that_are_said_alike_mean_the_same(rules: list[str], data: st.DataObject) -> None:
    by_sentence: dict[str, Checked] = {}
    for rule in rules:
        checked = compiled(rule).checked
        assert mean_the_same(checked, by_sentence.setdefault(sentence(checked, "en"), checked), data)


@pytest.mark.parametrize("language", LANGUAGES)
@given(rule=RULES)
def test_every_rule_can_be_said_and_has_a_label(language: Language, rule: str) -> None:
    found = compiled(rule)
    text = found.say(language)
    assert text[0].isupper()
    for line in text.splitlines():
        assert not SOURCE.search(QUOTED.sub("X", line).lstrip())
    assert 0 < len(found.label(language)) <= 60
    assert clause(found.checked.condition, language)


@pytest.mark.parametrize("language", LANGUAGES)
@given(rule=RULES)
def test_pieces_are_the_sentence_and_point_into_the_rule(language: Language, rule: str) -> None:
    found = compiled(rule)
    spelled = spellings(parse(rule))
    running = pieces(found.checked, language, spelled=spelled)
    whole = sentence(found.checked, language, spelled=spelled)
    if running is not None:
        assert "".join(piece.text for piece in running) == whole
        assert all(piece.span is None or 0 <= piece.span.start < piece.span.end <= len(rule) for piece in running)
    told = lines(found.checked, language, spelled=spelled)
    assert all(0 <= line.span.start <= line.span.end <= len(rule) for line in told)
    assert told[0].text == said(found.checked, language, spelled=spelled).text


@given(rule=RULES)
def test_the_canonical_form_of_a_rule_can_be_said_too(rule: str) -> None:
    simplified = canonical(compiled(rule).checked, "contact")
    assert sentence(simplified, "en")
    assert sentence(simplified, "de")


@given(rule=RULES, length=st.integers(1, 80))
def test_a_label_keeps_to_its_length(rule: str, length: int) -> None:
    assert 0 < len(label(compiled(rule).checked, "de", length)) <= length
