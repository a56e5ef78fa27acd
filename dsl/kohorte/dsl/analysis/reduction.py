"""Parts of a canonical form that change nothing are taken out, where that is proved for every instant and every record.

It is not relied on what a field can hold by its kind, nor on what the rules of referenced segments say: the form means
the same when these change, and for records that do not fit the catalogue.
"""

from typing import Final

from attrs import evolve, frozen

from kohorte.dsl.analysis.formulas import Formula, families, group, opposite
from kohorte.dsl.analysis.leaves import Place
from kohorte.dsl.analysis.relations import relate
from kohorte.dsl.analysis.solver import Budget, Exhausted, is_impossible
from kohorte.dsl.analysis.translation import Translation
from kohorte.dsl.typed import All, Always, AnyOf, Condition

STEPS: Final = 3_000
"""The budget of one form (see ``solver.Budget``), beside what its translation takes."""


def reduced(condition: Condition, place: Place) -> Condition:
    """Return a condition in canonical form without the parts that its siblings make superfluous.

    Of several that make each other superfluous the first stays. The same condition is always reduced alike.
    """
    budget = Budget(STEPS)
    translation = Translation(place, None, lasting=True)
    reduction = _Reduction(translation, budget)
    whole = reduction.part(condition)
    try:
        relate(translation, budget)
        for holds in (False, True):
            if is_impossible((opposite(whole.formula) if holds else whole.formula,), budget):
                return Always(holds, span=condition.span)
        return reduction.without_idle_parts(whole)
    except Exhausted:
        return condition


@frozen(eq=False)
class _Part:
    condition: Condition
    formula: Formula
    families: frozenset[str]
    parts: tuple["_Part", ...] = ()


@frozen
class _Reduction:
    translation: Translation
    budget: Budget

    def part(self, condition: Condition) -> _Part:
        """Return a condition with its formula, and those of its parts."""
        if isinstance(condition, All | AnyOf):
            parts = tuple(map(self.part, condition.parts))
            formula = group(tuple(part.formula for part in parts), every=isinstance(condition, All))
            return _Part(condition, formula, frozenset[str]().union(*(part.families for part in parts)), parts)
        formula = self.translation.plain_formula(condition, self.translation.place)
        return _Part(condition, formula, families(formula))

    def without_idle_parts(self, part: _Part) -> Condition:
        """Return a condition without idle parts."""
        if not isinstance(part.condition, All | AnyOf):
            return part.condition
        every = isinstance(part.condition, All)
        kept = list(part.parts)
        for each in reversed(part.parts):
            beside = [other for other in kept if other is not each and other.families & each.families]
            if beside and self._is_idle(each, beside, every=every):
                kept.remove(each)
        conditions = tuple(map(self.without_idle_parts, kept))
        if not conditions:
            return Always(every)
        return conditions[0] if len(conditions) == 1 else evolve(part.condition, parts=conditions)

    def _is_idle(self, part: _Part, beside: list[_Part], *, every: bool) -> bool:
        formulas = [each.formula if every else opposite(each.formula) for each in beside]
        return is_impossible((opposite(part.formula) if every else part.formula, *formulas), self.budget)
