"""What was probably meant where operators, names, texts, lists or the spelling of a word are amiss."""

from collections.abc import Iterable, Iterator
from typing import Final

from kohorte.dsl.errors import Refusal, replacing, suggest
from kohorte.dsl.syntax import messages
from kohorte.dsl.syntax.ast import Span
from kohorte.dsl.syntax.canonical import RESERVED
from kohorte.dsl.syntax.habits import quoted
from kohorte.dsl.syntax.scanner import condition_end, condition_start, innermost_bracket
from kohorte.dsl.syntax.spot import Explanation, Spot

_SIGNS: Final = frozenset({"=", "!=", "<", "<=", ">", ">=", "==", "<>"})
_LITERALS: Final = frozenset({"text", "number", "date"})

# -- operators ---------------------------------------------------------------------------------------------------

_UNNEGATED: Final = {
    "contains": "does not contain", "contain": "does not contain",
    "starts": "does not start", "start": "does not start", "ends": "does not end", "end": "does not end",
    "matches": "does not match", "match": "does not match", "equals": "is not", "equal": "is not",
    "empty": "is not empty", "set": "is not set",
}  # fmt: skip


def chained(spot: Spot) -> Explanation:
    """Find ``1 < contact.score < 5``."""
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
    yield Refusal.writing(messages.CHAINED, spot.span(), *texts, instead_of=whole)


def not_before_verb(spot: Spot) -> Explanation:
    """Find ``not contains``."""
    verb = _UNNEGATED.get(spot.word())
    if verb and spot.word(-1) == "not":
        whole = spot.span(-2 if spot.word(-2) == "is" else -1)
        yield Refusal.writing(messages.NOT_BEFORE_VERB, spot.span(-1), verb, instead_of=whole, verb=spot.word())


def segment_of_field(spot: Spot) -> Explanation:
    """Find ``contact.email in segment "x"``, ``in list "x"`` without a field, and ``segment "x"``."""
    if spot.word(-1) == "in" and (spot.word() == "segment" or suggest(spot.word(), ("segment",))) and spot.scrap(-2):
        negated, whole = spot.word(-2) == "not", Span(spot.start().start, spot.span().end)
        if whole.start < spot.span(-2 if negated else -1).start:
            text = "not in segment" if negated else "in segment"
            yield Refusal.writing(messages.FIELD_IN_SEGMENT, spot.span(), text, instead_of=whole)
    if spot.word() == "list" and spot.word(-1) == "in":
        yield Refusal.writing(messages.LIST_WITHOUT_FIELD, spot.span(-1), "contact.email ", instead_of=spot.start())
    if spot.word(-1) == "segment" and "STRING" not in spot.accepted and spot.word(-2) != "in":
        yield Refusal.writing(messages.MISSPELT, spot.span(-1, -1), "in segment", text="segment")


_PHRASES: Final = {
    "=": ("is equal to", "equals", "equal to", "eq"),
    "!=": ("is not equal to", "not equal to", "does not equal", "not equals", "ne"),
    ">": ("is greater than", "greater than", "is more than", "is larger than", "larger than", "is over", "over",
          "is above", "above", "exceeds", "gt"),
    "<": ("is less than", "is smaller than", "smaller than", "fewer than", "is below", "below", "under", "lt"),
    ">=": ("is at least", "at least", "gte"),
    "<=": ("is at most", "at most", "lte"),
    "in": ("is one of", "one of"),
    "contains": ("includes", "include", "has", "does contain"),
    "contains any of": ("any of", "contains any"),
    "contains all of": ("all of", "contains all"),
    "starts with": ("begins with", "startswith", "starts_with", "does start with", "starts"),
    "ends with": ("endswith", "ends_with", "does end with", "ends"),
    "is set": ("exists", "is present"),
    "is empty": ("is missing", "is blank"),
    "on or after": ("since", "as of"),
    "on or before": ("until",),
    "in the last": ("within the last", "in the past", "during the last", "over the last", "within"),
    "in the next": ("within the next",),
    "did": ("has", "have"),
}  # fmt: skip
_BY_LENGTH: Final = sorted(
    ((said.split(), meant) for meant, phrases in _PHRASES.items() for said in phrases),
    key=lambda pair: -len(pair[0]),
)


def phrase(spot: Spot) -> Explanation:
    """Find ``is greater than`` and its like, that end, begin or hold the spot."""
    for said, meant in _BY_LENGTH:
        for back in range(len(said) + 1):
            if all(spot.word(at - back) == word for at, word in enumerate(said)):
                span = spot.span(-back, len(said) - 1 - back)
                yield Refusal.writing(messages.WORD_FOR_WORD, span, meant, text=" ".join(said))


# -- names, texts and lists --------------------------------------------------------------------------------------

_AFTER_TEXT: Final = frozenset(
    {
        "and",
        "or",
        "in",
        "on",
        "before",
        "after",
        "between",
        "this",
        "last",
        "next",
        "at",
        "where",
        "not",
        "more",
        "less",
    }
)
_TEXT_COMES: Final = _SIGNS | {"with", "contains", "contain", "(", ",", "exactly", "is"}
_FUNCTIONS: Final = frozenset({"count", "sum", "avg", "min", "max", "distinct"})


def reserved(spot: Spot) -> Explanation:
    """Find a field whose name the grammar took for a keyword."""
    before = spot.scrap(-1)
    if before and spot.word(-1) in RESERVED and spot.word(-2) != "is" and not spot.is_end():
        yield Refusal.writing(messages.RESERVED_NAME, before.span, f"`{before.text}`", name=before.text)


def missing_quotes(spot: Spot) -> Explanation:
    """Find texts without quotation marks."""
    scrap = spot.scrap()
    if scrap is None or scrap.kind not in {"word", "number", "name"} or spot.word() in _AFTER_TEXT:
        return
    if "STRING" in spot.accepted and "PATH" not in spot.accepted:
        span = spot.span(0, _run(spot, 0))
        yield Refusal.writing(messages.MISSING_QUOTES, span, quoted(spot.between(span)), text=spot.said(span))
    elif spot.word(-1) and spot.written(-2).lower() in _TEXT_COMES:
        span = spot.span(-1, _run(spot, 0))
        yield Refusal.writing(messages.MISSING_QUOTES, span, quoted(spot.between(span)), text=spot.said(span))


def _run(spot: Spot, at: int) -> int:
    """Return how far the words without quotation marks go on."""
    while (following := spot.scrap(at + 1)) and following.kind in {"word", "number"}:
        if following.word in _AFTER_TEXT:
            break
        at += 1
    return at


def name_with_blank(spot: Spot) -> Explanation:
    """Find ``contact.first name`` and ``purchases.sum amount``."""
    if spot.written(-2) != "." or not spot.word():
        return
    if spot.written(-1).lower() in _FUNCTIONS:
        text = f"{spot.written(-1)}({spot.written()})"
        yield Refusal.writing(messages.CALL_HABIT, spot.span(-1), text, text=spot.said(spot.span(-1)))
    one, other = spot.written(-1), spot.written()
    texts = (f"{one}_{other}", f"`{one} {other}`")
    yield Refusal.writing(messages.NAME_WITH_BLANK, spot.span(-1), *texts, text=f"{one} {other}")


def entries(spot: Spot) -> Explanation:
    """Find lists without commas or brackets."""
    scrap, before = spot.scrap(), spot.scrap(-1)
    if scrap is None or before is None:
        return
    opened = innermost_bracket(spot.words, spot.index)
    if scrap.kind in _LITERALS and "COMMA" in spot.accepted and opened >= 0:
        behind = Span(before.end, before.end)
        fixes = [replacing("Put a comma between them", behind, ",")]
        yield Refusal(messages.MISSING_COMMA, scrap.span, fixes=fixes)
    if scrap.kind in _LITERALS and spot.word(-1) in {"in", "of"} and "LPAR" in spot.accepted:
        last = 0
        while spot.written(last + 1) == "," and spot.scrap(last + 2):
            last += 2
        span = spot.span(0, last)
        yield Refusal.writing(messages.LIST_WITHOUT_BRACKETS, span, f"({spot.between(span)})")
    if scrap.text == "," and opened > 0 and spot.words[opened - 1].text in {"=", "==", "!=", "<>"}:
        sign = spot.words[opened - 1]
        meant = "in" if sign.text.startswith("=") else "not in"
        yield Refusal.writing(messages.LIST_COMPARED, sign.span, meant, text=sign.text)


def called(spot: Spot) -> Explanation:
    """Find ``today()``."""
    if spot.written() == "(" and spot.word(-1) in {"today", "now", "yesterday", "tomorrow"} and spot.written(1) == ")":
        span = spot.span(-1, 1)
        yield Refusal.writing(messages.CALL_HABIT, span, spot.written(-1), text=spot.between(span))


def dot(spot: Spot) -> Explanation:
    """Find blanks, digits, a second dot or nothing behind a dot."""
    following = spot.scrap(1)
    if spot.written() != "." or spot.scrap(-1) is None:
        return
    if following is not None and following.kind in {"word", "name"}:
        whole = spot.span(-1, 1)
        yield Refusal.writing(
            messages.BLANK_AT_DOT, spot.span(), f"{spot.written(-1)}.{following.text}", instead_of=whole
        )
    elif following is not None and following.kind == "number":
        ending = spot.scrap(2)
        adjacent = ending is not None and ending.kind == "word" and ending.start == following.end
        span = spot.span(1, 2 if adjacent else 1)
        yield Refusal.writing(messages.NAME_NEEDS_BACKQUOTES, span, f"`{spot.between(span)}`", text=spot.said(span))
    else:
        fixes = [replacing("Remove it", spot.span(), "")]
        yield Refusal(messages.NAME_AFTER_DOT, spot.span(), fixes=fixes)


# -- spelling ----------------------------------------------------------------------------------------------------

_UNITS: Final = tuple(
    f"{unit}{ending}" for unit in ("minute", "hour", "day", "week", "month", "quarter", "year") for ending in ("s", "")
)
_NOT_WORDS: Final = frozenset(
    {"NAME", "PATH", "PARAMETER", "STRING", "INSTANT", "DATE", "MONEY", "PERCENT", "DECIMAL", "INTEGER", "CURRENCY"}
    | {"EQUALS", "OTHER_SIGN", "LPAR", "RPAR", "COMMA", "DOT", "PLUS", "MINUS", "STAR", "$END"}
)
_BEGINNINGS: Final = ("not", "in", "any", "no", "did", "has", "last", "let", "exactly", "today", "tomorrow", "now")


def keywords(terminals: Iterable[str]) -> Iterator[str]:
    """Yield the words that terminals stand for."""
    for terminal in sorted(set(terminals) - _NOT_WORDS):
        yield from {"TIMES": ("times",), "UNIT": _UNITS}.get(terminal, (terminal.lower(),))


def misspelt(spot: Spot) -> Explanation:
    """Find words that are nearly keywords, here or right before."""
    if spot.word():
        for meant in suggest(spot.word(), keywords(spot.accepted)):
            yield Refusal.writing(messages.MISSPELT, spot.span(), meant, text=spot.said(spot.span()))
    if spot.word(-1) not in RESERVED | {""}:
        for meant in suggest(spot.word(-1), _BEGINNINGS):
            span = spot.span(-1, -1)
            yield Refusal.writing(messages.MISSPELT, span, meant, text=spot.said(span))
