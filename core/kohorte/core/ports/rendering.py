"""Templates: texts with places in them, written by a tenant's own people and filled in for each member."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import Enum
from typing import Protocol, Self
from zoneinfo import ZoneInfo

from attrs import frozen

from kohorte.core.errors import KohorteError, Translate, as_written


class Part(Enum):
    """A part of a template: before all members, once for each, and after them."""

    HEADER = "header"
    ROW = "row"
    FOOTER = "footer"


@frozen
class Parts:
    """The sources of a template's parts; an empty one writes nothing."""

    header: str = ""
    row: str = ""
    footer: str = ""

    def of(self, part: Part) -> str:
        """Return the source of a part."""
        return {Part.HEADER: self.header, Part.ROW: self.row, Part.FOOTER: self.footer}[part]


class TemplateError(KohorteError, ValueError):
    """Something is wrong with a template, in a line of one of its parts."""

    code = "template_error"

    def __init__(self, template: str, /, *, hint: str = "", **values: object) -> None:
        self.part: Part | None = None
        self.line = 0
        super().__init__(template, hint=hint, **values)

    def in_line(self, part: Part, line: int) -> Self:
        """Say where it is, unless that is known; return the error."""
        if self.part is None:
            self.part, self.line = part, line
            self.args = (self.text(),)
        return self

    def text(self, translate: Translate = as_written) -> str:
        """Return where it is and what was wrong."""
        said = super().text(translate)
        if self.part is None:
            return said
        place = translate("{part}, line {line}: {problem}")
        return place.format(part=translate(self.part.value), line=self.line, problem=said)


class TemplateRefused(TemplateError):
    """A template says what none may say; nobody has stored or used it."""

    code = "template_refused"


class TemplateFailed(TemplateError):
    """A template could not be filled in with the values of a member."""

    code = "template_failed"


class TemplateLimit(TemplateFailed):
    """Filling in a template took too long, or made too much: it was stopped."""

    code = "template_limit"


@frozen
class ReadColumn:
    """A column that the row of a template reads, and the line in which it does so first."""

    name: str
    line: int


@frozen
class Exported:
    """What all parts know: the segment's name, the instant of the export, and the zone in which days are told."""

    segment: str
    at: datetime
    zone: ZoneInfo


class Rendering(Protocol):
    """Fill in templates, whoever wrote them: they can neither reach anything but their values nor go on for ever."""

    def columns(self, parts: Parts) -> Sequence[ReadColumn]:
        """Return the columns that a template reads, each once; raise ``TemplateRefused`` for what none may say.

        They are named as rules name fields (``contact.email``, ``customer.category``), and ``entered_at``.
        """
        ...

    def render(
        self, parts: Parts, columns: Sequence[str], rows: Iterable[Sequence[object]], about: Exported
    ) -> Iterator[str]:
        """Yield the header, one text for each row, and the footer, with flat memory.

        Rows have the columns' values in domain form. Raise ``TemplateRefused``, ``TemplateFailed`` or
        ``TemplateLimit``; what was yielded before is then to be thrown away.
        """
        ...


class NoRendering:
    """For those who put a bus together without templates."""

    def columns(self, parts: Parts) -> Sequence[ReadColumn]:
        """Raise ``LookupError``."""
        raise LookupError(f"Nobody reads templates here ({parts}): put the bus together with a rendering.")

    def render(
        self, parts: Parts, columns: Sequence[str], rows: Iterable[Sequence[object]], about: Exported
    ) -> Iterator[str]:
        """Raise ``LookupError``."""
        raise LookupError(f"Nobody fills in templates here ({parts}, {columns}, {rows}, {about}).")
