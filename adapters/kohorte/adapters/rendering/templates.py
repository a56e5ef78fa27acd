"""Templates as Jinja compiles them: read word by word before, filled in within a budget after."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from attrs import frozen
from jinja2 import StrictUndefined, Template, TemplateSyntaxError, UndefinedError, pass_context
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, LoopContext, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from kohorte.adapters.rendering.filters import FILTERS, ZONE, text_of
from kohorte.adapters.rendering.limits import MOST_TEXT, Budget
from kohorte.adapters.rendering.words import FIELDS, JOINED, PASSES, Reading, limited
from kohorte.core.ports.rendering import (
    Exported,
    Part,
    Parts,
    ReadColumn,
    TemplateError,
    TemplateFailed,
    TemplateLimit,
    TemplateRefused,
)

BUDGET: Final = "_budget"
_FILE: Final = "<template>"
_RECKONING: Final = frozenset({"+", "-", "*", "/", "//", "%"})


@frozen
class Values:
    """Fields of the contact, of their customer, or of the segment, by name."""

    of: Mapping[str, object]


class _Environment(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, in which nothing has attributes but fields and loops, and only numbers are reckoned with."""

    intercepted_binops = _RECKONING

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return a field, or what a loop tells of itself."""
        if isinstance(obj, Values) and attribute in obj.of:
            return obj.of[attribute]
        if isinstance(obj, LoopContext) and not attribute.startswith("_"):
            return getattr(obj, attribute)
        return self.unsafe_undefined(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Undefined:
        """Return nothing: templates have no brackets."""
        return self.unsafe_undefined(obj, str(argument)[:80])

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Reckon with two numbers; raise ``TemplateFailed`` for anything else."""
        for each in (left, right):
            if not isinstance(each, int | float | Decimal) or isinstance(each, bool):
                raise TemplateFailed(
                    "Only numbers are reckoned with ({operator}).",
                    hint="Texts are put together by ~, and a missing value has a filter: default(0).",
                    operator=operator,
                )
        return super().call_binop(context, operator, left, right)


@pass_context
def _written(context: Context, value: object) -> str:  # noqa: ARG001 - Jinja passes it
    """Return what a place writes; with the context, so that Jinja does not fill in places while it compiles."""
    return text_of(value)


@pass_context
def _passes(context: Context, value: object) -> Iterator[object]:
    """Yield a list's entries, and look at the clock before each."""
    if not isinstance(value, list | tuple):
        raise TemplateFailed("A loop goes through a list.", hint="Lists are tags, and what stands in brackets.")
    budget: Budget = context[BUDGET]
    for each in value:
        budget.look()
        yield each


def _joined(values: Sequence[object]) -> str:
    """Return texts put together; raise ``TemplateLimit`` before they are too long."""
    texts = [text_of(each) for each in values]
    if sum(map(len, texts)) > MOST_TEXT:
        raise TemplateLimit("It makes a text of more than {most} characters.", hint="Make it shorter.", most=MOST_TEXT)
    return "".join(texts)


def _environment(newline: str) -> _Environment:
    environment = _Environment(
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        newline_sequence=newline,
        undefined=StrictUndefined,
        finalize=_written,
        optimized=False,
        autoescape=False,
        cache_size=0,
    )
    environment.globals.clear()
    environment.filters = {**FILTERS, PASSES: _passes, JOINED: _joined}
    environment.tests = {"none": lambda value: value is None}
    return environment


# -- compiling -----------------------------------------------------------------------------------------------------


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
    environment = _environment("\r\n" if "\r\n" in source else "\n")
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
