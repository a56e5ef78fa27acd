"""What aggregates over one collection have to do with each other, whatever a rule says of them.

More rows pass a wider filter than a narrower one; where there is no row there is no least value; the least is never
above the greatest. That one filter is narrower than another is proved by the same means as everything else.
"""

from collections.abc import Iterable
from itertools import permutations
from typing import Final

from attrs import define, field, frozen

from kohorte.core.fields import Field, Kind
from kohorte.dsl.analysis.domains import Domain, Numbers
from kohorte.dsl.analysis.formulas import Facts, Formula, Relation, Variable, opposite
from kohorte.dsl.analysis.leaves import NUMBERS
from kohorte.dsl.analysis.projection import projected
from kohorte.dsl.analysis.questions import Range, Values
from kohorte.dsl.analysis.solver import Branch, Budget, is_impossible
from kohorte.dsl.analysis.translation import Translation
from kohorte.dsl.typed import AggregateOf, FieldOf, Function

MOST_FILTERS: Final = 12
"""Of how many filters over one collection it is asked which is narrower than which."""
_OF_VALUES: Final = (Function.MIN, Function.AVG, Function.MAX)
"""Least to greatest, of the same rows; all three are set or none is."""
_NO_ROWS: Final = Domain(False, Numbers(0, 0))


@frozen
class AtMost:
    """A number is at most another; each is multiplied by a factor. Where one is missing, nothing is said."""

    small: Variable
    large: Variable
    factors: tuple[int, int] = (1, 1)

    def follow(self, facts: Facts) -> bool:
        """Raise the least that the larger can be, and lower the most that the smaller can be."""
        one, other = facts.domain(self.small), facts.domain(self.large)
        if one.missing or other.missing or not isinstance(one.values, Numbers) or not isinstance(other.values, Numbers):
            return True
        low, high = one.values.low, other.values.high
        if low is not None:
            least = -(-low * self.factors[0] // self.factors[1])
            before = other.values.low
            if (before is None or before < least) and not facts.assume(self.large, Range(least, None), positive=True):
                return False
        if high is not None:
            most = high * self.factors[1] // self.factors[0]
            before = one.values.high
            if before is None or before > most:
                return facts.assume(self.small, Range(None, most), positive=True)
        return True


@frozen
class NeedsRows:
    """Where there is no row, a value is missing, or 0 where it is a sum or a count."""

    value: Variable
    count: Variable

    def follow(self, facts: Facts) -> bool:
        """Ask for a row where there is a value, and for none where there is no row."""
        rows = facts.domain(self.count).values
        if isinstance(rows, Numbers) and rows.high == 0:
            if not self._is_number:
                return facts.assume(self.value, None, positive=False)
            return facts.assume(self.value, Values(frozenset({0})), positive=True)
        if self._needs_rows(facts):
            return facts.assume(self.count, Range(1, None), positive=True)
        return True

    @property
    def _is_number(self) -> bool:
        subject = self.value.subject
        return isinstance(subject, AggregateOf) and subject.function in NUMBERS

    def _needs_rows(self, facts: Facts) -> bool:
        domain = facts.domain(self.value)
        if not self._is_number:
            return not domain.missing
        return domain.values is not None and domain.values.meet(Values(frozenset({0}))) is None


@frozen
class SetWith:
    """Where one value is set, another one is."""

    one: Variable
    other: Variable

    def follow(self, facts: Facts) -> bool:
        """Set the other one, or take this one away."""
        if not facts.domain(self.one).missing:
            return facts.assume(self.other, None, positive=True)
        if facts.domain(self.other).values is None:
            return facts.assume(self.one, None, positive=False)
        return True


# -- which there are ---------------------------------------------------------------------------------------------


@define
class _Rows:
    """The aggregates over the rows of one collection that pass one filter, and what the filter says of a row."""

    count: Variable
    passes: Formula
    values: dict[tuple[Field | None, str | None, Function], Variable] = field(
        factory=dict[tuple[Field | None, str | None, Function], Variable]
    )


def relate(translation: Translation, budget: Budget) -> None:
    """Add what relates the aggregates that a translation has come across; raise ``Exhausted``."""
    for variables in _by_collection(translation.variables.values()):
        _relate_collection(translation, variables, budget)


def _by_collection(variables: Iterable[Variable]) -> list[list[Variable]]:
    found: dict[str, list[Variable]] = {}
    for variable in variables:
        if isinstance(variable.subject, AggregateOf):
            found.setdefault(variable.subject.collection.name, []).append(variable)
    return list(found.values())


def _relate_collection(translation: Translation, variables: list[Variable], budget: Budget) -> None:
    first = variables[0].subject
    if not isinstance(first, AggregateOf):
        return
    inside = translation.over_rows(variables[0].place, first.collection.name)
    filtered: dict[Variable, _Rows] = {}
    for variable in variables:
        _file(variable, translation, inside, filtered)
    for rows in filtered.values():
        _relate_values(rows)
        if is_impossible((rows.passes,), budget):
            rows.count.initial = _NO_ROWS
        else:
            _project(rows, inside, budget)
    if len(filtered) <= MOST_FILTERS:
        for narrow, wide in permutations(filtered.values(), 2):
            if is_impossible((narrow.passes, opposite(wide.passes)), budget):
                _relate_filters(narrow, wide)


def _file(variable: Variable, translation: Translation, inside: Translation, filtered: dict[Variable, _Rows]) -> None:
    of = variable.subject
    if not isinstance(of, AggregateOf):
        return
    count = translation.count(of, variable)
    if count not in filtered:
        passes = inside.plain_formula(of.where, variable.place.inside(of.collection.name))
        filtered[count] = _Rows(count, passes)
    filtered[count].values[of.field, of.currency, of.function] = variable


def _project(rows: _Rows, inside: Translation, budget: Budget) -> None:
    """Narrow what the values of rows can be to what the filter lets through."""
    branch = Branch(budget)
    if not (branch.hold(rows.passes) and branch.settle()):
        return
    for variable in rows.values.values():
        of = variable.subject
        if isinstance(of, AggregateOf) and of.field is not None:
            own = FieldOf(of.collection.name, of.field)
            row = branch.domain(inside.variable(own, variable.place.inside(of.collection.name)))
            variable.initial = projected(of, variable.initial, row)


def _relate_values(rows: _Rows) -> None:
    for (of, currency, function), variable in rows.values.items():
        if variable is rows.count:
            continue
        _add(NeedsRows(variable, rows.count), variable, rows.count)
        if function is Function.COUNT_DISTINCT:
            _add(AtMost(variable, rows.count), variable, rows.count)
        if function is Function.LAST:
            _relate_latest(variable, of, rows)
        if function not in _OF_VALUES:
            continue
        for larger in _OF_VALUES[_OF_VALUES.index(function) + 1 :]:
            other = rows.values.get((of, currency, larger))
            if other is not None:
                factors = (2 if function is not Function.AVG else 1, 2 if larger is not Function.AVG else 1)
                _add(AtMost(variable, other, _shortened(factors)), variable, other)
                _add(SetWith(variable, other), variable, other)
                _add(SetWith(other, variable), variable, other)


def _relate_latest(latest: Variable, of: Field | None, rows: _Rows) -> None:
    """Relate the latest value to all values, of which it is one; of money it may be of another currency than theirs."""
    for function in _OF_VALUES:
        other = rows.values.get((of, None, function))
        if other is None or (of is not None and of.kind is Kind.MONEY):
            continue
        _add(SetWith(latest, other), latest, other)
        if function is Function.MIN:
            _add(AtMost(other, latest), latest, other)
        elif function is Function.MAX:
            _add(AtMost(latest, other), latest, other)


def _shortened(factors: tuple[int, int]) -> tuple[int, int]:
    """Averages are kept in halves (see ``translation``): what is beside one counts twice."""
    return (1, 1) if factors[0] == factors[1] else factors


def _relate_filters(narrow: _Rows, wide: _Rows) -> None:
    _add(AtMost(narrow.count, wide.count), narrow.count, wide.count)
    for (of, currency, function), variable in narrow.values.items():
        other = wide.values.get((of, currency, function))
        if other is None or function not in _OF_VALUES:
            continue
        _add(SetWith(variable, other), variable, other)
        if function is Function.MIN:
            _add(AtMost(other, variable), variable, other)
        elif function is Function.MAX:
            _add(AtMost(variable, other), variable, other)


def _add(relation: Relation, *variables: Variable) -> None:
    for variable in variables:
        variable.relations.append(relation)
