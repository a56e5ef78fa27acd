"""Values worth trying where values have no order: texts, codes, enumerations, truth and tags."""

from collections.abc import Iterable, Mapping, Sequence
from heapq import nsmallest
from itertools import combinations, product
from typing import Any, Final

from kohorte.core.values import fold
from kohorte.dsl.explaining.asked import Asked, Candidates, first
from kohorte.dsl.explaining.judging import Judging
from kohorte.dsl.explaining.nodes import Single
from kohorte.dsl.typed import Among, Compare, Contains, HasTags, InList, Look

_FEW: Final = 5
_FILLER: Final = "x"
_MOST_TEXTS: Final = 200
_MOST_TAGS: Final = 6


def truths(asked: Asked) -> Candidates:
    """Return yes and no."""
    return first(asked.present, [True, False, *asked.nothing], complete=True)


def choices(asked: Asked) -> Candidates:
    """Return the words of an enumeration, those that are asked for first."""
    wanted = [value for single in asked.asking for value in _words(single) if value in asked.field.choices]
    return first(asked.present, [*wanted, *asked.field.choices, *asked.nothing], complete=True)


def texts(asked: Asked) -> Candidates:
    """Return the words that are asked for, nothing, something else, and texts composed of what is looked for."""
    words = [value for single in asked.asking for value in _words(single)]
    listed = [value for single in asked.asking for value in _listed(single, asked.known.judging)]
    composed = [*_composed(asked.asking, asked.known.spelled)]
    spelled = asked.known.spelled
    found = [spelled.get(each, each) for each in (*words, *listed, *composed)]
    exact = {single.leaf.folded for single in asked.asking if isinstance(single.leaf, Compare | Among)}
    if len(exact) > 1:
        found += [variant for word in words for variant in (word.title(), word.upper())]
    plain = len(exact) < 2 and len(found) <= _MOST_TEXTS and not listed and not composed
    kept = (_kept(each) for each in found[:_MOST_TEXTS])
    others = [*(each for each in kept if each is not None), *asked.nothing, _other_than(found, asked.present)]
    return first(asked.present, others, complete=plain)


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
                yield from (single.leaf.needle.replace("*", each).replace("?", "a") for each in ("", _FILLER))
    begins, ends = needles[Look.STARTS][: _FEW + 1], needles[Look.ENDS][: _FEW + 1]
    contained = needles[Look.CONTAINS]
    for begin, end in product(begins, ends):
        for middle in [*contained[: _FEW + 1], " ".join(contained), *([_FILLER] if begin or end else [])]:
            if begin or middle.strip() or end:
                yield f"{begin}{middle}{end}" if middle == middle.strip() else f"{begin}{_FILLER}{middle}{_FILLER}{end}"


def _other_than(words: Iterable[str], present: str | None) -> str:
    """Return a word that is none of these."""
    known = {fold(each) for each in (*words, present or "")}
    return next(word for number in range(len(known) + 1) if (word := f"other{number or ''}") not in known)


def tags(asked: Asked) -> Candidates:
    """Return the present tags with any of those that are asked about put in or taken out."""
    asked_for = dict.fromkeys(tag for single in asked.asking for tag in _asked_tags(single))
    spelled = asked.known.spelled
    mentioned = [spelled.get(tag, tag) for tag in asked_for][:_MOST_TAGS]
    folded = {fold(tag) for tag in asked_for}
    present = asked.present or ()
    others = [tag for tag in present if fold(tag) not in folded]
    found: list[Any] = []
    for size in range(len(mentioned) + 1):
        found += [(*others, *chosen) for chosen in combinations(mentioned, size)]
    found.sort(key=lambda tags: len({*map(fold, tags)} ^ {*map(fold, present)}))
    exact = any(isinstance(single.leaf, HasTags) and not single.leaf.folded for single in asked.asking)
    values = [*(tags for tags in found if tags), (_other_than(asked_for, None),), *asked.nothing]
    return first(asked.present, values, complete=not exact and len(asked_for) <= _MOST_TAGS)


def _asked_tags(single: Single) -> tuple[str, ...]:
    return single.leaf.tags if isinstance(single.leaf, HasTags) else ()
