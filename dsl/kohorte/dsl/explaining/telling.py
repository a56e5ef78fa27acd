"""Explanations as sentences in English and German.

In, because they have made at least 3 purchases in the last 90 days (5). This changes as soon as … Will leave on 3 May
2026, 14:00 (Europe/Berlin) unless before then …
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final, cast
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from kohorte.core.fields import Catalogue
from kohorte.core.values import Money
from kohorte.dsl.explaining.effects import Effect, effects, other_of, true_of
from kohorte.dsl.explaining.model import (
    WITHHELD,
    Changeability,
    Explanation,
    SeenCondition,
    SeenValue,
    Until,
)
from kohorte.dsl.explaining.phrases import PHRASES, Phrases
from kohorte.dsl.sentences.clauses import Place, Teller
from kohorte.dsl.sentences.reading import Choice, read
from kohorte.dsl.sentences.telling import Language, teller
from kohorte.dsl.sentences.vocabulary import Words
from kohorte.dsl.typed import Compare, Condition, FieldOf, Leaf, Missing, Order, SomeRow

_MOST_SAID: Final = 5
"""Of the conditions that are reasons, or that must change, so many are said."""


def sentences(
    explanation: Explanation,
    language: Language,
    *,
    words: Words | None = None,
    catalogue: Catalogue | None = None,
    spelled: Mapping[str, str] | None = None,
) -> tuple[str, ...]:
    """Return an explanation in words: the answer with its reasons, what would change it, and until when it holds.

    Values are said as they are; where some are withheld (``withholding``), that is said. ``words``, ``catalogue`` and
    ``spelled`` are those of ``kohorte.dsl.sentences``. At most five conditions are said of each.
    """
    told = teller(language, words=words, catalogue=catalogue, spelled=spelled)
    telling = _Telling(PHRASES[language], told, explanation.zone)
    said = [telling.answer(explanation), telling.change(explanation)]
    if explanation.until is not None:
        said.append(telling.until(explanation.until, explanation))
    return tuple(said)


@frozen
class _Telling:
    """Says explanations in one language, with the words of one catalogue, and instants in the rule's zone."""

    phrases: Phrases
    teller: Teller
    zone: ZoneInfo

    # -- the answer ----------------------------------------------------------------------------------------------

    def answer(self, explanation: Explanation) -> str:
        """Return whether the record is in, and why."""
        if not explanation.reasons:
            return self.phrases.of_all[explanation.verdict]
        conditions = explanation.conditions
        told = [self._seen(conditions[number]) for number in explanation.reasons[:_MOST_SAID]]
        return self.phrases.because[explanation.verdict].format(reasons=self._joined(told, len(explanation.reasons)))

    def _seen(self, seen: SeenCondition) -> str:
        """Return that a condition holds, or that it does not, with what it saw."""
        leaf: Leaf = seen.condition
        missing = [each.operand for each in seen.values if each.is_missing and each.operand is not None]
        if missing and not seen.verdict and not leaf.negated:
            return self._clause(Missing(missing[0]))
        shown = [self._domain(each.value) for each in seen.values if _is_telling(seen, each)]
        clause = self._clause(true_of(seen))
        return f"{clause} ({'; '.join(shown)})" if shown else clause

    # -- what would change it ------------------------------------------------------------------------------------

    def change(self, explanation: Explanation) -> str:
        """Return what would change the answer, or that nothing does."""
        if explanation.changeability is Changeability.IMPOSSIBLE:
            return self.phrases.cannot
        told = self._changes(explanation, with_present=True)
        return self.phrases.changes.format(changes=told) if told else self.phrases.unknown

    def _changes(self, explanation: Explanation, *, with_present: bool) -> str:
        change = explanation.change
        if change is None:
            return ""
        if not change.proposals:
            flipped = [explanation.conditions[number] for number in change.conditions]
            return self._joined([self._clause(other_of(each)) for each in flipped[:_MOST_SAID]], len(flipped))
        each = [*effects(explanation, change)]
        return self._joined([self._effect(one, with_present=with_present) for one in each[:_MOST_SAID]], len(each))

    def _effect(self, effect: Effect, *, with_present: bool) -> str:
        telling = self
        if effect.spelled:
            spelled = {**self.teller.spelled, **effect.spelled}
            telling = evolve(self, teller=evolve(self.teller, spelled=spelled))
        beside: list[str] = []
        if effect.difference is not None:
            beside.append(self._difference(effect.difference[0], is_more=effect.difference[1]))
        elif with_present and effect.has_before:
            beside.append(self.phrases.now.format(value=self._domain(effect.before)))
        if effect.example is not None:
            beside.append(self.phrases.example.format(value=self._domain(effect.example)))
        clause = telling._clause(effect.condition)
        return f"{clause} ({'; '.join(beside)})" if beside else clause

    def _difference(self, value: object, *, is_more: bool) -> str:
        phrases = self.phrases
        template = phrases.more if is_more else phrases.fewer if isinstance(value, int) else phrases.less
        return template.format(value=self._domain(value))

    # -- until when ----------------------------------------------------------------------------------------------

    def until(self, until: Until, explanation: Explanation) -> str:
        """Return when the answer changes by time alone."""
        if until.at is not None:
            told = "" if until.unless is None else self._changes(until.unless, with_present=False)
            unless = self.phrases.unless.format(changes=told) if told else ""
            at = self._instant(until.at)
            return self.phrases.flips[explanation.verdict].format(instant=at, unless=unless)
        if until.not_before is not None:
            return self.phrases.not_before.format(instant=self._instant(until.not_before))
        return self.phrases.for_good

    def _instant(self, instant: datetime) -> str:
        return self.phrases.instant.format(instant=self._domain(instant), zone=self.zone.key)

    # -- clauses and values --------------------------------------------------------------------------------------

    def _clause(self, condition: Condition) -> str:
        """Return a condition after *because*; that it may hold of the unknown is left out, as the value is at hand."""
        part = read(condition)
        if isinstance(part, Choice):
            return self.teller.inline(part, Place(), subordinate=True)
        operands = (getattr(part, name, None) for name in ("operand", "left", "right"))
        known = frozenset(each for each in operands if isinstance(each, FieldOf))
        return self.teller.tongue.subordinate(self.teller.clause(part, Place(known=known)))

    def _joined(self, told: Sequence[str], of: int) -> str:
        """Return clauses one after the other, and how many more there are."""
        more = [self.phrases.more_conditions.format(count=of - len(told))] if of > len(told) else []
        parts = [*told, *more]
        return self.phrases.link.join((", ".join(parts[:-1]), parts[-1]) if len(parts) > 1 else parts)

    def _domain(self, value: object) -> str:
        """Return a value in domain form as it is written in the language."""
        tongue, phrases = self.teller.tongue, self.phrases
        match value:
            case None:
                return phrases.missing
            case bool():
                return phrases.truth[value]
            case int() | Decimal():
                return tongue.number(Decimal(value))
            case Money(amount=amount, currency=currency):
                return tongue.money(amount, currency)
            case datetime():
                return phrases.instant_named(value.astimezone(self.zone).replace(tzinfo=None))
            case date():
                return phrases.day(value)
            case tuple():
                return ", ".join(tongue.quoted(each) for each in cast("tuple[str, ...]", value))
            case _:
                return phrases.withheld if value is WITHHELD else tongue.quoted(str(value))


def _is_telling(seen: SeenCondition, value: SeenValue) -> bool:
    """Tell whether a value says more than the clause: not membership, no rows where there are none, and no equality."""
    leaf: Leaf = seen.condition
    if value.operand is None or isinstance(leaf, Missing) or (isinstance(leaf, SomeRow) and value.value == 0):
        return False
    is_said = isinstance(leaf, Compare) and leaf.order is Order.EQUAL and leaf.negated != seen.verdict
    return not is_said
