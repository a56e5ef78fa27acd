"""Random syntax trees: everything that the grammar can say, in canonical form, whatever it means."""

from datetime import UTC, timedelta, timezone
from decimal import Decimal
from typing import TypeVar

from hypothesis import strategies as st

from kohorte.core.values import CURRENCIES
from kohorte.dsl.syntax import ast
from kohorte.dsl.syntax.canonical import CALENDAR_UNITS, aggregate, composed, negation

Node = TypeVar("Node")

PLAIN_NAMES = st.sampled_from(["contact", "country", "at", "status", "count", "open", "purchases", "x1", "_"])
AWKWARD_NAMES = st.sampled_from(
    ["and", "last", "Where", "exactly", "Größe", "first name", "a.b", "1st", "#", '"', "名前"]
)
NAMES = st.one_of(
    PLAIN_NAMES,
    AWKWARD_NAMES,
    st.text(st.characters(exclude_characters="`\n", exclude_categories=["Cs"]), min_size=1, max_size=6).map(composed),
)
TEXTS = st.one_of(
    st.sampled_from(["", "DE", "5%", 'say "x"', "a\\b", "# no comment", "“x”", "\u202e", "👩‍👩‍👧"]),
    st.text(max_size=12),
)
UNITS = st.sampled_from(ast.Unit)
AMOUNTS = st.integers(0, 10_000)
NUMBERS = st.decimals(0, 10**12, places=0) | st.decimals(0, 10**6, places=3) | st.just(Decimal("0.10"))
CURRENCY_CODES = st.sampled_from(["EUR", "JPY", "BHD", "ALL", "TRY"])
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))

PATHS = st.lists(NAMES, min_size=1, max_size=3).map(lambda names: ast.Path(tuple(names)))
PARAMETER_NAMES = st.sampled_from(["min", "since", "a_1", "and"])
PARAMETERS = PARAMETER_NAMES.map(ast.Parameter)


@st.composite
def amounts(draw: st.DrawFn) -> ast.Amount:
    currency = draw(CURRENCY_CODES)
    return ast.Amount(draw(st.decimals(0, 10**9, places=CURRENCIES[currency])), currency)


LITERALS: st.SearchStrategy[ast.Operand] = st.one_of(
    st.builds(ast.Text, TEXTS, st.booleans()),
    NUMBERS.map(ast.Number),
    NUMBERS.map(ast.Percent),
    amounts(),
    st.dates().map(ast.Day),
    st.datetimes(timezones=st.none() | st.just(UTC) | OFFSETS).map(ast.Moment),
    st.builds(ast.Duration, AMOUNTS, UNITS),
    st.booleans().map(ast.Truth),
    st.sampled_from(ast.DayWord).map(ast.NamedDay),
    PARAMETERS,
)
CALENDARS = st.builds(
    ast.Calendar,
    st.sampled_from(ast.Which),
    st.sampled_from([unit for unit in ast.Unit if unit.value in CALENDAR_UNITS]),
)
ROLLINGS = st.builds(ast.Rolling, st.booleans(), AMOUNTS, UNITS)
PERIODS: st.SearchStrategy[ast.Period] = ROLLINGS | CALENDARS
COLLECTIONS = st.lists(PLAIN_NAMES | AWKWARD_NAMES, min_size=1, max_size=2).map(tuple)


def tuples(items: st.SearchStrategy[Node], least: int = 0, most: int = 3) -> st.SearchStrategy[tuple[Node, ...]]:
    return st.lists(items, min_size=least, max_size=most).map(tuple)


def _operands(inner: st.SearchStrategy[ast.Operand]) -> st.SearchStrategy[ast.Operand]:
    return st.one_of(
        st.builds(ast.Calculation, st.sampled_from(ast.Arithmetic), inner, inner),
        st.builds(ast.Negative, inner),
        st.builds(ast.Converted, inner, CURRENCY_CODES),
        st.builds(aggregate, COLLECTIONS, NAMES, st.just(()), tuples(PERIODS), tuples(inner), distinct=st.booleans()),
        st.builds(ast.Latest, COLLECTIONS, NAMES, st.just(()), tuples(PERIODS)),
    )


_OPERANDS = st.recursive(PATHS | LITERALS, _operands, max_leaves=4)


# Functions, because Hypothesis describes other strategies by all that they are made of, and that is the whole grammar.
@st.composite
def operands(draw: st.DrawFn) -> ast.Operand:
    return draw(_OPERANDS)


OPERANDS = operands()
LISTS = tuples(OPERANDS).map(ast.ListOf)
CHOICES: st.SearchStrategy[ast.ListOf | ast.Parameter] = LISTS | PARAMETERS
DAYS = st.sampled_from([ast.DayWord.TODAY, ast.DayWord.YESTERDAY, ast.DayWord.TOMORROW]).map(ast.NamedDay)

_SIMPLE: st.SearchStrategy[ast.Condition] = st.one_of(
    st.builds(ast.Comparison, OPERANDS, st.sampled_from(ast.Comparator), OPERANDS),
    st.builds(ast.Between, OPERANDS, OPERANDS, OPERANDS, st.booleans()),
    st.builds(ast.OneOf, OPERANDS, CHOICES, st.booleans()),
    st.builds(ast.InStoredList, OPERANDS, TEXTS, st.booleans()),
    st.builds(
        ast.TextMatch,
        OPERANDS,
        st.sampled_from([each for each in ast.Match if each is not ast.Match.GLOB]),
        OPERANDS,
        st.booleans(),
    ),
    st.builds(ast.TextMatch, OPERANDS, st.just(ast.Match.GLOB), OPERANDS, st.booleans(), st.booleans()),
    st.builds(ast.TagMatch, OPERANDS, st.booleans(), CHOICES),
    st.builds(ast.Presence, OPERANDS, st.booleans()),
    st.builds(ast.DayTest, OPERANDS, st.sampled_from(ast.Relation), OPERANDS),
    st.builds(ast.InPeriod, OPERANDS, PERIODS, st.booleans()),
    st.builds(ast.Ago, OPERANDS, st.booleans(), AMOUNTS, UNITS),
    st.builds(ast.Anniversary, OPERANDS, PERIODS | DAYS),
    st.builds(ast.InSegment, TEXTS, st.booleans()),
    st.builds(ast.InSample, NUMBERS, TEXTS, st.booleans()),
    st.builds(ast.HasConsent, NAMES, TEXTS),
    st.builds(ast.Bare, OPERANDS.filter(lambda operand: not isinstance(operand, ast.Duration))),
)


@st.composite
def simple(draw: st.DrawFn) -> ast.Condition:
    return draw(_SIMPLE)


TIMES = st.builds(ast.HowOften, st.sampled_from(ast.Times), AMOUNTS)
WHENS: st.SearchStrategy[ast.When] = st.one_of(
    PERIODS, st.builds(ast.OnDay, st.sampled_from(ast.Relation), OPERANDS), st.builds(ast.DayRange, OPERANDS, OPERANDS)
)


@st.composite
def events(draw: st.DrawFn, inner: st.SearchStrategy[ast.Condition]) -> ast.Did:
    of = draw(st.none() | st.tuples(NAMES, TEXTS))
    return ast.Did(
        draw(NAMES),
        draw(st.booleans()),
        of[0] if of else None,
        of[1] if of else None,
        draw(st.none() | TIMES),
        draw(st.none() | WHENS),
        draw(st.none() | inner),
    )


def _conditions(inner: st.SearchStrategy[ast.Condition]) -> st.SearchStrategy[ast.Condition]:
    rows = (COLLECTIONS, tuples(inner, most=2), tuples(PERIODS, most=1))
    return st.one_of(
        tuples(inner, 2, 4).map(ast.And),
        tuples(inner, 2, 4).map(ast.Or),
        inner.map(negation),
        st.builds(ast.Exists, *rows, st.booleans()),
        events(inner),
        st.builds(
            ast.Comparison,
            st.builds(aggregate, COLLECTIONS, NAMES, *rows[1:], tuples(OPERANDS, most=1), distinct=st.booleans()),
            st.sampled_from(ast.Comparator),
            OPERANDS,
        ),
    )


_CONDITIONS = st.recursive(simple(), _conditions, max_leaves=8)


@st.composite
def conditions(draw: st.DrawFn) -> ast.Condition:
    return draw(_CONDITIONS)


CONDITIONS = conditions()
LETS = st.lists(st.builds(ast.Let, PARAMETER_NAMES, OPERANDS | LISTS), max_size=2, unique_by=lambda let: let.name).map(
    tuple
)
RULES = st.builds(ast.Rule, CONDITIONS, LETS, st.none() | TEXTS)
