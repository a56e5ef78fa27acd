"""Whole rules: one sentence where a rule is small, a list of lines where it is large.

A sentence never leaves open what "and" and "or" join: alternatives inside a conjunction stand last, with "either … or …
(or both)"; conjunctions inside alternatives begin with "or if" each. What needs more than that becomes a list.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from attrs import evolve, frozen

from kohorte.dsl.normal import push_negations
from kohorte.dsl.sentences.clauses import OUTSIDE, Place, Teller, linked
from kohorte.dsl.sentences.missing import known_by
from kohorte.dsl.sentences.parts import Clause
from kohorte.dsl.sentences.periods import hangs_on_zone
from kohorte.dsl.sentences.reading import SEVERAL, Choice, Part, Single, filters_of, read, size
from kohorte.dsl.syntax.ast import NOWHERE, Span
from kohorte.dsl.typed import (
    AggregateOf,
    All,
    Always,
    AnyOf,
    Checked,
    CompareOperands,
    Condition,
    HasAnniversary,
    Negation,
    SomeRow,
    Within,
)

SMALL: Final = 6
"""So many conditions, those in filters included, are said in one sentence; more become a list."""
AND: Final = "and"
OR: Final = "or"


@frozen
class Said:
    """A part of a rule in words: one condition, or a heading over parts of which all (and) or some (or) hold.

    ``span`` is the stretch of the source that it says.
    """

    text: str
    parts: "tuple[Said, ...]" = ()
    joined_by: str | None = None
    span: Span = NOWHERE


@frozen
class Line:
    """A line of a nested list; the outermost has depth 0."""

    depth: int
    text: str
    span: Span


@frozen
class Piece:
    """A stretch of a sentence, and the stretch of the source that it says; None for joints."""

    text: str
    span: Span | None = None


def said_of(checked: Checked, teller: Teller, *, home: str | None) -> Said:
    """Return a rule as nested parts, whose outermost is the beginning of the sentence; ``home`` as for sentences."""
    part = read(push_negations(checked.condition))
    lead = teller.tongue.lead(teller.words)
    zone = _zone(checked, teller, home)
    if isinstance(part, Always):
        return Said(teller.tongue.whole(teller.words, everybody=part.value), span=part.span)
    if isinstance(part, Choice):
        heading = teller.tongue.heading(every=part.every, leading=True)
        return evolve(_choice(part, teller, OUTSIDE), text=f"{lead} {heading.removesuffix(':')}{zone}:")
    alone = _single(part, teller, OUTSIDE, subordinate=True)
    if alone.parts:
        return evolve(alone, text=f"{lead} {alone.text.removesuffix(':')}{zone}:")
    return evolve(alone, text=f"{lead} {alone.text}{zone}.")


def pieces_of(checked: Checked, teller: Teller, *, home: str | None) -> tuple[Piece, ...] | None:
    """Return a rule as one sentence in pieces; None where it is too large for one."""
    condition = push_negations(checked.condition)
    part = read(condition)
    if isinstance(part, Always):
        return (Piece(teller.tongue.whole(teller.words, everybody=part.value), part.span),)
    running = _running(part, teller) if size(condition) <= SMALL else None
    if running is None:
        return None
    lead = teller.tongue.lead(teller.words)
    return (Piece(f"{lead} "), *running, Piece(f"{_zone(checked, teller, home)}."))


def lines_of(said: Said) -> Iterator[Line]:
    """Yield the lines of a nested list, from the outside in."""
    todo = [(said, 0)]
    while todo:
        part, depth = todo.pop()
        yield Line(depth, part.text, part.span)
        todo += [(each, depth + 1) for each in reversed(part.parts)]


def text_of(lines: Iterable[Line]) -> str:
    """Return lines as plain text, each level indented by two blanks and marked with a dash."""
    return "\n".join(f"{'  ' * line.depth}{'– ' if line.depth else ''}{line.text}" for line in lines)


# -- lists -------------------------------------------------------------------------------------------------------


def _part(part: Part, teller: Teller, place: Place) -> Said:
    return _choice(part, teller, place) if isinstance(part, Choice) else _single(part, teller, place)


def _choice(choice: Choice, teller: Teller, place: Place) -> Said:
    inner = evolve(place, known=place.known | known_by(choice.parts)) if choice.every else place
    parts = tuple(_part(each, teller, inner) for each in choice.parts)
    heading = teller.tongue.heading(every=choice.every, leading=False)
    return Said(heading, parts, AND if choice.every else OR, choice.span)


def _single(leaf: Single, teller: Teller, place: Place, *, subordinate: bool = False) -> Said:
    """Return one condition; where its filter over rows is long, that becomes a list below it."""

    def text(clause: Clause) -> str:
        return teller.tongue.subordinate(clause) if subordinate else teller.tongue.main(clause)

    filters = filters_of(leaf)
    if len(filters) != 1 or size(filters[0]) <= SEVERAL + 1 or isinstance(leaf, CompareOperands | Always):
        return Said(text(teller.clause(leaf, place)), span=leaf.span)
    rows = leaf if isinstance(leaf, SomeRow) else _aggregate(leaf)
    parts = teller.chosen(rows.collection, rows.where).parts
    inner = read(All(parts)) if parts else None
    if not isinstance(inner, Choice):
        return Said(text(teller.clause(leaf, place)), span=leaf.span)
    below = _choice(inner, teller, Place(rows.collection))
    heading = teller.tongue.where_heading(every=inner.every)
    short = text(teller.clause(leaf, place, filtered=False))
    return Said(f"{short}{heading}", below.parts, below.joined_by, leaf.span)


def _aggregate(leaf: Single) -> AggregateOf:
    operand = getattr(leaf, "operand", None)
    if not isinstance(operand, AggregateOf):
        raise TypeError(leaf)
    return operand


# -- one sentence ------------------------------------------------------------------------------------------------

_Spoken = tuple[Sequence[Piece], Clause | None]
"""Pieces, and the clause they end in, which may want a comma behind it."""


def _running(part: Part, teller: Teller) -> Sequence[Piece] | None:
    """Return a condition in running words, or None where brackets would be needed."""
    if not isinstance(part, Choice):
        return _chained(_spoken((part,), teller, OUTSIDE), ())
    if part.every:
        return _all_of(part, teller)
    return _any_of(part, teller)


def _spoken(leaves: Sequence[Single], teller: Teller, place: Place) -> list[_Spoken]:
    """Return conditions one after the other."""
    clauses = teller.clauses(leaves, place)
    return [
        ((Piece(teller.tongue.subordinate(clause), leaf.span),), clause)
        for leaf, clause in zip(leaves, clauses, strict=True)
        if clause is not None
    ]


def _all_of(choice: Choice, teller: Teller) -> Sequence[Piece] | None:
    """Return "A, B, and either C or D (or both)"."""
    place = evolve(OUTSIDE, known=known_by(choice.parts))
    groups = [each for each in choice.parts if isinstance(each, Choice)]
    singles = [each for each in choice.parts if not isinstance(each, Choice)]
    said = _spoken(singles, teller, place)
    if groups:
        last = _either(groups[0], teller, place) if len(groups) == 1 else None
        if last is None:
            return None
        said.append((last, None))
    return _chained(said, teller.tongue.chain(len(said), every=True))


def _either(choice: Choice, teller: Teller, place: Place) -> Sequence[Piece] | None:
    before, between, behind = teller.tongue.alternatives
    singles = _singles(choice)
    if singles is None or len(singles) != 2:
        return None
    said = [each for single in singles for each in _spoken((single,), teller, place)]
    return [Piece(before), *_chained(said, [between]), Piece(behind)]


def _any_of(choice: Choice, teller: Teller) -> Sequence[Piece] | None:
    """Return "A or B", or "A, or if B and C"."""
    alone = _singles(choice)
    if alone is not None:
        return _chained(_spoken(alone, teller, OUTSIDE), teller.tongue.chain(len(alone), every=False))
    alternatives: list[_Spoken] = []
    for part in choice.parts:
        singles = _singles(part) if isinstance(part, Choice) else (part,)
        if singles is None:
            return None
        said = _spoken(singles, teller, evolve(OUTSIDE, known=known_by(singles)))
        links = teller.tongue.chain(len(said), every=True) if len(said) > 1 else ()
        alternatives.append((_chained(said, links), said[-1][1]))
    return _chained(alternatives, [teller.tongue.or_if] * (len(alternatives) - 1))


def _singles(choice: Choice) -> Sequence[Single] | None:
    """Return the parts of a choice that has no other in it."""
    found = tuple(each for each in choice.parts if not isinstance(each, Choice))
    return found if len(found) == len(choice.parts) else None


def _chained(said: Sequence[_Spoken], links: Sequence[str]) -> Sequence[Piece]:
    pieces: list[Piece] = []
    for (spoken, last), link in zip(said, (*links, ""), strict=True):
        pieces += spoken
        if link:
            pieces.append(Piece(linked(last, link) if last else link))
    return pieces


# -- the zone ----------------------------------------------------------------------------------------------------


def _zone(checked: Checked, teller: Teller, home: str | None) -> str:
    zone = checked.zone.key
    if zone == home or not _needs_zone(checked.condition):
        return ""
    return f" {teller.tongue.in_zone(zone)}"


def _needs_zone(condition: Condition) -> bool:
    match condition:
        case All(parts=parts) | AnyOf(parts=parts):
            return any(map(_needs_zone, parts))
        case Negation(part=part):
            return _needs_zone(part)
        case Within(low=low, high=high) if hangs_on_zone(low) or hangs_on_zone(high):
            return True
        case HasAnniversary():
            return True
        case _:
            return any(map(_needs_zone, filters_of(condition)))
