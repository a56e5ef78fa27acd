"""What labels say in English. ``german_labels`` has the same."""

from typing import Final

from kohorte.core.values import from_days
from kohorte.dsl.moments import FixedDay
from kohorte.dsl.sentences.english_times import MONTHS, units, when
from kohorte.dsl.sentences.periods import FUTURE, FromTo, Limit, LongAgo, OnDay, Period, RollingPeriod
from kohorte.dsl.sentences.shorthand import Shorthand
from kohorte.dsl.typed import Function


def short_period(period: Period) -> str:
    """Return a period as it follows a noun: in 90 days, > 30 days ago, since 1 Dec 2010."""
    match period:
        case RollingPeriod(forward=False, amount=amount, unit=unit):
            return f"in {units(amount, unit)}"
        case RollingPeriod(amount=amount, unit=unit):
            return f"in the next {units(amount, unit)}"
        case LongAgo(amount=amount, unit=unit):
            return f"> {units(amount, unit)} ago"
        case OnDay(day=FixedDay(day=day)):
            return f"on {_short(day)}"
        case FromTo() if period == FUTURE:
            return "in the future"
        case FromTo(low=Limit(point=FixedDay(day=day)), high=None):
            return f"since {_short(day)}"
        case FromTo(low=None, high=Limit(point=FixedDay(day=day))):
            return f"before {_short(day)}"
        case FromTo(low=Limit(point=FixedDay(day=first)), high=Limit(point=FixedDay(day=last))):
            return f"{_short(first)} – {_short(last)}"
        case _:
            return when(period)


def long_period(period: Period) -> str:
    """Return the same, but with the last or next that a day or an instant needs."""
    return when(period) if isinstance(period, RollingPeriod) else short_period(period)


def _short(day: int) -> str:
    written = from_days(day)
    return f"{written.day} {MONTHS[written.month - 1][:3]} {written.year}"


ENGLISH_LABELS: Final = Shorthand(
    negation="not",
    either=" or ",
    known="has {}",
    missing="no {}",
    none="no {}",
    absent="without {}",
    present="with {}",
    exactly="exactly {}",
    on_list="on the list {}",
    in_segment="in {}",
    in_sample="{}% sample {}",
    everybody="everybody",
    nobody="nobody",
    returns="anniversary of {}",
    functions={
        Function.SUM: "total {}",
        Function.AVG: "average {}",
        Function.MIN: "smallest {}",
        Function.MAX: "largest {}",
        Function.LAST: "latest {}",
        Function.COUNT_DISTINCT: "different {}",
    },
    first=lambda noun: f"first {noun.singular}",
    latest=lambda noun: f"latest {noun.singular}",
    when=short_period,
    lies=long_period,
)
