"""Values worth trying for a field, an aggregate or a membership, made from the conditions about it."""

from collections.abc import Callable, Sequence
from itertools import compress
from typing import Any, Final

from attrs import evolve

from kohorte.core.fields import Kind
from kohorte.dsl.explaining.asked import Asked, Candidates, Known, first
from kohorte.dsl.explaining.domain import COUNTING
from kohorte.dsl.explaining.filters import leaves_about
from kohorte.dsl.explaining.judging import Judging
from kohorte.dsl.explaining.nodes import Single
from kohorte.dsl.explaining.ordered_candidates import counts, days, instants, money, numbers
from kohorte.dsl.explaining.word_candidates import choices, tags, texts, truths
from kohorte.dsl.typed import AggregateOf, FieldOf, Function, SegmentUse

_NEVER_MISSING: Final = frozenset({Function.COUNT, Function.COUNT_DISTINCT, Function.SUM})


_OF_ONE_ROW: Final = frozenset({Function.MIN, Function.MAX, Function.LAST})


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
    if isinstance(subject, FieldOf):
        return of_kind(Asked(subject, singles, (), present, known, may_lack))
    filtering = _filtering(subject, singles, known.judging)
    found = of_kind(Asked(subject, singles, filtering, present, known, may_lack))
    return _let_through(found, filtering) if filtering and subject.function in _OF_ONE_ROW else found


def _filtering(of: AggregateOf, singles: Sequence[Single], judging: Judging) -> Sequence[Single]:
    zone = singles[0].zone
    return [Single(-1, leaf, zone, judging.judge(leaf, zone), None, False) for leaf in leaves_about(of)]


def _let_through(found: Candidates, filtering: Sequence[Single]) -> Candidates:
    """Return the values that a row which counts can have, and None."""
    kept = [
        place == found.present or value is None or all(single.judge(value) for single in filtering)
        for place, value in enumerate(found.values)
    ]
    return evolve(found, values=[*compress(found.values, kept)], present=sum(kept[: found.present]))


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
