"""Rows that count only because a value is missing: ``purchases(status != "paid")`` counts those without a status."""

from collections import Counter
from collections.abc import Iterator

from attrs import frozen

from kohorte.core.fields import Collection
from kohorte.core.ports.rules import Edit, Fix, Problem
from kohorte.dsl.analysis import messages
from kohorte.dsl.analysis.formulas import Literal, families
from kohorte.dsl.analysis.missing import negated_fields
from kohorte.dsl.analysis.parts import Part, leaves
from kohorte.dsl.analysis.reasoning import Reasoning
from kohorte.dsl.analysis.row_filters import filters_of
from kohorte.dsl.analysis.weights import weight
from kohorte.dsl.syntax.phrases import path
from kohorte.dsl.typed import (
    All,
    Always,
    AnyOf,
    Condition,
    FieldOf,
    Negation,
)


@frozen
class MissingInRows:
    """Finds what rows count because a value is missing.

    It is said of fields that nothing else in the filter asks about: any row that passes without such a value would
    pass whatever else it has. Of legal fields it is said unless
    the filter excludes it.
    """

    reasoning: Reasoning
    source: str

    def findings(self, whole: Part) -> Iterator[Problem]:
        """Yield the findings about the filters of a rule."""
        for part in leaves(whole):
            for collection, where in filters_of(part.condition):
                if _negates(where) and self.reasoning.affords(3 * weight(where)):
                    yield from self._of_filter(collection, where)

    def _of_filter(self, collection: Collection, where: Condition) -> Iterator[Problem]:
        translation = self.reasoning.translation
        inside = translation.over_rows(translation.place, collection.name)
        parts = list(_joined(where))
        formulas = [inside.formula(part) for part in parts]
        asked_about = Counter(family for formula in formulas for family in families(formula))
        for part, formula in zip(parts, formulas, strict=True):
            for variable in negated_fields(formula):
                of = variable.subject
                if not isinstance(of, FieldOf) or of.owner != collection.name:
                    continue
                asked = (*formulas, Literal(variable, None, positive=False))
                if of.field.legal:
                    is_said = not self.reasoning.is_impossible(*asked)
                else:
                    is_said = asked_about[variable.family] == 1 and self.reasoning.is_unproved(*asked)
                if is_said:
                    yield self._finding(part, of)

    def _finding(self, part: Condition, of: FieldOf) -> Problem:
        name = path((of.field.name,))
        text = f"and {name} is set"
        start, end = ("((", f") {text})") if isinstance(part, AnyOf) else ("(", f" {text})")
        edits = (Edit(part.span.start, part.span.start, start), Edit(part.span.end, part.span.end, end))
        message = messages.LEGAL_MISSING if of.field.legal else messages.MISSING_ROWS_COUNT
        return message.at(self.source, part.span, fixes=[Fix("Add: {fix1}", edits)], field=name, fix1=text)


def _negates(where: Condition) -> bool:
    """Tell whether anything is negated in a filter."""
    match where:
        case All(parts=parts) | AnyOf(parts=parts):
            return any(map(_negates, parts))
        case Negation():
            return True
        case Always():
            return False
        case _:
            return where.negated


def _joined(where: Condition) -> Iterator[Condition]:
    """Yield the conditions that a row must pass, as far as they are joined by ``and``."""
    if isinstance(where, All):
        for part in where.parts:
            yield from _joined(part)
    else:
        yield where
