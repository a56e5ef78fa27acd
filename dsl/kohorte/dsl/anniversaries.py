"""Yearly returns of days, as plain numbers that both back ends compare with.

A day has its anniversary on the same month and day of each later year; its own day is none, the first is a year later.
29 February has it on 28 February in common years, and each day is judged in its own year.
"""

from datetime import date
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from kohorte.core.values import from_days, month_day, to_days
from kohorte.dsl.moments import Step, shift_day, start_of_day
from kohorte.dsl.syntax.ast import Unit

YEARS_BACK: Final = 150
"""How far back instants and aggregates are looked for: nothing that a rule reads is older than 150 years."""

MonthDays = tuple[int, tuple[int, ...]]
"""Dates before a day (since 1970-01-01) whose month * 100 + day is one of the values."""

_LEAP_YEAR: Final = to_days(date(2000, 1, 1))
_WHOLE_YEAR: Final = tuple(month_day(from_days(_LEAP_YEAR + each)) for each in range(366))


@lru_cache(maxsize=256)
def month_days(low: int, high: int) -> tuple[MonthDays, MonthDays]:
    """Return the dates that have an anniversary on one of the days [low, high).

    A date ``d`` has one if for some of the two entries ``d < entry[0]`` and ``month_day(d) in entry[1]``. There are
    always exactly two entries, so that a statement's shape never changes; values may be empty.
    """
    if low >= high:
        return (low, ()), (low, ())
    first, last = from_days(low).year, from_days(high - 1).year
    entries = [_in_year(year, low, high) for year in range(max(first, last - 2), last + 1)]
    # A whole year returns every earlier date, so that what years before it return is among them.
    whole = [place for place, (_, values) in enumerate(entries) if len(values) == len(_WHOLE_YEAR)]
    kept = entries[whole[-1] :] if whole else entries[-2:]
    return (kept[0], kept[-1]) if len(kept) > 1 else (kept[0], (kept[0][0], ()))


def _in_year(year: int, low: int, high: int) -> MonthDays:
    january = to_days(date(year, 1, 1))
    end = to_days(date(year, 12, 31)) + 1
    if low <= january and end <= high:
        return january, _WHOLE_YEAR
    values = [month_day(from_days(day)) for day in range(max(low, january), min(high, end))]
    if end - january == 365 and 228 in values:
        values.insert(values.index(228) + 1, 229)
    return january, tuple(values)


@lru_cache(maxsize=256)
def instant_intervals(low: int, high: int, zone: ZoneInfo) -> tuple[tuple[int, int], ...]:
    """Return the half-open intervals (µs) whose instants have an anniversary on the days [low, high).

    They are sorted and lie apart. An instant's day is its local day in ``zone``. There is one interval for each of the
    last 150 years, or fewer where they touch. The list changes with the day only, and is remembered.
    """
    intervals: list[tuple[int, int]] = []
    for years in range(YEARS_BACK, 0, -1) if low < high else ():
        back = Step(-years, Unit.YEAR)
        start, end = start_of_day(shift_day(low, back), zone), start_of_day(shift_day(high, back), zone)
        if intervals and start <= intervals[-1][1]:
            intervals[-1] = (intervals[-1][0], max(end, intervals[-1][1]))
        elif start < end:
            intervals.append((start, end))
    return tuple(intervals)
