"""Change a record's rows so that several aggregates over them become what is needed."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from attrs import define, frozen

from kohorte.core.fields import Collection
from kohorte.dsl.explaining.applying import After
from kohorte.dsl.explaining.domain import in_domain
from kohorte.dsl.explaining.families import with_rows
from kohorte.dsl.explaining.leeway import leeway_of
from kohorte.dsl.explaining.making import Making, Zoned
from kohorte.dsl.explaining.model import Amount, ChangeRows, Proposal
from kohorte.dsl.explaining.nodes import Single
from kohorte.dsl.explaining.reading import RECORD, Reading
from kohorte.dsl.explaining.search import Flip
from kohorte.dsl.explaining.variables import Variable, subjects_of
from kohorte.dsl.records import Prepared
from kohorte.dsl.typed import AggregateOf

_MOST_EFFORT: Final = 4_000
"""Rows that may be looked at to find proposals of rows, beyond which none are made."""
_EFFORT_OF_A_MOVE: Final = 40
"""To change rows takes as long as to look at so many."""


@frozen
class Manner:
    """How rows are changed: the last ones go, or the first ones do.

    ``careful``: where it can be, new ones count for no other aggregate, and aggregates that must stay as they are, are
    brought back to that.
    """

    backwards: bool = False
    careful: bool = False


MANNERS: Final = (Manner(), Manner(backwards=True), Manner(careful=True))


@frozen
class Target:
    """What an aggregate shall become: a value, or, where it is staying, the nearest of the candidates that fit."""

    operand: AggregateOf
    zone: ZoneInfo
    present: Any
    value: Any
    variable: Variable
    fitting: int
    is_staying: bool = False

    def is_of(self, single: Single) -> bool:
        """Tell whether a condition is about the aggregate."""
        return self.operand in subjects_of(single.leaf)

    def wanted(self, now: Any) -> Any:
        """Return the value to move the aggregate to that has a value now."""
        if not self.is_staying or self.variable.anchor is None or not isinstance(now, int):
            return self.value
        return self.variable.candidates[self.variable.onwards(self.fitting, now)][0]


@define
class Moving:
    """Changes one record's rows. ``read`` are the collections whose rows the rule reads.

    ``spelled`` gives folded texts back their capitals; ``effort`` is how many rows may still be looked at.
    """

    reading: Reading
    record: Prepared
    read: Mapping[str, Collection]
    spelled: Mapping[str, str]
    effort: int = _MOST_EFFORT

    def making(self, record: Prepared, *, backwards: bool = False, avoided: Sequence[Zoned] = ()) -> Making:
        """Return what makes rows in a record, and take the effort that this is."""
        self.effort -= _EFFORT_OF_A_MOVE
        return Making(self.reading, record, [*self.read.values()], self.spelled, backwards, avoided)

    def moved(
        self, record: Prepared, found: Sequence[Proposal], targets: Sequence[Target], flip: Flip, manner: Manner
    ) -> Prepared | None:
        """Return a record, to which proposals were applied, with other rows: each aggregate is moved that must be.

        Rows for one aggregate may count for another, so that all are looked at twice. None where one cannot be moved.
        """
        watched = (*targets, *_staying(flip, targets)) if manner.careful else targets
        for target in (*watched, *watched):
            needed = [each for each in flip.needed if target.is_of(each[0])]
            self.effort -= len(record[target.operand.collection.name]) + 1
            after = After.of(self.reading, record, found, has_other_rows=True)
            if all(after.verdict(single) == wanted for single, wanted in needed):
                continue
            changed = self._one_moved(record, target, flip, manner) if self.effort > 0 else None
            if changed is None:
                return None
            record = changed
        return record

    def _one_moved(self, record: Prepared, target: Target, flip: Flip, manner: Manner) -> Prepared | None:
        operand, zone = target.operand, target.zone
        self.effort -= 2 * len(record[operand.collection.name])
        avoided = _others(operand, flip) if manner.careful else []
        making = self.making(record, backwards=manner.backwards, avoided=avoided)
        now = self.reading.value_of(operand, zone)({RECORD: record}) if target.is_staying else None
        rows = making.moved(operand, zone, target.wanted(now))
        if rows is None:
            return None
        return with_rows(record, operand.collection, rows, [*self.read.values()], self.reading.judging.now, zone)

    # -- what is proposed ----------------------------------------------------------------------------------------

    def row_changes(self, record: Prepared, targets: Sequence[Target]) -> list[Proposal]:
        """Return one proposal for each collection whose rows are others, its lines or parents with it."""
        families: dict[str, list[Target]] = {}
        for target in targets:
            families.setdefault(_family(target.operand), []).append(target)
        return [self._row_change(family, record, own) for family, own in families.items()]

    def _row_change(self, family: str, record: Prepared, targets: Sequence[Target]) -> ChangeRows:
        name = targets[0].operand.collection.name
        before, after = self.record[name], record[name]
        known, kept = {id(row) for row in before}, {id(row) for row in after}
        added = tuple(row for row in after if id(row) not in known)
        removed = tuple(row for row in before if id(row) not in kept)
        touched = [each.name for each in self.read.values() if family in {each.name, each.parent}]
        amounts = tuple(self._amount(each, record) for each in targets)
        return ChangeRows(name, amounts, added, removed, {each: tuple(record[each]) for each in touched})

    def _amount(self, target: Target, record: Prepared) -> Amount:
        operand = target.operand
        value = self.reading.value_of(operand, target.zone)({RECORD: record})
        leeway = leeway_of(target.variable, target.fitting, value)
        return Amount(operand, in_domain(operand, target.present), in_domain(operand, value), value, leeway)


def _family(operand: AggregateOf) -> str:
    return operand.collection.parent or operand.collection.name


def _staying(flip: Flip, targets: Sequence[Target]) -> list[Target]:
    """Return the aggregates over the same rows that a change hangs on although they need not change."""
    families = {_family(each.operand) for each in targets}
    chosen = {id(variable) for variable, _ in flip.chosen}
    found: list[Target] = []
    for variable, fits in flip.fitting.items():
        if id(variable) in chosen or len(variable.subjects) > 1:
            continue
        (subject,) = variable.subjects.values()
        if isinstance(subject, AggregateOf) and _family(subject) in families:
            (present,), zone = variable.candidates[variable.present], variable.singles[0].zone
            found.append(Target(subject, zone, present, present, variable, fits, is_staying=True))
    return found


def _others(operand: AggregateOf, flip: Flip) -> list[Zoned]:
    """Return the filters of other aggregates over the same rows that a change hangs on."""
    read = ((each, single.zone) for single, _ in flip.needed for each in subjects_of(single.leaf))
    found = {
        (each.where, zone.key): (each.where, zone)
        for each, zone in read
        if isinstance(each, AggregateOf) and each.collection == operand.collection and each.where != operand.where
    }
    return [*found.values()]
