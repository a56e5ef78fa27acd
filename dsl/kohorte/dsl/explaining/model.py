"""What an explanation says, as data.

Conditions are the single ones of the rule's negation normal form, numbered from 0 in the order of the text; a segment
that a rule refers to is explained in its place, so that its conditions are numbered among the others. Values are in
domain form: ``str``, ``int``, ``Decimal``, ``Money``, ``bool``, ``date``, ``datetime`` (UTC), a tuple of texts for
tags, and None for a missing one. They are shown as they are, because whoever asks may read the record; each carries the
names of the fields that it came from, by which a caller withholds what its readers may not see (``withholding``).
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import Enum
from typing import Any, Final
from zoneinfo import ZoneInfo

from attrs import field, frozen

from kohorte.dsl.records import Prepared
from kohorte.dsl.syntax.ast import Span
from kohorte.dsl.typed import AggregateOf, FieldOf, Leaf, Operand, SegmentUse


class Hidden(Enum):
    """Stands where a value was withheld."""

    WITHHELD = "withheld"


WITHHELD: Final = Hidden.WITHHELD


Stored = Any
"""A value in stored form (see ``typed``); of money the pair of units and currency."""


# -- what was seen -----------------------------------------------------------------------------------------------


@frozen
class SeenRows:
    """The rows behind an aggregate: how many counted, of how many there are, and the latest few of those that did.

    A shown row maps the names of its fields to values in domain form.
    """

    collection: str
    counted: int
    of: int
    shown: tuple[Mapping[str, object], ...] = ()


@frozen
class SeenValue:
    """A value that a condition saw.

    ``operand`` is None for membership in a segment and for samples, whose value is true or false. ``fields`` names the
    fields that the value tells something of: ``contact.email``, ``purchases.amount``.
    """

    operand: Operand | None
    value: object
    fields: frozenset[str]
    rows: SeenRows | None = None

    @property
    def is_missing(self) -> bool:
        """Tell whether there is no value."""
        return self.value is None


@frozen
class SeenCondition:
    """A single condition with the values that it saw and its verdict. Two operands compared are two values."""

    number: int
    condition: Leaf = field(repr=False)
    zone: ZoneInfo
    span: Span
    verdict: bool
    values: tuple[SeenValue, ...]


@frozen
class SeenGroup:
    """Parts of which every one must hold (``and``), or any one; a rule without conditions is a group of no parts."""

    every: bool
    span: Span
    verdict: bool
    parts: "tuple[Seen, ...]"


@frozen
class SeenSegment:
    """A referenced segment in its place. ``part`` explains its rule as it is; ``verdict`` counts the negation in."""

    segment: SegmentUse
    negated: bool
    span: Span
    verdict: bool
    part: "Seen"


Seen = SeenCondition | SeenGroup | SeenSegment


def conditions_of(seen: Seen) -> Iterator[SeenCondition]:
    """Yield the conditions in the order of the text."""
    match seen:
        case SeenCondition():
            yield seen
        case SeenGroup(parts=parts):
            for part in parts:
                yield from conditions_of(part)
        case SeenSegment(part=part):
            yield from conditions_of(part)


def holds(seen: Seen, verdict_of: Callable[[SeenCondition], bool]) -> bool:
    """Return what groups and segments make of other verdicts of the conditions."""
    match seen:
        case SeenCondition():
            return verdict_of(seen)
        case SeenGroup(every=True, parts=parts):
            return all(holds(part, verdict_of) for part in parts)
        case SeenGroup(parts=parts):
            return any(holds(part, verdict_of) for part in parts)
        case SeenSegment(part=part, negated=negated):
            return holds(part, verdict_of) != negated


# -- what would change it ----------------------------------------------------------------------------------------


@frozen
class End:
    """A least or greatest value, in domain form; ``stored`` as it is compared."""

    value: object
    stored: Stored = field(repr=False)


@frozen
class Leeway:
    """The values from ``low`` to ``high``, both included, None being open: they would do as well as a proposed one."""

    low: End | None
    high: End | None


@frozen
class SetField:
    """Give a field another value, in domain form; None empties it. ``stored`` is the value as records hold it.

    ``leeway`` are other values that would do as well, None where nothing is known of that.
    """

    operand: FieldOf
    before: object
    value: object
    stored: Stored = field(repr=False)
    leeway: Leeway | None = None


@frozen
class Amount:
    """What an aggregate is, and what the change makes of it, in domain form; ``stored`` as it is compared.

    ``leeway`` are other values that meet what the change asks of this aggregate, None where nothing is known of that.
    """

    operand: AggregateOf
    before: object
    value: object
    stored: Stored = field(repr=False)
    leeway: Leeway | None = None


@frozen
class ChangeRows:
    """Have other rows of a collection: ``added`` and ``removed`` hold prepared rows (see ``kohorte.dsl.records``).

    ``amounts`` says what that makes of the aggregates whose conditions change. ``after`` holds all rows afterwards, of
    its lines or parents too where the rule reads them.
    """

    collection: str
    amounts: tuple[Amount, ...]
    added: tuple[Prepared, ...] = field(repr=False)
    removed: tuple[Prepared, ...] = field(repr=False)
    after: Mapping[str, tuple[Prepared, ...]] = field(repr=False, hash=False)


@frozen
class Join:
    """Enter a segment whose stored membership answers, or leave it."""

    segment: SegmentUse
    enter: bool


Proposal = SetField | ChangeRows | Join


@frozen
class Change:
    """A smallest change that flips the answer.

    ``conditions`` are the numbers of the conditions whose verdict must change; without any one of them the answer would
    stay.
    ``proposals`` are changes of the record that have this effect, tried on a copy of it; together they flip the answer,
    and no part of them does. They are empty where no concrete ones were found. ``kept`` are the conditions whose
    verdict must stay for this: with those of both, the answer is another one whatever the others are.
    """

    conditions: tuple[int, ...]
    proposals: tuple[Proposal, ...]
    kept: tuple[int, ...] = ()


class Changeability(Enum):
    """Whether a change of the record flips the answer."""

    POSSIBLE = "possible"
    IMPOSSIBLE = "impossible"  # proved: nothing that a record may hold does it at this instant
    UNKNOWN = "unknown"  # none was found, and none was ruled out


# -- until when --------------------------------------------------------------------------------------------------


@frozen
class Until:
    """Until when the answer holds if no data changes, in UTC.

    ``at`` is the instant at which it flips, and ``unless`` explains the answer at that instant, so that its change is
    what would hinder it. With ``not_before`` alone, it surely holds until then. With neither, no time ever changes it.
    """

    at: datetime | None = None
    not_before: datetime | None = None
    unless: "Explanation | None" = field(default=None, repr=False)


@frozen
class Explanation:
    """Why a record is in or not at an instant, and what would change it.

    ``reasons`` are the numbers of the fewest conditions that suffice: with their verdicts the answer stays whatever the
    others are, and with no part of them it does.
    """

    verdict: bool
    now: datetime
    zone: ZoneInfo
    seen: Seen
    reasons: tuple[int, ...]
    changeability: Changeability
    change: Change | None
    until: Until | None = None

    @property
    def conditions(self) -> tuple[SeenCondition, ...]:
        """Return the conditions; the place of each is its number."""
        return tuple(conditions_of(self.seen))
