"""What both back ends ask of operands."""

from kohorte.core.fields import Kind
from kohorte.dsl.typed import AggregateOf, Function, Operand


def scale_factors(left: Operand, right: Operand) -> tuple[int, int]:
    """Return by what the units of two operands are multiplied to mean the same: 1.5 and 1.50 are 15 and 150."""
    scales = [_scale(each) for each in (left, right)]
    return 10 ** (max(scales) - scales[0]), 10 ** (max(scales) - scales[1])


def _scale(operand: Operand) -> int:
    if isinstance(operand, AggregateOf) and operand.function in (Function.COUNT, Function.COUNT_DISTINCT):
        return 0
    return operand.field.scale if operand.field is not None and operand.field.kind is Kind.DECIMAL else 0


def is_of_dates(operand: Operand) -> bool:
    """Tell whether an operand yields dates rather than instants."""
    return operand.field is not None and operand.field.kind is Kind.DATE
