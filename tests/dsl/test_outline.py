"""The outline sees the brackets, commas and joints that the scanner's words show, in any text."""

import re
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from kohorte.dsl.syntax.outline import levels, marks, scrap_start
from kohorte.dsl.syntax.scanner import Scrap, innermost_bracket, scraps
from tests.dsl.corpus import rules

WORDS = sorted({scrap.text for rule in rules("accepted") for scrap in scraps(rule)})
STRAY = ("`", "`a b`", '"', "'", "“", "don't", "1'0", "#", "\n", ".", "on", "or", "OR", "before", "between", "²", "$a")
TEXTS = st.lists(st.sampled_from([*WORDS, *STRAY]), max_size=25).flatmap(
    lambda words: st.lists(
        st.sampled_from(["", " ", "\n", " # and (\n"]), min_size=len(words), max_size=len(words)
    ).map(lambda gaps: "".join(word + gap for word, gap in zip(words, gaps, strict=True)))
) | st.text(max_size=40)


def words_of(text: str) -> list[Scrap]:
    return [scrap for scrap in scraps(text) if scrap.kind != "comment"]


def is_mark(words: Sequence[Scrap], place: int, text: str) -> bool:
    word = words[place]
    if word.kind == "other":
        return word.text in "(),`"
    return (
        word.word in {"and", "or", "between"} and not behind_dot(words, place) and not in_relation(words, place, text)
    )


def behind_dot(words: Sequence[Scrap], place: int) -> bool:
    return place > 0 and words[place - 1].text == "."


def in_relation(words: Sequence[Scrap], place: int, text: str) -> bool:
    """Say whether this is the ``or`` of ``on or before``, the last word of which may be being written."""
    if words[place].word != "or" or place == 0 or words[place - 1].word != "on" or behind_dot(words, place - 1):
        return False
    rest = text[words[place + 1].start :] if place + 1 < len(words) else ""
    return re.match(r"(before|after)(?!\w)|\w*\Z", rest, re.IGNORECASE) is not None


@given(TEXTS)
def test_marks_are_words_of_the_scanner(text: str) -> None:
    words = words_of(text)
    expected = [
        (word.text.lower(), word.start, word.end) for place, word in enumerate(words) if is_mark(words, place, text)
    ]
    assert [(mark.text, mark.start, mark.end) for mark in marks(text)] == expected


@given(TEXTS)
def test_levels_are_the_open_brackets(text: str) -> None:
    words = words_of(text)
    bracket, expected = innermost_bracket(words, len(words)), list[int]()
    while bracket >= 0:
        expected.append(words[bracket].start)
        bracket = innermost_bracket(words, bracket)
    found = levels(marks(text))
    assert [level.bracket.start for level in found[:0:-1] if level.bracket] == expected
    assert all(level.start <= len(text) for level in found)


def test_a_condition_begins_behind_what_ends_the_one_before() -> None:
    text = "a between 1 and 2 and b on or before today or (c between (1) and 2, d and e between 3 "
    outer, inner = levels(marks(text))
    assert text[outer.start :].startswith(" (c between")
    assert outer.before is not None
    assert outer.before.text == "or"
    assert text[inner.start :] == " e between 3 "
    assert (inner.before is not None and inner.before.text, inner.betweens) == ("and", 1)


@given(TEXTS, st.integers(1, 6), st.integers(0, 100))
def test_scraps_may_be_looked_for_from_marks_before_a_place_on(text: str, before: int, at: int) -> None:
    start = scrap_start(text[:at], before)
    assert list(scraps(text, start)) == [scrap for scrap in scraps(text) if scrap.start >= start]
    assert start <= at
