"""Days, instants and periods in German."""

from datetime import date, datetime
from decimal import Decimal
from typing import Final

from kohorte.core.values import from_days, from_micros
from kohorte.dsl.moments import FixedDay, FixedInstant, Now, PeriodStart, Shifted, Step, Today, WallClock
from kohorte.dsl.sentences.numbers import digits
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
    *("Januar", "Februar", "März", "April", "Mai", "Juni"),
    *("Juli", "August", "September", "Oktober", "November", "Dezember"),
)
_UNITS: Final = {
    Unit.MINUTE: ("eine Minute", "einer Minute", "Minuten", "Minuten"),
    Unit.HOUR: ("eine Stunde", "einer Stunde", "Stunden", "Stunden"),
    Unit.DAY: ("einen Tag", "einem Tag", "Tage", "Tagen"),
    Unit.WEEK: ("eine Woche", "einer Woche", "Wochen", "Wochen"),
    Unit.MONTH: ("einen Monat", "einem Monat", "Monate", "Monaten"),
    Unit.QUARTER: ("ein Quartal", "einem Quartal", "Quartale", "Quartalen"),
    Unit.YEAR: ("ein Jahr", "einem Jahr", "Jahre", "Jahren"),
}
"""One in the accusative and the dative, and several in both."""
_CALENDAR: Final = {
    Unit.WEEK: ("in dieser Woche", "in der {} Kalenderwoche"),
    Unit.MONTH: ("in diesem Monat", "im {} Kalendermonat"),
    Unit.QUARTER: ("in diesem Quartal", "im {} Kalenderquartal"),
    Unit.YEAR: ("in diesem Jahr", "im {} Kalenderjahr"),
}
_CALENDAR_GENITIVE: Final = {
    Unit.WEEK: ("dieser Woche", "der {} Kalenderwoche"),
    Unit.MONTH: ("dieses Monats", "des {} Kalendermonats"),
    Unit.QUARTER: ("dieses Quartals", "des {} Kalenderquartals"),
    Unit.YEAR: ("dieses Jahres", "des {} Kalenderjahres"),
}
_GENITIVE: Final = {
    Unit.WEEK: ("der Woche", "dieser"),
    Unit.MONTH: ("des Monats", "diesem"),
    Unit.QUARTER: ("des Quartals", "diesem"),
    Unit.YEAR: ("des Jahres", "diesem"),
}
_ADJECTIVES: Final = {Which.LAST: "letzten", Which.NEXT: "nächsten"}
_NAMED_DAYS: Final = {0: "heute", -1: "gestern", 1: "morgen"}
_AS_NOUNS: Final = {"heute": "dem heutigen Tag", "gestern": "dem gestrigen Tag", "morgen": "dem morgigen Tag"}
_INSTEAD_OF_ONE: Final = {
    Unit.HOUR: "60 Minuten",
    Unit.WEEK: "7 Tagen",
    Unit.QUARTER: "3 Monaten",
    Unit.YEAR: "12 Monaten",
}
"""How one unit is said, so that rolling and calendar periods cannot be mistaken for each other."""


def when(period: Period) -> str:
    """Return a period as an adverb: in den letzten 90 Tagen."""
    match period:
        case RollingPeriod():
            return _rolling(period)
        case CalendarPeriod(which=which, unit=unit):
            this, other = _CALENDAR[unit]
            return this if which is Which.THIS else other.format(_ADJECTIVES[which])
        case ToDate(unit=unit):
            return f"bisher {_CALENDAR[unit][0]}"
        case LongAgo(amount=amount, unit=unit):
            return f"vor mehr als {units(amount, unit, dative=True)}"
        case OnDay(day=day):
            return _preceded("am", "", day)
        case AtInstant(instant=instant):
            return f"genau {_preceded('am', '', instant)}"
        case FromTo(low=low, high=high):
            return _from_to(low, high)


def where(period: Period) -> str:
    """Return where a day or an instant lies: frühestens am 3. Mai 2026."""
    match period:
        case FromTo(low=Limit(point=start, included=True), high=None):
            return f"frühestens {_preceded('am', '', start)}"
        case FromTo(low=None, high=Limit(point=end, included=True)):
            return f"spätestens {_preceded('am', '', end)}"
        case _:
            return when(period)


def _rolling(period: RollingPeriod) -> str:
    amount, unit = period.amount, period.unit
    ahead = "nächsten" if period.forward else "letzten"
    if amount > 1 or unit in _INSTEAD_OF_ONE:
        return f"in den {ahead} {_INSTEAD_OF_ONE[unit] if amount == 1 else units(amount, unit, dative=True)}"
    if unit is Unit.MINUTE:
        return f"in der {ahead} Minute"
    if unit is Unit.DAY:
        other = "jetzt und morgen um diese Uhrzeit" if period.forward else "gestern um diese Uhrzeit und jetzt"
        return f"zwischen {other}"
    return f"innerhalb des {ahead} Monats"


def _from_to(low: Limit | None, high: Limit | None) -> str:
    match low, high:
        case Limit(), Limit():
            start = (
                _preceded("vom", "von", low.point)
                if low.included
                else _preceded("direkt nach dem", "direkt nach", low.point)
            )
            end = _preceded("bis zum", "bis", high.point) if high.included else f"bis vor {point(high.point)}"
            return f"im Zeitraum {start} {end}"
        case Limit(point=start, included=included), None:
            return f"ab {point(start)}" if included else f"nach {_AS_NOUNS.get(named := point(start), named)}"
        case None, Limit(point=end, included=included):
            return _preceded("bis zum", "bis", end) if included else f"vor {point(end)}"
        case _:
            return "irgendwann"


def _preceded(contracted: str, plain: str, of: Point) -> str:
    """Return a point after a preposition, which swallows its article: am 3. Mai, bis heute."""
    named = point(of)
    return f"{contracted} {named[4:]}" if named.startswith("dem ") else f"{plain} {named}".strip()


# -- points ------------------------------------------------------------------------------------------------------


def point(of: Point) -> str:
    """Return a day or an instant in the dative, with its article where it has one."""
    match of:
        case FixedInstant(micros=micros):
            return f"dem {instant_named(from_micros(micros).replace(tzinfo=None))} (UTC)"
        case WallClock(local=local):
            return f"dem {instant_named(local)}"
        case Now():
            return "jetzt"
        case Shifted(base=Now(), steps=(Step(amount=amount, unit=unit),), plus=0):
            return f"dem Zeitpunkt „{'vor' if amount < 0 else 'in'} {units(abs(amount), unit, dative=True)}“"
        case Shifted(base=base, steps=steps, plus=plus):
            more = f" {plus:+} µs" if plus else ""
            return f"dem Zeitpunkt „{point(base).removeprefix('dem ')}{_steps(steps)}{more}“"
        case FixedDay(day=days):
            return f"dem {written(from_days(days))}"
        case Today(steps=()):
            return "heute"
        case Today(steps=(Step(amount=amount, unit=unit),)):
            if unit is Unit.DAY and amount in _NAMED_DAYS:
                return _NAMED_DAYS[amount]
            return f"dem Tag „heute {'vor' if amount < 0 else 'in'} {units(abs(amount), unit, dative=True)}“"
        case Today(steps=steps):
            return f"dem Tag „heute{_steps(steps)}“"
        case PeriodStart():
            return f"dem ersten Tag {_period(of)}"


def _period(start: PeriodStart) -> str:
    this, other = _CALENDAR_GENITIVE[start.unit]
    match start.shift:
        case 0:
            return this
        case -1:
            return other.format("letzten")
        case 1:
            return other.format("nächsten")
        case shift:
            noun, pronoun = _GENITIVE[start.unit]
            return f"{noun} {units(abs(shift), start.unit)} {'vor' if shift < 0 else 'nach'} {pronoun}"


def _steps(steps: tuple[Step, ...]) -> str:
    signs = (("+" if each.amount >= 0 else "\N{MINUS SIGN}", each) for each in steps)
    return "".join(f" {sign} {short_units(abs(each.amount), each.unit)}" for sign, each in signs)


def short_units(amount: int, unit: Unit) -> str:
    """Return so many units with the number in digits: 1 Monat, 90 Tagen."""
    return f"1 {_UNITS[unit][0].rpartition(' ')[2]}" if amount == 1 else units(amount, unit, dative=True)


def written(day: date) -> str:
    """Return 3. Mai 2026."""
    return f"{day.day}. {MONTHS[day.month - 1]} {day.year}"


def instant_named(local: datetime) -> str:
    """Return 3. Mai 2026, 14:00 Uhr; seconds where there are any."""
    clock = f"{local:%H:%M:%S,%f}".rstrip("0") if local.microsecond else f"{local:%H:%M:%S}".removesuffix(":00")
    return f"{written(local.date())}, {clock} Uhr"


def units(amount: int, unit: Unit, *, dative: bool = False) -> str:
    """Return so many units of time, in the accusative or dative."""
    accusative_one, dative_one, several, dative_several = _UNITS[unit]
    if amount == 1:
        return dative_one if dative else accusative_one
    return f"{digits(Decimal(amount), '.', ',')} {dative_several if dative else several}"
