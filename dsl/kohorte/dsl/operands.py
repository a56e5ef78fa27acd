"""What both back ends ask of operands."""

from kohorte.core.fields import Collection, Field, Kind
from kohorte.dsl.typed import AggregateOf, FieldOf, Function, Operand


def scale_factors(left: Operand, right: Operand) -> tuple[int, int]:
    """Return by what the units of two operands are multiplied to mean the same: 1.5 and 1.50 are 15 and 150."""
    scales = [_scale(each) for each in (left, right)]
    return 10 ** (max(scales) - scales[0]), 10 ** (max(scales) - scales[1])


def _scale(operand: Operand) -> int:
    if isinstance(operand, AggregateOf) and operand.function in (Function.COUNT, Function.COUNT_DISTINCT):
        return 0
    return operand.field.scale if operand.field is not None and operand.field.kind is Kind.DECIMAL else 0


def is_of_one_row(operand: Operand) -> bool:
    """Tell whether an operand is a field of one record or row, so that its amounts have a currency of their own."""
    return isinstance(operand, FieldOf) or operand.function is Function.LAST


def is_of_money(operand: Operand) -> bool:
    """Tell whether an operand yields amounts of money."""
    return operand.field is not None and operand.field.kind is Kind.MONEY


def order_of(collection: Collection, wanted: Field) -> tuple[Field, tuple[Field, ...]]:
    """Return by what the latest row with a field is found: the time, and what decides between rows of one time.

    Of those rows it is the one with the greatest key. Where keys are equal, or rows have none, it is one that has the
    field, with the greatest value (of money first the greatest currency): so the answer never hangs on how rows lie.
    Text compares by code point; the collection has a time (the checker sees to it).
    """
    if wanted.name == collection.time:
        return wanted, ()
    keys = () if collection.key is None else (collection.fields[collection.key],)
    return collection.fields[collection.time or ""], (*keys, wanted)


def is_of_dates(operand: Operand) -> bool:
    """Tell whether an operand yields dates rather than instants."""
    return operand.field is not None and operand.field.kind is Kind.DATE
