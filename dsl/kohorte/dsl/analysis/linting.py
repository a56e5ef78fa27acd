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

STEPS: Final = 5_000
"""The budget of the findings about one rule (see ``solver.Budget``)."""


def findings(rule: Analysed, now: datetime) -> tuple[Problem, ...]:
    """Return what is wrong, superfluous or probably not meant in a rule, in the order of the text.

    What the checker warned of is among it. A finding that a part never holds, always holds or changes nothing is proved
    for every record that fits the catalogue and every instant from ``now`` (aware) on; so is one that a condition holds
    because a value is missing, but for legal fields, where it is enough that nothing excludes it. When the budget is
    used up, fewer findings are made, never wrong ones. Raise ``InvalidInput`` for an instant without an offset.
    """
    found = [*rule.warnings, *_found(rule, evaluation_instant(now))]
    once = {(problem.start, problem.end, problem.code, problem.hint): problem for problem in found}
    return tuple(sorted(once.values(), key=lambda each: (each.start, each.end)))


def _found(rule: Analysed, now: int) -> Iterator[Problem]:
    source = rule.outcome.source
    reasoning = Reasoning((rule,), now, Budget(STEPS))
    whole = part_of(rule.syntax.condition, rule.checked.condition, reasoning.translation.formula)
    reasoning.relate()
    structure = Structure(reasoning, source, rule.warnings)
    constant = structure.constant(whole)
    if constant is None:
        said = [*structure.inside(whole)]
        yield from said
        yield from Missing(reasoning, source).findings(whole)
        yield from MissingInRows(reasoning, source).findings(whole)
        yield from Filters(reasoning, source, rule.warnings).findings(whole, said)
    else:
        yield from structure.of_constant(whole, holds=constant)
    yield from Mistakes(source).findings(whole)
