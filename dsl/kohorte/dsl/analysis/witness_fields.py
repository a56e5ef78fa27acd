"""The fields of one record or row, with values that pass what a branch asks of them."""

from collections.abc import Mapping
from typing import Any, Final, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from attrs import define, evolve, field

from kohorte.core.values import fold
from kohorte.dsl.analysis.formulas import Literal, Variable
from kohorte.dsl.analysis.questions import Priced, Test, Values
from kohorte.dsl.analysis.solver import Branch
from kohorte.dsl.analysis.trials import Wanted, as_given, candidates
from kohorte.dsl.operands import scale_factors
from kohorte.dsl.typed import CompareOperands, FieldOf, HasAnniversary, InList

_PAIRS: Final = 20
"""So many values are tried of one operand that is compared with another."""
_SCANNED: Final = 8
"""So many literals are looked at in a step."""

Chosen = dict[Variable, Any]
"""Values in stored form, None for missing ones."""


class NoRecord(Exception):
    """No record could be made of a branch, which says nothing about whether there is one."""


@define
class FieldsDraft:
    """The fields of one record or row, as a branch asks for them."""

    branch: Branch
    owner: str
    now: int
    entries: Mapping[UUID, frozenset[str]]
    chosen: Chosen = field(factory=dict[Variable, Any])
    listed: dict[UUID, frozenset[str]] = field(factory=dict[UUID, frozenset[str]])

    def fields(self, *, sparse: bool = False) -> dict[str, Any]:
        """Return the values of the fields that are asked about; raise ``NoRecord`` where none passes."""
        own = [variable for variable in self._variables() if self._is_own(variable.subject)]
        for variable in own:
            self.chosen[variable] = self._value(variable)
        self._order_pairs()
        found: dict[str, Any] = {}
        for variable in own:
            value, of = self.chosen[variable], variable.subject
            if isinstance(of, FieldOf) and not (sparse and value is None):
                found[of.field.name] = None if value is None else as_given(value, of.field.kind, of.field.scale)
        return found

    def _variables(self) -> dict[Variable, None]:
        taken = self.branch.taken_variables
        return dict.fromkeys([*self.branch.domains, *taken, *(each for one in taken for each in one.requires)])

    def _is_own(self, subject: object) -> bool:
        return isinstance(subject, FieldOf) and subject.owner == self.owner

    def _value(self, variable: Variable) -> Any:
        domain = self.branch.domain(variable)
        if domain.missing:
            return None
        found = next(candidates(self._wanted(variable), self.now, self.branch.budget), None)
        if found is None:
            raise NoRecord
        return found

    def _wanted(self, variable: Variable) -> Wanted:
        of = variable.subject
        if not isinstance(of, FieldOf):
            raise NoRecord
        self.branch.budget.take(len(self.branch.taken) // _SCANNED)
        tests: list[tuple[Test, bool]] = []
        returns: list[tuple[HasAnniversary, ZoneInfo, bool]] = []
        entries: list[tuple[frozenset[str], bool, bool]] = []
        for literal in self.branch.taken:
            leaf = literal.variable.subject
            if literal.variable is variable and literal.test is not None:
                tests.append((literal.test, literal.positive))
            elif isinstance(leaf, HasAnniversary) and leaf.operand == of:
                returns.append((leaf, literal.variable.place.zone, literal.positive))
            elif isinstance(leaf, InList) and leaf.operand == of:
                entries.append((self._entries(leaf, literal), leaf.folded, literal.positive))
        return Wanted(of.field.kind, self.branch.domain(variable), tuple(tests), tuple(returns), tuple(entries))

    def _entries(self, leaf: InList, literal: Literal) -> frozenset[str]:
        known = self.entries.get(leaf.list_id)
        if known is None:  # what nobody knows can be taken to be as it is wanted
            known = self.listed.setdefault(leaf.list_id, frozenset({"listed"}) if literal.positive else frozenset())
        return known

    # -- two operands --------------------------------------------------------------------------------------------

    def _order_pairs(self) -> None:
        """Choose again where two fields do not lie to each other as they are wanted."""
        for literal in self.branch.taken:
            leaf = literal.variable.subject
            if isinstance(leaf, CompareOperands) and isinstance(literal.test, Values):
                pair = literal.variable.requires
                if any(self._is_own(each.subject) for each in pair) and not self._lies(leaf, literal, pair):
                    self._choose_pair(leaf, literal, pair)

    def _choose_pair(self, leaf: CompareOperands, literal: Literal, pair: tuple[Variable, ...]) -> None:
        before = {each: self.chosen.get(each) for each in pair}
        for left in self._others(pair[0], before[pair[1]]):
            self.branch.budget.take(_PAIRS)
            for right in self._others(pair[1], left):
                self.chosen |= {pair[0]: left, pair[1]: right}
                if self._lies(leaf, literal, pair):
                    return
        self.chosen |= before
        raise NoRecord

    def _others(self, variable: Variable, beside: Any) -> list[Any]:
        if not self._is_own(variable.subject):
            return [self.chosen.get(variable)]
        wanted = self._wanted(variable)
        near = [Values(frozenset({beside}))] if isinstance(beside, int | str) else []
        if isinstance(beside, tuple):
            near = [Priced(beside[1], Values(frozenset({beside[0]})))]  # type: ignore[list-item]
        own = list(zip(range(_PAIRS), candidates(wanted, self.now, self.branch.budget), strict=False))
        if near and self.chosen.get(variable) is not None:
            try_near = evolve(wanted, tests=(*wanted.tests, (near[0], True)))
            own += list(zip(range(1), candidates(try_near, self.now, self.branch.budget), strict=False))
        return [value for _, value in own]

    def _lies(self, leaf: CompareOperands, literal: Literal, pair: tuple[Variable, ...]) -> bool:
        """Tell whether the two lie as the literal says, whether it is negated or not."""
        if not isinstance(literal.test, Values):
            return True
        order = _order(leaf, *(self.chosen.get(each) for each in pair))
        return (order is not None and literal.test.admits(order, 0)) is literal.positive


def _order(leaf: CompareOperands, left: Any, right: Any) -> int | None:
    """Return -1, 0 or 1 as two values lie to each other; None where they cannot be compared."""
    if left is None or right is None:
        return None
    if isinstance(left, str):
        return 0 if (fold(left) == fold(right) if leaf.folded else left == right) else 1
    factors = scale_factors(leaf.left, leaf.right)
    (one, currency), (two, other) = _with_currency(left), _with_currency(right)
    if currency != other:
        return None
    return int(one * factors[0] > two * factors[1]) - int(one * factors[0] < two * factors[1])


def _with_currency(value: Any) -> tuple[int, str]:
    """Return a number with its currency, which for plain numbers is none."""
    return cast("tuple[int, str]", value) if isinstance(value, tuple) else (value, "")
