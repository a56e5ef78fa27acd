"""Withhold values that the readers of an explanation may not see."""

from collections.abc import Callable, Mapping

from attrs import evolve

from kohorte.dsl.explaining.model import (
    WITHHELD,
    Change,
    ChangeRows,
    Explanation,
    Join,
    Proposal,
    Seen,
    SeenCondition,
    SeenGroup,
    SeenRows,
    SeenSegment,
    SeenValue,
    SetField,
)
from kohorte.dsl.reading import fields_read

IsWithheld = Callable[[str], bool]
"""Tells by a field's name, such as ``contact.email`` or ``purchases.amount``, whether its values are withheld."""


def withholding(explanation: Explanation, is_withheld: IsWithheld) -> Explanation:
    """Return an explanation in which ``WITHHELD`` stands for every value that comes from fields that are withheld.

    A change that touches such a field keeps its conditions and loses its proposals. Verdicts stay: that a condition
    holds tells something of the value that it saw.
    """
    change = explanation.change
    until = explanation.until
    if until is not None and until.unless is not None:
        until = evolve(until, unless=withholding(until.unless, is_withheld))
    return evolve(
        explanation,
        seen=_seen(explanation.seen, is_withheld),
        change=None if change is None else _change(change, is_withheld),
        until=until,
    )


def _seen(seen: Seen, is_withheld: IsWithheld) -> Seen:
    match seen:
        case SeenCondition(values=values):
            return evolve(seen, values=tuple(_value(each, is_withheld) for each in values))
        case SeenGroup(parts=parts):
            return evolve(seen, parts=tuple(_seen(part, is_withheld) for part in parts))
        case SeenSegment(part=part):
            return evolve(seen, part=_seen(part, is_withheld))


def _value(value: SeenValue, is_withheld: IsWithheld) -> SeenValue:
    rows = None if value.rows is None else _rows(value.rows, is_withheld)
    if any(map(is_withheld, value.fields)):
        return evolve(value, value=WITHHELD, rows=rows)
    return evolve(value, rows=rows)


def _rows(rows: SeenRows, is_withheld: IsWithheld) -> SeenRows:
    def shown(row: Mapping[str, object]) -> dict[str, object]:
        return {name: WITHHELD if is_withheld(f"{rows.collection}.{name}") else each for name, each in row.items()}

    return evolve(rows, shown=tuple(map(shown, rows.shown)))


def _change(change: Change, is_withheld: IsWithheld) -> Change:
    touched = {name for proposal in change.proposals for name in _fields_of(proposal)}
    return evolve(change, proposals=()) if any(map(is_withheld, touched)) else change


def _fields_of(proposal: Proposal) -> set[str]:
    """Return the fields that a proposal tells something of; rows hold more than those that it is about."""
    match proposal:
        case SetField(operand=operand):
            return {f"{operand.owner}.{operand.field.name}"}
        case ChangeRows(amounts=amounts):
            of_rows = {
                f"{each.operand.collection.name}.{name}" for each in amounts for name in each.operand.collection.fields
            }
            return of_rows.union(*(fields_read(each.operand.where) for each in amounts))
        case Join():
            return set()
