"""Values worth trying for a field, an aggregate or a membership, made from the conditions about it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from heapq import nsmallest
from itertools import combinations, product
from types import MappingProxyType
from typing import Any, Final

from attrs import frozen

from kohorte.core.fields import LARGEST, Field, Kind
from kohorte.core.values import fold, from_days, to_days
from kohorte.dsl.explaining.domain import COUNTING
from kohorte.dsl.explaining.judging import Judging
from kohorte.dsl.explaining.nodes import Single
from kohorte.dsl.moments import MICROS_A_DAY, local_day, start_of_day
from kohorte.dsl.typed import (
    AggregateOf,
    Among,
    Compare,
    CompareOperands,
    Contains,
    FieldOf,
    Function,
    HasAnniversary,
    HasTags,
    InList,
    Look,
    SegmentUse,
    Within,
)

_FEW: Final = 5
_MOST_TEXTS: Final = 200
_MOST_TAGS: Final = 6
_FIRST_DAY: Final = -719_161  # 0001-01-02
_LAST_DAY: Final = 2_932_895  # 9999-12-30
_NEVER_MISSING: Final = frozenset({Function.COUNT, Function.COUNT_DISTINCT, Function.SUM})


@frozen
class Known:
    """What is known besides the conditions: what they are bound to, and which fields surely have a value.

    ``spelled`` gives texts back the capitals that folded conditions no longer have.
    """

    judging: Judging
    may_lack: Callable[[FieldOf], bool]
    spelled: Mapping[str, str] = MappingProxyType({})


@frozen
class Candidates:
    """Values to try, the place of the present one among them, and whether they give every verdict that is possible.

    Where there is an ``anchor``, the values are whole numbers in order, with None at the end if it is among them, and
    those near the anchor are preferred; else the first are.
    """

    values: list[Any]
    present: int
    complete: bool
    anchor: int | None = None

    def in_order(self) -> list[Any]:
        """Return the values, the preferred ones first."""
        anchor = self.anchor
        if anchor is None:
            return self.values
        return sorted(self.values, key=lambda value: (value is None, abs((value or 0) - anchor)))


def candidates_of(
    subject: FieldOf | AggregateOf | SegmentUse, singles: Sequence[Single], present: Any, known: Known
) -> Candidates:
    """Return the values worth trying for a subject that has the present value."""
    if isinstance(subject, SegmentUse):
        return _first(present, [True, False], complete=True)
    if isinstance(subject, AggregateOf):
        if subject.function in COUNTING:
            return _counts(singles, present)
        may_lack = subject.function not in _NEVER_MISSING
    else:
        may_lack = known.may_lack(subject)
    of_kind = _OF_KIND.get(subject.field.kind if subject.field is not None else Kind.INTEGER, _texts)
    return of_kind(_Asked(subject, singles, present, known, may_lack))


@frozen
class _Asked:
    """What values are wanted for."""

    subject: FieldOf | AggregateOf
    singles: Sequence[Single]
    present: Any
    known: Known
    may_lack: bool

    @property
    def field(self) -> Field:
        found = self.subject.field
        if found is None:
            raise TypeError(self.subject)
        return found

    @property
    def nothing(self) -> list[Any]:
        return [None] if self.may_lack else []


def _first(present: Any, others: Iterable[Any], *, complete: bool) -> Candidates:
    """Return the candidates with the present one first."""
    return Candidates([*dict.fromkeys([present, *others])], 0, complete)


# -- ordered values ----------------------------------------------------------------------------------------------


def _ordered(
    values: Iterable[int], present: Any, anchor: int, nothing: Sequence[None], *, complete: bool
) -> Candidates:
    """Return whole numbers in order; the present value is among them, be it missing or no whole number."""
    numbers = {*values}
    if present is not None:
        numbers.add(present)
    found: list[Any] = sorted(numbers)
    if nothing or present is None:
        found.append(None)
    return Candidates(found, found.index(present), complete, anchor)


def _counts(singles: Sequence[Single], present: int) -> Candidates:
    """Return numbers of rows."""
    values = [value for value in _constants(singles, 1) if value >= 0]
    return _ordered([*values, 0, 1], present, present, (), complete=True)


def _numbers(asked: _Asked) -> Candidates:
    values: Iterable[int] = _constants(asked.singles, 0)
    if isinstance(asked.subject, FieldOf):
        values = [value for value in values if -LARGEST <= value <= LARGEST]
    anchor = 0 if asked.present is None else round(asked.present)
    return _ordered([*values, 0], asked.present, anchor, asked.nothing, complete=True)


def _constants(singles: Sequence[Single], least: int) -> Iterable[int]:
    """Yield the constants that numbers are compared with, and their neighbours."""
    for single in singles:
        match single.leaf:
            case Compare(value=int() as value):
                yield from (value - 1, value, value + 1)
            case Among(values=values):
                for each in values:
                    if isinstance(each, int):
                        yield from (each - 1, each, each + 1)
            case _:
                yield least


def _money(asked: _Asked) -> Candidates:
    found: list[Any] = []
    currencies = dict.fromkeys([asked.present[1]] if asked.present else [])
    for single in asked.singles:
        if isinstance(single.leaf, Compare | Among):
            own = _currency_of(asked.subject, single.leaf)
            currencies[own] = None
            found += [(units, own) for units in _constants([single], 0)]
    found += [(0, currency) for currency in currencies] or [(0, "EUR")]
    if isinstance(asked.subject, FieldOf):
        found = [each for each in found if -LARGEST <= each[0] <= LARGEST]
        if asked.present is None or len(currencies) < 2:
            found.append((0, "USD" if "EUR" in currencies else "EUR"))
    if asked.present is not None:
        units, currency = asked.present
        found.sort(key=lambda each: (each[1] != currency, abs(each[0] - units)))
    return _first(asked.present, [*found, *asked.nothing], complete=not _has_two_operands(asked.singles))


def _currency_of(subject: FieldOf | AggregateOf, leaf: Compare | Among) -> str:
    if leaf.currency is not None:
        return leaf.currency
    return (subject.currency if isinstance(subject, AggregateOf) else None) or "EUR"


# -- times -------------------------------------------------------------------------------------------------------


def _days(asked: _Asked) -> Candidates:
    judging = asked.known.judging
    today = local_day(judging.now, asked.singles[0].zone)
    values = [*_bounds(asked), today, *(day for day in _returning(asked, today))]
    kept = [day for day in values if _FIRST_DAY <= day <= _LAST_DAY]
    anchor = today if asked.present is None else asked.present
    return _ordered(kept, asked.present, anchor, asked.nothing, complete=_is_plain_in_time(asked.singles))


def _instants(asked: _Asked) -> Candidates:
    judging, zone = asked.known.judging, asked.singles[0].zone
    returning = _returning(asked, local_day(judging.now, zone))
    values = [*_bounds(asked), judging.now, *(start_of_day(day, zone) for day in returning)]
    kept = [each for each in values if _FIRST_DAY <= each // MICROS_A_DAY <= _LAST_DAY]
    anchor = judging.now if asked.present is None else asked.present
    return _ordered(kept, asked.present, anchor, asked.nothing, complete=_is_plain_in_time(asked.singles))


def _bounds(asked: _Asked) -> Iterable[int]:
    """Yield the ends of the intervals in which times are looked for, and their neighbours."""
    judging = asked.known.judging
    for single in asked.singles:
        if isinstance(single.leaf, Within):
            for bound in (single.leaf.low, single.leaf.high):
                if bound is not None:
                    at = judging.bound(bound, single.zone)
                    yield from (at - 1, at)


def _returning(asked: _Asked, today: int) -> Iterable[int]:
    """Yield days in earlier years that do and that do not return in the wanted days."""
    judging = asked.known.judging
    for single in asked.singles:
        if isinstance(single.leaf, HasAnniversary):
            low, high = (judging.bound(each, single.zone) for each in (single.leaf.low, single.leaf.high))
            for day in (low, high - 1, low - 1, high):
                for years in (1, 2, 4, 20, 40):
                    try:
                        yield to_days(from_days(day).replace(year=from_days(day).year - years))
                    except (ValueError, OverflowError):  # 29 February, or the ends of time
                        continue
            yield today


def _is_plain_in_time(singles: Sequence[Single]) -> bool:
    """Tell whether the ends of intervals are all that matters."""
    returning = {(each.leaf.low, each.leaf.high) for each in singles if isinstance(each.leaf, HasAnniversary)}
    others = any(isinstance(each.leaf, Within) for each in singles)
    return not returning or (len(returning) == 1 and not others)


def _has_two_operands(singles: Sequence[Single]) -> bool:
    return any(isinstance(each.leaf, CompareOperands) for each in singles)


# -- texts, codes, truth and tags --------------------------------------------------------------------------------


def _truths(asked: _Asked) -> Candidates:
    return _first(asked.present, [True, False, *asked.nothing], complete=True)


def _choices(asked: _Asked) -> Candidates:
    wanted = [value for single in asked.singles for value in _words(single) if value in asked.field.choices]
    return _first(asked.present, [*wanted, *asked.field.choices, *asked.nothing], complete=True)


def _texts(asked: _Asked) -> Candidates:
    """Return the words that are asked for, nothing, something else, and texts composed of what is looked for."""
    words = [value for single in asked.singles for value in _words(single)]
    listed = [value for single in asked.singles for value in _listed(single, asked.known.judging)]
    composed = [*_composed(asked.singles, asked.known.spelled)]
    spelled = asked.known.spelled
    found = [spelled.get(each, each) for each in (*words, *listed, *composed)]
    exact = {single.leaf.folded for single in asked.singles if isinstance(single.leaf, Compare | Among)}
    if len(exact) > 1:
        found += [variant for word in words for variant in (word.title(), word.upper())]
    plain = len(exact) < 2 and len(found) <= _MOST_TEXTS and not listed and not composed
    kept = (_kept(each) for each in found[:_MOST_TEXTS])
    others = [*(each for each in kept if each is not None), *asked.nothing, _other_than(found, asked.present)]
    return _first(asked.present, others, complete=plain)


def _kept(text: str) -> str | None:
    """Return a text as records keep it: trimmed, and missing where nothing is left."""
    return text.strip() or None


def _words(single: Single) -> Iterable[str]:
    match single.leaf:
        case Compare(value=str() as value):
            yield value
        case Among(values=values):
            yield from (value for value in values if isinstance(value, str))
        case _:
            pass


def _listed(single: Single, judging: Judging) -> Iterable[str]:
    if isinstance(single.leaf, InList):
        yield from nsmallest(_FEW, judging.entries.get(single.leaf.list_id, ()))


def _composed(singles: Sequence[Single], spelled: Mapping[str, str]) -> Iterable[str]:
    """Yield texts that begin, contain and end as conditions ask, alone and together."""
    needles = {look: [""] for look in Look}
    for single in singles:
        if isinstance(single.leaf, Contains):
            needles[single.leaf.look].append(spelled.get(single.leaf.needle, single.leaf.needle))
            if single.leaf.look is Look.GLOB:
                yield single.leaf.needle.replace("*", "").replace("?", "a")
    begins, ends = needles[Look.STARTS][: _FEW + 1], needles[Look.ENDS][: _FEW + 1]
    contained = needles[Look.CONTAINS]
    for begin, end in product(begins, ends):
        for middle in [*contained[: _FEW + 1], " ".join(contained)]:
            if begin or middle or end:
                yield f"{begin}{middle}{end}"


def _other_than(words: Iterable[str], present: str | None) -> str:
    """Return a word that is none of these."""
    known = {fold(each) for each in (*words, present or "")}
    return next(word for number in range(len(known) + 1) if (word := f"other{number or ''}") not in known)


def _tags(asked: _Asked) -> Candidates:
    """Return the present tags with any of those that are asked about put in or taken out."""
    asked_for = dict.fromkeys(tag for single in asked.singles for tag in _asked_tags(single))
    spelled = asked.known.spelled
    mentioned = [spelled.get(tag, tag) for tag in asked_for][:_MOST_TAGS]
    folded = {fold(tag) for tag in asked_for}
    present = asked.present or ()
    others = [tag for tag in present if fold(tag) not in folded]
    found: list[Any] = []
    for size in range(len(mentioned) + 1):
        found += [(*others, *chosen) for chosen in combinations(mentioned, size)]
    found.sort(key=lambda tags: len({*map(fold, tags)} ^ {*map(fold, present)}))
    exact = any(isinstance(single.leaf, HasTags) and not single.leaf.folded for single in asked.singles)
    values = [*(tags for tags in found if tags), (_other_than(asked_for, None),), *asked.nothing]
    return _first(asked.present, values, complete=not exact and len(asked_for) <= _MOST_TAGS)


def _asked_tags(single: Single) -> tuple[str, ...]:
    return single.leaf.tags if isinstance(single.leaf, HasTags) else ()


_OF_KIND: Final[dict[Kind, Callable[[_Asked], Candidates]]] = {
    Kind.TEXT: _texts,
    Kind.CODE: _texts,
    Kind.ENUMERATION: _choices,
    Kind.INTEGER: _numbers,
    Kind.DECIMAL: _numbers,
    Kind.MONEY: _money,
    Kind.BOOLEAN: _truths,
    Kind.DATE: _days,
    Kind.INSTANT: _instants,
    Kind.TAGS: _tags,
}
