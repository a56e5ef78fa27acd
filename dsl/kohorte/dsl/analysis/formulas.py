"""Formulas: what a rule says, as conditions on variables that can be reasoned about one by one.

A variable stands for an operand (a field, an aggregate), or for a condition of which nothing is known but that equal
ones are equal. ``not`` stands nowhere but at literals.
"""

from typing import Protocol

from attrs import define, field, frozen

from kohorte.dsl.analysis.domains import Domain
from kohorte.dsl.analysis.leaves import Place
from kohorte.dsl.analysis.questions import Test
from kohorte.dsl.typed import Condition, Operand


@define(eq=False)
class Variable:
    """What has one value in every record: ``subject`` is the operand, or the condition that is not looked into.

    ``place`` is where it stands. Variables of different families have nothing to do with each other. ``requires`` are
    variables that have values wherever this one has one.
    """

    subject: Operand | Condition
    initial: Domain
    family: str
    place: Place
    where_key: str = ""
    """The key of the filter of an aggregate."""
    requires: tuple["Variable", ...] = ()
    relations: list["Relation"] = field(factory=list["Relation"])


class Relation(Protocol):
    """What holds between variables whatever a rule says."""

    def follow(self, facts: "Facts") -> bool:
        """Draw the consequences; return False where there is a contradiction."""
        ...


class Facts(Protocol):
    """What is known of all variables."""

    def domain(self, variable: Variable) -> Domain:
        """Return what is known of one."""
        ...

    def assume(self, variable: Variable, test: Test | None, *, positive: bool) -> bool:
        """Take down that a test is passed or not (None: that there is a value); return False for a contradiction."""
        ...


@frozen(eq=False)
class Literal:
    """A variable passes a test, or does not; without a test: it has a value, or not."""

    variable: Variable
    test: Test | None
    positive: bool = True


@define(eq=False)
class Group:
    """All of the parts hold (``every``), or one of them."""

    every: bool
    parts: tuple["Formula", ...]
    _complement: "Group | None" = None

    @property
    def complement(self) -> "Group":
        """Return the complement, whose complement is this one again."""
        if self._complement is None:
            self._complement = Group(not self.every, tuple(map(opposite, self.parts)), self)
        return self._complement


Formula = bool | Literal | Group


def opposite(formula: Formula) -> Formula:
    """Return the complement."""
    if isinstance(formula, bool):
        return not formula
    if isinstance(formula, Literal):
        return Literal(formula.variable, formula.test, not formula.positive)
    return formula.complement


def both(*parts: Formula) -> Formula:
    """Return that all parts hold."""
    return group(parts, every=True)


def group(parts: tuple[Formula, ...], *, every: bool) -> Formula:
    """Return that all parts hold, or that one does, without constants."""
    if any(part is (not every) for part in parts):
        return not every
    kept = tuple(part for part in parts if part is not every)
    if len(kept) < 2:
        return kept[0] if kept else every
    return Group(every, kept)


def families(formula: Formula) -> frozenset[str]:
    """Return the families of the variables in a formula, and of those that these require."""
    found: set[str] = set()
    waiting = [formula]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Group):
            waiting += part.parts
        elif isinstance(part, Literal):
            found.add(part.variable.family)
            found.update(each.family for each in part.variable.requires)
    return frozenset(found)
