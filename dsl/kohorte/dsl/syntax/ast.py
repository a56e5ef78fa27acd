"""Syntax tree of the rule language: what the text says, in canonical spelling, before any catalogue is asked.

Every way to write the same thing (``==``, ``<>``, ``is``, ``is not in`` …) has become one node here, so that the
formatter, JSON and the checker see one form. Chains of ``and`` and ``or`` are flat; a group that the author put in
parentheses stays a node of its own. Spans point into the source and never take part in equality: equal trees mean
equal rules.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Final

from attrs import field, frozen


@frozen
class Span:
    """A stretch of the source: offsets in characters, ``end`` excluded."""

    start: int
    end: int


NOWHERE: Final = Span(0, 0)


@frozen(kw_only=True)
class Node:
    """Anything that stands somewhere in the source."""

    span: Span = field(default=NOWHERE, eq=False, repr=False)


# -- literals and other operands ---------------------------------------------------------------------------------


class Unit(Enum):
    """A unit of time. Minutes and hours are elapsed time; the others are counted on the calendar."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@frozen
class Text(Node):
    """A text literal; ``exact`` switches folding off for it."""

    value: str
    exact: bool = False


@frozen
class Number(Node):
    """A whole or decimal number as written: ``Decimal("3")``, ``Decimal("1.50")``."""

    value: Decimal


@frozen
class Percent(Node):
    """``5 %``: the number before the sign; it means 0.05."""

    value: Decimal


@frozen
class Amount(Node):
    """Money: ``500 EUR``."""

    value: Decimal
    currency: str


@frozen
class Day(Node):
    """A date literal."""

    value: date


@frozen
class Moment(Node):
    """An instant literal; naive means wall-clock time in the rule's zone."""

    value: datetime


@frozen
class Duration(Node):
    """``90 days`` in arithmetic."""

    amount: int
    unit: Unit


@frozen
class Truth(Node):
    """``true`` or ``false``."""

    value: bool


class DayWord(Enum):
    """A day or instant named from now."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    TOMORROW = "tomorrow"
    NOW = "now"


@frozen
class NamedDay(Node):
    """``today``, ``yesterday``, ``tomorrow``, ``now``."""

    word: DayWord


@frozen
class Parameter(Node):
    """``$min``; ``name`` without the sign."""

    name: str


@frozen
class ListOf(Node):
    """``("a", "b")``."""

    items: tuple["Operand", ...]


@frozen
class Path(Node):
    """``contact.country``, ``purchases.count``, or a bare name inside a filter."""

    names: tuple[str, ...]


class Arithmetic(Enum):
    """An arithmetic sign."""

    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"


@frozen
class Calculation(Node):
    """``today - 90 days``, ``3 * 4``."""

    sign: Arithmetic
    left: "Operand"
    right: "Operand"


@frozen
class Negative(Node):
    """``-5``."""

    operand: "Operand"


@frozen
class Rolling(Node):
    """``last 90 days`` or ``next 7 days``: counted from now."""

    forward: bool
    amount: int
    unit: Unit


class Which(Enum):
    """Which calendar period."""

    THIS = "this"
    LAST = "last"
    NEXT = "next"


@frozen
class Calendar(Node):
    """``this week``, ``last month``: a whole calendar period."""

    which: Which
    unit: Unit


Period = Rolling | Calendar


@frozen
class Aggregate(Node):
    """``purchases(FILTER, WINDOW).sum(amount, EUR)``.

    ``collection`` is the path before the parentheses; ``filters`` and ``windows`` are the arguments in it, in order.
    ``arguments`` are those of the function: a field path, for money optionally followed by a currency path (``EUR``).
    ``purchases.sum(amount)`` has no filters; ``purchases.count`` without any call is a ``Path``.
    """

    collection: tuple[str, ...]
    function: str
    filters: tuple["Condition", ...] = ()
    windows: tuple[Period, ...] = ()
    arguments: tuple["Operand", ...] = ()
    distinct: bool = False


@frozen
class Latest(Node):
    """``last purchases(FILTER).amount``: a field of the latest row."""

    collection: tuple[str, ...]
    name: str
    filters: tuple["Condition", ...] = ()
    windows: tuple[Period, ...] = ()


@frozen
class Converted(Node):
    """``amount in EUR``: reserved; no currency is converted in this version."""

    operand: "Operand"
    currency: str


Operand = (
    Text
    | Number
    | Percent
    | Amount
    | Day
    | Moment
    | Duration
    | Truth
    | NamedDay
    | Parameter
    | ListOf
    | Path
    | Calculation
    | Negative
    | Aggregate
    | Latest
    | Converted
)


# -- conditions --------------------------------------------------------------------------------------------------


@frozen
class And(Node):
    """All parts hold; at least two."""

    parts: tuple["Condition", ...]


@frozen
class Or(Node):
    """At least one part holds; at least two."""

    parts: tuple["Condition", ...]


@frozen
class Not(Node):
    """The part does not hold."""

    part: "Condition"


class Comparator(Enum):
    """A comparison sign."""

    EQUAL = "="
    UNEQUAL = "!="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="


@frozen
class Comparison(Node):
    """``left < right``."""

    left: Operand
    sign: Comparator
    right: Operand


@frozen
class Between(Node):
    """``operand [not] between low and high``, both ends included."""

    operand: Operand
    low: Operand
    high: Operand
    negated: bool = False


@frozen
class OneOf(Node):
    """``operand [not] in ("a", "b")`` or ``in $list``."""

    operand: Operand
    choices: ListOf | Parameter
    negated: bool = False


@frozen
class InStoredList(Node):
    """``operand [not] in list "vip"``."""

    operand: Operand
    name: str
    negated: bool = False


class Match(Enum):
    """How a text is looked for; ``contains`` also looks into tag sets."""

    CONTAINS = "contains"
    STARTS = "starts with"
    ENDS = "ends with"
    GLOB = "matches"


@frozen
class TextMatch(Node):
    """``operand contains "x"`` and its kin, each with ``does not``."""

    operand: Operand
    match: Match
    needle: Operand
    negated: bool = False
    regex: bool = False  # reserved: parsed so that the checker can say so


@frozen
class TagMatch(Node):
    """``operand contains any of (…)`` or ``all of (…)``."""

    operand: Operand
    every: bool
    choices: ListOf | Parameter


@frozen
class Presence(Node):
    """``operand is set`` or ``is empty``."""

    operand: Operand
    present: bool


class Relation(Enum):
    """How an instant or a date lies to a day or an instant."""

    BEFORE = "before"
    AFTER = "after"
    ON = "on"
    ON_OR_BEFORE = "on or before"
    ON_OR_AFTER = "on or after"


@frozen
class DayTest(Node):
    """``operand before day`` and its kin."""

    operand: Operand
    relation: Relation
    day: Operand


@frozen
class InPeriod(Node):
    """``operand [not] in the last 90 days``, ``in last month``."""

    operand: Operand
    period: Period
    negated: bool = False


@frozen
class Ago(Node):
    """``operand more than 30 days ago`` or ``less than``."""

    operand: Operand
    more: bool
    amount: int
    unit: Unit


@frozen
class Anniversary(Node):
    """``operand has anniversary in the next 7 days | this month | today``."""

    operand: Operand
    when: Period | NamedDay


@frozen
class InSegment(Node):
    """``[not] in segment "x"``, by the name the text uses."""

    name: str
    negated: bool = False


@frozen
class InSample(Node):
    """``[not] in sample 10 % of "seed"``."""

    percent: Decimal
    seed: str
    negated: bool = False


@frozen
class HasConsent(Node):
    """``has consent for email "newsletter"``: reserved until consent arrives."""

    channel: str
    purpose: str


@frozen
class Exists(Node):
    """``any purchases(FILTER, WINDOW)`` or ``no purchases(…)`` (negated)."""

    collection: tuple[str, ...]
    filters: tuple["Condition", ...] = ()
    windows: tuple[Period, ...] = ()
    negated: bool = False


class Times(Enum):
    """How often something happened."""

    AT_LEAST = "at least"
    AT_MOST = "at most"
    MORE_THAN = "more than"
    LESS_THAN = "less than"
    EXACTLY = "exactly"


@frozen
class HowOften(Node):
    """``at least 3 times``."""

    times: Times
    count: int


@frozen
class OnDay(Node):
    """``did purchase on or after 2024-01-01``."""

    relation: Relation
    day: Operand


@frozen
class DayRange(Node):
    """``did purchase between A and B``."""

    low: Operand
    high: Operand


When = Rolling | Calendar | OnDay | DayRange


@frozen
class Did(Node):
    """``did [not] verb [object "name"] [times] [when] [where]``."""

    verb: str
    negated: bool = False
    object: str | None = None
    object_name: str | None = None
    times: HowOften | None = None
    when: When | None = None
    where: "Condition | None" = None


@frozen
class Bare(Node):
    """An operand that stands as a condition by itself: ``contact.subscribed``, ``true``."""

    operand: Operand


Condition = (
    And
    | Or
    | Not
    | Comparison
    | Between
    | OneOf
    | InStoredList
    | TextMatch
    | TagMatch
    | Presence
    | DayTest
    | InPeriod
    | Ago
    | Anniversary
    | InSegment
    | InSample
    | HasConsent
    | Exists
    | Did
    | Bare
)


# -- a whole rule ------------------------------------------------------------------------------------------------


@frozen
class Let(Node):
    """``let $min = 500 EUR``."""

    name: str
    value: Operand


@frozen
class Comment(Node):
    """``# …`` to the end of the line, without the sign; ``own_line`` when nothing stands before it on its line."""

    text: str
    own_line: bool


@frozen
class Rule(Node):
    """A rule: its header, its condition, and the comments by where they stood (they never change the meaning)."""

    condition: Condition
    lets: tuple[Let, ...] = ()
    zone: str | None = None
    comments: tuple[Comment, ...] = field(default=(), eq=False)
    zone_span: Span = field(default=NOWHERE, eq=False, repr=False)
