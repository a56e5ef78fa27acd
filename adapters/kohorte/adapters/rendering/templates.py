"""Templates as Jinja compiles them: read word by word before, filled in within a budget after."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from attrs import frozen
from jinja2 import Template, TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError

from kohorte.adapters.rendering.environment import BUDGET, Values, limited, narrow_environment
from kohorte.adapters.rendering.filters import ZONE
from kohorte.adapters.rendering.limits import Budget
from kohorte.adapters.rendering.words import FIELDS, Reading
from kohorte.core.ports.rendering import (
    Exported,
    Part,
    Parts,
    ReadColumn,
    TemplateError,
    TemplateFailed,
    TemplateRefused,
)

_FILE: Final = "<template>"


@frozen
class CompiledPart:
    """A part that can be filled in."""

    part: Part
    template: Template

    def text(self, values: Mapping[str, object], budget: Budget) -> str:
        """Return the part, filled in; raise ``TemplateFailed`` or ``TemplateLimit`` with the line."""
        pieces: list[str] = []
        budget.begin()
        try:
            for piece in self.template.root_render_func(self.template.new_context({**values, BUDGET: budget})):
                budget.write(len(piece))
                pieces.append(piece)
            budget.end()
        except Exception as failure:  # whatever it was: the template's author must know where
            raise _failed(failure).in_line(self.part, self._line(failure)) from None
        return "".join(pieces)

    def _line(self, failure: Exception) -> int:
        """Return the line of the source in which something failed."""
        line, traceback = 0, failure.__traceback__
        while traceback is not None:
            if traceback.tb_frame.f_code.co_filename == _FILE:
                line = traceback.tb_lineno
            traceback = traceback.tb_next
        return self.template.get_corresponding_lineno(line)


@frozen
class Compiled:
    """A template whose parts were read and compiled."""

    columns: Sequence[ReadColumn]
    header: CompiledPart
    row: CompiledPart
    footer: CompiledPart

    def texts(
        self, columns: Sequence[str], rows: Iterable[Sequence[object]], about: Exported, budget: Budget
    ) -> Iterator[str]:
        """Yield the header, one text for each row, and the footer."""
        shared = {"segment": Values({"name": about.segment}), "at": about.at, ZONE: about.zone}
        yield self.header.text(shared, budget)
        number = 0
        for number, row in enumerate(rows, 1):
            yield self.row.text({**shared, **_fields(columns, row), "number": number}, budget)
        yield self.footer.text({**shared, "count": number}, budget)


@lru_cache(maxsize=64)
def compiled(parts: Parts) -> Compiled:
    """Return a template, ready to be filled in; raise ``TemplateRefused``."""
    read = {part: Reading(part) for part in Part}
    header, row, footer = (_compiled(parts.of(part), read[part]) for part in (Part.HEADER, Part.ROW, Part.FOOTER))
    return Compiled([*read[Part.ROW].columns.values()], header, row, footer)


def _compiled(source: str, reading: Reading) -> CompiledPart:
    environment = narrow_environment("\r\n" if "\r\n" in source else "\n")
    try:
        tree = environment.parse(source)
        reading.read(tree)
        limited(tree)
        code = environment.compile(tree, filename=_FILE)
    except TemplateSyntaxError as wrong:
        refusal = TemplateRefused(
            "It cannot be read: {reason}", hint="Check the braces around it.", reason=wrong.message or ""
        )
        raise refusal.in_line(reading.part, wrong.lineno) from None
    except (RecursionError, MemoryError, SyntaxError, ValueError) as wrong:
        if isinstance(wrong, TemplateError):
            raise
        refusal = TemplateRefused("It is too large, or nested too deeply.", hint="Make it simpler.")
        raise refusal.in_line(reading.part, 1) from None
    return CompiledPart(reading.part, Template.from_code(environment, code, {}))


def _fields(columns: Sequence[str], row: Sequence[object]) -> dict[str, object]:
    """Return a row's values under the names by which templates read them."""
    owners: dict[str, dict[str, object]] = {owner: {} for owner in FIELDS}
    values: dict[str, object] = {owner: Values(fields) for owner, fields in owners.items()}
    for column, value in zip(columns, row, strict=True):
        owner, _, name = column.rpartition(".")
        if owner:
            owners[owner][name] = value
        else:
            values[name] = value
    return values


def _failed(failure: Exception) -> TemplateError:
    """Return what is said of a failure: never the values, which are people's."""
    match failure:
        case TemplateError():
            return failure
        case ZeroDivisionError():
            return TemplateFailed("It divides by zero.", hint="Ask before: if … != 0.")
        case UndefinedError() | SecurityError():
            return TemplateFailed("It reads what is not there.", hint="Check the names in it.")
        case _:
            name = type(failure).__name__
            return TemplateFailed(
                "It cannot be filled in ({name}).", hint="Check what its filters are given.", name=name
            )
