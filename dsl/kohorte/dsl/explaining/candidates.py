"""Values worth trying for a field, an aggregate or a membership, made from the conditions about it."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from kohorte.core.fields import Kind
from kohorte.dsl.explaining.asked import Asked, Candidates, Known, first
from kohorte.dsl.explaining.domain import COUNTING
from kohorte.dsl.explaining.nodes import Single
from kohorte.dsl.explaining.ordered_candidates import counts, days, instants, money, numbers
from kohorte.dsl.explaining.word_candidates import choices, tags, texts, truths
from kohorte.dsl.typed import AggregateOf, FieldOf, Function, SegmentUse

_NEVER_MISSING: Final = frozenset({Function.COUNT, Function.COUNT_DISTINCT, Function.SUM})


def candidates_of(
    subject: FieldOf | AggregateOf | SegmentUse, singles: Sequence[Single], present: Any, known: Known
) -> Candidates:
    """Return the values worth trying for a subject that has the present value."""
    if isinstance(subject, SegmentUse):
        return first(present, [True, False], complete=True)
    if isinstance(subject, AggregateOf):
        if subject.function in COUNTING:
            return counts(singles, present)
        may_lack = subject.function not in _NEVER_MISSING
    else:
        may_lack = known.may_lack(subject)
    of_kind = _OF_KIND.get(subject.field.kind if subject.field is not None else Kind.INTEGER, texts)
    return of_kind(Asked(subject, singles, present, known, may_lack))


_OF_KIND: Final[dict[Kind, Callable[[Asked], Candidates]]] = {
    Kind.TEXT: texts,
    Kind.CODE: texts,
    Kind.ENUMERATION: choices,
    Kind.INTEGER: numbers,
    Kind.DECIMAL: numbers,
    Kind.MONEY: money,
    Kind.BOOLEAN: truths,
    Kind.DATE: days,
    Kind.INSTANT: instants,
    Kind.TAGS: tags,
}
