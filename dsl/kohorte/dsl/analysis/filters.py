"""Parts of the filters of related rows that never or always hold, or change nothing: ``purchases(n > 1, n > 2)``.

A filter is a rule over its row. What holds wherever one of its parts matters is the rest of the filter, its windows
among it, and that rows of past-only collections do not lie ahead; what the rule says of the contact beside is not
relied on.
"""

from collections.abc import Iterator, Sequence

from attrs import frozen

from kohorte.core.ports.rules import Problem
from kohorte.dsl.analysis import messages
from kohorte.dsl.analysis.formulas import Formula
from kohorte.dsl.analysis.parts import Level, Part, group_of, leaves, part_of
from kohorte.dsl.analysis.reasoning import Reasoning
from kohorte.dsl.analysis.row_filters import RowFilter, row_filters
from kohorte.dsl.analysis.structure import Structure
from kohorte.dsl.analysis.translation import Translation
from kohorte.dsl.analysis.weights import weight
from kohorte.dsl.syntax.ast import Span


@frozen
class Filters:
    """Finds what is wrong with the filters of rows in a rule."""

    reasoning: Reasoning
    source: str
    warnings: Sequence[Problem]

    def findings(self, whole: Part, said: Sequence[Problem]) -> Iterator[Problem]:
        """Yield the findings about the filters of a rule, but for those in parts of which something is ``said``."""
        yield from self._in_parts(whole, self.reasoning.translation, [Span(each.start, each.end) for each in said])

    def _in_parts(self, whole: Part, translation: Translation, said: Sequence[Span]) -> Iterator[Problem]:
        for part in leaves(whole):
            if not any(span.start <= part.span.start and part.span.end <= span.end for span in said):
                for rows in row_filters(part.node, part.condition):
                    if rows.written and self.reasoning.affords(_weight(rows)):
                        yield from self._of_filter(rows, translation)

    def _of_filter(self, rows: RowFilter, translation: Translation) -> Iterator[Problem]:
        inside = translation.over_rows(translation.place, rows.collection.name)
        pieces = tuple(part_of(node, condition, inside.formula) for node, condition in rows.written)
        implied = [inside.formula(each) for each in rows.implied]
        whole = group_of(rows.node, rows.written[0][1], pieces, every=True)
        self.reasoning.relate(inside)
        found = [*self._of_pieces(whole, implied)]
        yield from found
        yield from self._in_parts(whole, inside, [Span(each.start, each.end) for each in found])

    def _of_pieces(self, whole: Part, implied: Sequence[Formula]) -> Iterator[Problem]:
        if self.reasoning.is_impossible(whole.formula, *implied):
            span = Span(whole.parts[0].span.start, whole.parts[-1].span.end)
            yield messages.NO_ROW_PASSES.at(self.source, span)
            return
        structure = Structure(self.reasoning, self.source, self.warnings, messages.DEAD_IN_ROWS)
        yield from structure.inside(whole, ((Level.given([*implied]), -1),))


def _weight(rows: RowFilter) -> int:
    """Return the steps for the translation of a filter."""
    return sum(weight(condition) for _, condition in rows.written) + sum(map(weight, rows.implied))
