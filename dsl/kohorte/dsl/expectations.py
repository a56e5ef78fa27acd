"""What was probably meant where the grammar has no use for a word: one small function for each way to go wrong."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from attrs import frozen

from kohorte.core.ports.rules import Edit, Fix
from kohorte.dsl import errors
from kohorte.dsl.actions import RESERVED
from kohorte.dsl.ast import Span
from kohorte.dsl.errors import Refusal, shortened, suggest
from kohorte.dsl.habits import quoted
from kohorte.dsl.scanner import Scrap, condition_end, condition_start, innermost_bracket


@frozen
class Spot:
    """A place that the grammar refuses: ``words[index]``, or the end of the text."""

    text: str
    words: Sequence[Scrap]
    index: int
    accepted: frozenset[str]

    def scrap(self, by: int = 0) -> Scrap | None:
        """Return the scrap so many places on (or, negative, before), if there is one."""
        at = self.index + by
        return self.words[at] if 0 <= at < len(self.words) else None

    def word(self, by: int = 0) -> str:
        """Return the word there in lower case; empty for anything else."""
        scrap = self.scrap(by)
        return scrap.word if scrap else ""

    def written(self, by: int = 0) -> str:
        """Return what is written there."""
        scrap = self.scrap(by)
        return scrap.text if scrap else ""

    def span(self, first: int = 0, last: int = 0) -> Span:
        """Return the stretch between two places, both included; at the end of the text it is empty."""
        start, end = self.scrap(first), self.scrap(last)
        after = self.words[-1].end if self.words else 0
        return Span(start.start if start else after, end.end if end else after)

    def between(self, span: Span) -> str:
        """Return the text there."""
        return self.text[span.start : span.end]


Explanation = Iterator[Refusal]
"""What may be wrong, the surest first. Those whose fix does not help are passed over."""


def explanations(spot: Spot) -> Explanation:
    """Yield what may be wrong there, the likeliest first."""
    for explain in _EXPLAIN:
        yield from explain(spot)


# -- brackets, and what is missing before an end -----------------------------------------------------------------


def _empty(spot: Spot) -> Explanation:
    if not spot.words:
        yield Refusal(errors.EMPTY_RULE, Span(0, 0))


def _brackets(spot: Spot) -> Explanation:
    opened = innermost_bracket(spot.words, spot.index)
    if spot.written() == ")" and opened < 0:
        yield Refusal(errors.STRAY_BRACKET, spot.span(), fixes=[errors.replacing("Remove it", spot.span(), "")])
    if spot.scrap() is None and opened >= 0 and "RPAR" in spot.accepted:
        fix = errors.replacing("Close it at the end", spot.span(), ")")
        yield Refusal(errors.UNCLOSED_BRACKET, spot.words[opened].span, fixes=[fix])


_JOINTS: Final = frozenset({"and", "or"})
_CONDITION_COMES: Final = frozenset({"and", "or", "not", "where"})


def _missing_condition(spot: Spot) -> Explanation:
    before = spot.word(-1)
    begins = spot.scrap(-1) is None or spot.written(-1) in {"(", ","}
    if spot.word() in _JOINTS and (begins or before in _CONDITION_COMES):
        fixes = [errors.replacing("Remove it", Span(spot.span().start, _next_start(spot)), "")]
        yield Refusal(errors.MISSING_BEFORE, spot.span(), fixes=fixes, word=spot.word())
    elif before in _CONDITION_COMES and _is_end(spot):
        gap = Span(spot.span(-2, -2).end if spot.scrap(-2) else 0, spot.span(-1, -1).end)
        fixes = [errors.replacing("Remove it", gap, "")] if before in _JOINTS else []
        yield Refusal(errors.MISSING_AFTER, spot.span(-1, -1), fixes=fixes, word=before)
    elif spot.word() in _JOINTS and spot.written(-1) in _SIGNS:
        yield Refusal(errors.MISSING_WORD, spot.span(-1, -1), text=spot.written(-1), expected="")


def _next_start(spot: Spot) -> int:
    following = spot.scrap(1)
    return following.start if following else len(spot.text)


def _is_end(spot: Spot) -> bool:
    return spot.scrap() is None or spot.written() in {")", ","} or spot.word() in _JOINTS


def _between(spot: Spot) -> Explanation:
    if spot.accepted >= {"AND"} and "OR" not in spot.accepted and spot.word() != "and":
        if spot.word() in {"or", "to", "until", "till", "bis"} or spot.written() in {",", "-"}:
            yield Refusal.writing(errors.BETWEEN_AND, spot.span(), "and")
        elif _is_end(spot):
            yield Refusal(errors.BETWEEN_AND, spot.span(-1, -1))


# -- periods, amounts and times ----------------------------------------------------------------------------------

_UNIT: Final = re.compile(r"(minute|hour|day|week|month|quarter|year)s?", re.IGNORECASE)
_CALENDAR: Final = frozenset({"week", "month", "quarter", "year"})
_NUMBER_WORDS: Final = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12,
}  # fmt: skip


def _unit(word: str) -> str:
    match = _UNIT.fullmatch(word)
    return match[1].lower() if match else ""


def _number_word(spot: Spot) -> Explanation:
    number = _NUMBER_WORDS.get(spot.word())
    if number:
        yield Refusal.writing(errors.NUMBER_WORD, spot.span(), str(number))


def _days_ago(spot: Spot) -> Explanation:
    if spot.word() != "ago" or not _unit(spot.word(-1)):
        return
    amount, period, sign = spot.between(spot.span(-2, -1)), spot.span(-2, 0), spot.written(-3)
    calculated = f"{'now' if _unit(spot.word(-1)) in {'minute', 'hour'} else 'today'} - {amount}"
    texts, whole = [calculated], period
    if sign in {"<", "<=", ">", ">="}:
        texts = [f"in the last {amount}" if sign in {">", ">="} else f"more than {amount} ago", f"{sign} {calculated}"]
        whole = spot.span(-3, 0)
    yield Refusal.writing(errors.DAYS_AGO, period, *texts, instead_of=whole, text=_said(spot, period))


def _said(spot: Spot, span: Span) -> str:
    return shortened(spot.between(span))


def _period(spot: Spot) -> Explanation:
    unit, which = _unit(spot.word()), spot.word(-1)
    if not unit or which not in {"last", "next", "this"} or "INTEGER" not in spot.accepted:
        return
    whole = spot.span(-2 if spot.word(-2) == "the" else -1)
    texts = [f"the {which} 1 {unit}"]
    if unit in _CALENDAR:
        texts.append(f"{which} {unit}")
    yield Refusal.writing(errors.PERIOD_OR_CALENDAR, whole, *texts, text=_said(spot, whole), unit=unit)


def _missing_unit(spot: Spot) -> Explanation:
    before = spot.scrap(-1)
    if before is None or before.kind != "number":
        return
    after = Span(before.end, before.end)
    if "AGO" not in spot.accepted and "UNIT" in spot.accepted and spot.word(-2) in {"last", "next"}:
        fixes = [Fix("Count days", (Edit(after.start, after.end, " days"),))]
        yield Refusal(errors.PERIOD_WITHOUT_UNIT, before.span, fixes=fixes, text=before.text)
    if "TIMES" in spot.accepted:
        yield Refusal.writing(errors.TIMES_MISSING, before.span, f"{before.text} times", text=before.text)
    if "UNIT" in spot.accepted and spot.word(-2) == "than":
        sign = ">" if spot.word(-3) == "more" else "<"
        texts = (f"{sign} {before.text}", f"{spot.word(-3)} than {before.text} days ago")
        yield Refusal.writing(
            errors.AMOUNT_WITHOUT_UNIT, before.span, *texts, instead_of=spot.span(-3, -1), text=before.text
        )


def _missing_ago(spot: Spot) -> Explanation:
    if "AGO" in spot.accepted:
        amount = spot.span(-2, -1)
        yield Refusal.writing(errors.AGO_MISSING, amount, f"{spot.between(amount)} ago")


def _times(spot: Spot) -> Explanation:
    if "AT" not in spot.accepted:
        return
    scrap = spot.scrap()
    count = {"once": "1", "twice": "2"}.get(spot.word())
    whole = spot.span()
    if scrap and scrap.kind == "number" and spot.word(1) in {"times", "time", "x"}:
        count, whole = scrap.text, spot.span(0, 1)
    if count:
        times = f"{count} time" if count == "1" else f"{count} times"
        texts = (f"at least {times}", f"exactly {times}")
        yield Refusal.writing(errors.TIMES_WITHOUT_BOUND, whole, *texts, count=count)


# -- comparisons -------------------------------------------------------------------------------------------------

_SIGNS: Final = frozenset({"=", "!=", "<", "<=", ">", ">=", "==", "<>"})
_UNNEGATED: Final = {
    "contains": "does not contain", "contain": "does not contain",
    "starts": "does not start", "start": "does not start",
    "ends": "does not end", "end": "does not end", "matches": "does not match", "match": "does not match",
    "equals": "is not", "equal": "is not", "empty": "is not empty", "set": "is not set",
}  # fmt: skip


def _chained(spot: Spot) -> Explanation:
    if spot.written() not in _SIGNS:
        return
    first = condition_start(spot.words, spot.index)
    last = condition_end(spot.words, spot.index) - 1
    earlier = [at for at in range(first, spot.index) if spot.words[at].text in _SIGNS]
    if not earlier or last <= spot.index or earlier[-1] in {first, spot.index - 1}:
        return
    left = spot.between(Span(spot.words[first].start, spot.words[earlier[-1] - 1].end))
    middle = spot.between(Span(spot.words[earlier[-1] + 1].start, spot.words[spot.index - 1].end))
    right = spot.between(Span(spot.words[spot.index + 1].start, spot.words[last].end))
    one, other = spot.words[earlier[-1]].text, spot.written()
    texts = [f"{left} {one} {middle} and {middle} {other} {right}"]
    if one == other == "<=":
        texts.insert(0, f"{middle} between {left} and {right}")
    if one == other == ">=":
        texts.insert(0, f"{middle} between {right} and {left}")
    whole = Span(spot.words[first].start, spot.words[last].end)
    yield Refusal.writing(errors.CHAINED, spot.span(), *texts, instead_of=whole)


def _not_before_verb(spot: Spot) -> Explanation:
    verb = _UNNEGATED.get(spot.word())
    if verb and spot.word(-1) == "not":
        first = -2 if spot.word(-2) == "is" else -1
        verb_said = spot.word()
        yield Refusal.writing(errors.NOT_BEFORE_VERB, spot.span(-1), verb, instead_of=spot.span(first), verb=verb_said)


def _field_in_segment(spot: Spot) -> Explanation:
    if spot.word() != "segment" or spot.word(-1) != "in":
        return
    start = condition_start(spot.words, spot.index)
    negated = spot.word(-2) == "not"
    whole = Span(spot.words[start].start, spot.span().end)
    text = "not in segment" if negated else "in segment"
    yield Refusal.writing(errors.FIELD_IN_SEGMENT, spot.span(), text, instead_of=whole)


_PHRASES: Final = (
    (("is", "equal", "to"), "="), (("equals",), "="), (("equal", "to"), "="), (("eq",), "="),
    (("is", "not", "equal", "to"), "!="), (("does", "not", "equal"), "!="), (("ne",), "!="),
    (("is", "greater", "than"), ">"), (("greater", "than"), ">"), (("is", "more", "than"), ">"), (("gt",), ">"),
    (("is", "larger", "than"), ">"), (("larger", "than"), ">"), (("is", "over"), ">"), (("over",), ">"),
    (("is", "above"), ">"), (("above",), ">"), (("exceeds",), ">"), (("is", "less", "than"), "<"), (("lt",), "<"),
    (("is", "smaller", "than"), "<"), (("smaller", "than"), "<"), (("fewer", "than"), "<"), (("is", "below"), "<"),
    (("below",), "<"), (("under",), "<"), (("is", "at", "least"), ">="), (("at", "least"), ">="), (("gte",), ">="),
    (("is", "at", "most"), "<="), (("at", "most"), "<="), (("lte",), "<="), (("is", "one", "of"), "in"),
    (("one", "of"), "in"), (("includes",), "contains"), (("include",), "contains"), (("has",), "contains"),
    (("begins", "with"), "starts with"), (("startswith",), "starts with"), (("starts_with",), "starts with"),
    (("endswith",), "ends with"), (("ends_with",), "ends with"), (("exists",), "is set"), (("is", "present"), "is set"),
    (("is", "missing"), "is empty"), (("is", "blank"), "is empty"),
    (("since",), "on or after"), (("until",), "on or before"),
    (("within", "the", "last"), "in the last"), (("within", "the", "next"), "in the next"),
    (("within",), "in the last"),
    (("in", "the", "past"), "in the last"), (("during", "the", "last"), "in the last"), (("is", "after"), "after"),
)  # fmt: skip
_REACH: Final = max(len(words) for words, _ in _PHRASES)


def _phrase(spot: Spot) -> Explanation:
    """Find ``is greater than`` and its like around the spot."""
    for words, meant in _PHRASES:
        for back in range(min(len(words), _REACH)):
            if all(spot.word(at - back) == word for at, word in enumerate(words)):
                span = spot.span(-back, len(words) - 1 - back)
                yield Refusal.writing(errors.WORD_FOR_WORD, span, meant, text=" ".join(words))


# -- names, texts and lists --------------------------------------------------------------------------------------


def _reserved(spot: Spot) -> Explanation:
    before = spot.scrap(-1)
    if before and before.word in RESERVED and spot.written(-2) != ".":
        yield Refusal.writing(errors.RESERVED_NAME, before.span, f"`{before.text}`", name=before.text)


def _missing_quotes(spot: Spot) -> Explanation:
    scrap = spot.scrap()
    if scrap is None or scrap.kind not in {"word", "number", "name"}:
        return
    if "STRING" in spot.accepted and "PATH" not in spot.accepted:
        span = spot.span(0, _run(spot, 0))
        yield Refusal.writing(errors.MISSING_QUOTES, span, quoted(spot.between(span)), text=_said(spot, span))
    elif spot.word(-1) and spot.written(-2) in _SIGNS | {"with", "contains", "contain", "(", ",", "exactly"}:
        span = spot.span(-1, _run(spot, 0))
        yield Refusal.writing(errors.MISSING_QUOTES, span, quoted(spot.between(span)), text=_said(spot, span))


_AFTER_TEXT: Final = _JOINTS | {"in", "on", "before", "after", "between", "this", "last", "next", "at", "where", "not"}


def _run(spot: Spot, at: int) -> int:
    """Return how far the unquoted words go on."""
    while (following := spot.scrap(at + 1)) and following.kind in {"word", "number"}:
        if following.word in _AFTER_TEXT:
            break
        at += 1
    return at


def _list(spot: Spot) -> Explanation:
    scrap, before = spot.scrap(), spot.scrap(-1)
    if scrap is None or before is None or scrap.kind not in {"text", "number", "date"}:
        return
    if "COMMA" in spot.accepted and innermost_bracket(spot.words, spot.index) >= 0:
        fix = Fix("Put a comma between them", (Edit(before.end, before.end, ","),))
        yield Refusal(errors.MISSING_COMMA, scrap.span, fixes=[fix])
    if before.word in {"in", "of"} and "LPAR" in spot.accepted:
        last = 0
        while spot.written(last + 1) == "," and spot.scrap(last + 2):
            last += 2
        span = spot.span(0, last)
        yield Refusal.writing(errors.LIST_WITHOUT_BRACKETS, span, f"({spot.between(span)})")


def _called(spot: Spot) -> Explanation:
    if spot.written() == "(" and spot.word(-1) in {"today", "now", "yesterday", "tomorrow"} and spot.written(1) == ")":
        span = spot.span(-1, 1)
        yield Refusal.writing(errors.CALL_HABIT, span, spot.written(-1), text=spot.between(span))


def _dot(spot: Spot) -> Explanation:
    if spot.written() == "." and spot.scrap(1) and spot.scrap(-1):
        span = spot.span(-1, 1)
        yield Refusal.writing(
            errors.BLANK_AT_DOT, spot.span(), f"{spot.written(-1)}.{spot.written(1)}", instead_of=span
        )
        number = spot.scrap(1)
        if number and number.kind == "number":
            name = number.text + (spot.written(2) if spot.word(2) and spot.span(2, 2).start == number.end else "")
            until = 2 if name != number.text else 1
            yield Refusal.writing(errors.NAME_NEEDS_BACKQUOTES, spot.span(1, until), f"`{name}`", text=name)


# -- misspelt words ----------------------------------------------------------------------------------------------

_WORDS: Final = {
    "TIMES": ("times", "time"),
    "UNIT": tuple(
        f"{unit}{ending}"
        for unit in ("minute", "hour", "day", "week", "month", "quarter", "year")
        for ending in ("", "s")
    ),
}
_NOT_WORDS: Final = frozenset(
    {"NAME", "PATH", "PARAMETER", "STRING", "INSTANT", "DATE", "MONEY", "PERCENT", "DECIMAL", "INTEGER", "CURRENCY"}
    | {"EQUALS", "OTHER_SIGN", "LPAR", "RPAR", "COMMA", "DOT", "PLUS", "MINUS", "STAR", "$END"}
)
_BEGINNINGS: Final = (
    "not",
    "in",
    "any",
    "no",
    "did",
    "has",
    "last",
    "let",
    "exactly",
    "today",
    "yesterday",
    "tomorrow",
    "now",
)


def keywords(terminals: frozenset[str]) -> Iterator[str]:
    """Yield the words that the terminals stand for."""
    for terminal in sorted(terminals - _NOT_WORDS):
        yield from _WORDS.get(terminal, (terminal.lower(),))


def _misspelt(spot: Spot) -> Explanation:
    if spot.word():
        for meant in suggest(spot.word(), keywords(spot.accepted)):
            yield Refusal.writing(errors.MISSPELT, spot.span(), meant, text=_said(spot, spot.span()))
    if spot.word(-1) and spot.written(-2) != ".":
        for meant in suggest(spot.word(-1), _BEGINNINGS):
            span = spot.span(-1, -1)
            yield Refusal.writing(errors.MISSPELT, span, meant, text=_said(spot, span))


# -- and otherwise -----------------------------------------------------------------------------------------------

_CATEGORIES: Final = (
    ({"PATH", "INTEGER"}, "a field or a value"),
    ({"EMPTY", "SET"}, "empty or set"),
    ({"STRING"}, 'a text in quotation marks, such as "vip"'),
    ({"NAME"}, "a name"),
    ({"EQUALS"}, "a comparison (=, <, contains, is set, in …)"),
    ({"INTEGER"}, "a number"),
    ({"UNIT"}, "a unit such as days"),
    ({"AND", "OR"}, "and or or"),
    ({"COMMA"}, "a comma"),
    ({"RPAR"}, "a closing bracket"),
    ({"LPAR"}, "an opening bracket"),
    ({"$END"}, "the end of the rule"),
)


def unexplained(spot: Spot) -> Refusal:
    """Return what can always be said: that this does not fit, and what would."""
    words = list(keywords(spot.accepted))
    expected = [said for terminals, said in _CATEGORIES if terminals <= spot.accepted]
    if "a field or a value" in expected:
        expected = [each for each in expected if each in {"a field or a value", "empty or set"}]
    elif len(words) <= 4:
        expected += [word for word in words if word not in _JOINTS]
    hint = f"Expected here: {', '.join(expected[:5])}." if expected else ""
    scrap = spot.scrap()
    if scrap is None or _is_end(spot):
        return Refusal(errors.MISSING_WORD, spot.span(-1, -1), text=_said(spot, spot.span(-1, -1)), expected=hint)
    return Refusal(errors.UNEXPECTED, scrap.span, text=shortened(scrap.text), expected=hint)


_EXPLAIN: Final[tuple[Callable[[Spot], Explanation], ...]] = (
    _empty,
    _missing_condition,
    _brackets,
    _between,
    _number_word,
    _days_ago,
    _period,
    _missing_unit,
    _missing_ago,
    _times,
    _chained,
    _not_before_verb,
    _field_in_segment,
    _list,
    _phrase,
    _called,
    _dot,
    _misspelt,
    _missing_quotes,
    _reserved,
)
