"""About how many steps it takes to make something of a rule, by what is in it (see ``solver.Budget``)."""

from typing import Final

from kohorte.dsl.operands import is_of_dates
from kohorte.dsl.typed import (
    AggregateOf,
    All,
    Always,
    AnyOf,
    CompareOperands,
    Condition,
    HasAnniversary,
    HasTags,
    InSegment,
    Leaf,
    Negation,
    SomeRow,
)

_CONDITION: Final = 3
_AGGREGATE: Final = 12
_RETURN_OF_A_DATE: Final = 100
_RETURN_OF_AN_INSTANT: Final = 1_500
COMPILING: Final = 3
"""Compiling takes so many times what translating takes."""


def weight(condition: Condition) -> int:
    """Return the steps for the translation of a condition, its filters and the segments it refers to among it."""
    return sum(_weight(leaf) for leaf in _leaves(condition))


def binding(condition: Condition) -> int:
    """Return the steps for working out on which days all anniversaries fall that are asked for."""
    return sum(_days(leaf) for leaf in _leaves(condition) if isinstance(leaf, HasAnniversary))


def _weight(leaf: Leaf) -> int:
    if isinstance(leaf, HasTags):
        return _CONDITION * len(leaf.tags)
    return _CONDITION + _AGGREGATE * (isinstance(leaf, SomeRow) + len(_aggregates(leaf)))


def _days(leaf: HasAnniversary) -> int:
    return _RETURN_OF_A_DATE if is_of_dates(leaf.operand) else _RETURN_OF_AN_INSTANT


def _leaves(condition: Condition) -> list[Leaf]:
    """Return the single conditions, those of filters and of segments too, in no order."""
    waiting, found = [condition], list[Leaf]()
    while waiting:
        each = waiting.pop()
        if isinstance(each, (All, AnyOf)):
            waiting += each.parts
        elif isinstance(each, Negation):
            waiting.append(each.part)
        elif isinstance(each, InSegment) and each.segment.rule is not None:
            waiting.append(each.segment.rule.condition)
        elif not isinstance(each, Always):
            found.append(each)
            if isinstance(each, SomeRow):
                waiting.append(each.where)
            waiting += [operand.where for operand in _aggregates(each)]
    return found


def _aggregates(leaf: Leaf) -> list[AggregateOf]:
    operands = (leaf.left, leaf.right) if isinstance(leaf, CompareOperands) else (getattr(leaf, "operand", None),)
    return [operand for operand in operands if isinstance(operand, AggregateOf)]
