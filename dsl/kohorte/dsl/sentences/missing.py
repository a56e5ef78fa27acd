"""What may be missing where a negated condition holds, and which fields have a value there anyhow."""

from collections.abc import Iterable

from kohorte.core.fields import Kind
from kohorte.dsl.checker.operands import NEVER_MISSING
from kohorte.dsl.sentences.parts import Unknown
from kohorte.dsl.sentences.reading import Part, Range, Single, kind_of
from kohorte.dsl.typed import (
    AggregateOf,
    Among,
    Compare,
    CompareOperands,
    Contains,
    FieldOf,
    HasAnniversary,
    InList,
    Missing,
    Operand,
    Within,
)


def known_by(parts: Iterable[Part]) -> frozenset[FieldOf]:
    """Return the fields that have a value wherever all the parts hold."""
    return frozenset(operand for part in parts for operand in _known(part))


def _known(part: Part) -> Iterable[FieldOf]:
    match part:
        case Missing(operand=FieldOf() as operand, negated=True):
            return (operand,)
        case CompareOperands(left=left, right=right, negated=False):
            return tuple(each for each in (left, right) if isinstance(each, FieldOf))
        case (
            Compare(operand=FieldOf() as operand, negated=False)
            | Among(operand=FieldOf() as operand, negated=False)
            | Range(operand=FieldOf() as operand, negated=False)
            | InList(operand=FieldOf() as operand, negated=False)
            | Contains(operand=FieldOf() as operand, negated=False)
            | Within(operand=FieldOf() as operand, negated=False)
            | HasAnniversary(operand=FieldOf() as operand, negated=False)
        ):
            return (operand,)
        case _:
            return ()


def may_be_missing(operand: Operand, sure: frozenset[str], known: frozenset[FieldOf]) -> bool:
    """Tell whether an operand may have no value; ``sure`` are the owners whose row is always there."""
    if isinstance(operand, AggregateOf):
        return operand.function not in NEVER_MISSING
    return (operand.field.nullable or operand.owner not in sure) and operand not in known


def unknown_of(leaf: Single, sure: frozenset[str], known: frozenset[FieldOf]) -> Unknown | None:
    """Return what is not known where a negated condition holds, beside what it says."""
    match leaf:
        case CompareOperands(left=left, right=right):
            if kind_of(left) is Kind.MONEY and not (_has_currency(left) and _has_currency(right)):
                return Unknown.CURRENCIES
            missing = [may_be_missing(each, sure, known) for each in (left, right)]
            return Unknown.EITHER if any(missing) else None
        case Compare(operand=operand) | Among(operand=operand) | Range(operand=operand):
            missing_too = may_be_missing(operand, sure, known)
            if leaf.currency is not None:
                return Unknown.VALUE_OR_CURRENCY if missing_too else Unknown.CURRENCY
        case InList(operand=operand) | Contains(operand=operand) | Within(operand=operand):
            missing_too = may_be_missing(operand, sure, known)
        case HasAnniversary(operand=operand):
            missing_too = may_be_missing(operand, sure, known)
        case _:
            return None
    if not missing_too:
        return None
    return Unknown.NONE if isinstance(operand, AggregateOf) else Unknown.VALUE


def _has_currency(operand: Operand) -> bool:
    return isinstance(operand, AggregateOf) and operand.currency is not None
