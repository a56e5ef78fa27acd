"""What was probably meant where periods, amounts of time, or how often something happened are amiss."""

import re
from typing import Final

from kohorte.dsl.errors import Refusal
from kohorte.dsl.syntax import messages
from kohorte.dsl.syntax.ast import Span
from kohorte.dsl.syntax.spot import Explanation, Spot

_UNIT: Final = re.compile(r"(minute|hour|day|week|month|quarter|year)s?", re.IGNORECASE)
_CALENDAR: Final = frozenset({"week", "month", "quarter", "year"})
_NUMBER_WORDS: Final = {
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
    "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "once": "1 time", "twice": "2 times",
}  # fmt: skip
_BOUNDS: Final = frozenset({"least", "most", "than", "exactly"})


def _unit(word: str) -> str:
    match = _UNIT.fullmatch(word)
    return match[1].lower() if match else ""


def number_word(spot: Spot) -> Explanation:
    """Find numbers in words."""
    number = _NUMBER_WORDS.get(spot.word())
    if number and "INTEGER" in spot.accepted:
        yield Refusal.writing(messages.NUMBER_WORD, spot.span(), number)


def days_ago(spot: Spot) -> Explanation:
    """Find ``>= 5 days ago``."""
    if spot.word() != "ago" or not _unit(spot.word(-1)):
        return
    amount, period, sign = spot.between(spot.span(-2, -1)), spot.span(-2, 0), spot.written(-3)
    calculated = f"{'now' if _unit(spot.word(-1)) in {'minute', 'hour'} else 'today'} - {amount}"
    texts, whole = [calculated], period
    if sign in {"<", "<=", ">", ">="}:
        texts = [f"in the last {amount}" if sign in {">", ">="} else f"more than {amount} ago", f"{sign} {calculated}"]
        whole = spot.span(-3, 0)
    yield Refusal.writing(messages.DAYS_AGO, period, *texts, instead_of=whole, text=spot.said(period))


def period_without_number(spot: Spot) -> Explanation:
    """Find ``the next week``."""
    unit, which = _unit(spot.word()), spot.word(-1)
    if not unit or which not in {"last", "next", "this"} or "INTEGER" not in spot.accepted:
        return
    whole = spot.span(-2 if spot.word(-2) == "the" else -1)
    texts = [f"the {which} 1 {unit}"] + ([f"{which} {unit}"] if unit in _CALENDAR else [])
    yield Refusal.writing(messages.PERIOD_OR_CALENDAR, whole, *texts, text=spot.said(whole), unit=unit)


def period_without_in(spot: Spot) -> Explanation:
    """Find ``did purchase last 30 days`` and ``in 7 days``."""
    scrap = spot.scrap()
    if scrap is None or scrap.kind != "number" or not _unit(spot.word(1)):
        return
    period = spot.between(spot.span(0, 1))
    if spot.word(-1) in {"last", "next"}:
        yield Refusal.writing(messages.PERIOD_WITHOUT_IN, spot.span(-1, 1), f"in the {spot.word(-1)} {period}")
    if spot.word(-1) == "in":
        texts = (f"in the next {period}", f"in the last {period}")
        yield Refusal.writing(messages.PERIOD_WITHOUT_IN, spot.span(-1, 1), *texts)


def missing_unit(spot: Spot) -> Explanation:
    """Find numbers of which nobody knows what they count."""
    before = spot.scrap(-1)
    if before is None or before.kind != "number":
        return
    number = before.text
    if "UNIT" in spot.accepted and spot.word(-2) in {"last", "next"}:
        yield Refusal.writing(messages.PERIOD_WITHOUT_UNIT, before.span, f"{number} days", text=number)
    if "TIMES" in spot.accepted:
        yield Refusal.writing(messages.TIMES_MISSING, before.span, f"{number} times", text=number)
    if "UNIT" in spot.accepted and spot.word(-2) == "than":
        than = spot.word(-3)
        texts = (f"{'>' if than == 'more' else '<'} {number}", f"{than} than {number} days ago")
        yield Refusal.writing(
            messages.AMOUNT_WITHOUT_UNIT, before.span, *texts, instead_of=spot.span(-3, -1), text=number
        )


def missing_ago(spot: Spot) -> Explanation:
    """Find ``more than 5 days``."""
    if spot.accepted == frozenset({"AGO"}):
        amount = spot.span(-2, -1)
        yield Refusal.writing(messages.AGO_MISSING, amount, f"{spot.between(amount)} ago")


def times(spot: Spot) -> Explanation:
    """Find ``did purchase 3 times`` and ``did purchase twice``."""
    scrap = spot.scrap()
    if "AT" in spot.accepted and scrap and scrap.kind == "number" and spot.word(1) in {"times", "time", "x"}:
        yield _bounds(spot.span(0, 1), scrap.text)
    if spot.word(-1) in {"once", "twice"} and "STRING" in spot.accepted:
        yield _bounds(spot.span(-1, -1), "1" if spot.word(-1) == "once" else "2")


def _bounds(span: Span, count: str) -> Refusal:
    said = f"{count} time" if count == "1" else f"{count} times"
    return Refusal.writing(messages.TIMES_WITHOUT_BOUND, span, f"at least {said}", f"exactly {said}", count=count)


def event_without_did(spot: Spot) -> Explanation:
    """Find ``purchase at least 3 times``."""
    following = [spot.word(by) for by in range(-2, 5)]
    if "times" in following or "time" in following:
        first = spot.start()
        yield Refusal.writing(messages.DID_MISSING, Span(first.start, spot.span(-1, -1).end), "did ", instead_of=first)


def window_behind(spot: Spot) -> Explanation:
    """Find ``purchases.count in the last 90 days > 3``."""
    at = -5 if spot.word(-4) == "the" else -4
    if (
        spot.word(-3) in {"last", "next"}
        and _unit(spot.word(-1))
        and spot.word(at) == "in"
        and spot.written(at - 2) == "."
    ):
        text = f"{spot.written(at - 3)}({spot.between(spot.span(-3, -1))}).{spot.written(at - 1)}"
        yield Refusal.writing(messages.WINDOW_BEHIND, spot.span(at, -1), text, instead_of=spot.span(at - 3, -1))
