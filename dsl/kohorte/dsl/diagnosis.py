"""Why a rule is refused, in full: what people can do about it, for every part of the text that is wrong.

Only texts that the grammar refuses come here. First the habits are found, all at once. Then the text is read again with
each of them mended; what is refused even so is explained and mended in turn (by its first fix, or by ``true`` in place
of the broken condition), until the text reads or enough was found. An explanation counts only when its fix carries the
reader past the place.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Final

from attrs import define

from kohorte.core.ports.rules import Edit, Fix, Problem
from kohorte.dsl.ast import Span
from kohorte.dsl.errors import Refusal, apply_fix
from kohorte.dsl.expectations import explanations, unexplained
from kohorte.dsl.habits import habits
from kohorte.dsl.reader import Unexpected, read
from kohorte.dsl.scanner import Scrap, condition_end, condition_start, scraps
from kohorte.dsl.spot import Spot
from kohorte.dsl.syntax_messages import RESERVED_NAME, UNKNOWN_CHARACTER

_HEADER: Final = re.compile(r"\s*(?:let\b|in\s+zone\b)", re.IGNORECASE)
_MOST: Final = 20
"""Findings that anybody reads at once."""
_ROUNDS: Final = 8
_SHORT: Final = 4_000
"""Characters up to which a text is read again and again; of a longer one the first finding must do."""


def diagnose(source: str) -> list[Problem]:
    """Return what is wrong with a text that cannot be read, in the order of the text."""
    draft = _Draft(source, list(range(len(source) + 1)))
    found = list(islice(habits(_words(source)), _MOST))
    draft.mend([edit for refusal in found for edit in _first_fix(refusal)])
    mended = [refusal.span for refusal in found]
    is_short = len(source) <= _SHORT and not any(refusal.message is UNKNOWN_CHARACTER for refusal in found)
    for _ in range(_ROUNDS if is_short else int(not found)):
        fault = _fault(draft.text, is_short)
        if fault is None:
            break
        edits = _first_fix(fault) or [_blank(draft.text, fault.span)]
        placed, stretches = draft.placed(fault), [draft.original(edit.start, edit.end) for edit in edits]
        if any(_meet(placed.span, earlier) for earlier in mended):
            break  # what was put in place of an earlier fault does not fit: that says nothing new
        found.append(placed)
        mended += [placed.span, *stretches]
        draft.mend(edits)
    found.sort(key=lambda each: each.span.start)
    return [refusal.problem(source) for refusal in found]


def _meet(one: Span, other: Span) -> bool:
    return one.start == other.start or (one.start < other.end and other.start < one.end)


@define
class _Draft:
    """The source with faults mended; ``origin[i]`` is where character ``i`` of it stood."""

    text: str
    origin: list[int]

    def mend(self, edits: Sequence[Edit]) -> None:
        for edit in sorted(edits, key=lambda each: (each.start, each.end), reverse=True):
            self.text = self.text[: edit.start] + edit.text + self.text[edit.end :]
            self.origin[edit.start : edit.end] = [self.origin[edit.start]] * len(edit.text)

    def placed(self, refusal: Refusal) -> Refusal:
        """Return a finding about the draft as one about the source."""
        fixes = [Fix(fix.title, tuple(map(self._moved, fix.edits))) for fix in refusal.fixes]
        span = self.original(refusal.span.start, refusal.span.end)
        return Refusal(refusal.message, span, fixes=fixes, **refusal.values)

    def original(self, start: int, end: int) -> Span:
        """Return where a stretch of the draft stood."""
        return Span(self.origin[start], self.origin[end])

    def _moved(self, edit: Edit) -> Edit:
        return Edit(self.origin[edit.start], self.origin[edit.end], edit.text)


def _words(text: str) -> list[Scrap]:
    return [scrap for scrap in scraps(text) if scrap.kind != "comment"]


def _first_fix(refusal: Refusal) -> list[Edit]:
    return list(refusal.fixes[0].edits) if refusal.fixes else []


def _fault(text: str, is_short: bool) -> Refusal | None:
    """Return the first fault of a text, explained; None when it reads."""
    try:
        read(text)
    except Refusal as refusal:
        if refusal.message is not RESERVED_NAME:
            return refusal
        spot = _spot(text, refusal.span.start, frozenset())
        return next(_proven_of(spot, chain(explanations(spot), [refusal]), is_short))
    except Unexpected as unexpected:
        spot = _spot(text, unexpected.offset, unexpected.accepted())
        return next(_proven_of(spot, chain(explanations(spot), [unexplained(spot)]), is_short))
    return None


def _spot(text: str, offset: int, accepted: frozenset[str]) -> Spot:
    words = _words(text)
    return Spot(text, words, _index_at(words, offset), accepted)


def _index_at(words: Sequence[Scrap], offset: int) -> int:
    return next((at for at, word in enumerate(words) if word.end > offset), len(words))


def _proven_of(spot: Spot, refusals: Iterable[Refusal], is_short: bool) -> Iterator[Refusal]:
    return filter(None, (_proven(spot, each, is_short) for each in refusals))


def _proven(spot: Spot, refusal: Refusal, is_short: bool) -> Refusal | None:
    """Return the explanation with those of its fixes that carry the reader past the spot; None when none does."""
    if not refusal.fixes or not is_short:
        return refusal
    fixes = [fix for fix in refusal.fixes if _helps(spot, fix)]
    return Refusal(refusal.message, refusal.span, fixes=fixes, **refusal.values) if fixes else None


def _helps(spot: Spot, fix: Fix) -> bool:
    """Say whether the reader gets past the last edit of a fix."""
    mended = apply_fix(fix, spot.text)
    last = max(fix.edits, key=lambda edit: edit.end)
    past = last.end + len(mended) - len(spot.text)
    try:
        read(mended)
    except Refusal as refusal:
        return not any(edit.start <= refusal.span.start <= past for edit in fix.edits)
    except Unexpected as unexpected:
        return unexpected.offset >= past and unexpected.offset + len(spot.text) - len(mended) > spot.span().start
    return True


def _blank(text: str, span: Span) -> Edit:
    """Return the edit that puts ``true`` in place of the condition around the span, or removes a line of the header."""
    line = text.rfind("\n", 0, span.start) + 1
    if _HEADER.match(text, line):
        end = text.find("\n", line)
        return Edit(line, end if end >= 0 else len(text), "")
    words = _words(text)
    index = _index_at(words, span.start)
    first, last = condition_start(words, index), condition_end(words, index)
    if first >= last:
        return Edit(span.start, span.start, " true ")
    return Edit(words[first].start, words[last - 1].end, " true ")
