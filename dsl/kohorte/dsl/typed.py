"""Typed tree of a rule: what the checker makes of the syntax, and all that every back end reads.

It is much smaller than the syntax: each of the many ways to say a thing has become one of about a dozen conditions over
values in stored form. Stored form, the same in memory and in every database:

=========== ====================================================================================
kind        stored form
=========== ====================================================================================
text        ``str`` as written (NFC, trimmed), and folded (``values.fold``) where it is compared
code, enum  ``str``
integer     ``int``
decimal     ``int``, the number times 10**scale
money       ``int`` smallest units, and the currency as ``str`` beside it
boolean     ``bool`` (0 and 1 in SQLite)
date        ``int`` days since 1970-01-01, and month*100+day beside it for anniversaries
instant     ``int`` microseconds since 1970-01-01 UTC
tag set     a collection of ``str``, and folded
=========== ====================================================================================

Two-valued meaning: a condition that looks at a missing value is false, and ``negated`` is its exact complement.
The checker emits ``Negation`` freely; ``normal.push_negations`` moves it down to ``negated`` on the conditions.
"""

from enum import Enum
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from attrs import field, frozen

from kohorte.core.fields import Collection, Field
from kohorte.dsl.syntax.ast import NOWHERE, Span

# -- operands ----------------------------------------------------------------------------------------------------


@frozen
class FieldOf:
    """A field of an owner (``contact``, ``customer``) or, inside a filter, of the row (``owner`` = the collection)."""

    owner: str
    field: Field


class Function(Enum):
    """What an aggregate computes."""

    COUNT = "count"
    COUNT_DISTINCT = "count distinct"  # distinct set values of the field, folded where it is text
    SUM = "sum"  # of nothing: 0
    AVG = "avg"  # of nothing: missing; compares with constants only, as sum against constant * count
    MIN = "min"  # of nothing: missing
    MAX = "max"
    LAST = "last"  # the field of the latest row: of no row missing, and where that row lacks it


@frozen
class AggregateOf:
    """A number (or instant, or day) computed over the subject's rows of a collection.

    ``where`` holds the filter, the windows, and for past-only collections ``time <= now``: nothing else is implied.
    ``currency`` restricts money to the rows in that currency. For ``count`` there is no field.

    ``last`` is one row's field, of any kind but tag sets. The latest row is the one with the greatest time; of several
    at one time the one with the greatest key, and of equal keys the one with the greatest value (see ``operands``).
    It is the latest whatever its currency: ``currency`` is None, and a comparison names its own, as for fields.
    """

    collection: Collection
    function: Function
    where: "Condition"
    field: Field | None = None
    currency: str | None = None


Operand = FieldOf | AggregateOf


# -- constants and bounds ----------------------------------------------------------------------------------------


class Bound(Protocol):
    """A day or an instant that is known once the rule is bound to a time (see ``moments``).

    Bounds are frozen and hashable; equal bounds are bound once.
    """

    def at(self, now: int, zone: ZoneInfo) -> int:
        """Return microseconds (for instants) or days (for dates) for a rule evaluated at ``now`` (µs) in ``zone``."""
        ...

    def __hash__(self) -> int: ...


Constant = bool | int | str
"""A value in stored form. Texts are already folded where the comparison is folded."""


# -- conditions --------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Positioned:
    """Where in the source a condition came from; never part of its meaning."""

    span: Span = field(default=NOWHERE, eq=False, repr=False)


@frozen
class Always(Positioned):
    """A condition whose answer is known: an empty list, an empty needle."""

    value: bool


@frozen
class All(Positioned):
    """Every part holds; of no parts: true."""

    parts: tuple["Condition", ...]


@frozen
class AnyOf(Positioned):
    """Some part holds; of no parts: false."""

    parts: tuple["Condition", ...]


@frozen
class Negation(Positioned):
    """The exact complement of the part."""

    part: "Condition"


class Order(Enum):
    """How two values compare. Unequal is the complement of equal and has no sign of its own."""

    EQUAL = "="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="


@frozen
class Compare(Positioned):
    """An operand against a constant.

    ``folded``: the operand is text and its folded form is compared. ``currency``: a money field (or ``last`` of one)
    compares only in rows of that currency (false in others). Times are never compared here: see ``Within``.
    """

    operand: Operand
    order: Order
    value: Constant
    folded: bool = False
    currency: str | None = None
    negated: bool = False


@frozen
class CompareOperands(Positioned):
    """Two operands of the same kind; missing on either side is false. Money compares in the same currency only.

    Both may be dates or both instants; a date with an instant is refused by the checker.
    """

    left: Operand
    order: Order
    right: Operand
    folded: bool = False
    negated: bool = False


@frozen
class Among(Positioned):
    """An operand equals one of the constants; at least two, sorted, each once."""

    operand: Operand
    values: tuple[Constant, ...]
    folded: bool = False
    currency: str | None = None
    negated: bool = False


@frozen
class InList(Positioned):
    """A text or code operand is an entry of a stored list."""

    operand: Operand
    list_id: UUID
    name: str
    folded: bool = False
    negated: bool = False


class Look(Enum):
    """How a needle is looked for."""

    CONTAINS = "contains"
    STARTS = "starts with"
    ENDS = "ends with"
    GLOB = "matches"  # * any text, ? one character; nothing else is special


@frozen
class Contains(Positioned):
    """A text operand against a needle, which is never empty; ``folded`` unless the needle is exact."""

    operand: Operand
    look: Look
    needle: str
    folded: bool = True
    negated: bool = False


@frozen
class HasTags(Positioned):
    """A tag set has one (``every`` false) or all of the tags, which are folded unless ``folded`` is false."""

    operand: FieldOf
    tags: tuple[str, ...]
    every: bool = False
    folded: bool = True
    negated: bool = False


@frozen
class Missing(Positioned):
    """The operand has no value."""

    operand: Operand
    negated: bool = False


@frozen
class Within(Positioned):
    """A date or instant lies in [low, high); None is open. Every comparison of times is one of these.

    The unit of both bounds is the operand's: days for dates, microseconds for instants.
    """

    operand: Operand
    low: Bound | None
    high: Bound | None
    negated: bool = False


@frozen
class HasAnniversary(Positioned):
    """A date or instant has a yearly return in the days [low, high); its own day is none (first: a year later).

    ``low`` and ``high`` are bounds in days whatever the operand's kind. 29 February counts as the 28th in common years.
    """

    operand: Operand
    low: Bound
    high: Bound
    negated: bool = False


@frozen
class SegmentUse:
    """A segment that a rule refers to.

    ``rule`` is its checked rule, evaluated at the same instant in its own zone; None means that stored or bound
    membership answers (static segments, an embedder's sets of ids).
    """

    id: UUID
    name: str
    rule: "Checked | None" = field(default=None, repr=False)


@frozen
class InSegment(Positioned):
    """The subject is in a segment."""

    segment: SegmentUse
    negated: bool = False


@frozen
class InSample(Positioned):
    """The subject is in a sample, which hangs on its key alone (see ``samples``); it is never missing.

    ``share`` is in millionths, more than none and less than all; ``seed`` is never empty.
    """

    share: int
    seed: str
    negated: bool = False


@frozen
class SomeRow(Positioned):
    """The subject has a row of the collection for which ``where`` holds (see ``AggregateOf.where``)."""

    collection: Collection
    where: "Condition"
    negated: bool = False


Leaf = (
    Compare
    | CompareOperands
    | Among
    | InList
    | Contains
    | HasTags
    | Missing
    | Within
    | HasAnniversary
    | InSegment
    | InSample
    | SomeRow
)
Condition = Always | All | AnyOf | Negation | Leaf


@frozen
class Checked:
    """The typed tree of a whole rule, in its zone."""

    condition: Condition
    zone: ZoneInfo
