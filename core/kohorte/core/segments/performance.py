"""How a segment fared over days, weeks or months: how many members it had, how many were active, came and went."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from itertools import pairwise
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from attrs import frozen

from kohorte.core.bus import Ports
from kohorte.core.errors import InvalidInput
from kohorte.core.segments.finding import find_segment
from kohorte.core.segments.model import Segment
from kohorte.core.segments.rules import check_rule
from kohorte.core.values import Money

ACTIVE: Final = "purchases(last 30 days).count >= 1 or activities(last 30 days).count >= 1"
"""An active member bought something, or something took place with them, in the 30 days before the period ended."""
MOST: Final = 400
"""Periods of one answer."""
_MOMENT: Final = timedelta(microseconds=1)


class Period(Enum):
    """What is counted together, in the tenant's zone; weeks begin on Monday (ISO 8601)."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


USUAL: Final = {Period.DAY: 30, Period.WEEK: 12, Period.MONTH: 12}
"""So many periods are shown unless others are asked for."""


@frozen
class SegmentPerformance:
    """A segment in a period, from ``begin`` to before ``end``; the last one may still be going on.

    ``members`` and ``active`` are those at its end. ``growth_rate`` is how much the members became more or less, as a
    share of those at its beginning; None where there were none. ``campaign_count`` is how many campaigns were sent to
    it, ``conversion_rate`` the share of their recipients who did what they were asked to, None where there were none,
    and ``revenue`` what came of them, by currency. Nothing sends campaigns yet.
    """

    begin: datetime
    end: datetime
    members: int
    active: int
    entered: int
    left: int
    growth_rate: Decimal | None
    campaign_count: int = 0
    conversion_rate: Decimal | None = None
    revenue: tuple[Money, ...] = ()


def segment_performance(
    ports: Ports,
    segment: str | UUID,
    period: Period = Period.DAY,
    *,
    first: date | None = None,
    last: date | None = None,
) -> tuple[Segment, Sequence[SegmentPerformance]]:
    """Return how a segment fared in each period from one day to another, the periods of both days among them.

    Without days the latest periods are meant (``USUAL``). Raise ``NotFound``, or ``InvalidInput`` where the days are in
    the wrong order, lie ahead, or are too many periods apart (``MOST``).
    """
    found, now, zone = find_segment(ports.work, segment), ports.clock.now(), ports.work.tenant.zone_info
    bounds = list(_bounds(period, first, last, now.astimezone(zone).date(), zone))
    bounds[-1] = min(bounds[-1], now + _MOMENT)  # what happens right now is in it
    rule = check_rule(ACTIVE, ports)
    audiences = ports.work.audiences
    members = audiences.member_count(found.id, at=bounds[0] - _MOMENT)
    told: list[SegmentPerformance] = []
    for (begin, end), (entered, left) in zip(pairwise(bounds), audiences.movements(found.id, bounds), strict=True):
        before, members = members, members + entered - left
        active = audiences.count(rule, end - _MOMENT, among=found.id) if members else 0
        growth_rate = (Decimal(members - before) / before).quantize(Decimal("0.0001")) if before else None
        told.append(SegmentPerformance(begin, end, members, active, entered, left, growth_rate))
    return found, told


def _bounds(period: Period, first: date | None, last: date | None, today: date, zone: ZoneInfo) -> Iterator[datetime]:
    """Yield where each period begins, and where the last one ends."""
    last = last or today
    begin = _begin(period, first) if first else _earlier(period, _begin(period, last), USUAL[period] - 1)
    if begin > last or last > today:
        raise InvalidInput(
            "From {first} to {last} there is no period that has begun.",
            hint="Give days up to today, the earlier one first.",
            first=(first or begin).isoformat(),
            last=last.isoformat(),
        )
    for _ in range(MOST + 1):
        yield datetime(begin.year, begin.month, begin.day, tzinfo=zone).astimezone(UTC)
        if begin > last:
            return
        begin = _next(period, begin)
    raise InvalidInput("These are more than {most} periods.", hint="Ask for weeks or months, or for less.", most=MOST)


def _begin(period: Period, day: date) -> date:
    match period:
        case Period.DAY:
            return day
        case Period.WEEK:
            return day - timedelta(days=day.weekday())
        case Period.MONTH:
            return day.replace(day=1)


def _next(period: Period, begin: date) -> date:
    match period:
        case Period.DAY:
            return begin + timedelta(days=1)
        case Period.WEEK:
            return begin + timedelta(days=7)
        case Period.MONTH:
            return (begin + timedelta(days=31)).replace(day=1)


def _earlier(period: Period, begin: date, count: int) -> date:
    for _ in range(count):
        begin = _begin(period, begin - timedelta(days=1))
    return begin
