"""Ask the index at an instant: which rules hold for a record, and which begin or cease to by a change of it."""

from collections.abc import Callable, Collection, Iterable
from typing import Any, Final, Generic, TypeVar

from attrs import define, field, frozen

from kohorte.dsl.index.asked import Moving
from kohorte.dsl.index.filing import Filing, Stage, clauses_of
from kohorte.dsl.index.numbers import in_order
from kohorte.dsl.index.operands import Column, Computation, Name
from kohorte.dsl.index.tables import Settled, Side
from kohorte.dsl.predicates.functions import Entries, Members
from kohorte.dsl.records import Prepared, Reads, key_of

Key = TypeVar("Key")
Values = dict[Computation, Any]

MANY: Final = 4
"""Where so many clauses wait for each of a stage's computations, all are made without asking which are needed."""


@frozen
class Changes(Generic[Key]):
    """The rules that begin to hold for a record, and those that cease to."""

    entered: frozenset[Key]
    left: frozenset[Key]


@define(eq=False)
class BoundIndex(Generic[Key]):
    """All rules at one instant; what is added to the index or removed from it later is heeded.

    Records are prepared ones that hold what ``RuleIndex.reads`` names. Not for several threads at once.
    """

    _filing: Filing[Key]
    _now: int
    _members: Members
    _entries: Entries
    _version: int = -1
    _columns: list[Column] = field(factory=list[Column])
    _compared: list[tuple[Name, list[str]]] = field(factory=list)
    _settled: dict[Side, Settled] = field(factory=dict[Side, Settled])
    _functions: dict[Computation, Callable[[Prepared], Any]] = field(factory=dict)
    _cuts: dict[Moving, int] = field(factory=dict[Moving, int])

    def matching(self, record: Prepared) -> set[Key]:
        """Return the rules that hold for a record."""
        self._heed_changes()
        return self._filing.rules_of(self._holding(self._passing(record), record, {}))

    def changes(self, before: Prepared, after: Prepared) -> Changes[Key]:
        """Return the rules that hold for one of two states of a record and not for the other."""
        self._heed_changes()
        changed = {name for name, keys in self._compared if any(before[key] != after[key] for key in keys)}
        first, then = self._passing_both(before, after, changed)
        concerned = (first ^ then) | (first & then & clauses_of(self._filing.computing, changed))
        concerned = self._with_siblings(concerned)
        values: Values = {}
        holding = self._holding(then & concerned, after, values)
        unchanged = {each: value for each, value in values.items() if each.names.isdisjoint(changed)}
        held = self._holding(first & concerned, before, unchanged)
        kept = held & holding & ~self._filing.joint
        was, now = self._filing.rules_of(held ^ kept), self._filing.rules_of(holding ^ kept)
        return Changes(frozenset(now - was), frozenset(was - now))

    def changes_of(self, record: Prepared, changed: Collection[Name], members_of: Collection[Key]) -> Changes[Key]:
        """Return the rules that hold for a record and did not before, and the other way round.

        ``changed`` names what of the record has changed: ``contact.country``, ``purchases``, or the id of a segment or
        list that rules refer to; other rules are not asked. ``members_of`` are the rules that held before.
        """
        self._heed_changes()
        names = self._filing.wholes(changed)
        asked = self._passing(record) & clauses_of(self._filing.reading, names)
        holding = self._filing.rules_of(self._holding(asked, record, {}))
        held = {key for key in members_of if key in self._filing.rules}
        left = {key for key in held - holding if not names.isdisjoint(self._filing.rules[key].names)}
        return Changes(frozenset(holding - held), frozenset(left))

    # -- which clauses hold --------------------------------------------------------------------------------------

    def _passing(self, record: Prepared) -> int:
        """Return the clauses that no field of the record fails."""
        failing = 0
        for column in self._columns:
            failing |= column.table.failing(column.value(record), self._settle)
        return self._filing.clauses ^ failing

    def _passing_both(self, before: Prepared, after: Prepared, changed: Collection[Name]) -> tuple[int, int]:
        """Return the same for two states of a record; what both have is looked up once."""
        failing = first = then = 0
        for column in self._columns:
            value = column.value(after)
            mask = column.table.failing(value, self._settle)
            if column.names.isdisjoint(changed):
                failing |= mask
            else:
                then |= mask
                first |= column.table.failing(column.value(before), self._settle)
        return self._filing.clauses ^ (failing | first), self._filing.clauses ^ (failing | then)

    def _holding(self, clauses: int, record: Prepared, values: Values) -> int:
        """Return which of the clauses hold once all that they need is computed; ``values`` keeps what was."""
        for stage in self._filing.stages:
            waiting = clauses & stage.clauses
            if not waiting:
                continue
            failing = 0
            for computation in _needed(stage, waiting):
                value = values[computation] if computation in values else self._computed(computation, record, values)
                failing |= computation.table.failing(value, self._settle)
            clauses ^= clauses & failing
        return clauses

    def _computed(self, computation: Computation, record: Prepared, values: Values) -> Any:
        function = self._functions.get(computation)
        if function is None:
            function = self._functions[computation] = computation.bound(self._now, self._members, self._entries)
        value = values[computation] = function(record)
        return value

    def _settle(self, side: Side) -> Settled:
        """Return the moving cuts of a side where they lie now."""
        settled = self._settled.get(side)
        if settled is None:
            settled = self._settled[side] = side.settled(self._cut)
        return settled

    def _cut(self, cut: Moving) -> int:
        if cut not in self._cuts:
            self._cuts[cut] = cut.bound.at(self._now, cut.zone)
        return self._cuts[cut]

    # -- clauses and rules ---------------------------------------------------------------------------------------

    def _with_siblings(self, clauses: int) -> int:
        """Return the clauses with all others of their rules."""
        for key in self._filing.rules_of(clauses & self._filing.joint):
            for clause in self._filing.rules[key].clauses:
                clauses |= 1 << clause.number
        return clauses

    def _heed_changes(self) -> None:
        """Forget what hangs on the rules that there were."""
        if self._version == self._filing.version:
            return
        self._version = self._filing.version
        self._columns = [*self._filing.columns.values()]
        self._compared = [*_compared(self._filing.needs.reads, self._filing.subject)]
        self._settled.clear()
        for computation in self._functions.keys() - self._filing.computations.values():
            del self._functions[computation]


def _needed(stage: Stage, waiting: int) -> Iterable[Computation]:
    if waiting.bit_count() > MANY * len(stage.computations):
        return stage.computations
    needs = stage.needs
    return set[Computation]().union(*[needs[number] for number in in_order(waiting)])


def _compared(reads: Reads, subject: str) -> Iterable[tuple[Name, list[str]]]:
    """Yield what can change of a record, and the keys under which it lies there."""
    for owner, fields in reads.owners.items():
        for wanted, forms in fields.items():
            name = wanted.name if owner == subject else f"{owner}.{wanted.name}"
            yield f"{owner}.{wanted.name}", [key_of(name, form) for form in forms]
    for rows in reads.rows:
        yield rows, [rows]
