"""For how long days have, or have not, a yearly return in a window: the inverse of ``anniversaries``."""

from collections.abc import Callable
from datetime import date
from zoneinfo import ZoneInfo

from kohorte.core.values import from_days, to_days
from kohorte.dsl.anniversaries import YEARS_BACK
from kohorte.dsl.changes.stays import FOREVER
from kohorte.dsl.moments import local_day
from kohorte.dsl.passing import passing
from kohorte.dsl.typed import Bound

Stay = Callable[[int], int]


def returning(low: Bound, high: Bound, zone: ZoneInfo, *, of_dates: bool, years: int | None) -> Callable[[int], Stay]:
    """Return what answers, at an instant (µs), the stay of "has an anniversary on the days [low, high)" for a value.

    ``years`` is how far back values are looked for (``YEARS_BACK`` for instants and aggregates), None for ever.
    """
    leaves, enters = passing(low, zone), passing(high, zone)

    def at(now: int) -> Stay:
        first, end = low.at(now, zone), high.at(now, zone)
        first_year, last_year = from_days(first).year, from_days(end - 1).year

        def stay(value: int) -> int:
            born = from_days(value if of_dates else local_day(value, zone))
            day = _returning_from(born, first, first_year)
            if years is not None and from_days(day).year - born.year > years:
                return -FOREVER
            if day >= end:
                return now - enters(day)
            latest = last_year if years is None else min(last_year, born.year + years)
            last = _return_in(born, latest)
            return leaves(last if last < end else _return_in(born, latest - 1)) - now

        return stay

    return at


def looked_for_back(*, of_dates: bool, aggregated: bool) -> int | None:
    """Return how many years back values are looked for: dates as such for ever (see ``anniversaries``)."""
    return None if of_dates and not aggregated else YEARS_BACK


def _returning_from(born: date, day: int, year: int) -> int:
    """Return the first anniversary on or after a day of a year."""
    found = _return_in(born, max(year, born.year + 1))
    return found if found >= day else _return_in(born, year + 1)


def _return_in(born: date, year: int) -> int:
    """Return the day of the anniversary in a year: of 29 February the 28th in common years."""
    try:
        return to_days(born.replace(year=min(year, date.max.year)))
    except ValueError:
        return to_days(date(year, 2, 28))
