"""Errors as a person meets them: what was wrong, where, what to do; and the exit code."""

from typing import Final

import click
from rich.console import Console
from rich.text import Text

from kohorte.core.errors import InvalidInput, KohorteError, NotFound, StorageUnavailable
from kohorte.core.ports.rules import RuleRefused
from kohorte.dsl.errors import render
from kohorte.entrypoints.cli.output import printable
from kohorte.entrypoints.languages import Language
from kohorte.entrypoints.views.rules import error_view

FAILED: Final = 1  # the command could not do what was asked
USAGE: Final = 2  # the command line itself is wrong
REFUSED_RULE: Final = 3  # a rule has errors
NOT_FOUND: Final = 4  # a named thing does not exist
UNAVAILABLE: Final = 5  # the database cannot be used
REJECTED_ROWS: Final = 6  # an import finished, but rows were rejected
INTERRUPTED: Final = 130  # by Ctrl-C, as shells have it

EXIT_CODES: Final = {
    0: "done",
    FAILED: "could not be done; the error says why",
    USAGE: "the command line is wrong",
    REFUSED_RULE: "a rule has errors",
    NOT_FOUND: "a named thing does not exist",
    UNAVAILABLE: "the database cannot be used",
    REJECTED_ROWS: "an import finished, but rows were rejected",
    INTERRUPTED: "stopped by Ctrl-C",
}


class UnexpectedFault(KohorteError, RuntimeError):
    """Kohorte itself is wrong somewhere."""

    code = "unexpected"


def unexpected(fault: Exception) -> UnexpectedFault:
    """Return what is said about a fault that nobody foresaw. Its own text may hold anything, so it is not shown."""
    return UnexpectedFault(
        "Kohorte made a mistake ({name}).",
        hint="Run it again with KOHORTE_DEBUG=1 to see where, and report what it prints.",
        name=type(fault).__name__,
    )


def refused_by_system(refused: OSError) -> InvalidInput:
    """Return what is said where the system refuses a file, or to write the answer (an error without a file's name)."""
    reason = refused.strerror or type(refused).__name__
    if refused.filename is None:
        return InvalidInput("The answer cannot be written: {reason}.", hint="Check where it goes.", reason=reason)
    return InvalidInput(
        "{file} cannot be used: {reason}.", hint="Check the path.", file=str(refused.filename), reason=reason
    )


def exit_code(error: KohorteError) -> int:
    """Return the exit code of an error; docs/reference/command-line.md lists them."""
    match error:
        case RuleRefused():
            return REFUSED_RULE
        case NotFound():
            return NOT_FOUND
        case StorageUnavailable():
            return UNAVAILABLE
        case _:
            return FAILED


def show_error(error: KohorteError, language: Language, console: Console) -> None:
    """Print an error; a refused rule with a caret under each problem."""
    if isinstance(error, RuleRefused):
        for problem in error.problems:
            # Wrapped lines would part the carets from what they point at.
            console.print(Text(printable(render(problem, error.source, language))), soft_wrap=True)
        return
    said = printable(error.text(language))
    console.print(Text.assemble((f"{language('Error')}:", "bold red"), f" {said}"), soft_wrap=True)
    advice = printable(error.advice(language))
    if advice:
        console.print(Text(advice), soft_wrap=True)


def usage_as_json(wrong: click.ClickException) -> dict[str, object]:
    """Return what is wrong with the command line itself, for programs."""
    context = wrong.ctx if isinstance(wrong, click.UsageError) else None
    path = context.command_path if context else "kohorte"
    return {"error": {"code": "usage", "message": wrong.format_message(), "hint": f"{path} --help"}}


def as_json(error: KohorteError) -> dict[str, object]:
    """Return an error for programs."""
    return {"error": error_view(error)}
