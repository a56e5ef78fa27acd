"""What a rule reads."""

from collections.abc import Iterator

from kohorte.core.fields import Collection, Field
from kohorte.dsl.typed import (
    All,
    Always,
    AnyOf,
    CompareOperands,
    Condition,
    FieldOf,
    Function,
    InSample,
    InSegment,
    Negation,
    Operand,
    SomeRow,
)


def fields_read(condition: Condition) -> frozenset[str]:
    """Return the fields that a condition reads, as rules write them outside filters (``contact.country``).

    The rows of a collection are named by its time even where no window looks at it. What referenced segments read is
    theirs.
    """
    return frozenset(_of_condition(condition))


def _of_condition(condition: Condition) -> Iterator[str]:
    match condition:
        case All(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from _of_condition(part)
        case Negation(part=part):
            yield from _of_condition(part)
        case SomeRow(collection=collection, where=where):
            yield from _of_rows(collection, where)
        case CompareOperands(left=left, right=right):
            yield from _of_operand(left)
            yield from _of_operand(right)
        case Always() | InSegment() | InSample():
            pass
        case _:
            yield from _of_operand(condition.operand)


def _of_operand(operand: Operand) -> Iterator[str]:
    if isinstance(operand, FieldOf):
        yield from _of_field(operand.owner, operand.field)
    else:
        yield from _of_rows(operand.collection, operand.where)
        if operand.function is Function.LAST and operand.collection.key is not None:
            yield f"{operand.collection.name}.{operand.collection.key}"
        if operand.field is not None:
            yield from _of_field(operand.collection.name, operand.field)


def _of_rows(collection: Collection, where: Condition) -> Iterator[str]:
    if collection.time is not None:
        yield f"{collection.name}.{collection.time}"
    yield from _of_condition(where)


def _of_field(owner: str, field: Field) -> Iterator[str]:
    yield f"{owner}.{field.name}"
    if field.currency is not None:
        yield f"{owner}.{field.currency}"
