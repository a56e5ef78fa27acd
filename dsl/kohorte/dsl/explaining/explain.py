"""Explain why a record is in or not: every condition with what it saw, the reasons, and what would change that."""

from collections.abc import Iterable, Mapping
from functools import partial
from heapq import nlargest
from typing import Any, Final
from zoneinfo import ZoneInfo

from attrs import evolve

from kohorte.core.fields import Collection
from kohorte.core.values import from_micros, to_micros
from kohorte.dsl.changes.foreseen import next_change
from kohorte.dsl.changes.functions import Changes
from kohorte.dsl.explaining.change import Changing
from kohorte.dsl.explaining.domain import in_domain, shown_row
from kohorte.dsl.explaining.judging import Entries, Judging, Members
from kohorte.dsl.explaining.model import (
    Explanation,
    Seen,
    SeenCondition,
    SeenGroup,
    SeenRows,
    SeenSegment,
    SeenValue,
    Until,
)
from kohorte.dsl.explaining.nodes import Group, Growing, Inside, Node, Single, reasons
from kohorte.dsl.explaining.reading import RECORD, Place, Reading, counting_rows
from kohorte.dsl.normal import push_negations
from kohorte.dsl.reading import fields_read
from kohorte.dsl.records import Prepared
from kohorte.dsl.typed import (
    AggregateOf,
    Checked,
    CompareOperands,
    FieldOf,
    Function,
    InSample,
    InSegment,
    Operand,
    SomeRow,
)

MOST_SHOWN: Final = 5
"""Of the rows that counted, the latest so many are shown."""


def explain(
    checked: Checked,
    subject: str,
    record: Prepared,
    now: int,
    *,
    members: Members | None = None,
    entries: Entries | None = None,
    changes: Changes | None = None,
    spelled: Mapping[str, str] | None = None,
) -> Explanation:
    """Return why a prepared record is in or not at an instant (µs), what would change that, and until when it holds.

    ``subject`` is the catalogue's owner whose records the rule selects. ``members`` and ``entries`` are those that
    ``Predicate.at`` takes, and the record needs what the predicate reads. The verdict is always the predicate's. The
    instant may be a past one, with the record as it was then. ``changes`` is the rule as ``compile_changes`` makes it;
    without it, nothing is said of until when. ``spelled`` gives texts back the capitals that conditions fold away (see
    ``sentences.spellings``). Raise ``InvalidInput`` where members or entries are lacking.
    """

    def at(instant: int) -> Explanation:
        judging = Judging(instant, members or {}, entries or {})
        return _explained(checked, Reading(subject, judging), record, spelled or {})

    explanation = at(now)
    if changes is None:
        return explanation
    found = next_change(partial(changes.at, members=members, entries=entries), record, now)
    unless = None if found.at is None else at(to_micros(found.at))
    return evolve(explanation, until=Until(found.at, found.not_before, unless))


def _explained(checked: Checked, reading: Reading, record: Prepared, spelled: Mapping[str, str]) -> Explanation:
    place = {RECORD: record}
    root = Growing(reading, place).node(push_negations(checked.condition), checked.zone)
    changeability, change = Changing(reading, record, root, checked.zone, spelled).smallest()
    return Explanation(
        verdict=root.verdict,
        now=from_micros(reading.judging.now),
        zone=checked.zone,
        seen=_Showing(reading, place).seen(root),
        reasons=reasons(root),
        changeability=changeability,
        change=change,
    )


class _Showing:
    """Shows what the conditions of a tree saw, in domain form."""

    def __init__(self, reading: Reading, place: Place) -> None:
        self._reading = reading
        self._place = place
        self._rows: dict[tuple[AggregateOf, int], SeenRows] = {}

    def seen(self, node: Node) -> Seen:
        match node:
            case Group(every=every, parts=parts, verdict=verdict, span=span):
                return SeenGroup(every, span, verdict, tuple(map(self.seen, parts)))
            case Inside(segment=segment, negated=negated, part=part, verdict=verdict, span=span):
                return SeenSegment(segment, negated, span, verdict, self.seen(part))
            case Single(number=number, leaf=leaf, zone=zone, verdict=verdict):
                return SeenCondition(number, leaf, zone, leaf.span, verdict, tuple(self._values(node)))

    def _values(self, single: Single) -> Iterable[SeenValue]:
        leaf, value = single.leaf, single.value
        match leaf:
            case InSegment() | InSample():
                yield SeenValue(None, value, frozenset())
            case SomeRow(collection=collection, where=where):
                yield self._value(AggregateOf(collection, Function.COUNT, where), value, single.zone)
            case CompareOperands(left=left, right=right):
                yield self._value(left, value[0], single.zone)
                yield self._value(right, value[1], single.zone)
            case _:
                yield self._value(leaf.operand, value, single.zone)

    def _value(self, operand: Operand, stored: Any, zone: ZoneInfo) -> SeenValue:
        shown = in_domain(operand, stored)
        if isinstance(operand, FieldOf):
            return SeenValue(operand, shown, frozenset({f"{operand.owner}.{operand.field.name}"}))
        return SeenValue(operand, shown, _fields_behind(operand), self._rows_behind(operand, zone))

    def _rows_behind(self, operand: AggregateOf, zone: ZoneInfo) -> SeenRows:
        key = operand, id(zone)
        if key not in self._rows:
            collection = operand.collection
            meant = self._reading.rows_of(collection, operand.where, zone)(self._place)
            counted = meant if operand.function is Function.LAST else counting_rows(operand, meant)
            present = len(self._place[RECORD][collection.name])
            shown = tuple(shown_row(row, collection.fields) for row in _latest(collection, counted))
            self._rows[key] = SeenRows(collection.name, len(counted), present, shown)
        return self._rows[key]


def _fields_behind(operand: AggregateOf) -> frozenset[str]:
    behind = fields_read(operand.where)
    return behind if operand.field is None else behind | {f"{operand.collection.name}.{operand.field.name}"}


def _latest(collection: Collection, rows: list[Prepared]) -> list[Prepared]:
    time = collection.time
    if time is None or any(row.get(time) is None for row in rows):
        return rows[:MOST_SHOWN]
    return nlargest(MOST_SHOWN, rows, key=lambda row: row[time])
