"""Find proposals: changes of a record that do what a change of verdicts asks for."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from attrs import define, frozen

from kohorte.core.fields import Collection
from kohorte.dsl.explaining.applying import After, applied_to
from kohorte.dsl.explaining.domain import in_domain
from kohorte.dsl.explaining.making import Making
from kohorte.dsl.explaining.model import Amount, ChangeRows, Join, Proposal, SetField
from kohorte.dsl.explaining.nodes import Single
from kohorte.dsl.explaining.reading import RECORD, Reading
from kohorte.dsl.explaining.search import Flip
from kohorte.dsl.explaining.storing import blank_row
from kohorte.dsl.explaining.variables import Variable, keys_of, subjects_of
from kohorte.dsl.records import Prepared
from kohorte.dsl.typed import AggregateOf, FieldOf

_MOST_EFFORT: Final = 4_000
"""Rows that may be looked at to find proposals of rows, beyond which none are made."""


@define
class Proposing:
    """Makes proposals for one record. ``read`` are the collections whose rows the rule reads.

    ``effort`` is how many rows may still be looked at for proposals of rows.
    """

    reading: Reading
    record: Prepared
    read: Mapping[str, Collection]
    effort: int = _MOST_EFFORT

    def proposals(self, flip: Flip) -> tuple[Proposal, ...] | None:
        """Return proposals, tried on a copy, that give every needed condition its verdict; None for none found."""
        found: list[Proposal] = []
        targets: list[_Target] = []
        for variable, candidate in flip.chosen:
            for key, (now, value) in _changed(variable, candidate).items():
                match variable.subjects[key]:
                    case FieldOf() as operand:
                        found.append(SetField(operand, in_domain(operand, now), in_domain(operand, value), value))
                    case AggregateOf() as operand:
                        targets.append(_Target(operand, _zone(key, variable), now, value))
                    case segment:
                        found.append(Join(segment, enter=value))
        if not targets:
            return tuple(found) if self._are_met(flip, found) else None
        for backwards in (False, True):
            changed = self._with_rows(found, targets, flip, backwards=backwards)
            if changed is not None:
                with_rows = [*found, *self._row_changes(changed, targets)]
                if self._are_met(flip, with_rows):
                    return tuple(with_rows)
        return None

    def _are_met(self, flip: Flip, proposals: Sequence[Proposal]) -> bool:
        verdicts = self.verdicts((single for single, _ in flip.needed), proposals)
        return verdicts == [wanted for _, wanted in flip.needed]

    def verdicts(self, conditions: Iterable[Single], proposals: Sequence[Proposal]) -> list[bool]:
        """Return the conditions' verdicts after proposals."""
        record = applied_to(self.record, proposals, self.reading.subject)
        has_other_rows = any(isinstance(each, ChangeRows) for each in proposals)
        after = After.of(self.reading, record, proposals, has_other_rows=has_other_rows)
        return [after.verdict(single) for single in conditions]

    # -- rows ----------------------------------------------------------------------------------------------------

    def _with_rows(
        self, found: Sequence[Proposal], targets: "Sequence[_Target]", flip: Flip, *, backwards: bool
    ) -> Prepared | None:
        """Return the record after proposals, with other rows: each aggregate is moved that is not what is needed.

        Rows for one aggregate may count for another, so that all are looked at twice. ``backwards`` takes away the
        first rows rather than the last.
        """
        record = applied_to(self.record, found, self.reading.subject)
        for target in (*targets, *targets):
            needed = [each for each in flip.needed if target.is_of(each[0])]
            self.effort -= len(record[target.operand.collection.name]) + 1
            after = After.of(self.reading, record, found, has_other_rows=True)
            if all(after.verdict(single) == wanted for single, wanted in needed):
                continue
            changed = self._moved(record, target, backwards=backwards) if self.effort > 0 else None
            if changed is None:
                return None
            record = changed
        return record

    def _moved(self, record: Prepared, target: "_Target", *, backwards: bool) -> Prepared | None:
        collection = target.operand.collection
        self.effort -= 2 * len(record[collection.name])
        making = Making(self.reading, record, [*self.read.values()])
        rows = making.moved(target.operand, target.zone, target.value, backwards=backwards)
        if rows is None:
            return None
        return self._with_lines(record, collection, rows, target.zone)

    def _with_lines(self, record: Prepared, changed: Collection, rows: list[Prepared], zone: ZoneInfo) -> Prepared:
        """Return the record with other rows of a collection, and what that means for parents and lines."""
        before: list[Prepared] = record[changed.name]
        kept, known = {id(row) for row in rows}, {id(row) for row in before}
        result = {**record, changed.name: rows}
        for each in self.read.values():
            if each.parent == changed.name:
                gone = {id(line) for row in before if id(row) not in kept for line in row.get(each.name, ())}
                result[each.name] = [line for line in record[each.name] if id(line) not in gone]
        parent = None if changed.parent is None else self.read.get(changed.parent)
        if parent is not None:
            removed = known - kept
            added = [row for row in rows if id(row) not in known]
            parents = [_without_lines(row, changed.name, removed) for row in record[parent.name]]
            parents += [self._parent_of(line, changed, parent, zone) for line in added]
            result[parent.name] = parents
        return result

    def _parent_of(self, line: Prepared, lines: Collection, parent: Collection, zone: ZoneInfo) -> Prepared:
        row = blank_row(parent, self.reading.judging.now, zone)
        shared = {lines.time, *(each.currency for each in lines.fields.values())}
        row |= {name: line[name] for name in parent.fields if name in line and name in shared}
        return {**row, lines.name: [line]}

    def _row_changes(self, record: Prepared, targets: "Sequence[_Target]") -> list[Proposal]:
        """Return one proposal for each collection whose rows change, its lines or parents with it."""
        families: dict[str, list[_Target]] = {}
        for target in targets:
            collection = target.operand.collection
            families.setdefault(collection.parent or collection.name, []).append(target)
        return [self._row_change(family, record, own) for family, own in families.items()]

    def _row_change(self, family: str, record: Prepared, targets: "Sequence[_Target]") -> ChangeRows:
        name = targets[0].operand.collection.name
        before, after = self.record[name], record[name]
        known, kept = {id(row) for row in before}, {id(row) for row in after}
        added = tuple(row for row in after if id(row) not in known)
        removed = tuple(row for row in before if id(row) not in kept)
        touched = [each.name for each in self.read.values() if family in {each.name, each.parent}]
        amounts = tuple(each.amount(self.reading, record) for each in targets)
        return ChangeRows(name, amounts, added, removed, {each: tuple(record[each]) for each in touched})


@frozen
class _Target:
    """A value that an aggregate shall have."""

    operand: AggregateOf
    zone: ZoneInfo
    present: Any
    value: Any

    def is_of(self, single: Single) -> bool:
        """Tell whether a condition is about the aggregate."""
        return self.operand in subjects_of(single.leaf)

    def amount(self, reading: Reading, record: Prepared) -> Amount:
        """Return what the aggregate was and what it is in the changed record."""
        value = reading.value_of(self.operand, self.zone)({RECORD: record})
        return Amount(self.operand, in_domain(self.operand, self.present), in_domain(self.operand, value), value)


def _changed(variable: Variable, candidate: int) -> dict[Hashable, tuple[Any, Any]]:
    values = zip(variable.subjects, variable.candidates[variable.present], variable.candidates[candidate], strict=True)
    return {key: (now, value) for key, now, value in values if now != value or type(now) is not type(value)}


def _zone(key: Hashable, variable: Variable) -> ZoneInfo:
    return next(single.zone for single in variable.singles if key in keys_of(single))


def _without_lines(row: Prepared, name: str, removed: set[int]) -> Prepared:
    lines = row.get(name, ())
    if not any(id(line) in removed for line in lines):
        return row
    return {**row, name: [line for line in lines if id(line) not in removed]}
