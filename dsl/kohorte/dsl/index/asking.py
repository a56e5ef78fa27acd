"""Ask the index at an instant: which rules hold for a record, and which begin or cease to by a change of it."""

from collections.abc import Callable, Collection, Iterable
from collections.abc import Set as AbstractSet
from typing import Any, Final, Generic, TypeVar

from attrs import define, field, frozen

from kohorte.dsl.index.asked import Moving
from kohorte.dsl.index.filing import Filing, Stage, clauses_of
from kohorte.dsl.index.numbers import numbers_in
from kohorte.dsl.index.operands import Column, Computation, Name
from kohorte.dsl.index.tables import Settled, Side
from kohorte.dsl.predicates.functions import Entries, Members
from kohorte.dsl.records import Prepared, Reads, key_of

Key = TypeVar("Key")
_Function = Callable[[Prepared], Any]

MANY: Final = 2
"""Where so many clauses wait for each of a stage's computations, all are made without asking which are needed."""

REMEMBERED: Final = 16
"""Of so many sets of changed names it is remembered which rules hang on them: few kinds of change come often."""


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
    _extent: int = -1
    _columns: list[Column] = field(factory=list[Column])
    _compared: list[tuple[Name, list[str]]] = field(factory=list[tuple[Name, list[str]]])
    _settled: dict[Side, Settled] = field(factory=dict[Side, Settled])
    _functions: dict[Computation, _Function] = field(factory=dict[Computation, _Function])
    _cuts: dict[Moving, int] = field(factory=dict[Moving, int])
    _affected: dict[frozenset[Name], tuple[int, frozenset[Key]]] = field(
        factory=dict[frozenset[Name], tuple[int, frozenset[Key]]]
    )

    def matching(self, record: Prepared) -> set[Key]:
        """Return the rules that hold for a record."""
        self._heed_changes()
        both = _Both(record, record, frozenset())
        _, clauses = self._passing(both)
        return self._filing.rules_of(self._holding(clauses, clauses, both)[1])

    def changes(self, before: Prepared, after: Prepared) -> Changes[Key]:
        """Return the rules that hold for one of two states of a record and not for the other.

        Both are taken at the index's instant: what changes by time alone is not among them. They are compared with each
        other, so rows that were changed in place have not changed.
        """
        self._heed_changes()
        filing = self._filing
        changed = {name for name, keys in self._compared if any(before[key] != after[key] for key in keys)}
        both = _Both(before, after, changed)
        first, then = self._passing(both)
        concerned = (first ^ then) | self._judged_anew(first & then, both)
        held, holding = self._holding(first & concerned, then & concerned, both)
        was, now = filing.rules_of(held & ~holding), filing.rules_of(holding & ~held)
        siblings = filing.siblings_of((held ^ holding) & filing.joint)
        if siblings:  # Rules that hold by another alternative, before and after, do so still.
            lasting = self._holding(0, then & siblings & ~concerned, both)[1] | held & holding & siblings
            rest = filing.rules_of(lasting)
            was, now = was - rest, now - rest
        return Changes(frozenset(now - was), frozenset(was - now))

    def changes_of(self, record: Prepared, changed: Collection[Name], members_of: Collection[Key]) -> Changes[Key]:
        """Return the rules that hold for a record and did not before, and the other way round.

        ``changed`` names what of the record has changed: ``contact.country``, ``purchases``, or the id of a segment or
        list that rules refer to; other rules are not asked. ``members_of`` are the rules that held before.
        """
        self._heed_changes()
        asked, affected = self._affected_by(frozenset(changed))
        both = _Both(record, record, frozenset())
        clauses = self._passing(both)[1] & asked
        holding = self._filing.rules_of(self._holding(clauses, clauses, both)[1])
        held = affected.intersection(members_of)
        return Changes(frozenset(holding - held), held - holding)

    def _affected_by(self, changed: frozenset[Name]) -> tuple[int, frozenset[Key]]:
        """Return the rules that hang on what has changed, by their clauses and by their keys."""
        found = self._affected.get(changed)
        if found is None:
            if len(self._affected) >= REMEMBERED:
                self._affected.clear()
            filing = self._filing
            clauses = clauses_of(filing.reading, filing.wholes(changed))
            found = self._affected[changed] = clauses, frozenset(filing.rules_of(clauses))
        return found

    # -- which clauses hold --------------------------------------------------------------------------------------

    def _passing(self, both: "_Both") -> tuple[int, int]:
        """Return the clauses that no field fails, of a record before and after; what both have is looked up once."""
        failing = first = then = 0
        changed = both.changed
        for column in self._columns:
            mask = column.table.failing(column.value(both.after), self._settle)
            if changed.isdisjoint(column.names):
                failing |= mask
            else:
                then |= mask
                first |= column.table.failing(column.value(both.before), self._settle)
        clauses = self._filing.clauses
        return clauses ^ (failing | first), clauses ^ (failing | then)

    def _holding(self, first: int, then: int, both: "_Both") -> tuple[int, int]:
        """Return which of the clauses hold once all that they need is computed, before and after."""
        for stage in self._filing.stages:
            waiting = (first | then) & stage.clauses
            if not waiting:
                continue
            failing = failing_first = failing_then = 0
            for computation in _needed(stage, waiting):
                function = self._functions.get(computation) or self._bound(computation)
                value = function(both.after)
                mask = computation.table.failing(value, self._settle)
                if both.changed.isdisjoint(computation.names) or (former := function(both.before)) == value:
                    failing |= mask
                else:
                    failing_then |= mask
                    failing_first |= computation.table.failing(former, self._settle)
            first ^= first & (failing | failing_first)
            then ^= then & (failing | failing_then)
        return first, then

    def _judged_anew(self, clauses: int, both: "_Both") -> int:
        """Return which of the clauses look at something computed that has changed so that they may answer otherwise."""
        concerned = 0
        clauses &= clauses_of(self._filing.computing, both.changed)
        for stage in self._filing.stages:
            for computation in _needed(stage, clauses & stage.clauses):
                if both.changed.isdisjoint(computation.names):
                    continue
                function = self._functions.get(computation) or self._bound(computation)
                former, value = function(both.before), function(both.after)
                if former != value:
                    concerned |= computation.table.between(former, value, self._settle)
        return clauses & concerned

    def _bound(self, computation: Computation) -> _Function:
        function = self._functions[computation] = computation.bound(self._now, self._members, self._entries)
        return function

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

    def _heed_changes(self) -> None:
        """Forget what hangs on the rules that there were."""
        filing = self._filing
        if self._version == filing.version:
            return
        self._version = filing.version
        self._settled.clear()
        self._affected.clear()
        if self._extent == filing.extent:
            return
        self._extent = filing.extent
        self._columns = [*filing.columns.values()]
        self._compared = [*_compared(filing.needs.reads, filing.subject)]
        for computation in self._functions.keys() - filing.computations.values():
            del self._functions[computation]


@frozen
class _Both:
    """Two states of a record, and what differs between them."""

    before: Prepared
    after: Prepared
    changed: AbstractSet[Name]


def _needed(stage: Stage, waiting: int) -> Iterable[Computation]:
    if not waiting:
        return ()
    if waiting.bit_count() > MANY * len(stage.computations):
        return stage.computations
    needs = stage.needs
    return set[Computation]().union(*[needs[number] for number in numbers_in(waiting)])


def _compared(reads: Reads, subject: str) -> Iterable[tuple[Name, list[str]]]:
    """Yield what can change of a record, and the keys under which it lies there."""
    for owner, fields in reads.owners.items():
        for wanted, forms in fields.items():
            name = wanted.name if owner == subject else f"{owner}.{wanted.name}"
            yield f"{owner}.{wanted.name}", [key_of(name, form) for form in forms]
    for rows in reads.rows:
        yield rows, [rows]
