"""How many contacts a rule selects, told while somebody types it: exactly, or from a sample with its interval."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from attrs import evolve, frozen

from kohorte.core.bus import Ports
from kohorte.core.errors import InvalidInput
from kohorte.core.ports.draws import Population
from kohorte.core.ports.rules import CheckedRule, Problem
from kohorte.core.segments.intervals import CONFIDENCE, Interval, interval, interval_by_lots
from kohorte.core.segments.rules import check_rule

BUDGET_MS: Final = 250
"""Milliseconds that an answer may take: whoever types does not wait for it."""

LEAST_MS: Final = 10
MOST_MS: Final = 30_000

_COUNTING: Final = 0.4
_DRAWING: Final = 0.9
"""The parts of the budget that are over when the whole count is given up, and when the last contacts are drawn."""

_COUNTED: Final = 100_000
"""So many contacts are counted to know how many there are; of more, their lots tell it to one in a hundred."""

_FIRST: Final = 200
_GROWTH: Final = 4
"""So many contacts are drawn at first, and then up to so many times as many as before, as far as time allows."""

_LEAST: Final = timedelta(milliseconds=20)
"""So long at least a draw may take: an estimate from nothing is none."""


@frozen
class EstimateRule:
    """Ask how many contacts a rule selects, at an instant or now, within so many milliseconds; nothing is saved."""

    text: str
    at: datetime | None = None
    budget_ms: int = BUDGET_MS


@frozen
class Sample:
    """What an estimate is made of: so many contacts of all were drawn, and so many of them are selected."""

    population: Population
    drawn: int = 0
    selected: int = 0

    @property
    def is_everybody(self) -> bool:
        """Tell whether all contacts were drawn."""
        return self.population.is_counted and self.drawn == self.population.counted

    @property
    def count(self) -> int | None:
        """Return how many of all are selected, as the sample says; None where nobody was drawn."""
        return round(self.population.size * self.selected / self.drawn) if self.drawn else None

    @property
    def interval(self) -> Interval:
        """Return where the true count lies."""
        of = self.population
        if of.is_counted:
            return interval(of.counted, self.drawn, self.selected)
        return interval_by_lots(of.counted, of.share, self.drawn, self.selected)


@frozen
class Estimate:
    """How many contacts a rule selects. ``rule`` is the text as it would be kept.

    Without a sample, or where all are in it, ``count`` is exact. Otherwise it is what the sample says, None where
    nobody could be asked in time; and the true count lies in the interval in at least as many of all cases as
    ``confidence`` says, whatever the rule and the contacts are (see ``intervals``). ``budget`` is the time that was
    given, ``took`` the time that it took.
    """

    rule: str
    at: datetime
    count: int | None
    interval: Interval
    sample: Sample | None
    budget: timedelta
    took: timedelta
    warnings: Sequence[Problem]
    confidence: float = CONFIDENCE

    @property
    def is_exact(self) -> bool:
        """Tell whether the count is known and not estimated."""
        return self.sample is None or self.sample.is_everybody


def estimate_rule(query: EstimateRule, ports: Ports) -> Estimate:
    """Estimate how many contacts a rule selects.

    A sample always consists of the same first ones of all contacts (``Draws``), and of more where there is more time:
    two rules are asked of the same contacts, and asking again does not make the count jump. How many there are hangs on
    the time alone, not on what was found.

    Raise ``RuleRefused`` or ``ReferenceCycle``, or ``InvalidInput`` for a budget that is too small or too large.
    """
    budget, begun = _budget(query.budget_ms), ports.clock.now()
    at, rule = query.at or begun, check_rule(query.text, ports)
    count, sample = ports.work.draws.count(rule, at, within=_COUNTING * budget), None
    found = Interval(count or 0, count or 0)
    if count is None:
        sample = _sampled(rule, at, begun + _DRAWING * budget, ports)
        count, found = sample.count, sample.interval
    return Estimate(rule.text, at, count, found, sample, budget, ports.clock.now() - begun, rule.warnings)


def _sampled(rule: CheckedRule, at: datetime, until: datetime, ports: Ports) -> Sample:
    """Draw contacts until the time is over, or all have been drawn."""
    draws, clock, last = ports.work.draws, ports.clock, None
    sample, size, begun = Sample(draws.population(_COUNTED)), _FIRST, clock.now()
    while begun < until or not sample.drawn:
        found = draws.draw(rule, at, size, after=last, within=max(until - begun, _LEAST))
        if found is None:
            return sample
        sample = evolve(sample, drawn=sample.drawn + found.count, selected=sample.selected + found.selected)
        if found.last is None:
            return sample
        now, last = clock.now(), found.last
        size, begun = _next_size(size, now - begun, until - now), now
    return sample


def _next_size(size: int, took: timedelta, left: timedelta) -> int:
    """Return how many contacts are likely to take half of the time that is left."""
    likely = int(size * (left / 2) / max(took, timedelta.resolution))
    return max(_FIRST, min(_GROWTH * size, likely))


def _budget(milliseconds: int) -> timedelta:
    if not LEAST_MS <= milliseconds <= MOST_MS:
        raise InvalidInput(
            "An estimate cannot be made in that time.",
            hint="Give it from {least} to {most} milliseconds.",
            least=LEAST_MS,
            most=MOST_MS,
        )
    return timedelta(milliseconds=milliseconds)
