"""Segments, their members, and what one may ask about them, as programs read them."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from attrs import asdict, frozen

from kohorte.core.ports.audiences import Member, Person
from kohorte.core.ports.pins import Pin, Side
from kohorte.core.segments.commands import CalculatedSegment
from kohorte.core.segments.listing import SegmentPage, SegmentSummary
from kohorte.core.segments.model import Cause, Example, Failure, Segment, SegmentRule, SegmentStatus, SegmentType
from kohorte.core.segments.performance import SegmentPerformance
from kohorte.core.segments.pins import MovedMembers, Pinned
from kohorte.core.segments.queries import Members, Overlap, Preview, ShownSegment
from kohorte.core.segments.versions import RuleDifference
from kohorte.core.values import Money
from kohorte.entrypoints.schedules import written_every
from kohorte.entrypoints.views.rules import ErrorView, error_view

_SHARE_DIGITS: Final = 4
_SECOND_DIGITS: Final = 6

# -- segments ----------------------------------------------------------------------------------------------------


@frozen
class ExampleView:
    """A contact, by key, that the rule must select or must not; without an instant, whenever it is saved."""

    contact: str
    is_member: bool
    at: datetime | None


@frozen
class FailureView(ErrorView):
    """Why a segment could not be calculated: when that was last tried, how often in a row, and when it is next."""

    at: datetime
    attempts: int
    retry_at: datetime


@frozen
class SegmentView:
    """A segment; ``rule`` and ``rule_version`` are None where it is kept by hand alone.

    ``leave_when`` is the rule by which members leave, where there is one; ``minimum_stay_days`` are of 24 hours each.
    """

    id: UUID
    name: str
    description: str | None
    type: SegmentType
    status: SegmentStatus
    rule: str | None
    rule_version: int | None
    leave_when: str | None
    minimum_stay_days: int
    tags: Sequence[str]
    examples: Sequence[ExampleView]
    member_count: int | None
    calculated_at: datetime | None
    members_changed_at: datetime | None
    stale: bool
    failure: FailureView | None
    every: str | None
    created_at: datetime
    created_by: str
    changed_at: datetime
    changed_by: str


@frozen
class SegmentsView:
    """A page of segments; ``count`` is that of all, ``after`` the place where the next page begins, None at the end."""

    count: int
    segments: Sequence[SegmentView]
    after: str | None


@frozen
class VersionView:
    """A version of a rule: who saved it when, and what for."""

    version: int
    rule: str
    leave_when: str | None
    minimum_stay_days: int
    created_at: datetime
    author: str
    note: str | None


@frozen
class ShownSegmentView(SegmentView):
    """A segment with the versions of its rule, the newest first, and the segments on either side of it, by name."""

    versions: Sequence[VersionView]
    refers_to: Sequence[str]
    referred_to_by: Sequence[str]


def segment_view(segment: Segment | SegmentSummary) -> SegmentView:
    """Return a segment for programs."""
    told = segment if isinstance(segment, SegmentSummary) else SegmentSummary.of(segment)
    return SegmentView(
        id=told.id,
        name=told.name,
        description=told.description,
        type=told.type,
        status=told.status,
        rule=told.rule,
        rule_version=told.rule_version or None,
        leave_when=told.leave_when,
        minimum_stay_days=told.minimum_stay_days,
        tags=told.tags,
        examples=[_example(each) for each in told.examples],
        member_count=told.member_count,
        calculated_at=told.calculated_at,
        members_changed_at=told.moved_at,
        stale=told.stale,
        failure=None if told.failure is None else _failure(told.failure),
        every=written_every(told.every),
        created_at=told.created_at,
        created_by=told.created_by,
        changed_at=told.changed_at,
        changed_by=told.changed_by,
    )


def segments_view(page: SegmentPage) -> SegmentsView:
    """Return a page of segments for programs."""
    after = None if page.after is None else str(page.after)
    return SegmentsView(page.count, [segment_view(each) for each in page.rows], after)


def shown_segment_view(shown: ShownSegment) -> ShownSegmentView:
    """Return a segment for programs, with what belongs to it."""
    return ShownSegmentView(
        **asdict(segment_view(shown.segment), recurse=False),
        versions=[version_view(each) for each in shown.versions],
        refers_to=[each.name for each in shown.refers_to],
        referred_to_by=[each.name for each in shown.referred_to_by],
    )


def version_view(rule: SegmentRule) -> VersionView:
    """Return a version of a rule for programs."""
    leaving = rule.leaving
    return VersionView(
        *(rule.version, rule.text, leaving.text, leaving.minimum_stay_days, rule.created_at, rule.author, rule.note)
    )


def _failure(failure: Failure) -> FailureView:
    error = failure.error
    return FailureView(
        failure.code, error.text(), error.advice(), at=failure.at, attempts=failure.attempts, retry_at=failure.retry_at
    )


def _example(example: Example) -> ExampleView:
    return ExampleView(example.key, example.is_member, example.at)


# -- people ------------------------------------------------------------------------------------------------------


@frozen
class PersonView:
    """A contact as lists show it."""

    id: UUID
    key: str
    email: str | None
    name: str | None


@frozen
class MemberView(PersonView):
    """A contact's stay in a segment; what tells of leaving is None while it lasts, ``rule_version`` without a rule."""

    entered_at: datetime
    left_at: datetime | None
    rule_version: int | None
    cause: Cause
    added_by: str
    left_cause: Cause | None
    removed_by: str | None


@frozen
class MembersView:
    """A page of members; ``count`` is that of all, ``after`` (None at the end) goes on behind the page."""

    count: int
    members: Sequence[MemberView]
    after: UUID | None


@frozen
class MembershipView:
    """The stay of a contact in one of its segments."""

    segment: str
    status: SegmentStatus
    entered_at: datetime
    left_at: datetime | None
    rule_version: int | None
    cause: Cause
    added_by: str
    left_cause: Cause | None
    removed_by: str | None


@frozen
class PinView(PersonView):
    """A contact that was put into a segment, or is kept out of it, by hand: by whom, and since when."""

    side: Side
    by: str
    at: datetime


@frozen
class PinsView:
    """A page of pins; ``count`` is that of all, ``after`` (None at the end) goes on behind the page."""

    count: int
    pins: Sequence[PinView]
    after: UUID | None


@frozen
class MovedView:
    """What became of a segment by hand: members afterwards, how many entered and left, and the unknown keys."""

    members: int
    entered: int
    left: int
    unknown: Sequence[str]


def person_view(person: Person) -> PersonView:
    """Return a contact for programs."""
    return PersonView(person.contact_id, person.key, person.email, person.name)


def member_view(member: Member) -> MemberView:
    """Return a member for programs."""
    return MemberView(**asdict(person_view(member.person)), **_stay(member))


def members_view(found: Members) -> MembersView:
    """Return a page of members for programs."""
    return MembersView(found.count, [member_view(each) for each in found.members], found.after)


def membership_view(segment: SegmentSummary, stay: Member) -> MembershipView:
    """Return the stay of a contact in a segment for programs."""
    return MembershipView(segment=segment.name, status=segment.status, **_stay(stay))


def pin_view(pin: Pin) -> PinView:
    """Return a pin for programs."""
    return PinView(**asdict(person_view(pin.person)), side=pin.side, by=pin.by, at=pin.at)


def pins_view(found: Pinned) -> PinsView:
    """Return a page of pins for programs."""
    return PinsView(found.count, [pin_view(each) for each in found.pins], found.after)


def moved_view(moved: Sequence[MovedMembers]) -> MovedView:
    """Return what became of a segment for programs, by one command or several in their order."""
    return MovedView(
        members=moved[-1].members if moved else 0,
        entered=sum(each.entered for each in moved),
        left=sum(each.left for each in moved),
        unknown=[key for each in moved for key in each.unknown],
    )


def _stay(member: Member) -> dict[str, Any]:
    return {
        "entered_at": member.entered_at,
        "left_at": member.left_at,
        "rule_version": member.rule_version or None,
        "cause": member.cause,
        "added_by": member.added_by,
        "left_cause": member.left_cause,
        "removed_by": member.removed_by,
    }


# -- what one may ask about them -----------------------------------------------------------------------------------


@frozen
class CalculationView:
    """What became of a segment that was calculated; with an error nothing was changed, and the counts are None."""

    segment: str
    members: int | None
    entered: int | None
    left: int | None
    seconds: float
    error: ErrorView | None


@frozen
class PreviewView:
    """Whom a rule selects: exactly how many, and some of them."""

    count: int
    sample: Sequence[PersonView]


@frozen
class DifferenceView:
    """Whom another rule would add and remove, exactly, with some of each, and the examples that it would fail."""

    rule: str
    at: datetime
    adds: int
    removes: int
    added: Sequence[PersonView]
    removed: Sequence[PersonView]
    failed_examples: Sequence[str]


@frozen
class OverlapView:
    """How many are in both of two segments, and in one alone; ``similarity`` is the share of both in all (0 to 1)."""

    both: int
    one_alone: int
    other_alone: int
    similarity: float


@frozen
class PerformanceView:
    """A segment from ``begin`` to before ``end``.

    ``growth_rate`` is a share of the members at the beginning, ``conversion_rate`` one of those to whom campaigns were
    sent. There are no campaigns yet: their number is 0, and nothing came of them.
    """

    begin: datetime
    end: datetime
    members: int
    active: int
    entered: int
    left: int
    growth_rate: Decimal | None
    campaign_count: int
    conversion_rate: Decimal | None
    revenue: Sequence[Money]


def calculation_view(found: CalculatedSegment) -> CalculationView:
    """Return what became of a segment for programs."""
    error = None if found.error is None else error_view(found.error)
    seconds = round(found.seconds, _SECOND_DIGITS)
    return CalculationView(found.name, found.members, found.entered, found.left, seconds, error)


def preview_view(found: Preview) -> PreviewView:
    """Return a preview for programs."""
    return PreviewView(found.count, [person_view(each) for each in found.sample])


def difference_view(found: RuleDifference) -> DifferenceView:
    """Return what another rule would change for programs."""
    return DifferenceView(
        rule=found.rule,
        at=found.at,
        adds=found.adds,
        removes=found.removes,
        added=[person_view(each) for each in found.added],
        removed=[person_view(each) for each in found.removed],
        failed_examples=[each.example.key for each in found.failed],
    )


def overlap_view(found: Overlap) -> OverlapView:
    """Return what two segments have in common for programs."""
    return OverlapView(found.both, found.one_alone, found.other_alone, round(found.similarity, _SHARE_DIGITS))


def performance_view(found: SegmentPerformance) -> PerformanceView:
    """Return how a segment fared in a period for programs."""
    return PerformanceView(
        found.begin,
        found.end,
        found.members,
        found.active,
        found.entered,
        found.left,
        found.growth_rate,
        found.campaign_count,
        found.conversion_rate,
        found.revenue,
    )
