"""Days, instants and periods in English."""

from datetime import date, datetime
from typing import Final

from kohorte.core.values import from_days, from_micros
from kohorte.dsl.moments import FixedDay, FixedInstant, Now, PeriodStart, Shifted, Step, Today, WallClock
from kohorte.dsl.sentences.periods import (
    AtInstant,
    CalendarPeriod,
    FromTo,
    Limit,
    LongAgo,
    OnDay,
    Period,
    Point,
    RollingPeriod,
    ToDate,
)
from kohorte.dsl.syntax.ast import Unit, Which

MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_CALENDAR: Final = {Which.THIS: "this {}", Which.LAST: "in the last calendar {}", Which.NEXT: "in the next calendar {}"}
_NAMED_DAYS: Final = {0: "today", -1: "yesterday", 1: "tomorrow"}
_INSTEAD_OF_ONE: Final = {
    Unit.HOUR: "60 minutes",
    Unit.WEEK: "7 days",
    Unit.QUARTER: "3 months",
    Unit.YEAR: "12 months",
    Unit.MINUTE: "minute",
}
"""How one unit is said, so that "the last year" and "last calendar year" cannot be mistaken for each other."""


def when(period: Period) -> str:
    """Return a period as it follows a verb: in the last 90 days."""
    match period:
        case RollingPeriod():
            return _rolling(period)
        case CalendarPeriod(which=which, unit=unit):
            return _CALENDAR[which].format(unit.value)
        case ToDate(unit=unit):
            return f"this {unit.value} so far"
        case LongAgo(amount=amount, unit=unit):
            return f"more than {units(amount, unit)} ago"
        case OnDay(day=day):
            return day_named(day) if _is_named(day) else f"on {day_named(day)}"
        case AtInstant(instant=instant):
            return f"exactly at {point(instant)}"
        case FromTo(low=low, high=high):
            return _from_to(low, high)


def _rolling(period: RollingPeriod) -> str:
    amount, unit = period.amount, period.unit
    ahead = "next" if period.forward else "last"
    if amount > 1 or unit in _INSTEAD_OF_ONE:
        return f"in the {ahead} {_INSTEAD_OF_ONE[unit] if amount == 1 else units(amount, unit)}"
    if unit is Unit.DAY:
        other = "now and this time tomorrow" if period.forward else "this time yesterday and now"
        return f"between {other}"
    return f"within the {ahead} month"


def _from_to(low: Limit | None, high: Limit | None) -> str:
    match low, high:
        case Limit(), Limit():
            start, end = point(low.point), point(high.point)
            start = start if low.included else f"just after {start}"
            return f"in the period from {start} {'to' if high.included else 'until before'} {end}"
        case Limit(point=Now(), included=True), None:
            return "from now on"
        case Limit(point=start, included=included), None:
            return f"on or after {point(start)}" if included else f"after {point(start)}"
        case None, Limit(point=Now(), included=True):
            return "up to now"
        case None, Limit(point=end, included=included):
            return f"on or before {point(end)}" if included else f"before {point(end)}"
        case _:
            return "at any time"


# -- points ------------------------------------------------------------------------------------------------------


def point(of: Point) -> str:
    """Return a day or an instant as a noun."""
    match of:
        case FixedInstant(micros=micros):
            return f"{instant_named(from_micros(micros).replace(tzinfo=None))} UTC"
        case WallClock(local=local):
            return instant_named(local)
        case Now():
            return "now"
        case Shifted(base=Now(), steps=(Step(amount=amount, unit=unit),), plus=0):
            return f"the moment {units(abs(amount), unit)} {'ago' if amount < 0 else 'from now'}"
        case Shifted(base=base, steps=steps, plus=plus):
            more = f" {plus:+} µs" if plus else ""
            return f"“{point(base)}{_steps(steps)}{more}”"
        case _:
            return day_named(of)


def day_named(day: FixedDay | Today | PeriodStart) -> str:
    """Return a day as a noun."""
    match day:
        case FixedDay(day=days):
            return written(from_days(days))
        case Today(steps=()):
            return "today"
        case Today(steps=(Step(amount=amount, unit=unit),)):
            if unit is Unit.DAY and amount in _NAMED_DAYS:
                return _NAMED_DAYS[amount]
            return f"the day {units(abs(amount), unit)} {'ago' if amount < 0 else 'from today'}"
        case Today(steps=steps):
            return f"the day “today{_steps(steps)}”"
        case PeriodStart(unit=unit, shift=shift):
            named = {0: "this {}", -1: "last calendar {}", 1: "next calendar {}"}.get(shift)
            if named:
                return f"the first day of {named.format(unit.value)}"
            return (
                f"the first day of the {unit.value} {units(abs(shift), unit)} {'before' if shift < 0 else 'after'} this"
            )


def _is_named(day: FixedDay | Today | PeriodStart) -> bool:
    match day:
        case Today(steps=()):
            return True
        case Today(steps=(Step(amount=amount, unit=Unit.DAY),)):
            return amount in _NAMED_DAYS
        case _:
            return False


def _steps(steps: tuple[Step, ...]) -> str:
    signs = (("+" if each.amount >= 0 else "\N{MINUS SIGN}", each) for each in steps)
    return "".join(f" {sign} {units(abs(each.amount), each.unit)}" for sign, each in signs)


def written(day: date) -> str:
    """Return 3 May 2026."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def instant_named(local: datetime) -> str:
    """Return 3 May 2026, 14:00; seconds where there are any."""
    clock = f"{local:%H:%M:%S.%f}".rstrip("0") if local.microsecond else f"{local:%H:%M:%S}".removesuffix(":00")
    return f"{written(local.date())}, {clock}"


def units(amount: int, unit: Unit) -> str:
    """Return so many units of time."""
    return f"{amount:,} {unit.value}{'' if amount == 1 else 's'}"
