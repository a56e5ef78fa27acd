"""What a rule needs to know that hangs on the time it is bound to, beyond single bounds: days of yearly returns.

Each function here returns one that answers at an instant (µs); both back ends ask it once per run.
"""

from collections.abc import Callable
from typing import Final
from zoneinfo import ZoneInfo

from kohorte.dsl.anniversaries import instant_intervals, month_days
from kohorte.dsl.moments import MICROS_A_DAY
from kohorte.dsl.typed import Bound

_SLACK_DAYS: Final = 5
"""By so much at most do calendar years, 29 February and changes of clocks shift a day against years of 365.25 days."""

_UTC: Final = ZoneInfo("UTC")


def returning_before(low: Bound, high: Bound, zone: ZoneInfo, place: int) -> Callable[[int], int]:
    """Return what answers before which day the dates of the first or second kind lie (see ``month_days``)."""
    return lambda now: month_days(low.at(now, zone), high.at(now, zone))[place][0]


def returning_on(low: Bound, high: Bound, zone: ZoneInfo, place: int) -> Callable[[int], tuple[int, ...]]:
    """Return what answers month * 100 + day of the dates of the first or second kind."""
    return lambda now: month_days(low.at(now, zone), high.at(now, zone))[place][1]


def returning_between(low: Bound, high: Bound, zone: ZoneInfo, *, of_dates: bool) -> Callable[[int], tuple[int, ...]]:
    """Return what answers the ends of the intervals with anniversaries, one after the other: µs, or days of dates."""

    def at(now: int) -> tuple[int, ...]:
        days = low.at(now, zone), high.at(now, zone)
        if not of_dates:
            return tuple(end for interval in instant_intervals(*days, zone) for end in interval)
        return tuple(end // MICROS_A_DAY for interval in instant_intervals(*days, _UTC) for end in interval)

    return at


def returning_near(low: Bound, high: Bound, zone: ZoneInfo, *, of_dates: bool) -> Callable[[int], tuple[int, int]]:
    """Return what answers near which place of the year all intervals of ``returning_between`` lie.

    The place is a µs, or a day for dates, and returns every 365.25 days; no interval begins before it or ends later
    than ``width`` behind it.
    """
    between, slack = returning_between(low, high, zone, of_dates=of_dates), _SLACK_DAYS * _day(of_dates=of_dates)

    def at(now: int) -> tuple[int, int]:
        ends = between(now)
        if not ends:
            return 0, 0
        longest = max(high - low for low, high in zip(ends[::2], ends[1::2], strict=True))
        return ends[-2] - slack, longest + 2 * slack

    return at


def four_years(*, of_dates: bool) -> int:
    """Return four years of 365.25 days, in days or µs."""
    return 1461 * _day(of_dates=of_dates)


def _day(*, of_dates: bool) -> int:
    return 1 if of_dates else MICROS_A_DAY
