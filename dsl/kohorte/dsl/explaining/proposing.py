"""Find proposals: changes of a record that do what a change of verdicts asks for."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from attrs import frozen

from kohorte.dsl.explaining.applying import After, applied_to
from kohorte.dsl.explaining.domain import in_domain
from kohorte.dsl.explaining.leeway import leeway_of
from kohorte.dsl.explaining.model import ChangeRows, Join, Proposal, SetField
from kohorte.dsl.explaining.moving import MANNERS, Moving, Target
from kohorte.dsl.explaining.nodes import Single
from kohorte.dsl.explaining.reading import RECORD, Reading
from kohorte.dsl.explaining.search import Flip
from kohorte.dsl.explaining.variables import Variable, keys_of, subjects_of
from kohorte.dsl.reading import fields_read
from kohorte.dsl.records import Prepared
from kohorte.dsl.typed import AggregateOf, FieldOf, Function


@frozen
class Proposing:
    """Makes proposals for one record; ``moving`` changes its rows."""

    reading: Reading
    record: Prepared
    moving: Moving

    def proposals(self, flip: Flip) -> tuple[Proposal, ...] | None:
        """Return proposals, tried on a copy, that give every needed condition its verdict; None for none found."""
        found, targets = _asked(flip)
        if not targets:
            return tuple(found) if self._are_met(flip, found) else None
        for attempt in (flip, *flip.otherwise()):
            found, targets = _asked(attempt)
            proposals = self._tried(attempt, found, targets)
            if proposals is not None:
                return proposals
        return None

    def _tried(self, flip: Flip, found: Sequence[Proposal], targets: Sequence[Target]) -> tuple[Proposal, ...] | None:
        """Return proposals of rows beside others; where no row is let through, with other fields of the record."""
        for open_up in (False, True):
            given = self._opened(flip, found, targets) if open_up else found
            record = applied_to(self.record, given, self.reading.subject)
            for manner in MANNERS if given or not open_up else ():
                changed = self.moving.moved(record, given, targets, flip, manner)
                if changed is not None:
                    with_rows = (*given, *self.moving.row_changes(changed, targets))
                    if self._are_met(flip, with_rows):
                        return with_rows
        return None

    def _opened(self, flip: Flip, found: Sequence[Proposal], targets: Sequence[Target]) -> Sequence[Proposal]:
        """Return proposals with which filters that ask for something of the record let rows through; none for none."""
        record = applied_to(self.record, found, self.reading.subject)
        opened: dict[FieldOf, SetField] = {}
        for target in targets:
            outside = self._outside(target.operand)
            if outside and self.moving.effort > 0:
                needed = [each for each in flip.needed if not outside.isdisjoint(keys_of(each[0]))]
                making = self.moving.making(record)
                for operand, value in making.outside(target.operand, target.zone, target.value, needed).items():
                    before = self.reading.value_of(operand, target.zone)({RECORD: self.record})
                    opened[operand] = SetField(operand, in_domain(operand, before), in_domain(operand, value), value)
        kept = [each for each in found if not (isinstance(each, SetField) and each.operand in opened)]
        return [*kept, *opened.values()] if opened else ()

    def _outside(self, operand: AggregateOf) -> set[Hashable]:
        """Return by what the fields are known that a filter asks of the record rather than of rows."""
        names = (each.split(".", 1) for each in fields_read(operand.where) if "." in each)
        return {(owner, name) for owner, name in names if owner not in self.moving.read}

    def _are_met(self, flip: Flip, proposals: Sequence[Proposal]) -> bool:
        verdicts = self.verdicts((single for single, _ in flip.needed), proposals)
        return verdicts == [wanted for _, wanted in flip.needed]

    def verdicts(self, conditions: Iterable[Single], proposals: Sequence[Proposal]) -> list[bool]:
        """Return the conditions' verdicts after proposals."""
        record = applied_to(self.record, proposals, self.reading.subject)
        has_other_rows = any(isinstance(each, ChangeRows) for each in proposals)
        after = After.of(self.reading, record, proposals, has_other_rows=has_other_rows)
        return [after.verdict(single) for single in conditions]


def _asked(flip: Flip) -> tuple[list[Proposal], list[Target]]:
    """Return proposals for what is changed at once, and what must become of aggregates."""
    found: list[Proposal] = []
    targets: list[Target] = []
    read_by_rows = _read_by_rows(flip)
    for variable, candidate in flip.chosen:
        fits = flip.fitting[variable]
        for key, (now, value) in _changed(variable, candidate).items():
            match variable.subjects[key]:
                case FieldOf() as operand:
                    is_read = f"{operand.owner}.{operand.field.name}" in read_by_rows
                    leeway = None if is_read else leeway_of(variable, fits, value)
                    found.append(SetField(operand, in_domain(operand, now), in_domain(operand, value), value, leeway))
                case AggregateOf() as operand:
                    targets.append(Target(operand, _zone(key, variable), now, value, variable, fits))
                case segment:
                    found.append(Join(segment, enter=value))
    return found, sorted(targets, key=lambda each: each.operand.function is Function.COUNT)  # others may add rows


def _read_by_rows(flip: Flip) -> frozenset[str]:
    """Return the fields for which filters ask on which a change hangs."""
    read = {each for single, _ in flip.needed for each in subjects_of(single.leaf) if isinstance(each, AggregateOf)}
    return frozenset[str]().union(*(fields_read(each.where) for each in read))


def _changed(variable: Variable, candidate: int) -> dict[Hashable, tuple[Any, Any]]:
    values = zip(variable.subjects, variable.candidates[variable.present], variable.candidates[candidate], strict=True)
    return {key: (now, value) for key, now, value in values if now != value or type(now) is not type(value)}


def _zone(key: Hashable, variable: Variable) -> ZoneInfo:
    return next(single.zone for single in variable.singles if key in keys_of(single))
