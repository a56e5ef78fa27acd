"""What was probably meant where a sample or the latest row is asked for amiss."""

from typing import Final

from kohorte.dsl.errors import Refusal
from kohorte.dsl.syntax import messages
from kohorte.dsl.syntax.ast import Span
from kohorte.dsl.syntax.scanner import innermost_bracket
from kohorte.dsl.syntax.spot import Explanation, Spot

_FUNCTIONS: Final = frozenset({"count", "sum", "avg", "min", "max"})


def sample(spot: Spot) -> Explanation:
    """Find samples without a percentage or a name, or asked of a field."""
    if spot.accepted == frozenset({"PERCENT"}):
        yield from _without_percentage(spot)
    if spot.word(-1) == "in" and spot.word() == "sample" and spot.scrap(-2):
        negated = spot.word(-2) == "not"
        whole = Span(spot.start().start, spot.span().end)
        if whole.start < spot.span(-2 if negated else -1).start:
            text = "not in sample" if negated else "in sample"
            yield Refusal.writing(messages.FIELD_IN_SAMPLE, spot.span(), text, instead_of=whole)
    if _is_share(spot) and spot.word(-1) == "sample" and spot.word(-2) != "in":
        yield Refusal.writing(messages.MISSPELT, spot.span(-1, -1), "in sample", text="sample")
    if _is_share(spot) and spot.word(-1) == "in":
        yield Refusal.writing(messages.MISSPELT, spot.span(-1, -1), "in sample", text="in")
    if spot.accepted == frozenset({"OF"}) and spot.written(-1) == "%" and spot.is_end():
        yield Refusal.writing(messages.SAMPLE_WITHOUT_NAME, spot.span(-1, -1), '% of "control group"')


def _is_share(spot: Spot) -> bool:
    scrap = spot.scrap()
    return scrap is not None and scrap.kind == "number" and spot.written(1) == "%"


def _without_percentage(spot: Spot) -> Explanation:
    scrap = spot.scrap()
    if scrap is not None and scrap.kind == "number":
        yield Refusal.writing(messages.SAMPLE_WITHOUT_PERCENT, scrap.span, f"{scrap.text} %")
    elif spot.word() == "of" and spot.written(2) == "%":
        yield Refusal.writing(messages.SAMPLE_WITHOUT_PERCENT, spot.span(0, 2), f"{spot.written(1)} % of")
    else:
        yield Refusal(messages.SAMPLE_WITHOUT_PERCENT, spot.span(), fix1="10 %")


def latest(spot: Spot) -> Explanation:
    """Find ``last purchases(…) > 5`` and ``last purchases.sum(amount)``."""
    if spot.accepted != frozenset({"DOT"}) or spot.written(-1) != ")":
        return
    opened = innermost_bracket(spot.words, spot.index - 1)
    first = next((at for at in range(opened - 1, -1, -1) if spot.words[at].word == "last"), -1)
    if first < 0:
        return
    names = [word.text for word in spot.words[first + 1 : opened] if word.text != "."]
    whole = Span(spot.words[first].start, spot.words[spot.index - 1].end)
    if len(names) == 2 and names[1].lower() in _FUNCTIONS:
        field = spot.between(Span(spot.words[opened].end, spot.words[spot.index - 1].start))
        yield Refusal.writing(messages.FUNCTION_OF_LATEST, whole, f"last {names[0]}.{field}")
    else:
        yield Refusal(messages.LATEST_WITHOUT_FIELD, whole, name=".".join(names) + "(…)")
