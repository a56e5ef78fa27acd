"""What the filter of an aggregate says of the field that is aggregated, as far as it says so plainly."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from kohorte.dsl.explaining.judging import Judge, Judging
from kohorte.dsl.typed import AggregateOf, All, Condition, FieldOf, Leaf


def leaves_about(of: AggregateOf) -> list[Leaf]:
    """Return the conditions that the field's value passes in every row that counts."""
    if of.field is None:
        return []
    own = FieldOf(of.collection.name, of.field)
    return [leaf for leaf in _joined(of.where) if getattr(leaf, "operand", None) == own]


def _joined(where: Condition) -> Iterator[Leaf]:
    match where:
        case All(parts=parts):
            for part in parts:
                yield from _joined(part)
        case leaf if hasattr(leaf, "operand"):
            yield leaf  # type: ignore[misc]  # only single conditions have one
        case _:
            pass


def letting_through(of: AggregateOf, zone: ZoneInfo, judging: Judging) -> Judge:
    """Return the test of a value of the field, in stored form; values that fail it are in no row that counts."""
    judges = [judging.judge(leaf, zone) for leaf in leaves_about(of)]
    return lambda value: all(judge(value) for judge in judges)
