"""A segment as the model keeps it: its rule in versions, its pins, its members and their history."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from attrs import define, field, frozen

from kohorte.core.segments.model import Cause, SegmentStatus, SegmentType
from tests.stories.membership.small_rules import segments_in

Told = tuple[str, Mapping[str, Any]]
"""An event: its type, and what it says."""


class Refused(Exception):
    """The model knows that this must be refused."""


@frozen
class Version:
    """A version of a segment's rule: with placeholders, and as it read when it was made."""

    rule: str
    leave: str | None
    days: int
    text: str
    leave_text: str | None

    @property
    def rules(self) -> tuple[str, ...]:
        """Return its rules."""
        return (self.rule,) if self.leave is None else (self.rule, self.leave)

    @property
    def segments(self) -> frozenset[UUID]:
        """Return the segments that it refers to."""
        return frozenset[UUID]().union(*map(segments_in, self.rules))


@frozen
class Stay:
    """A stay that lasts: since when, why, by whom, and under which version of the rule."""

    at: datetime
    cause: Cause
    by: str
    version: int


@frozen
class Move:
    """Somebody, by key, entered or left."""

    key: str
    entered: bool
    at: datetime
    cause: Cause
    by: str
    version: int


@define
class Kept:
    """A segment as the model keeps it; ``moves`` are its changes by their numbers, the first one first."""

    id: UUID
    name: str
    type: SegmentType
    every: timedelta | None = None
    status: SegmentStatus = SegmentStatus.ACTIVE
    versions: list[Version] = field(factory=list[Version])
    pins: dict[str, bool] = field(factory=dict[str, bool])
    members: dict[str, Stay] = field(factory=dict[str, Stay])
    moves: list[list[Move]] = field(factory=list[list[Move]])
    member_count: int | None = None
    calculated_at: datetime | None = None
    moved_at: datetime | None = None
    stale: bool = True
    filled: datetime | None = None
    """Until when it is foreseen; None: not yet since its last calculation."""
    attempts: int = 0
    retry_at: datetime | None = None

    @property
    def rule(self) -> Version | None:
        """Return its rule."""
        return self.versions[-1] if self.versions else None

    @property
    def refers_to(self) -> frozenset[UUID]:
        """Return the segments that its rule refers to."""
        return self.rule.segments if self.rule else frozenset()

    @property
    def is_ruled_alone(self) -> bool:
        """Tell whether its rule alone says who is in it."""
        rule = self.rule
        return self.type is SegmentType.DYNAMIC and rule is not None and (rule.leave, rule.days) == (None, 0)

    @property
    def is_in_use(self) -> bool:
        """Tell whether it is not archived."""
        return self.status is not SegmentStatus.ARCHIVED

    @property
    def is_active(self) -> bool:
        """Tell whether its members follow."""
        return self.status is SegmentStatus.ACTIVE

    def begin_anew(self) -> None:
        """Wait for a calculation, whatever has failed."""
        self.stale, self.attempts, self.retry_at = True, 0, None

    def were_members(self, at: datetime) -> set[str]:
        """Return who was a member at an instant."""
        found = set[str]()
        for move in (move for moves in self.moves for move in moves if move.at <= at):
            (found.add if move.entered else found.discard)(move.key)
        return found
