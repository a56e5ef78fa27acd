"""Contradictions, and parts that change nothing: by what else holds wherever a part matters.

A part of ``and`` matters where the other parts hold, a part of ``or`` where none of the others does, and inside both
where the group itself matters. Parts that were found to change nothing count for nothing afterwards, so that of two
equal ones the first stays.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from attrs import frozen

from kohorte.core.ports.rules import Edit, Fix, Problem
from kohorte.dsl.analysis import messages
from kohorte.dsl.analysis.formulas import opposite
from kohorte.dsl.analysis.parts import Beside, Level, Part
from kohorte.dsl.analysis.reasoning import Reasoning
from kohorte.dsl.checker.messages import ENDS_BEFORE_START
from kohorte.dsl.errors import Message
from kohorte.dsl.syntax import ast

_SAID: Final = frozenset({"ends_before_start", "nothing_ahead", "never_missing"})
"""Warnings of the checker that say already that a condition never or always holds."""


@frozen
class Structure:
    """Finds what is wrong with how a rule, or the filter of rows in one, is put together.

    ``dead`` is said of alternatives that change nothing.
    """

    reasoning: Reasoning
    source: str
    warnings: Sequence[Problem]
    dead: Message = messages.DEAD_PART

    def of_constant(self, whole: Part, *, holds: bool) -> Iterator[Problem]:
        """Yield the findings about a rule that always or never holds."""
        yield (messages.ALWAYS_TRUE if holds else messages.CONTRADICTION).at(self.source, whole.span)
        for part in _single(whole):
            if (own := self.constant(part)) is not None and not self._is_said(part):
                yield self._constantly(part, holds=own)

    def constant(self, part: Part) -> bool | None:
        """Return whether a part always or never holds by itself; None where it is not known to."""
        if isinstance(part.formula, bool):
            return part.formula
        if self.reasoning.is_impossible(part.formula):
            return False
        return True if self.reasoning.is_impossible(opposite(part.formula)) else None

    # -- parts ---------------------------------------------------------------------------------------------------

    def inside(self, part: Part, beside: Beside = ()) -> Iterator[Problem]:
        """Yield the findings about the parts of a rule, or of a part of one that stands ``beside`` others."""
        if part.every is not None:
            yield from self._group(part, beside, every=part.every)
        elif part.parts:
            yield from self.inside(part.parts[0], beside)

    def _group(self, group: Part, beside: Beside, *, every: bool) -> Iterator[Problem]:
        level = Level.of(group)
        found: list[Problem] = []
        for number in reversed(range(len(group.parts))):
            part = group.parts[number]
            if problem := self._idle(part, (*beside, (level, number)), group, every=every):
                found.append(problem)
                level.struck.add(number)
        yield from reversed(found)
        for number, part in enumerate(group.parts):
            if number not in level.struck and not self.reasoning.is_exhausted:
                yield from self.inside(part, (*beside, (level, number)))

    def _idle(self, part: Part, beside: Beside, group: Part, *, every: bool) -> Problem | None:
        """Return the finding that a part changes nothing, or that it holds or not whatever else does."""
        if self.reasoning.is_exhausted:
            return None
        constant = self.constant(part)
        if constant is not None:
            return None if self._is_said(part) else self._constantly(part, holds=constant, group=group, every=every)
        facts = self.reasoning.related(part.families, beside)
        if not facts or _is_said_in_words(part, every=every):
            return None
        asked = opposite(part.formula) if every else part.formula
        if not self.reasoning.is_impossible(asked, *facts):
            return None
        message = messages.REDUNDANT_PART if every else self.dead
        return message.at(self.source, part.span, fixes=self._removing(part, group))

    def _constantly(self, part: Part, *, holds: bool, group: Part | None = None, every: bool | None = None) -> Problem:
        """Return the finding that a part always or never holds; where it changes nothing, with the fix."""
        if not holds and isinstance(part.node, ast.Between):
            return ENDS_BEFORE_START.at(self.source, part.span)
        message: Message = messages.ALWAYS_HOLDS if holds else messages.NEVER_HOLDS
        fixes = self._removing(part, group) if group is not None and holds is every else []
        return message.at(self.source, part.span, fixes=fixes)

    def _removing(self, part: Part, group: Part) -> list[Fix]:
        """Return the fix that takes a part out of a group, which it is not alone in."""
        return [removing(part, group)] if len(group.parts) > 1 else []

    def _is_said(self, part: Part) -> bool:
        return any(
            each.code in _SAID and part.span.start <= each.start and each.end <= part.span.end for each in self.warnings
        )


def _is_said_in_words(part: Part, *, every: bool) -> bool:
    """Tell whether a part says what a negation beside it includes: ``country != "US" or country is empty``."""
    return not every and isinstance(part.node, ast.Presence) and not part.node.present


def _single(part: Part) -> Iterator[Part]:
    """Yield the parts of a rule that are no groups themselves, or the rule where it is none."""
    if not part.parts:
        yield part
    for each in part.parts:
        yield from _single(each)


def removing(part: Part, group: Part) -> Fix:
    """Return the fix that takes a part out of its group, with the word that joins it."""
    place = group.parts.index(part)
    if place:
        start, end = group.parts[place - 1].span.end, part.span.end
    else:
        start, end = part.span.start, group.parts[1].span.start
    return Fix("Take it out", (Edit(start, end, ""),))
