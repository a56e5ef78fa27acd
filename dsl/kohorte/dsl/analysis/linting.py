"""Static findings: what can be said of a rule without any record."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from kohorte.core.ports.rules import Problem
from kohorte.dsl.analysis.filters import Filters
from kohorte.dsl.analysis.missing import Missing
from kohorte.dsl.analysis.mistakes import Mistakes
from kohorte.dsl.analysis.parts import part_of
from kohorte.dsl.analysis.reasoning import Reasoning
from kohorte.dsl.analysis.rows import MissingInRows
from kohorte.dsl.analysis.rules import Analysed
from kohorte.dsl.analysis.solver import Budget
from kohorte.dsl.analysis.structure import Structure
from kohorte.dsl.moments import evaluation_instant

STEPS: Final = 8_000
"""The budget of the findings about one rule (see ``solver.Budget``)."""
FOR_MISSING: Final = 2_000
"""What is kept of it for what matches because something is missing."""


def findings(rule: Analysed, now: datetime, *, steps: int = STEPS) -> tuple[Problem, ...]:
    """Return what is wrong, superfluous or probably not meant in a rule, in the order of the text.

    What the checker warned of is among it. A finding that a part never holds, always holds or changes nothing is proved
    for every record that fits the catalogue and every instant from ``now`` (aware) on; so is one that a condition holds
    because a value is missing, but for legal fields, where it is enough that nothing excludes it. When the budget of
    ``steps`` is used up, fewer findings are made, never wrong ones. Raise ``InvalidInput`` for an instant without an
    offset.
    """
    found = [*rule.warnings, *_found(rule, evaluation_instant(now), Budget(steps))]
    once = {(problem.start, problem.end, problem.code, problem.hint): problem for problem in found}
    return tuple(sorted(once.values(), key=lambda each: (each.start, each.end)))


def _found(rule: Analysed, now: int, budget: Budget) -> Iterator[Problem]:
    source = rule.outcome.source
    reasoning = Reasoning((rule,), now, budget)
    whole = part_of(rule.syntax.condition, rule.checked.condition, reasoning.translation.formula)
    structure = Structure(reasoning, source, rule.warnings)
    with budget.keeping(FOR_MISSING):
        reasoning.relate()
        constant = structure.constant(whole)
        idle = [*structure.inside(whole)] if constant is None else []
    if constant is None:
        yield from idle
        yield from Missing(reasoning, source).findings(whole)
        yield from MissingInRows(reasoning, source).findings(whole)
        yield from Filters(reasoning, source, rule.warnings).findings(whole, idle)
    else:
        yield from structure.of_constant(whole, holds=constant)
    yield from Mistakes(source).findings(whole)
