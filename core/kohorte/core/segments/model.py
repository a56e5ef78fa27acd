"""A segment: contacts selected by a rule with its versions, kept by hand, or both."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final
from uuid import UUID

from attrs import define, evolve, field, frozen

from kohorte.core.errors import InvalidValue, KeptError, KohorteError, NotAllowed, kept_error, naming
from kohorte.core.values import clean_code, clean_text


class CalculatedLater(NotAllowed):
    """A segment was calculated for a later instant already: its history is written from there on."""

    def __init__(self, name: str, calculated_at: datetime) -> None:
        super().__init__(
            'The segment "{name}" was calculated for {calculated_at} already.',
            hint="Its members at an earlier instant can be read, and its rule can be previewed there.",
            name=name,
            calculated_at=f"{calculated_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
        )


class SegmentType(Enum):
    """How members come about."""

    DYNAMIC = "dynamic"  # by its rule alone
    STATIC = "static"  # by hand alone: it has no rule
    HYBRID = "hybrid"  # by its rule, but for those who were put in or kept out by hand


class Cause(Enum):
    """Why a contact entered or left a segment."""

    RULE = "rule"  # a calculation found that the rule answers otherwise
    TIME = "time"  # time alone changed what the rule answers
    HAND = "hand"  # somebody said so
    IMPORT = "import"  # a file said so


class SegmentStatus(Enum):
    """Life of a segment; ``BECOMES`` has the ways from one to the other."""

    ACTIVE = "active"  # calculated
    INACTIVE = "inactive"  # offered as before, but its members stay as they are until it is active again
    ARCHIVED = "archived"  # kept with its history; no longer calculated nor offered, its name is free for others


BECOMES: Final[Mapping[SegmentStatus, frozenset[SegmentStatus]]] = {
    SegmentStatus.ACTIVE: frozenset({SegmentStatus.INACTIVE, SegmentStatus.ARCHIVED}),
    SegmentStatus.INACTIVE: frozenset({SegmentStatus.ACTIVE, SegmentStatus.ARCHIVED}),
    SegmentStatus.ARCHIVED: frozenset({SegmentStatus.ACTIVE}),
}

TURNS_INTO: Final[Mapping[SegmentType, frozenset[SegmentType]]] = {
    SegmentType.DYNAMIC: frozenset({SegmentType.HYBRID}),
    SegmentType.STATIC: frozenset({SegmentType.HYBRID}),  # with its first rule
    SegmentType.HYBRID: frozenset({SegmentType.DYNAMIC}),  # where nobody is put in or kept out
}
"""What a segment of a type can become."""

TAGS: Final = 50
"""A segment has at most so many tags."""

EXAMPLES: Final = 100
"""And at most so many examples: each is asked whenever the rule is saved."""


@frozen
class Example:
    """A contact (by key) that a segment's rule must select, or must not, at an instant; None: whenever it is saved."""

    key: str
    is_member: bool
    at: datetime | None = None


MINIMUM_STAY_LIMIT: Final = 36_500
"""Days: nobody is made to stay for more than a hundred years."""


@frozen
class Leaving:
    """When members leave: those whom the rule selects no longer, or whom a rule of its own selects (``leave when``).

    ``text`` and ``tree`` are that of the second rule; None where there is none. Nobody leaves before so many days of 24
    hours are over since they entered, unless somebody takes them out.
    """

    minimum_stay_days: int = 0
    text: str | None = None
    tree: Mapping[str, object] | None = None

    @property
    def minimum_stay(self) -> timedelta:
        """Return for how long everybody stays at least."""
        return timedelta(days=self.minimum_stay_days)


@frozen
class SegmentRule:
    """One version of a segment's rule: the text as formatted, and its syntax with segments and lists by id.

    ``leaving`` says when those leave whom it selected. ``segments``, ``lists`` and ``fields`` are what both rules refer
    to and read, ``custom_fields`` the ids of the tenant's own fields. ``author`` is who saved it, ``note`` what for.
    ``nodes`` are the ids of the tree's nodes in the order of the text, each group before its parts (see ``nodes``).
    """

    version: int
    text: str
    tree: Mapping[str, object]
    segments: frozenset[UUID]
    lists: frozenset[UUID]
    fields: frozenset[str]
    created_at: datetime
    author: str = ""
    note: str | None = None
    custom_fields: Mapping[str, UUID] = field(factory=dict[str, UUID])
    nodes: tuple[UUID, ...] = ()
    leaving: Leaving = Leaving()

    @property
    def texts(self) -> tuple[str, ...]:
        """Return the texts of its rules: by which contacts enter, and where there is one, by which they leave."""
        return (self.text,) if self.leaving.text is None else (self.text, self.leaving.text)


SHORTEST: Final = timedelta(minutes=1)
LONGEST: Final = timedelta(days=366)
"""A schedule calculates all members no more and no less often."""

RETRY_AFTER: Final = timedelta(minutes=1)
"""A segment that could not be calculated is tried again this much later, then after twice as long, and so on."""

RETRY_AT_LEAST: Final = timedelta(days=1)
"""And at least this often."""


@frozen
class Failure(KeptError):
    """Why a segment could not be calculated.

    It was the last of so many ``attempts`` in a row, and nobody tries again before ``retry_at`` unless asked to.
    """

    at: datetime
    attempts: int
    retry_at: datetime

    @classmethod
    def of(cls, error: KohorteError, at: datetime, before: "Failure | None") -> "Failure":
        """Return the failure that follows on an earlier one, or is the first."""
        attempts = 1 if before is None else before.attempts + 1
        later = min(RETRY_AFTER * 2 ** min(attempts - 1, 30), RETRY_AT_LEAST)
        told = kept_error(error)
        return cls(told.code, told.template, told.hint, told.values, at, attempts, at + later)


@define
class Segment:
    """A named selection of contacts. ``version`` is the optimistic lock: 0 means not stored yet.

    ``rule`` is None exactly where it is kept by hand alone (``SegmentType.STATIC``). ``created_by`` and ``changed_by``
    name who did so, as ``Ports.by`` says it; ``tags`` are in alphabetical order; ``examples`` are checked whenever the
    rule is saved. ``member_count`` and ``calculated_at`` tell of the last calculation, ``moved_at`` when somebody last
    entered or left; None means that there was none. It is ``stale`` while all of its members must be calculated;
    ``failure`` tells why the last attempt to do so failed, until one succeeds or the segment becomes another. Where
    ``every`` is given, all of them are calculated so often, whatever has changed.
    Whoever writes members notes these (``Audiences.calculate``): who edits a segment need not start again for it.
    """

    id: UUID
    name: str
    rule: SegmentRule | None
    created_at: datetime
    changed_at: datetime
    description: str | None = None
    type: SegmentType = SegmentType.DYNAMIC
    status: SegmentStatus = SegmentStatus.ACTIVE
    created_by: str = ""
    changed_by: str = ""
    tags: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()
    member_count: int | None = None
    calculated_at: datetime | None = None
    moved_at: datetime | None = None
    stale: bool = True
    failure: Failure | None = None
    every: timedelta | None = None
    version: int = field(default=0)

    @property
    def ruled(self) -> SegmentRule:
        """Return its rule; raise ``NotAllowed`` where it has none."""
        if self.rule is None:
            raise NotAllowed(
                'The segment "{name}" is kept by hand: it has no rule.',
                hint="Let a rule decide as well: kohorte segment change NAME --type hybrid --rule TEXT",
                name=self.name,
            )
        return self.rule

    @property
    def rule_number(self) -> int:
        """Return the version of its rule; 0 where it has none."""
        return 0 if self.rule is None else self.rule.version

    @property
    def is_ruled_alone(self) -> bool:
        """Tell whether its members are exactly those whom its rule selects, whoever was a member before."""
        return self.type is SegmentType.DYNAMIC and self.rule is not None and self.rule.leaving == Leaving()

    @property
    def refers_to(self) -> frozenset[UUID]:
        """Return the segments that its rule refers to."""
        return frozenset() if self.rule is None else self.rule.segments

    @property
    def reads(self) -> frozenset[UUID]:
        """Return the stored lists that its rule looks things up in."""
        return frozenset() if self.rule is None else self.rule.lists

    @property
    def leaving(self) -> Leaving:
        """Return when its members leave."""
        return Leaving() if self.rule is None else self.rule.leaving

    @property
    def fields(self) -> frozenset[str]:
        """Return the fields that its rule reads."""
        return frozenset() if self.rule is None else self.rule.fields

    def turn_into(self, kind: SegmentType) -> None:
        """Be of another type from now on; raise ``NotAllowed`` where no way leads there."""
        if kind is not self.type and kind not in TURNS_INTO[self.type]:
            raise NotAllowed(
                'The segment "{name}" is {type}, and cannot become {new}.',
                hint="Create another one.",
                name=self.name,
                type=self.type.value,
                new=kind.value,
            )
        if kind is not self.type:
            self._begin_anew()
        self.type = kind

    def refuse_ruled_alone(self) -> None:
        """Raise ``NotAllowed`` where nobody is put in or taken out by hand."""
        if self.type is SegmentType.DYNAMIC:
            raise NotAllowed(
                'Who is in the segment "{name}" is up to its rule alone.',
                hint="Let people be put in and kept out as well: kohorte segment change NAME --type hybrid",
                name=self.name,
            )

    def rename(self, name: str) -> None:
        """Give it another name."""
        self.name = segment_name(name)

    @naming("description")
    def describe(self, description: str | None) -> None:
        """Say what it is for."""
        self.description = clean_text(description, long=True, limit=4000) if description else None

    @naming("tags")
    def tag(self, tags: Iterable[str]) -> None:
        """Give it these tags and no others; raise ``InvalidValue`` for too many of them."""
        self.tags = segment_tags(tags)

    @naming("examples")
    def exemplify(self, examples: Iterable[Example]) -> None:
        """Have these examples and no others; raise ``InvalidValue`` for too many of them, or one that cannot be."""
        self.examples = segment_examples(examples)

    @naming("every")
    def repeat(self, every: timedelta | None) -> None:
        """Have all members calculated so often, whatever has changed; None: only when something has."""
        if every is not None and not SHORTEST <= every <= LONGEST:
            raise InvalidValue(
                "A segment cannot be calculated as often or as seldom as that.",
                hint="Once a minute is the most, once in 366 days the least.",
            )
        self.every = every

    def awaits_calculation(self, now: datetime) -> bool:
        """Tell whether all of its members must be calculated: it is stale, or its schedule says so."""
        last = self.calculated_at
        return self.stale or (self.every is not None and last is not None and last + self.every <= now)

    def follow(self, rule: SegmentRule) -> None:
        """Select by another rule from now on; members follow at the next calculation."""
        self.refuse_archived()
        self.rule = rule
        self._begin_anew()

    def become(self, status: SegmentStatus) -> None:
        """Go on in another status; raise ``NotAllowed`` where no way leads there."""
        if status not in BECOMES[self.status]:
            raise NotAllowed(
                'The segment "{name}" is {status} already.'
                if status is self.status
                else 'The segment "{name}" is {status}.',
                hint="See it with: kohorte segment show NAME",
                name=self.name,
                status=self.status.value,
            )
        self.status = status
        self._begin_anew()

    def _begin_anew(self) -> None:
        """Let all members be calculated, whatever has failed before."""
        self.stale, self.failure = True, None

    def touch(self, at: datetime, by: str) -> None:
        """Note who changed it last, and when."""
        self.changed_at, self.changed_by = at, by

    def refuse_archived(self) -> None:
        """Raise ``NotAllowed`` where it is out of use."""
        if self.status is SegmentStatus.ARCHIVED:
            raise NotAllowed(
                'The segment "{name}" is archived.',
                hint="Take it into use again with: kohorte segment activate NAME",
                name=self.name,
            )

    def refuse_idle(self) -> None:
        """Raise ``NotAllowed`` where it is not calculated."""
        self.refuse_archived()
        if self.status is SegmentStatus.INACTIVE:
            raise NotAllowed(
                'The segment "{name}" is inactive: its members stay as they are.',
                hint="Take it into use again with: kohorte segment activate NAME",
                name=self.name,
            )


@naming("name")
def segment_name(name: str) -> str:
    """Return a cleaned name; raise ``InvalidValue`` for an empty or overlong one."""
    cleaned = clean_text(name, limit=120)
    if cleaned is None:
        raise InvalidValue("A segment needs a name.", hint='Give it one, such as "lapsed buyers".')
    return cleaned


@naming("minimum_stay_days")
def minimum_stay(days: int) -> int:
    """Return days that members can be made to stay; raise ``InvalidValue`` for less than none, or too many."""
    if not 0 <= days <= MINIMUM_STAY_LIMIT:
        raise InvalidValue(
            "A minimum stay of {days} days is not possible.",
            hint="Give 0 to {limit} days.",
            days=days,
            limit=MINIMUM_STAY_LIMIT,
        )
    return days


def segment_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Return cleaned tags, each once, in alphabetical order; raise ``InvalidValue`` for too many or overlong ones."""
    cleaned = sorted({each for tag in tags if (each := clean_text(tag, limit=60)) is not None})
    if len(cleaned) > TAGS:
        raise InvalidValue("These are {count} tags.", hint="Keep {limit} at most.", count=len(cleaned), limit=TAGS)
    return tuple(cleaned)


def segment_examples(examples: Iterable[Example]) -> tuple[Example, ...]:
    """Return examples with cleaned keys, each once; raise ``InvalidValue`` for too many, or one that cannot be."""
    cleaned = tuple(dict.fromkeys(map(_cleaned, examples)))
    if len(cleaned) > EXAMPLES:
        raise InvalidValue(
            "These are {count} examples.", hint="Keep {limit} at most.", count=len(cleaned), limit=EXAMPLES
        )
    return cleaned


def _cleaned(example: Example) -> Example:
    key = clean_code(example.key)
    if key is None:
        raise InvalidValue("An example names no contact.", hint="Give the contact's key.")
    if example.at is not None and example.at.tzinfo is None:
        raise InvalidValue(
            "The instant {now} has no offset from UTC.",
            hint="Give datetime.now(timezone.utc) or the like.",
            now=example.at,
        )
    return evolve(example, key=key)
