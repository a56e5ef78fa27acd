"""A rule as alternatives, each a conjunction of single conditions: its disjunctive normal form, bounded.

Referenced segments are written out in their own zones. What would make more than ``MOST_CLAUSES`` alternatives stays
together, as one condition that has to be evaluated.
"""

from collections.abc import Iterable, Sequence
from itertools import product
from typing import Final
from zoneinfo import ZoneInfo

from attrs import frozen

from kohorte.dsl.normal import push_negations
from kohorte.dsl.typed import All, Always, AnyOf, Checked, Condition, InSegment, Negation

MOST_CLAUSES: Final = 32
"""Alternatives that one rule is parted into; each costs a bit in every table."""


@frozen
class Part:
    """A condition in the zone of its rule: single, or a group that was too large to be parted."""

    condition: Condition
    zone: ZoneInfo


Clause = tuple[Part, ...]
"""Parts that must all hold; of no parts: always."""


def alternatives(checked: Checked) -> list[Clause]:
    """Return the alternatives of a rule: it holds where one of them does; of no alternatives: nowhere."""
    return _clauses(push_negations(checked.condition), checked.zone)


def _clauses(condition: Condition, zone: ZoneInfo) -> list[Clause]:
    match condition:
        case Always(value=value):
            return [()] if value else []
        case All(parts=parts):
            return _of_all(parts, zone)
        case AnyOf(parts=parts):
            return _bounded([clause for part in parts for clause in _clauses(part, zone)], condition, zone)
        case InSegment(segment=segment, negated=negated) if segment.rule is not None:
            rule = segment.rule
            written_out = push_negations(Negation(rule.condition) if negated else rule.condition)
            return _bounded(_clauses(written_out, rule.zone), condition, zone)
        case _:
            return [(Part(condition, zone),)]


def _bounded(clauses: list[Clause], condition: Condition, zone: ZoneInfo) -> list[Clause]:
    return clauses if len(clauses) <= MOST_CLAUSES else [(Part(condition, zone),)]


def _of_all(parts: Sequence[Condition], zone: ZoneInfo) -> list[Clause]:
    """Multiply the alternatives of the parts; those that have too many of them stay together."""
    factors = sorted(((_clauses(part, zone), part) for part in parts), key=lambda each: len(each[0]))
    chosen: list[list[Clause]] = []
    rest: list[Condition] = []
    size = 1
    for clauses, part in factors:
        if size * len(clauses) > MOST_CLAUSES:
            rest.append(part)
            continue
        size *= len(clauses)
        chosen.append(clauses)
    if rest:
        chosen.append([(Part(rest[0] if len(rest) == 1 else All(tuple(rest)), zone),)])
    return [_joined(combination) for combination in product(*chosen)]


def _joined(clauses: Iterable[Clause]) -> Clause:
    return tuple(part for clause in clauses for part in clause)
