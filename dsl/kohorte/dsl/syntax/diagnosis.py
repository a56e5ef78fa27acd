"""Why a rule is refused, in full: what people can do about it, for every part of the text that is wrong.

Only texts that the grammar refuses come here. First the habits are found, all at once. Then the text is read again with
each of them mended; what is refused even so is explained and mended in turn (by its first fix, or by ``true`` in place
of the broken condition), until the text reads or enough was found. An explanation counts only when its fix carries the
reader past the place.
"""

import re
from collections.abc import Sequence
from itertools import islice
from typing import Final

from attrs import define

from kohorte.core.ports.rules import Edit, Fix, Problem
from kohorte.dsl.errors import Refusal, apply_fix
from kohorte.dsl.syntax.ast import Span
from kohorte.dsl.syntax.expectations import explanations, unexplained
from kohorte.dsl.syntax.habits import habits
from kohorte.dsl.syntax.messages import RESERVED_NAME, UNKNOWN_CHARACTER
from kohorte.dsl.syntax.reader import Unexpected, read
from kohorte.dsl.syntax.scanner import Scrap, condition_end, condition_start, scraps
from kohorte.dsl.syntax.spot import Spot

_HEADER: Final = re.compile(r"\s*(?:let\b|in\s+zone\b)", re.IGNORECASE)
_MOST: Final = 20
"""Findings that anybody reads at once."""
_PATIENCE: Final = 8_000
"""Characters that are read in order to explain one text: long texts get fewer and less certain explanations."""


def diagnose(source: str, fault: Refusal | Unexpected) -> list[Problem]:
    """Return what is wrong with a text that cannot be read for ``fault``, in the order of the text."""
    draft, trials = _Draft.of(source), _Trials(_PATIENCE)
    found = list(islice(habits(draft.words), _MOST))
    mended = [refusal.span for refusal in found]
    next_fault: Refusal | Unexpected | None = fault
    if found:
        draft.mend([edit for refusal in found for edit in _first_fix(refusal)])
        is_readable = all(refusal.message is not UNKNOWN_CHARACTER for refusal in found)
        next_fault = trials.fault(draft.text) if is_readable else None
    while next_fault is not None and len(found) < _MOST:
        refusal = trials.explain(draft, next_fault)
        edits = _first_fix(refusal) or [_blank(draft, refusal.span)]
        placed, stretches = draft.placed(refusal), [draft.original(edit.start, edit.end) for edit in edits]
        if any(_meet(placed.span, earlier) for earlier in mended):
            break  # what was put in place of an earlier fault does not fit: that says nothing new
        found.append(placed)
        mended += [placed.span, *stretches]
        draft.mend(edits)
        next_fault = trials.fault(draft.text)
    if len(found) == 1:
        found = [trials.only_what_mends(source, found[0])]
    found.sort(key=lambda each: each.span.start)
    return [refusal.problem(source) for refusal in found]


def _meet(one: Span, other: Span) -> bool:
    return one.start == other.start or (one.start < other.end and other.start < one.end)


@define
class _Draft:
    """The source with faults mended; ``origin[i]`` is where character ``i`` of it stood."""

    text: str
    origin: list[int]
    words: list[Scrap]

    @classmethod
    def of(cls, source: str) -> "_Draft":
        """Return the source as it is."""
        return cls(source, list(range(len(source) + 1)), _words(source))

    def mend(self, edits: Sequence[Edit]) -> None:
        """Make the edits."""
        for edit in sorted(edits, key=lambda each: (each.start, each.end), reverse=True):
            self.text = self.text[: edit.start] + edit.text + self.text[edit.end :]
            self.origin[edit.start : edit.end] = [self.origin[edit.start]] * len(edit.text)
        self.words = _words(self.text)

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


def _index_at(words: Sequence[Scrap], offset: int) -> int:
    return next((at for at, word in enumerate(words) if word.end > offset), len(words))


@define
class _Trials:
    """Read texts to see whether they can be read, as long as the patience lasts."""

    patience: int

    def fault(self, text: str) -> Refusal | Unexpected | None:
        """Return the first fault of a text; None when it reads, or nobody knows any more."""
        if self._is_over(text):
            return None
        try:
            read(text)
        except (Refusal, Unexpected) as fault:
            return fault
        return None

    def explain(self, draft: _Draft, fault: Refusal | Unexpected) -> Refusal:
        """Return the likeliest explanation of a fault."""
        if isinstance(fault, Unexpected):
            spot = Spot(draft.text, draft.words, _index_at(draft.words, fault.offset), fault.accepted())
            otherwise = unexplained(spot)
        elif fault.message is RESERVED_NAME:
            spot = Spot(draft.text, draft.words, _index_at(draft.words, fault.span.start), frozenset())
            otherwise = fault
        else:
            return fault
        return next(filter(None, (self._proven(spot, each) for each in explanations(spot))), otherwise)

    def only_what_mends(self, source: str, refusal: Refusal) -> Refusal:
        """Return the only finding about a text with those of its fixes after which it can be read."""
        fixes = [fix for fix in refusal.fixes if self.fault(apply_fix(fix, source)) is None]
        return Refusal(refusal.message, refusal.span, fixes=fixes, **refusal.values)

    def _proven(self, spot: Spot, refusal: Refusal) -> Refusal | None:
        """Return the explanation with those of its fixes that carry the reader past the spot; None when none does."""
        if not refusal.fixes:
            return refusal
        fixes = [fix for fix in refusal.fixes if self._helps(spot, fix)]
        return Refusal(refusal.message, refusal.span, fixes=fixes, **refusal.values) if fixes else None

    def _helps(self, spot: Spot, fix: Fix) -> bool:
        """Say whether the reader gets past the last edit of a fix."""
        mended = apply_fix(fix, spot.text)
        past = max(edit.end for edit in fix.edits) + len(mended) - len(spot.text)
        fault = self.fault(mended)
        if isinstance(fault, Refusal):
            return not any(edit.start <= fault.span.start <= past for edit in fix.edits)
        if isinstance(fault, Unexpected):
            return fault.offset >= past and fault.offset + len(spot.text) - len(mended) > spot.span().start
        return True

    def _is_over(self, text: str) -> bool:
        self.patience -= len(text)
        return self.patience < 0


def _blank(draft: _Draft, span: Span) -> Edit:
    """Return the edit that puts ``true`` in place of the condition around the span, or removes a line of the header."""
    text, words = draft.text, draft.words
    line = text.rfind("\n", 0, span.start) + 1
    if _HEADER.match(text, line):
        end = text.find("\n", line)
        return Edit(line, end if end >= 0 else len(text), "")
    index = _index_at(words, span.start)
    first, last = condition_start(words, index), condition_end(words, index)
    if first >= last:
        return Edit(span.start, span.start, " true ")
    return Edit(words[first].start, words[last - 1].end, "true")
