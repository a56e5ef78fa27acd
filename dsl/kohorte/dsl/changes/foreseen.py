"""When the answer of a rule next changes, if no data changes: from bound to bound until it differs."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from attrs import frozen

from kohorte.core.values import from_micros
from kohorte.dsl.changes.functions import BoundChanges
from kohorte.dsl.moments import LAST_DAY, MICROS_A_DAY, Now, Shifted, Step
from kohorte.dsl.records import Prepared
from kohorte.dsl.syntax.ast import Unit

MOST_STEPS: Final = 1_000
"""After so many bounds at which the answer was still the same, it is only known that it has not changed before."""

_HORIZON: Final = Shifted(Now(), (Step(10, Unit.YEAR),))
_UTC: Final = ZoneInfo("UTC")
_LAST: Final = LAST_DAY * MICROS_A_DAY


@frozen
class NextChange:
    """Whether a rule holds for a record, and when this next changes by time alone.

    ``at`` is the instant (UTC) at which the answer first differs; just before it, it is still ``holds``. Where ``at``
    is None and ``not_before`` is not, the change was not found: surely there is none before that instant. Where both
    are None no time ever changes the answer.
    """

    holds: bool
    at: datetime | None = None
    not_before: datetime | None = None


def next_change(bind: Callable[[int], BoundChanges], record: Prepared, now: int) -> NextChange:
    """Return the next change for a prepared record after an instant (µs); ``bind`` binds the rule to instants.

    Changes are looked for as far as ten years ahead and over at most 1,000 bounds. Where many records are asked at one
    instant, a ``bind`` that remembers the rule at that instant spares each of them half of the work.
    """
    horizon, steps = _horizon(now), 0
    verdict = bind(now).verdict(record)
    holds = verdict.holds
    while (until := verdict.until) is not None:
        if until > horizon or steps == MOST_STEPS:
            return NextChange(holds, not_before=from_micros(min(until, _LAST)))
        verdict, steps = bind(until).verdict(record), steps + 1
        if verdict.holds is not holds:
            return NextChange(holds, at=from_micros(until))
    return NextChange(holds)


@lru_cache(maxsize=16)
def _horizon(now: int) -> int:
    return _HORIZON.at(now, _UTC)
