"""Whether a formula can hold at all: branches of its alternatives, each with one domain for every variable.

Alternatives are taken up only where no single one is left, so that most branches never begin. After 512 of them, or
when the budget is used up, nothing is said.
"""

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from typing import Final

from attrs import define, field

from kohorte.dsl.analysis.domains import Domain
from kohorte.dsl.analysis.formulas import Formula, Group, Literal, Variable, opposite
from kohorte.dsl.analysis.questions import Test, work

BRANCHES: Final = 512
"""How many branches one question may open."""
_COPIED: Final = 128
"""So many things are copied in a step."""
_FOLLOWED: Final = 2
"""So many relations are followed in a step."""
_SCANNED: Final = 16
"""Of so many alternatives the shortest is found in a step."""


class Exhausted(Exception):
    """The budget is used up: nothing more is said."""


@define
class Budget:
    """How many steps may still be taken.

    One step is about what it takes to put a condition to a domain of which little is known: 2 µs on a usual machine.
    Whatever takes time takes steps, so that equal questions end alike everywhere, however fast the machine is.
    """

    steps: int

    def take(self, steps: int = 1) -> None:
        """Take steps; raise ``Exhausted`` when none is left."""
        self.steps -= steps
        if self.steps < 0:
            raise Exhausted

    @property
    def is_exhausted(self) -> bool:
        """Tell whether it is used up."""
        return self.steps < 0

    @contextmanager
    def keeping(self, steps: int) -> Generator[None]:
        """Keep so many steps, as far as there are, for what comes later."""
        kept = max(0, min(steps, self.steps))
        self.steps -= kept
        yield
        self.steps = max(0, self.steps) + kept


@define
class Branch:
    """What is known of the variables in one branch, the literals it took, and the alternatives that are still open."""

    budget: Budget
    domains: dict[Variable, Domain] = field(factory=dict[Variable, Domain])
    taken: list[Literal] = field(factory=list[Literal])
    open: list[Group] = field(factory=list[Group])
    _judged: dict[Literal, tuple[Domain, bool | None]] = field(factory=dict[Literal, tuple[Domain, bool | None]])
    """What became of literals, and of which domain; all branches of a question remember it together."""

    @property
    def taken_variables(self) -> tuple[Variable, ...]:
        """Return the variables of the literals it took."""
        return tuple(literal.variable for literal in self.taken)

    def copy(self) -> "Branch":
        """Return a branch that begins where this one is."""
        self.budget.take(1 + (len(self.domains) + len(self.taken) + len(self.open)) // _COPIED)
        return Branch(self.budget, dict(self.domains), list(self.taken), list(self.open), self._judged)

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
        self.budget.take(_steps(before, test))
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
        if not variable.relations:
            return True
        self.budget.take(len(variable.relations) // _FOLLOWED)
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
            return self._judge(part)
        if not part.every:
            return True
        answers = [self._may_hold(each) for each in part.parts if not isinstance(each, Group)]
        if any(answer is False for answer in answers):
            return False
        return None if len(answers) == len(part.parts) and all(answer is None for answer in answers) else True

    def _judge(self, literal: Literal) -> bool | None:
        before = self.domain(literal.variable)
        known = self._judged.get(literal)
        if known is not None and known[0] is before:
            self.budget.take()
            return known[1]
        self.budget.take(_steps(before, literal.test))
        after = _assumed(before, literal.test, positive=literal.positive)
        answer = None if after is before else after is not None
        self._judged[literal] = before, answer
        return answer


def _steps(domain: Domain, test: Test | None) -> int:
    """Return the steps for putting a test to a domain."""
    size = domain.size
    return 1 + size * work(test) if size else 1


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
        branch.budget.take(len(branch.open) // _SCANNED)
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
