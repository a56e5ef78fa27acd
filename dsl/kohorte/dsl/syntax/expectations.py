"""All that may have been meant at a spot that the grammar refuses, in the order in which it is tried."""

from collections.abc import Callable
from typing import Final

from attrs import evolve

from kohorte.core.errors import Terms
from kohorte.dsl.errors import Message, Refusal, shortened
from kohorte.dsl.syntax import expect_forms, expect_structure, expect_times, expect_words, messages
from kohorte.dsl.syntax.ast import Span
from kohorte.dsl.syntax.expect_words import keywords
from kohorte.dsl.syntax.spot import Explanation, Spot

_EXPLAIN: Final[tuple[Callable[[Spot], Explanation], ...]] = (
    expect_structure.empty,
    expect_structure.false_start,
    expect_structure.open_header,
    expect_structure.parameter,
    expect_structure.missing_condition,
    expect_structure.brackets,
    expect_structure.between,
    expect_times.number_word,
    expect_times.days_ago,
    expect_times.period_without_number,
    expect_times.period_without_in,
    expect_times.missing_unit,
    expect_times.missing_ago,
    expect_times.times,
    expect_times.event_without_did,
    expect_times.window_behind,
    expect_forms.sample,
    expect_forms.latest,
    expect_words.chained,
    expect_words.not_before_verb,
    expect_words.segment_of_field,
    expect_words.entries,
    expect_words.phrase,
    expect_words.called,
    expect_words.dot,
    expect_words.misspelt,
    expect_words.missing_quotes,
    expect_words.name_with_blank,
    expect_words.reserved,
    expect_structure.missing_word,
    expect_structure.missing_joint,
)


def explanations(spot: Spot) -> Explanation:
    """Yield what may be wrong there, the likeliest first."""
    for explain in _EXPLAIN:
        yield from explain(spot)


CATEGORIES: Final = (
    ({"PATH", "INTEGER"}, "a field or a value"),
    ({"EMPTY", "SET"}, "empty or set"),
    ({"STRING"}, 'a text in quotation marks, such as "vip"'),
    ({"NAME"}, "a name"),
    ({"EQUALS", "CONTAINS"}, "a comparison (=, <, contains, is set, in …)"),
    ({"INTEGER"}, "a number"),
    ({"UNIT"}, "a unit such as days"),
    ({"AND", "OR"}, '"and" or "or"'),
    ({"COMMA"}, "a comma"),
    ({"RPAR"}, "a closing bracket"),
    ({"LPAR"}, "an opening bracket"),
    ({"$END"}, "the end of the rule"),
)
_COVERED: Final = frozenset({"and", "or", "empty", "set"})


def unexplained(spot: Spot) -> Refusal:
    """Return what can always be said: that this does not fit, and what would."""
    expected = _expected(spot)
    scrap = spot.scrap()
    if scrap is None or spot.is_end():
        before = spot.span(-1, -1)
        return _expecting(messages.MISSING_WORD, before, spot.said(before), expected)
    return _expecting(messages.UNEXPECTED, scrap.span, shortened(scrap.text), expected)


def _expected(spot: Spot) -> Terms:
    """Return at most five things that would fit."""
    expected = [said for terminals, said in CATEGORIES if terminals <= spot.accepted][:5]
    words = [word for word in keywords(spot.accepted) if word not in _COVERED]
    if "a field or a value" in expected:
        return Terms(tuple(each for each in expected if each in {"a field or a value", "empty or set"}))
    return Terms(tuple(expected), tuple(words[: 5 - len(expected)]) if len(words) <= 4 else ())


def _expecting(message: Message, span: Span, text: str, expected: Terms) -> Refusal:
    if not expected.named and not expected.words:
        message = evolve(message, hint="")
    return Refusal(message, span, text=text, expected=expected)
