"""A place in a rule that the grammar refuses, with the words around it."""

from collections.abc import Iterator, Sequence

from attrs import frozen

from kohorte.dsl.errors import Refusal, shortened
from kohorte.dsl.syntax.ast import Span
from kohorte.dsl.syntax.scanner import Scrap, condition_start

Explanation = Iterator[Refusal]
"""What may be wrong at a spot, the likeliest first. Those whose fixes do not help are passed over."""


@frozen
class Spot:
    """``words[index]`` is what the grammar has no use for; at the end of the text there is none."""

    text: str
    words: Sequence[Scrap]
    index: int
    accepted: frozenset[str]
    """The terminals that could stand there instead."""

    def scrap(self, by: int = 0) -> Scrap | None:
        """Return the scrap so many places on (or, negative, before), if there is one."""
        at = self.index + by
        return self.words[at] if 0 <= at < len(self.words) else None

    def word(self, by: int = 0) -> str:
        """Return the word there in lower case; empty for anything else, and for the name behind a dot."""
        scrap = self.scrap(by)
        return scrap.word if scrap and self.written(by - 1) != "." else ""

    def written(self, by: int = 0) -> str:
        """Return what is written there."""
        scrap = self.scrap(by)
        return scrap.text if scrap else ""

    def span(self, first: int = 0, last: int = 0) -> Span:
        """Return the stretch between two places, both included; at the end of the text it is empty."""
        start, end = self.scrap(first), self.scrap(last)
        after = self.words[-1].end if self.words else 0
        return Span(start.start if start else after, end.end if end else after)

    def between(self, span: Span) -> str:
        """Return the text there."""
        return self.text[span.start : span.end]

    def said(self, span: Span) -> str:
        """Return the text there as a message shows it."""
        return shortened(self.between(span))

    def start(self) -> Span:
        """Return the empty stretch before the condition."""
        at = self.words[condition_start(self.words, self.index)].start
        return Span(at, at)

    def is_end(self) -> bool:
        """Say whether a condition or an entry of a list ends here."""
        return self.scrap() is None or self.written() in {")", ","} or self.word() in {"and", "or"}
