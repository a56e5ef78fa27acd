"""What filling in a template may cost: characters and seconds, counted as it goes on."""

from collections.abc import Callable
from typing import Final

from attrs import define, field, frozen

from kohorte.core.ports.rendering import TemplateLimit

Now = Callable[[], float]

MOST_TEXT: Final = 100_000
"""Characters of one text: what a header, a row or a footer becomes, and whatever is made on the way there."""


@frozen
class Limits:
    """Characters of a text and of all together; seconds for a text, and for all together.

    Between two looks at the clock a template does no more than its source has words: loops are not nested, and look at
    it with every pass.
    """

    text: int = MOST_TEXT
    total: int = 10_000_000_000
    text_seconds: float = 0.5
    total_seconds: float = 1_800.0

    def budget(self, now: Now) -> "Budget":
        """Return what one export may cost."""
        return Budget(self, now)


@define
class Budget:
    """What has been spent of the limits. Time counts while templates are filled in, not while members are read."""

    limits: Limits
    _now: Now
    _since: float = field(default=0.0, init=False)
    _characters: int = field(default=0, init=False)
    _all_characters: int = field(default=0, init=False)
    _all_seconds: float = field(default=0.0, init=False)

    def begin(self) -> None:
        """Begin a text."""
        self._since, self._characters = self._now(), 0

    def write(self, characters: int) -> None:
        """Count characters of the text; raise ``TemplateLimit``."""
        self._characters += characters
        if self._characters > self.limits.text:
            raise TemplateLimit(
                "It makes a text of more than {most} characters.", hint="Make it shorter.", most=self.limits.text
            )
        self.look()

    def look(self) -> None:
        """Look at the clock; raise ``TemplateLimit``."""
        if self._now() - self._since > self.limits.text_seconds:
            raise TemplateLimit(
                "It takes longer than {most} seconds.", hint="Make it simpler.", most=self.limits.text_seconds
            )

    def end(self) -> None:
        """End the text; raise ``TemplateLimit`` where all of them have become too much."""
        self._all_characters += self._characters
        self._all_seconds += self._now() - self._since
        if self._all_characters > self.limits.total or self._all_seconds > self.limits.total_seconds:
            raise TemplateLimit("It makes too much of too many members.", hint="Make it shorter, or export in parts.")
