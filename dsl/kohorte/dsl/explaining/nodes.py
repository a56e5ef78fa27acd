"""The tree that an explanation works on: single conditions with their verdicts, in groups and referenced segments."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from attrs import define, field, frozen

from kohorte.dsl.explaining.judging import Judge, Judging
from kohorte.dsl.explaining.reading import Place, Reading
from kohorte.dsl.normal import push_negations
from kohorte.dsl.syntax.ast import Span
from kohorte.dsl.typed import (
    AggregateOf,
    All,
    Always,
    AnyOf,
    Condition,
    InSegment,
    Leaf,
    Negation,
    Operand,
    SegmentUse,
)


@frozen(eq=False)
class Single:
    """A condition with the value that it judges, and its verdict."""

    number: int
    leaf: Leaf
    zone: ZoneInfo
    judge: Judge
    value: Any
    verdict: bool


@frozen(eq=False)
class Group:
    """Parts of which every one must hold, or any one. A condition whose answer is known has no parts."""

    every: bool
    parts: "tuple[Node, ...]"
    verdict: bool
    span: Span


@frozen(eq=False)
class Inside:
    """A referenced segment: ``part`` is its rule as it is; ``verdict`` counts the negation in."""

    segment: SegmentUse
    negated: bool
    part: "Node"
    verdict: bool
    span: Span


Node = Single | Group | Inside


@define
class Growing:
    """Grows nodes from a normal form in a place; values of aggregates that several conditions see are read once."""

    reading: Reading
    place: Place
    rows: tuple[str, ...] = ()
    _count: int = 0
    _values: dict[tuple[Operand, int], Any] = field(factory=dict[tuple[Operand, int], Any])

    @property
    def judging(self) -> Judging:
        """Return what conditions are bound to."""
        return self.reading.judging

    def node(self, condition: Condition, zone: ZoneInfo) -> Node:
        """Return the node of a condition in normal form; conditions are numbered as they come."""
        match condition:
            case Always(value=value):
                return Group(value, (), value, condition.span)
            case All(parts=parts) | AnyOf(parts=parts):
                every = isinstance(condition, All)
                inner = tuple(self.node(part, zone) for part in parts)
                verdict = (all if every else any)(part.verdict for part in inner)
                return Group(every, inner, verdict, condition.span)
            case Negation():
                return self.node(push_negations(condition), zone)
            case InSegment(segment=segment, negated=negated) if segment.rule is not None:
                part = self.node(push_negations(segment.rule.condition), segment.rule.zone)
                return Inside(segment, negated, part, part.verdict != negated, condition.span)
            case _:
                return self._single(condition, zone)

    def _single(self, leaf: Leaf, zone: ZoneInfo) -> Single:
        judge, value = self.judging.judge(leaf, zone), self._value(leaf, zone)
        self._count += 1
        return Single(self._count - 1, leaf, zone, judge, value, judge(value))

    def _value(self, leaf: Leaf, zone: ZoneInfo) -> Any:
        operand = getattr(leaf, "operand", None)
        if not isinstance(operand, AggregateOf):
            return self.reading.seen_by(leaf, zone, self.rows)(self.place)
        key = operand, id(zone)
        if key not in self._values:
            self._values[key] = self.reading.value_of(operand, zone, self.rows)(self.place)
        return self._values[key]


def singles(node: Node) -> Iterator[Single]:
    """Yield the single conditions in the order of the text."""
    match node:
        case Single():
            yield node
        case Group(parts=parts):
            for part in parts:
                yield from singles(part)
        case Inside(part=part):
            yield from singles(part)


def answers(node: Node, verdicts: list[bool]) -> bool:
    """Return what a tree answers where its conditions have other verdicts, given by their numbers."""
    match node:
        case Single(number=number):
            return verdicts[number]
        case Group(every=True, parts=parts):
            return all(answers(part, verdicts) for part in parts)
        case Group(parts=parts):
            return any(answers(part, verdicts) for part in parts)
        case Inside(part=part, negated=negated):
            return answers(part, verdicts) != negated


def reasons(node: Node) -> tuple[int, ...]:
    """Return the numbers of the fewest conditions that suffice for a node's verdict, in the order of the text.

    As every condition stands at one place only, this is exact: where all parts are needed, their reasons together;
    where one part suffices, the fewest reasons of one, of the first in the text on a tie.
    """
    match node:
        case Single(number=number):
            return (number,)
        case Inside(part=part):
            return reasons(part)
        case Group(every=every, parts=parts, verdict=verdict):
            deciding = [reasons(part) for part in parts if part.verdict == verdict]
            if every == verdict:
                return tuple(number for each in deciding for number in each)
            return min(deciding, key=len, default=())
