"""What may be asked of an operand, as phrases: the words of each, and what may follow those that stand there already.

In a phrase ``*`` stands for a value, ``#`` for a whole number, ``%`` for a unit of time.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from attrs import frozen

from kohorte.core.fields import Collection, Kind
from kohorte.dsl.assistance.descriptions import WORDS
from kohorte.dsl.assistance.offers import Category, Offer
from kohorte.dsl.checker.operands import NEVER_MISSING
from kohorte.dsl.checker.scope import about
from kohorte.dsl.moments import ELAPSED
from kohorte.dsl.syntax.ast import Unit
from kohorte.dsl.syntax.canonical import CALENDAR_UNITS
from kohorte.dsl.typed import FieldOf, Operand


@frozen
class Phrase:
    """An operator. A ``secondary`` one has a shorter spelling and is offered only when it has begun."""

    words: tuple[str, ...]
    secondary: bool = False

    @property
    def plain(self) -> str:
        """Return its words alone, without values, numbers and units."""
        return " ".join(word for word in self.words if word not in _SLOTS and word not in _UNITS)


_SLOTS: Final = frozenset({"*", "#", "%", "("})
_UNITS: Final = frozenset(unit.value for unit in Unit)
_SIGNS: Final = frozenset({"=", "!=", "<", "<=", ">", ">="})


def _phrases(*texts: str, secondary: bool = False) -> tuple[Phrase, ...]:
    return tuple(Phrase(tuple(text.split()), secondary) for text in texts)


def _calendar(before: str, *, secondary: bool = False) -> tuple[Phrase, ...]:
    periods = [f"{which} {unit}" for which in ("this", "last", "next") for unit in _CALENDAR]
    return _phrases(*(f"{before} {period}".strip() for period in periods), secondary=secondary)


_CALENDAR: Final = tuple(unit.value for unit in Unit if unit.value in CALENDAR_UNITS)
_EQUALITY: Final = (*_phrases("= *", "!= *"), *_phrases("is *", "is not *", secondary=True))
_ORDER: Final = _phrases("> *", ">= *", "< *", "<= *", "between * and *", "not between * and *")
_ONE_OF: Final = _phrases("in ( *", "not in ( *")
_LISTED: Final = _phrases("in list *", "not in list *")
_LOOKS: Final = _phrases(
    *("contains *", "does not contain *", "starts with *", "does not start with *"),
    *("ends with *", "does not end with *", "matches *", "does not match *"),
)
_TAGS: Final = _phrases("contains *", "does not contain *", "contains any of ( *", "contains all of ( *")
_PRESENCE: Final = (*_phrases("is set", "is empty"), *_phrases("is not set", "is not empty", secondary=True))
_RELATIONS: Final = _phrases("before *", "after *", "on *", "on or before *", "on or after *")
_TIMES: Final = (
    *_phrases("in the last # %", "in the next # %", "more than # % ago", "less than # % ago"),
    *_RELATIONS,
    *_phrases("has anniversary in the next # %", "has anniversary today", "has anniversary tomorrow"),
    *_calendar("in"),
    *_phrases("not in the last # %", "not in the next # %"),
    *_calendar("not in", secondary=True),
    *_phrases("has anniversary in the last # %", "has anniversary yesterday", secondary=True),
    *_calendar("has anniversary in", secondary=True),
)
_OF_TIMES: Final = (*_TIMES, *_ORDER, *_EQUALITY, *_ONE_OF, *_PRESENCE)
_OF_NUMBERS: Final = (*_EQUALITY, *_ORDER, *_ONE_OF, *_PRESENCE)
_OF_TEXT: Final = (*_EQUALITY, *_ONE_OF, *_LISTED, *_LOOKS, *_PRESENCE)

OPERATORS: Final[Mapping[Kind, tuple[Phrase, ...]]] = MappingProxyType(
    {
        Kind.TEXT: _OF_TEXT,
        Kind.CODE: _OF_TEXT,
        Kind.ENUMERATION: (*_EQUALITY, *_ONE_OF, *_PRESENCE, *_LOOKS),
        Kind.INTEGER: _OF_NUMBERS,
        Kind.DECIMAL: _OF_NUMBERS,
        Kind.MONEY: _OF_NUMBERS,
        Kind.BOOLEAN: (*_EQUALITY, *_PRESENCE, *_ONE_OF),
        Kind.DATE: _OF_TIMES,
        Kind.INSTANT: _OF_TIMES,
        Kind.TAGS: (*_TAGS, *_PRESENCE),
    }
)
HOW_OFTEN: Final = _phrases(
    *("at least # times", "at most # times", "more than # times", "less than # times", "exactly # times")
)
WHEN: Final = (
    *_phrases("in the last # %"),
    *_calendar("in"),
    *_RELATIONS,
    *_phrases("between * and *"),
    *_phrases("in the next # %", secondary=True),
)


def windows(collection: Collection) -> tuple[Phrase, ...]:
    """Return the windows that the rows of a collection may be looked at through; none where they have no time."""
    if collection.time is None:
        return ()
    ahead = _phrases("next # %", secondary=collection.past_only)
    return (*_phrases("last # %"), *ahead, *_calendar(""), *_phrases("in the last # %", secondary=True))


def asked_of(operand: Operand) -> Iterator[Phrase]:
    """Yield what may be asked of an operand."""
    for phrase in OPERATORS[about(operand).kind]:
        if phrase not in _PRESENCE or _may_lack(operand):
            yield phrase


def _may_lack(operand: Operand) -> bool:
    """Say whether one may ask if the operand has a value: not of counts and sums, nor without a currency."""
    if isinstance(operand, FieldOf):
        return True
    is_settled = operand.currency is not None or about(operand).kind is not Kind.MONEY
    return is_settled and operand.function not in NEVER_MISSING


# -- what may follow ---------------------------------------------------------------------------------------------


def rest(phrase: Phrase, stands: Sequence[str]) -> tuple[str, ...] | None:
    """Return the words of a phrase behind those that stand there; None where it does not begin so."""
    if len(stands) > len(phrase.words) or (phrase.secondary and not stands):
        return None
    if all(_fits(word, kind) for word, kind in zip(phrase.words, stands, strict=False)):
        return phrase.words[len(stands) :]
    return None


def _fits(word: str, kind: str) -> bool:
    if word == "*":
        return kind in {"VALUE", "INTEGER"}
    return kind == _kind(word)


def _kind(word: str) -> str:
    """Return the terminal of a word."""
    if word in _SIGNS:
        return "SIGN"
    return {"#": "INTEGER", "%": "UNIT", "(": "LPAR"}.get(word) or ("UNIT" if word in _UNITS else word.upper())


def offered(
    phrases: Sequence[Phrase], stands: Sequence[str], units: Sequence[Unit], amount: int = 30, *, one: bool = False
) -> Iterator[Offer]:
    """Yield an offer for what is left of each phrase up to its next value; ``one`` is the number that stands there."""
    for phrase in phrases:
        left = rest(phrase, stands)
        if left and left[0] != "*":
            for words in _spelled_out(left, units, amount, "" if one else "s"):
                yield _offer(words, phrase)


def _spelled_out(left: tuple[str, ...], units: Sequence[Unit], amount: int, plural: str) -> Iterator[tuple[str, ...]]:
    """Yield the words with a choice of units, or of lengths, where these come first; with days elsewhere."""
    if left[0] == "%":
        for unit in units:
            yield (unit.value + plural, *left[1:])
    elif left == ("times",):
        yield ("time" + plural,)
    elif left[0] == "#" and len(left) > 1 and left[1] == "%":
        for length in ("7 days", "30 days", "90 days", "1 year"):
            yield (*length.split(), *left[2:])
    else:
        yield tuple("days" if word == "%" else str(amount) if word == "#" else word for word in left)


def _offer(words: Sequence[str], phrase: Phrase) -> Offer:
    shown = words[: words.index("*")] if "*" in words else words
    text = " ".join(shown) + (" " if "*" in words and shown[-1] != "(" else "")
    described = WORDS.get(phrase.plain) or WORDS.get(" ".join(phrase.plain.split()[:2]))
    is_unit = len(words) == 1 and words[0].removesuffix("s") in _UNITS
    return Offer(
        text,
        Category.UNIT if is_unit else Category.OPERATOR,
        described.template if described else "",
        places=tuple(_places(text, shown)),
    )


def _places(text: str, words: Sequence[str]) -> Iterator[tuple[int, int]]:
    start = 0
    for word in words:
        start = text.index(word, start)
        if word.isdigit() or word == "days":
            yield start, start + len(word)
        start += len(word)


def units_of(kind: Kind) -> Sequence[Unit]:
    """Return the units that a date or an instant is counted in."""
    return [unit for unit in _BY_USE if kind is Kind.INSTANT or unit not in ELAPSED]


_BY_USE: Final = (Unit.DAY, Unit.WEEK, Unit.MONTH, Unit.YEAR, Unit.QUARTER, Unit.HOUR, Unit.MINUTE)
