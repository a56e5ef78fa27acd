"""What a filter leaves for aggregates over its rows: their least value, say, is one that the filter lets through."""

from attrs import evolve

from kohorte.dsl.analysis.domains import Amounts, Choices, Domain, Numbers, ValueSet
from kohorte.dsl.analysis.word_sets import Words
from kohorte.dsl.typed import AggregateOf, Function


def projected(of: AggregateOf, initial: Domain, row: Domain) -> Domain:
    """Return what an aggregate can be, by what its field can be in a row that counts; never less than it can."""
    values = row.values
    if isinstance(values, Amounts) and of.currency is not None:
        values = values.in_currency(of.currency)
    match of.function:
        case Function.COUNT_DISTINCT:
            most = _number(values)
            return initial if most is None else Domain(False, Numbers(0, most))
        case Function.SUM:
            return Domain(False, _sums(values))
        case Function.AVG:
            return Domain(initial.missing, _averages(values))
        case Function.MIN | Function.MAX | Function.LAST:
            return evolve(initial, values=values)
        case Function.COUNT:
            return initial


def _number(values: ValueSet | None) -> int | None:
    """Return how many values there are at most; None where nobody knows."""
    match values:
        case None:
            return 0
        case Choices(values=each):
            return len(each)
        case Words(folded=folded, exact=exact):
            return min((len(each) for each in (folded, exact) if each is not None), default=None)
        case Numbers(allowed=frozenset() as allowed):
            return len(allowed)
        case Numbers(low=int() as low, high=int() as high):
            return high - low + 1
        case _:
            return None


def _sums(values: ValueSet | None) -> Numbers:
    """Return what values can add up to: nothing is 0, and what all have in common is their sign."""
    if values is None:
        return Numbers(0, 0)
    if not isinstance(values, Numbers):
        return Numbers()
    low = 0 if values.low is not None and values.low >= 0 else None
    return Numbers(low, 0 if values.high is not None and values.high <= 0 else None)


def _averages(values: ValueSet | None) -> ValueSet | None:
    """Return where averages lie, in halves (see ``translation``)."""
    if not isinstance(values, Numbers):
        return values
    low, high = (None if end is None else 2 * end for end in (values.low, values.high))
    return Numbers(low, high)
