"""Whether a formula can hold at all: branches of its alternatives, each with one domain for every variable.

Alternatives are taken up only where no single one is left, so that most branches never begin. After 512 of them, or
when the budget is used up, nothing is said.
"""

from collections.abc import Callable, Iterable
from typing import Final

from attrs import define, field

from kohorte.dsl.analysis.domains import Domain
from kohorte.dsl.analysis.formulas import Formula, Group, Literal, Variable, opposite
from kohorte.dsl.analysis.questions import Test

BRANCHES: Final = 512
"""How many branches one question may open."""


class Exhausted(Exception):
    """The budget is used up: nothing more is said."""


@define
class Budget:
    """How many steps may still be taken: one for each condition put to a domain, more where much is known of it."""

    steps: int

    def take(self, steps: int = 1) -> None:
        """Take steps; raise ``Exhausted`` when none is left."""
        self.steps -= steps
        if self.steps < 0:
            raise Exhausted


@define
class Branch:
    """What is known of the variables in one branch, the literals it took, and the alternatives that are still open."""

    budget: Budget
    domains: dict[Variable, Domain] = field(factory=dict[Variable, Domain])
    taken: list[Literal] = field(factory=list[Literal])
    open: list[Group] = field(factory=list[Group])

    @property
    def taken_variables(self) -> tuple[Variable, ...]:
        """Return the variables of the literals it took."""
        return tuple(literal.variable for literal in self.taken)

    def copy(self) -> "Branch":
        """Return a branch that begins where this one is."""
        return Branch(self.budget, dict(self.domains), list(self.taken), list(self.open))

    def domain(self, variable: Variable) -> Domain:
        """Return what is known of a variable."""
        return self.domains.get(variable, variable.initial)

    def hold(self, formula: Formula) -> bool:
        """Take down that a formula holds; return False where it cannot. Alternatives wait."""
        waiting = [formula]
        while waiting:
            part = waiting.pop()
            if part is False:
                return False
            if isinstance(part, Literal):
                self.taken.append(part)
                if not self.assume(part.variable, part.test, positive=part.positive):
                    return False
            elif isinstance(part, Group):
                if part.every:
                    waiting.extend(part.parts)
                else:
                    self.open.append(part)
        return True

    def assume(self, variable: Variable, test: Test | None, *, positive: bool) -> bool:
        """Take down that a variable passes a test, and what follows from that."""
        before = self.domain(variable)
        self.budget.take(1 + before.size)
        after = _assumed(before, test, positive=positive)
        if after is before:
            return True
        if after is None:
            return False
        self.domains[variable] = after
        if before.missing and not after.missing:
            for each in variable.requires:
                if not self.assume(each, None, positive=True):
                    return False
        return all(relation.follow(self) for relation in variable.relations)

    def settle(self) -> bool:
        """Strike out alternatives that cannot hold, until several are left in each group; False where none is."""
        changed = True
        while changed:
            changed = False
            waiting, self.open = self.open, []
            for group in waiting:
                left = self._left_of(group)
                if left is None:
                    changed = True
                elif not left:
                    return False
                elif len(left) == 1:
                    changed = True
                    if not self.hold(left[0]):
                        return False
                else:
                    self.open.append(group if len(left) == len(group.parts) else Group(False, tuple(left)))
        return True

    def _left_of(self, group: Group) -> list[Formula] | None:
        """Return the alternatives that may hold; None where one surely does."""
        left: list[Formula] = []
        for part in group.parts:
            possible = self._may_hold(part)
            if possible is None:
                return None
            if possible:
                left.append(part)
        return left

    def _may_hold(self, part: Formula) -> bool | None:
        """Tell whether a part may hold; None where it surely does."""
        if isinstance(part, bool):
            return None if part else False
        if isinstance(part, Literal):
            before = self.domain(part.variable)
            self.budget.take(1 + before.size)
            after = _assumed(before, part.test, positive=part.positive)
            return None if after is before else after is not None
        if not part.every:
            return True
        answers = [self._may_hold(each) for each in part.parts if not isinstance(each, Group)]
        if any(answer is False for answer in answers):
            return False
        return None if len(answers) == len(part.parts) and all(answer is None for answer in answers) else True


def _assumed(domain: Domain, test: Test | None, *, positive: bool) -> Domain | None:
    if test is None:
        return domain.set() if positive else domain.unset()
    return domain.assume(test, positive=positive)


# -- search ------------------------------------------------------------------------------------------------------

Accept = Callable[[Branch], bool]


@define
class Search:
    """The search for a branch in which a formula may hold and that ``accept`` takes."""

    accept: Accept
    left: int = BRANCHES

    def finds(self, branch: Branch) -> bool:
        """Tell whether a branch, or one that it parts into, is accepted; raise ``Exhausted`` where nobody knows."""
        self.left -= 1
        if self.left < 0:
            raise Exhausted
        if not branch.settle():
            return False
        if not branch.open:
            return self.accept(branch)
        group = min(branch.open, key=lambda each: len(each.parts))
        branch.open.remove(group)
        for part in group.parts:
            other = branch.copy()
            if other.hold(part) and self.finds(other):
                return True
            if isinstance(part, Literal) and not branch.hold(opposite(part)):
                return False  # where this one does not hold, no other one can
        return False


def is_impossible(formulas: Iterable[Formula], budget: Budget) -> bool:
    """Tell whether it is proved that the formulas cannot hold together; raise ``Exhausted`` where nobody knows.

    False means that no proof was found, not that they can hold.
    """
    return not search(formulas, budget, lambda _: True)


def search(formulas: Iterable[Formula], budget: Budget, accept: Accept) -> bool:
    """Tell whether a branch in which all formulas may hold is accepted; raise ``Exhausted`` where nobody knows."""
    branch = Branch(budget)
    return all(branch.hold(formula) for formula in formulas) and Search(accept).finds(branch)
