"""One sheet of the index at an instant: which of its rules hold, and which begin or cease to."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final, Generic, TypeVar

from attrs import define, field

from kohorte.dsl.index.differences import Differences
from kohorte.dsl.index.operands import Name
from kohorte.dsl.index.sheets import Sheet
from kohorte.dsl.index.steps import Step, Steps
from kohorte.dsl.index.watching import Watching
from kohorte.dsl.records import Prepared

Key = TypeVar("Key")

REMEMBERED: Final = 16
"""Of so many sets of changed names it is remembered which rules hang on them: few kinds of change come often."""

NOTHING: Final[Mapping[Step, int]] = {}


@define(eq=False)
class SheetAt(Generic[Key]):
    """The rules of a sheet at an instant; what comes and goes is heeded."""

    _sheet: Sheet[Key]
    _steps: Steps
    _version: int = 0
    _watched: tuple[int, Watching | None] = (0, None)
    _affected: dict[frozenset[Name], tuple[int, frozenset[Key]]] = field(
        factory=dict[frozenset[Name], tuple[int, frozenset[Key]]]
    )

    def matching(self, record: Prepared) -> set[Key]:
        """Return the rules that hold for a record."""
        self._heed_changes()
        return self._sheet.rules_of(self._holding(self._passing(self._sheet.clauses, record), record, NOTHING))

    def changes(self, differences: Differences) -> tuple[set[Key], set[Key]]:
        """Return the rules that begin to hold and those that cease to."""
        self._heed_changes()
        if differences.names.isdisjoint(self._sheet.reading):
            return set(), set()
        before, after = differences.before, differences.after
        first, then = self._passing_both(differences)
        was, now = self._computed_anew(first & then, differences)
        concerned = first ^ then
        for step, failing in was.items():
            concerned |= failing ^ now[step]
        held, holding = self._holding(first & concerned, before, was), self._holding(then & concerned, after, now)
        return self._by_rules(held, holding, _without(then, concerned), after)

    def _by_rules(self, held: int, holding: int, others: int, after: Prepared) -> tuple[set[Key], set[Key]]:
        """Return whose clauses hold and held, but for rules that hold by other alternatives before and after."""
        sheet = self._sheet
        entered, left = sheet.rules_of(_without(holding, held)), sheet.rules_of(_without(held, holding))
        siblings = sheet.siblings_of((held ^ holding) & sheet.joint)
        if siblings:
            lasting = self._holding(others & siblings, after, NOTHING) | held & holding & siblings
            rest = sheet.rules_of(lasting)
            entered, left = entered - rest, left - rest
        return entered - left, left - entered

    def changes_of(
        self, record: Prepared, changed: frozenset[Name], members_of: Collection[Key]
    ) -> tuple[Collection[Key], Collection[Key]]:
        """Return the rules that hold and did not before, and the other way round, of those that hang on a change."""
        self._heed_changes()
        asked, affected = self._affected_by(changed)
        if not asked:
            return (), ()
        holding = self._sheet.rules_of(self._holding(self._passing(asked, record), record, NOTHING))
        held = affected.intersection(members_of)
        return holding - held, held - holding

    def soon(self, record: Prepared, until: int) -> dict[Key, int]:
        """Return the rules that time alone may change up to an instant (µs), each with one before which it does not."""
        self._heed_changes()
        due = list(self._watching(until).due(record))
        if not due:
            return {}
        open_to_time = 0
        for _, clauses in due:
            open_to_time |= clauses
        open_to_time = self._not_failing_for_good(open_to_time, record)
        found = dict[Key, int]()
        for bound, clauses in due:
            for key in self._sheet.rules_of(clauses & open_to_time):
                found[key] = min(bound, found.get(key, bound))
        return found

    def _watching(self, until: int) -> Watching:
        version, watching = self._watched
        if watching is None or version != self._sheet.version or watching.until != until:
            watching = self._steps.watching(self._sheet.sources.values(), until)
            self._watched = self._sheet.version, watching
        return watching

    def _not_failing_for_good(self, clauses: int, record: Prepared) -> int:
        """Return those of some clauses that do not fail by something that no time changes."""
        for step in (*self._steps.columns, *self._steps.stages[0], *self._steps.stages[1]):
            if clauses & step.clauses and not step.may_change_by_time:
                clauses = _without(clauses, (step.failing or step.settled())((step.value or step.bound())(record)))
        return clauses

    def _affected_by(self, changed: frozenset[Name]) -> tuple[int, frozenset[Key]]:
        """Return the rules that hang on what has changed, by their clauses and by their keys."""
        found = self._affected.get(changed)
        if found is None:
            if len(self._affected) >= REMEMBERED:
                self._affected.clear()
            clauses = self._sheet.hanging_on(changed)
            found = self._affected[changed] = clauses, frozenset(self._sheet.rules_of(clauses))
        return found

    # -- which clauses hold --------------------------------------------------------------------------------------

    def _passing(self, clauses: int, record: Prepared) -> int:
        """Return which of the clauses no field fails."""
        return _without(clauses, _failing(self._steps.columns, record))

    def _passing_both(self, differences: Differences) -> tuple[int, int]:
        """Return the clauses that no field fails, before and after; what both have is looked up once."""
        changed, lasting = list[Step](), list[Step]()
        for step in self._steps.columns:
            (lasting if differences.names.isdisjoint(step.operand.names) else changed).append(step)
        passing = _without(self._sheet.clauses, _failing(lasting, differences.after))
        if not changed:
            return passing, passing
        first, then = (_failing(changed, record) for record in (differences.before, differences.after))
        return _without(passing, first), _without(passing, then)

    def _computed_anew(self, clauses: int, differences: Differences) -> tuple[Mapping[Step, int], Mapping[Step, int]]:
        """Return which clauses fail before and after by what some of ``clauses`` need computed, where it changed."""
        was, now = dict[Step, int](), dict[Step, int]()
        for step in self._steps.hanging_on(differences.names):
            if not clauses & step.clauses:
                continue
            value = step.value or step.bound()
            if step.rows is not None and differences.spare(step.rows):
                continue
            former, latter = value(differences.before), value(differences.after)
            if former != latter:
                failing = step.failing or step.settled()
                was[step], now[step] = failing(former), failing(latter)
        return was, now

    def _holding(self, clauses: int, record: Prepared, known: Mapping[Step, int]) -> int:
        """Return which clauses hold once all that they need is computed; of some of it is known which fail."""
        for steps in self._steps.stages:
            failing = 0
            for step in steps:
                if clauses & step.clauses:
                    mask = known.get(step)
                    if mask is None:
                        mask = (step.failing or step.settled())((step.value or step.bound())(record))
                    failing |= mask
            clauses = _without(clauses, failing)
        return clauses

    def _heed_changes(self) -> None:
        """Look at the rules that there are now."""
        if self._version != self._sheet.version:
            self._version = self._sheet.version
            self._affected.clear()
            self._steps.heed_changes(self._sheet.columns.values(), self._sheet.computations.values())


def _failing(steps: Iterable[Step], record: Prepared) -> int:
    """Return the clauses that fail by what a record has."""
    failing = 0
    for step in steps:
        failing |= (step.failing or step.settled())((step.value or step.bound())(record))
    return failing


def _without(clauses: int, others: int) -> int:
    return clauses ^ (clauses & others)
