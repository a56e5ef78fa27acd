"""Templates in the language of Jinja, of which a small and harmless part is let through."""

from collections.abc import Iterable, Iterator, Sequence
from time import thread_time

from attrs import field, frozen

from kohorte.adapters.rendering.limits import Limits, Now
from kohorte.core.ports.rendering import Exported, Parts, ReadColumn

__all__ = ["JinjaRendering", "Limits"]


@frozen
class JinjaRendering:
    """Fill in templates within limits.

    ``now`` tells seconds of a processor: a machine that is busy with something else stops no export.
    """

    limits: Limits = field(factory=Limits)
    now: Now = thread_time

    # Few commands need Jinja, and reading it takes a while.

    def columns(self, parts: Parts) -> Sequence[ReadColumn]:
        """Return the columns that a template reads; raise ``TemplateRefused``."""
        from kohorte.adapters.rendering.templates import compiled  # noqa: PLC0415

        return compiled(parts).columns

    def render(
        self, parts: Parts, columns: Sequence[str], rows: Iterable[Sequence[object]], about: Exported
    ) -> Iterator[str]:
        """Yield the header, one text for each row, and the footer."""
        from kohorte.adapters.rendering.templates import compiled  # noqa: PLC0415

        return compiled(parts).texts(columns, rows, about, self.limits.budget(self.now))
