"""Sheets: rules whose clauses are filed in tables of what they look at, each by a number of its own on the sheet."""

from collections.abc import Iterable
from heapq import heappop, heappush
from itertools import chain
from typing import Any, Generic, TypeVar

from attrs import define, field, frozen

from kohorte.dsl.index.asked import Asked, joined
from kohorte.dsl.index.numbers import NONE, Numbers, as_mask, mask_of, numbers_in, toggled
from kohorte.dsl.index.operands import Column, Computation, Computed, Looks, Name, Place
from kohorte.dsl.index.sources import Source, Watched, watched_by

Key = TypeVar("Key")
Operand = Column | Computation


@frozen
class FiledClause:
    """A clause, its number, what it asks of each operand, and what has to be watched to know when time changes that."""

    number: int
    asked: tuple[tuple[Operand, Asked], ...]
    watched: tuple[Watched, ...]


@frozen
class FiledRule:
    """A rule by its clauses."""

    clauses: tuple[FiledClause, ...]

    @property
    def names(self) -> frozenset[Name]:
        """Return what the rule hangs on."""
        return frozenset(name for clause in self.clauses for operand, _ in clause.asked for name in operand.names)


@define(eq=False)
class Sheet(Generic[Key]):
    """Some of the rules with their clauses.

    ``version`` counts the changes, ``extent`` those of what is looked at.
    """

    subject: str
    version: int = 0
    extent: int = 0
    rules: dict[Key, FiledRule] = field(factory=dict[Key, FiledRule])
    keys: list[Any] = field(factory=list[Any])
    """The rule of each clause; None where a number is free."""
    clauses: int = 0
    """The numbers that are in use, as bits."""
    joint: int = 0
    """Those of rules with more than one clause."""
    columns: dict[Place, Column] = field(factory=dict[Place, Column])
    computations: dict[Computed, Computation] = field(factory=dict[Computed, Computation])
    reading: dict[Name, Numbers] = field(factory=dict[Name, Numbers])
    """The clauses of the rules that hang on a name."""
    sources: dict[Watched, Source] = field(factory=dict[Watched, Source])
    """What is watched to know when time alone may change an answer."""
    _free: list[int] = field(factory=list[int])

    def add(self, key: Key, clauses: Iterable[Looks]) -> None:
        """File a rule by its clauses under a key that has none."""
        self.version += 1
        asked = [self._asked(clause) for clause in clauses]
        rule = FiledRule(tuple(FiledClause(self._number(key), each, watched_by(each)) for each in asked))
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

    @property
    def operands(self) -> Iterable[Operand]:
        """Return all that the rules look at."""
        return chain(self.columns.values(), self.computations.values())

    def hanging_on(self, names: Iterable[Name]) -> int:
        """Return the clauses of the rules that hang on one of the names; a field of rows stands for its collection."""
        clauses = 0
        for name in names:
            if isinstance(name, str) and name not in self.reading:
                name = name.partition(".")[0]  # noqa: PLW2901 - rows are looked at as wholes
            clauses |= as_mask(self.reading.get(name, NONE))
        return clauses

    # -- clauses -------------------------------------------------------------------------------------------------

    def _asked(self, clause: Looks) -> tuple[tuple[Operand, Asked], ...]:
        """Join what a clause asks of each operand that it looks at."""
        by_operand: dict[Place | Computed, list[Asked]] = {}
        for what, asked in clause:
            by_operand.setdefault(what, []).append(asked)
        return tuple((self._operand(what), joined(asked)) for what, asked in by_operand.items())

    def _number(self, key: Key) -> int:
        """Give a rule the least number that is free, so that masks stay short."""
        if not self._free:
            self.keys.append(key)
            return len(self.keys) - 1
        number = heappop(self._free)
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
        return computation

    def _leave(self, clause: FiledClause) -> None:
        self.keys[clause.number] = None
        heappush(self._free, clause.number)
        for operand, _ in clause.asked:
            if operand.table.clauses:
                continue
            self.extent += 1
            if isinstance(operand, Column):
                self.columns.pop(operand.identity, None)
            else:
                self.computations.pop(operand.identity, None)

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
            for watched in clause.watched:
                self._toggle_source(watched, clause.number)
            _toggle_names(self.reading, names, clause.number)

    def _toggle_source(self, watched: Watched, number: int) -> None:
        source = self.sources.get(watched)
        if source is None:
            source = self.sources[watched] = Source(watched, self.subject)
        source.clauses = toggled(source.clauses, number)
        if not source.clauses:
            del self.sources[watched]


def _toggle_names(clauses: dict[Name, Numbers], names: Iterable[Name], number: int) -> None:
    for name in names:
        changed = toggled(clauses.get(name, NONE), number)
        if changed:
            clauses[name] = changed
        else:
            del clauses[name]
