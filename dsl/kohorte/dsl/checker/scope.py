"""What every part of the checker works with: where it is in the rule, what is known there, and what was found."""

from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from heapq import nsmallest
from typing import Any, Final
from uuid import UUID

from attrs import define, evolve, field, frozen

from kohorte.core.fields import Catalogue, Collection, Field, Kind
from kohorte.core.ports.rules import Fix, Problem, References
from kohorte.dsl import typed
from kohorte.dsl.checker.references import Referenced, Segments
from kohorte.dsl.errors import Message, Refusal, shortened, suggest
from kohorte.dsl.moments import DayBound, InstantBound, Step
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.ast import Span

# -- constants, once calculated ----------------------------------------------------------------------------------


@frozen
class DayValue(ast.Node):
    """A day, written or reckoned from today."""

    bound: DayBound


@frozen
class InstantValue(ast.Node):
    """An instant, written or reckoned from now."""

    bound: InstantBound


@frozen
class DurationValue(ast.Node):
    """A stretch of time, for arithmetic."""

    steps: tuple[Step, ...]


Value = (
    ast.Text | ast.Number | ast.Percent | ast.Amount | ast.Truth | ast.ListOf | DayValue | InstantValue | DurationValue
)
"""A constant. Lists hold operands that are calculated one by one."""

# -- what an operand is ------------------------------------------------------------------------------------------

TEXTS: Final = frozenset({Kind.TEXT, Kind.CODE, Kind.ENUMERATION})
TIMES: Final = frozenset({Kind.DATE, Kind.INSTANT})
ORDERED: Final = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.MONEY}) | TIMES
COUNTED: Final = Field("count", Kind.INTEGER, nullable=False)


_COUNTING: Final = frozenset({typed.Function.COUNT, typed.Function.COUNT_DISTINCT})


def about(operand: typed.Operand) -> Field:
    """Return the field that tells an operand's kind, scale and choices."""
    if isinstance(operand, typed.FieldOf):
        return operand.field
    return COUNTED if operand.field is None or operand.function in _COUNTING else operand.field


MOST_ERRORS: Final = 20
"""After so many errors the rest of a rule is not looked at."""
_LONG: Final = 1_000
_ALIKE: Final = 50
_LONG_SEARCHES: Final = 3


class Enough(Exception):
    """So many errors were found that nobody wants more."""


class AlreadyReported(Refusal):
    """What is wrong here was reported where it came from (a parameter's value)."""


# -- the work on one rule ----------------------------------------------------------------------------------------

Conditions = Mapping[type[Any], Callable[[Any, "Scope"], typed.Condition]]
Operands = Mapping[type[Any], Callable[[Any, "Scope", Field | None], typed.Operand | Value]]


@define
class Work:
    """The work on one rule: what it may speak of, and what was found so far."""

    source: str
    catalogue: Catalogue
    references: References
    segments: Segments
    conditions_table: Conditions
    operands_table: Operands
    parameters: dict[str, Value | None] = field(factory=dict[str, Value | None])
    used: set[str] = field(factory=set[str])
    problems: list[Problem] = field(factory=list[Problem])
    currencies: set[str] = field(factory=set[str])
    lists: dict[str, UUID] = field(factory=dict[str, UUID])
    segment_ids: dict[str, UUID] = field(factory=dict[str, UUID])
    depths: dict[UUID, int] = field(factory=dict[UUID, int])
    conditions: int = 0
    errors: int = 0
    long_searches: int = 0

    def use_segment(self, name: str, found: Referenced) -> None:
        """Take down that the rule refers to a segment."""
        if found.use is not None:
            self.segment_ids[name] = found.use.id
            self.depths[found.use.id] = found.nesting

    def depth_of(self, segment: typed.SegmentUse) -> int:
        """Return how deep the rule of a segment is nested."""
        return self.depths[segment.id]


@frozen
class Scope:
    """A place in the rule: the work, and inside a filter the collection whose row is looked at."""

    work: Work
    row: Collection | None = None

    @property
    def catalogue(self) -> Catalogue:
        """Return what the rule may speak of."""
        return self.work.catalogue

    @property
    def references(self) -> References:
        """Return the segments and lists that the rule may name."""
        return self.work.references

    def inside(self, collection: Collection) -> "Scope":
        """Return the scope of a filter over the rows of a collection."""
        return evolve(self, row=collection)

    def condition(self, node: ast.Condition) -> typed.Condition:
        """Return the typed condition; report what is wrong with it, so that the others are looked at too."""
        try:
            return self.work.conditions_table[node.__class__](node, self)
        except Refusal as refusal:
            self.report(refusal)
            return typed.Always(False, span=node.span)

    def operand(self, node: ast.Operand, beside: Field | None = None) -> "typed.Operand | Value":
        """Return what a value stands for; ``beside`` is the field that it is compared with. Raise ``Refusal``."""
        return self.work.operands_table[node.__class__](node, self, beside)

    def count(self, conditions: int = 1) -> None:
        """Count conditions towards the limit."""
        self.work.conditions += conditions

    def report(self, refusal: Refusal) -> None:
        """Take down an error."""
        if isinstance(refusal, AlreadyReported):
            return
        self.work.errors += 1
        self.work.problems.append(refusal.problem(self.work.source))
        if self.work.errors >= MOST_ERRORS:
            raise Enough

    def note(self, message: Message, span: Span, *, fixes: tuple[Fix, ...] = (), **values: object) -> None:
        """Take down a warning or a hint."""
        self.work.problems.append(message.at(self.work.source, span, fixes=fixes, **values))

    @contextmanager
    def reporting(self) -> Generator[None]:
        """Report what is wrong inside the block, and go on after it."""
        try:
            yield
        except Refusal as refusal:
            self.report(refusal)

    def near(self, word: str, candidates: Iterable[str]) -> tuple[str, ...]:
        """Return the candidates that a word may have been meant for, the nearest first.

        However many there are, this takes little time: of a long list only what looks alike is compared letter by
        letter, and that a few times for each rule.
        """
        names = list(candidates)
        if len(names) > _LONG:
            if self.work.long_searches >= _LONG_SEARCHES:
                return ()
            self.work.long_searches += 1
            letters, length = set(word.casefold()), len(word)
            names = nsmallest(_ALIKE, names, key=lambda name: len(letters ^ set(name)) + abs(length - len(name)))
        return suggest(word, names)

    def quote(self, span: Span) -> str:
        """Return the source at a span, shortened for a message."""
        return shortened(self.work.source[span.start : span.end], 60)

    def quoted_at(self, span: Span, name: str) -> Span:
        """Return where in a condition the name of a segment or a list stands, which its node does not say."""
        for quote in '"', "'":
            start = self.work.source.find(f"{quote}{name}{quote}", span.start, span.end)
            if start >= 0:
                return Span(start, start + len(name) + 2)
        return span

    def word_at(self, span: Span, word: str) -> Span:
        """Return where a word stands in a stretch of the source."""
        start = self.work.source.find(word, span.start, span.end)
        return Span(start, start + len(word)) if start >= 0 else span

    def last_word_at(self, span: Span, word: str) -> Span:
        """Return where a word stands last in a stretch of the source."""
        start = self.work.source.rfind(word, span.start, span.end)
        return Span(start, start + len(word)) if start >= 0 else span
