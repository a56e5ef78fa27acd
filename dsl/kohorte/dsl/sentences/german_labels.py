"""What labels say in German. ``english_labels`` has the same."""

from typing import Final

from kohorte.core.values import from_days
from kohorte.dsl.moments import FixedDay
from kohorte.dsl.sentences.german_nouns import ADJECTIVES
from kohorte.dsl.sentences.german_times import short_units, when
from kohorte.dsl.sentences.periods import FUTURE, FromTo, Limit, LongAgo, OnDay, Period, RollingPeriod
from kohorte.dsl.sentences.shorthand import Shorthand
from kohorte.dsl.typed import Function


def short_period(period: Period) -> str:
    """Return a period as it follows a noun: in 90 Tagen, vor > 30 Tagen, seit 1.12.2010."""
    match period:
        case RollingPeriod(forward=False, amount=amount, unit=unit):
            return f"in {short_units(amount, unit)}"
        case RollingPeriod():
            return when(period)
        case LongAgo(amount=amount, unit=unit):
            return f"vor > {short_units(amount, unit)}"
        case OnDay(day=FixedDay(day=day)):
            return f"am {_short(day)}"
        case FromTo() if period == FUTURE:
            return "in der Zukunft"
        case FromTo(low=Limit(point=FixedDay(day=day)), high=None):
            return f"seit {_short(day)}"
        case FromTo(low=None, high=Limit(point=FixedDay(day=day))):
            return f"vor {_short(day)}"
        case FromTo(low=Limit(point=FixedDay(day=first)), high=Limit(point=FixedDay(day=last))):
            return f"{_short(first)} – {_short(last)}"
        case _:
            return when(period)


def long_period(period: Period) -> str:
    """Return the same, but with the last or next that a day or an instant needs."""
    return when(period) if isinstance(period, RollingPeriod) else short_period(period)


def _short(day: int) -> str:
    written = from_days(day)
    return f"{written.day}.{written.month}.{written.year}"


GERMAN_LABELS: Final = Shorthand(
    negation="nicht",
    either=" oder ",
    known="mit {}",
    missing="ohne {}",
    none="keine {}",
    absent="{} fehlt",
    present="{} vorhanden",
    exactly="genau {}",
    on_list="auf der Liste {}",
    in_segment="in {}",
    in_sample="{}-%-Stichprobe {}",
    everybody="alle",
    nobody="niemand",
    returns="Jahrestag: {}",
    functions={
        Function.SUM: "Summe {}",
        Function.AVG: "Ø {}",
        Function.MIN: "min. {}",
        Function.MAX: "max. {}",
        Function.LAST: "zuletzt {}",
        Function.COUNT_DISTINCT: "verschiedene {}",
    },
    first=lambda noun: f"erst{ADJECTIVES[noun.gender]} {noun.singular}",
    latest=lambda noun: f"letzt{ADJECTIVES[noun.gender]} {noun.singular}",
    when=short_period,
    lies=long_period,
)
