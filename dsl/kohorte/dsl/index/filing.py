"""Where the clauses of all rules are filed: in the tables of what they look at, each by a number of its own."""

from collections.abc import Iterable, Mapping
from heapq import heappop, heappush
from itertools import chain
from typing import Generic, TypeVar
from uuid import UUID

from attrs import define, field, frozen

from kohorte.dsl.index.asked import Asked, joined
from kohorte.dsl.index.clauses import Clause, alternatives
from kohorte.dsl.index.numbers import NONE, Numbers, as_mask, mask_of, numbers_in, toggled
from kohorte.dsl.index.operands import Column, Computation, Computed, Name, Place, add_reads, all_looked_at
from kohorte.dsl.records import Reads
from kohorte.dsl.typed import Checked

Key = TypeVar("Key")
Operand = Column | Computation


@frozen
class FiledClause:
    """A clause, its number, and what it asks of each operand."""

    number: int
    asked: tuple[tuple[Operand, Asked], ...]


@frozen
class FiledRule:
    """A rule by its clauses."""

    clauses: tuple[FiledClause, ...]

    @property
    def names(self) -> frozenset[Name]:
        """Return what the rule hangs on."""
        return frozenset(name for clause in self.clauses for operand, _ in clause.asked for name in operand.names)


@define
class Stage:
    """The clauses that need something computed, and what: first what is cheap, then what goes through rows."""

    clauses: int = 0
    needs: dict[int, tuple[Computation, ...]] = field(factory=dict[int, tuple[Computation, ...]])
    computations: dict[Computation, None] = field(factory=dict[Computation, None])
    """All of the stage, in the order in which they came."""


@frozen
class Needs:
    """What all rules together need to be asked: of a record, and of stored memberships and lists."""

    reads: Reads
    segments: frozenset[UUID]
    lists: frozenset[UUID]


@define(eq=False)
class Filing(Generic[Key]):
    """All rules with their clauses.

    ``version`` counts the changes, ``extent`` those of what is looked at.
    """

    subject: str
    version: int = 0
    extent: int = 0
    rules: dict[Key, FiledRule] = field(factory=dict[Key, FiledRule])
    keys: dict[int, Key] = field(factory=dict[int, Key])
    """The rule of each clause."""
    clauses: int = 0
    """The numbers that are in use, as bits."""
    joint: int = 0
    """Those of rules with more than one clause."""
    columns: dict[Place, Column] = field(factory=dict[Place, Column])
    computations: dict[Computed, Computation] = field(factory=dict[Computed, Computation])
    stages: tuple[Stage, Stage] = field(factory=lambda: (Stage(), Stage()))
    reading: dict[Name, Numbers] = field(factory=dict[Name, Numbers])
    """The clauses of the rules that hang on a name."""
    computing: dict[Name, Numbers] = field(factory=dict[Name, Numbers])
    """The clauses for which something is computed that hangs on a name."""
    _free: list[int] = field(factory=list[int])
    _needs: tuple[int, Needs] = (0, Needs(Reads(), frozenset(), frozenset()))

    def add(self, key: Key, checked: Checked) -> None:
        """File a rule under a key that has none."""
        self.version += 1
        asked = [self._asked(clause) for clause in alternatives(checked)]
        rule = FiledRule(tuple(FiledClause(self._number(key), each) for each in asked))
        self.rules[key] = rule
        self._toggle(rule)

    def remove(self, key: Key) -> None:
        """Take out a rule; the numbers of its clauses are free for others."""
        self.version += 1
        rule = self.rules.pop(key)
        self._toggle(rule)
        for clause in rule.clauses:
            self._leave(clause)

    def rules_of(self, clauses: int) -> set[Key]:
        """Return the rules to which clauses belong."""
        keys = self.keys
        return {keys[number] for number in numbers_in(clauses)}

    def siblings_of(self, clauses: int) -> int:
        """Return all clauses of the rules to which some belong."""
        rules = (self.rules[key] for key in self.rules_of(clauses))
        return mask_of([clause.number for rule in rules for clause in rule.clauses])

    def wholes(self, names: Iterable[Name]) -> set[Name]:
        """Return names with collections for fields of their rows: rows are looked at as wholes."""
        return {
            name.partition(".")[0] if isinstance(name, str) and name not in self.reading else name for name in names
        }

    @property
    def needs(self) -> Needs:
        """Return what is needed to ask; it is gathered anew where other things are looked at than before."""
        extent, needs = self._needs
        if extent != self.extent:
            needs = self._gathered_needs()
            self._needs = self.extent, needs
        return needs

    def _gathered_needs(self) -> Needs:
        reads = Reads()
        for column in self.columns.values():
            add_reads(reads, column.reads)
        functions = [each.function for each in self.computations.values()]
        for function in functions:
            add_reads(reads, function.reads)
        segments, lists = (each.segments for each in functions), (each.lists for each in functions)
        return Needs(reads, frozenset(chain.from_iterable(segments)), frozenset(chain.from_iterable(lists)))

    # -- clauses -------------------------------------------------------------------------------------------------

    def _asked(self, clause: Clause) -> tuple[tuple[Operand, Asked], ...]:
        """Return what a clause asks of each operand that it looks at."""
        by_operand: dict[Place | Computed, list[Asked]] = {}
        for what, asked in all_looked_at(clause):
            by_operand.setdefault(what, []).append(asked)
        return tuple((self._operand(what), joined(asked)) for what, asked in by_operand.items())

    def _number(self, key: Key) -> int:
        """Give a rule the least number that is free, so that masks stay short."""
        number = heappop(self._free) if self._free else len(self.keys)
        self.keys[number] = key
        return number

    def _operand(self, what: Place | Computed) -> Operand:
        if isinstance(what, Place):
            column = self.columns.get(what)
            if column is None:
                self.extent += 1
                column = self.columns[what] = Column.of(what, self.subject)
            return column
        computation = self.computations.get(what)
        if computation is None:
            self.extent += 1
            computation = self.computations[what] = Computation.of(what, self.subject)
            self._stage(computation).computations[computation] = None
        return computation

    def _leave(self, clause: FiledClause) -> None:
        del self.keys[clause.number]
        heappush(self._free, clause.number)
        for operand, _ in clause.asked:
            if not operand.table.is_empty:
                continue
            self.extent += 1
            if isinstance(operand, Column):
                self.columns.pop(operand.identity, None)
            elif self.computations.pop(operand.identity, None):
                del self._stage(operand).computations[operand]

    def _stage(self, computation: Computation) -> Stage:
        return self.stages[bool(computation.reads.rows)]

    # -- bits, which go out as they came in ----------------------------------------------------------------------

    def _toggle(self, rule: FiledRule) -> None:
        names = rule.names
        for clause in rule.clauses:
            bit = 1 << clause.number
            self.clauses ^= bit
            if len(rule.clauses) > 1:
                self.joint ^= bit
            for operand, asked in clause.asked:
                operand.table.toggle(clause.number, asked)
            _toggle_names(self.reading, names, clause.number)
            self._toggle_needs(clause)

    def _toggle_needs(self, clause: FiledClause) -> None:
        computed = [operand for operand, _ in clause.asked if isinstance(operand, Computation)]
        _toggle_names(self.computing, {name for each in computed for name in each.names}, clause.number)
        for stage in self.stages:
            needed = tuple(each for each in computed if self._stage(each) is stage)
            if not needed:
                continue
            stage.clauses ^= 1 << clause.number
            if stage.needs.pop(clause.number, None) is None:
                stage.needs[clause.number] = needed


def clauses_of(by_name: Mapping[Name, Numbers], names: Iterable[Name]) -> int:
    """Return the clauses that are filed under one of the names."""
    clauses = 0
    for name in names:
        clauses |= as_mask(by_name.get(name, NONE))
    return clauses


def _toggle_names(clauses: dict[Name, Numbers], names: Iterable[Name], number: int) -> None:
    for name in names:
        changed = toggled(clauses.get(name, NONE), number)
        if changed:
            clauses[name] = changed
        else:
            del clauses[name]
