"""Which collections a rule reads."""

from collections.abc import Iterable

from kohorte.core.fields import Collection
from kohorte.dsl.typed import (
    AggregateOf,
    All,
    AnyOf,
    CompareOperands,
    Condition,
    Leaf,
    Negation,
    Operand,
    SomeRow,
)


def collections_read(leaves: Iterable[Leaf]) -> dict[str, Collection]:
    """Return the collections whose rows conditions read, also inside filters."""
    found: dict[str, Collection] = {}
    for leaf in leaves:
        _collect(leaf, found)
    return found


def _collect(condition: Condition, found: dict[str, Collection]) -> None:
    match condition:
        case All(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                _collect(part, found)
        case Negation(part=part):
            _collect(part, found)
        case SomeRow(collection=collection, where=where):
            found.setdefault(collection.name, collection)
            _collect(where, found)
        case CompareOperands(left=left, right=right):
            _collect_of(left, found)
            _collect_of(right, found)
        case _:
            operand = getattr(condition, "operand", None)
            if operand is not None:
                _collect_of(operand, found)


def _collect_of(operand: Operand, found: dict[str, Collection]) -> None:
    if isinstance(operand, AggregateOf):
        found.setdefault(operand.collection.name, operand.collection)
        _collect(operand.where, found)
