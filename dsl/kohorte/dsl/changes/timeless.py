"""Which conditions say the same at every instant."""

from kohorte.dsl.passing import is_fixed
from kohorte.dsl.typed import (
    AggregateOf,
    All,
    Always,
    AnyOf,
    CompareOperands,
    Condition,
    Function,
    HasAnniversary,
    InSample,
    InSegment,
    Missing,
    Negation,
    Operand,
    SomeRow,
    Within,
)


def is_timeless(condition: Condition) -> bool:
    """Tell whether a condition answers the same at every instant, for the same data.

    Stored membership and lists are data: they change, but not by time alone.
    """
    match condition:
        case All(parts=parts) | AnyOf(parts=parts):
            return all(map(is_timeless, parts))
        case Negation(part=part):
            return is_timeless(part)
        case SomeRow(where=where):
            return is_timeless(where)
        case InSegment(segment=segment):
            return segment.rule is None or is_timeless(segment.rule.condition)
        case CompareOperands(left=left, right=right):
            return _is_timeless(left) and _is_timeless(right)
        case Always() | InSample():
            return True
        case Missing(operand=AggregateOf(function=Function.COUNT | Function.COUNT_DISTINCT | Function.SUM)):
            return True
        case Within(low=low, high=high) | HasAnniversary(low=low, high=high):
            return all(each is None or is_fixed(each) for each in (low, high)) and _is_timeless(condition.operand)
        case _:
            return _is_timeless(condition.operand)


def _is_timeless(operand: Operand) -> bool:
    return not isinstance(operand, AggregateOf) or is_timeless(operand.where)
