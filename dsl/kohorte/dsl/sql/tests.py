"""Write what is asked of one value as SQL, and its exact complement, so that indexes are used and NULL is a fact.

Positive conditions need no guard: WHERE takes NULL as false. A complement names the NULLs it lets in.
"""

from collections.abc import Callable, Sequence
from operator import eq, ge, gt, le, lt
from typing import Any, Final

from attrs import frozen
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Numeric,
    String,
    and_,
    bindparam,
    cast,
    false,
    func,
    literal_column,
    not_,
    or_,
    true,
)

from kohorte.core.errors import InvalidInput
from kohorte.core.values import after_prefix
from kohorte.dsl.sql.columns import INTEGER
from kohorte.dsl.sql.elements import (
    BetweenBoundaries,
    ContainsText,
    EndsWith,
    GlobPattern,
    HasAnyTag,
    HasEveryTag,
    HasSomeTag,
    IsInArray,
    IsNotInArray,
    ListOf,
    MatchesGlob,
    MonthDay,
    StartsNotWith,
    StartsWith,
)
from kohorte.dsl.sql.scope import Value
from kohorte.dsl.typed import Among, Compare, Contains, HasTags, Look, Order, Within

_Test = ColumnElement[bool]
SIGN: Final[dict[Order, Callable[[Any, Any], Any]]] = {
    Order.EQUAL: eq,
    Order.LESS: lt,
    Order.LESS_OR_EQUAL: le,
    Order.GREATER: gt,
    Order.GREATER_OR_EQUAL: ge,
}
_COMPLEMENT: Final = {
    Order.LESS: ge,
    Order.LESS_OR_EQUAL: gt,
    Order.GREATER: le,
    Order.GREATER_OR_EQUAL: lt,
}
_INLINE: Final = 50
"""Up to so many values stand in IN (…) one by one; more travel as one parameter."""


def _or_null(test: _Test, value: Value) -> _Test:
    return or_(test, value.expression.is_(None)) if value.nullable else test


def complement_of(test: _Test, value: Value) -> _Test:
    """Return the exact complement of a test of a value."""
    return _or_null(not_(test), value)


def compare(leaf: Compare, value: Value) -> _Test:
    """Compare a value with a constant."""
    constant = value.coder.constant(leaf.value)
    if not leaf.negated:
        test: _Test = SIGN[leaf.order](value.expression, constant)
        return test
    if leaf.order is Order.EQUAL:
        return value.expression.is_distinct_from(constant) if value.nullable else value.expression != constant
    return _or_null(_COMPLEMENT[leaf.order](value.expression, constant), value)


def among(leaf: Among, value: Value) -> _Test:
    """Ask whether a value is one of several constants."""
    if len(leaf.values) > _INLINE:
        several = value.coder.constants(leaf.values)
        element = IsNotInArray if leaf.negated else IsInArray
        test: _Test = element(value.expression, several)
    else:
        constants = [value.coder.constant(each) for each in leaf.values]
        test = value.expression.not_in(constants) if leaf.negated else value.expression.in_(constants)
    return _or_null(test, value) if leaf.negated else test


def within(leaf: Within, value: Value, low: str | None, high: str | None) -> _Test:
    """Ask whether a time lies between two bounds, which are given by name when the statement runs."""
    if leaf.negated:
        outside = [value.expression < value.coder.later(low)] if low else []
        outside += [value.expression >= value.coder.later(high)] if high else []
        outside += [value.expression.is_(None)] if value.nullable else []
        return or_(*outside) if outside else value.expression.is_(None)
    inside = [value.expression >= value.coder.later(low)] if low else []
    inside += [value.expression < value.coder.later(high)] if high else []
    return and_(*inside) if inside else value.expression.is_not(None)


def contains(leaf: Contains, value: Value) -> _Test:
    """Look for a text in a value."""
    needle = bindparam(None, leaf.needle, type_=String(), unique=True)
    match leaf.look:
        case Look.CONTAINS:
            test: _Test = ContainsText(value.expression, needle)
        case Look.STARTS:
            end = after_prefix(leaf.needle)
            upper = () if end is None else (bindparam(None, end, type_=String(), unique=True),)
            if leaf.negated:  # the range turned inside out costs less than its negation
                return _or_null(StartsNotWith(value.expression, needle, *upper), value)
            test = StartsWith(value.expression, needle, *upper)
        case Look.ENDS:
            test = EndsWith(value.expression, needle, literal_column(str(len(leaf.needle))))
        case Look.GLOB:
            pattern = bindparam(None, leaf.needle, type_=GlobPattern(), unique=True)
            test = MatchesGlob(value.expression, pattern)
    return complement_of(test, value) if leaf.negated else test


def has_tags(leaf: HasTags, value: Value) -> _Test:
    """Ask whether a tag set has one or all of several tags."""
    tags = bindparam(None, list(leaf.tags), type_=ListOf(value.coder.type), unique=True)
    if leaf.every:
        test: _Test = HasEveryTag(value.expression, tags, literal_column(str(len(leaf.tags))))
    else:
        test = HasAnyTag(value.expression, tags)
    return complement_of(test, value) if leaf.negated else test


def is_missing(value: Value, *, negated: bool) -> _Test:
    """Ask whether there is no value."""
    return value.expression.is_not(None) if negated else value.expression.is_(None)


def has_no_tags(value: Value, *, negated: bool) -> _Test:
    """Ask whether a tag set is empty or NULL."""
    some: _Test = HasSomeTag(value.expression)
    return some if negated else not_(some)


def returns_on_days(value: Value, returns: Sequence[tuple[str, str]], *, negated: bool) -> _Test:
    """Ask whether a date lies before a day and on one of the yearly days in a list; pairs of both, given by name."""
    month_day = value.month_day
    if month_day is None:
        if value.coder.encode is None:
            raise InvalidInput(
                "Anniversaries of days that are stored as numbers need a column with month * 100 + day.",
                hint="Give Stored(column, month_day=…).",
            )
        month_day = MonthDay(value.expression)
    test = or_(
        *(
            and_(value.expression < value.coder.later(end), IsInArray(month_day, INTEGER.many_later(days)))
            for end, days in returns
        )
    )
    return complement_of(test, value) if negated else test


@frozen
class Near:
    """Names of the place in the year near which intervals lie, and of their width there; and how long 4 years are."""

    place: str
    width: str
    four_years: int


def lies_between(value: Value, boundaries: str, near: Near, *, negated: bool) -> _Test:
    """Ask whether a time lies in one of the intervals whose ends follow each other in a list, given by name."""
    clauses = value.expression, value.coder.many_later(boundaries)
    if value.coder.encode is None:  # a number, with which one can calculate
        place, width = (INTEGER.later(name) for name in (near.place, near.width))
        test: _Test = BetweenBoundaries(*clauses, place, width, literal_column(str(near.four_years)))
    else:
        test = BetweenBoundaries(*clauses)
    return complement_of(test, value) if negated else test


def in_currency(test: _Test, value: Value, currency: str, *, negated: bool) -> _Test:
    """Let a test of an amount pass only in rows of a currency; a negated one passes in all others."""
    if isinstance(value.currency, str):
        return test if value.currency == currency else true() if negated else false()
    if value.currency is None:
        return test
    same: BindParameter[str] = bindparam(None, currency, type_=String(), unique=True)
    return or_(value.currency.is_distinct_from(same), test) if negated else and_(value.currency == same, test)


def average(leaf: Compare, total: ColumnElement[Any], count: ColumnElement[Any]) -> _Test:
    """Compare an average by whole numbers: the sum against the constant times the count; of nothing it is missing."""
    product = INTEGER.constant(leaf.value) * cast(count, Numeric)
    test = and_(count > 0, SIGN[leaf.order](total, product))
    return not_(test) if leaf.negated else test


def sum_of(units: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a sum that is 0 where there is nothing."""
    return func.coalesce(func.sum(units), 0)
