"""Errors as a person meets them: what was wrong, where, what to do; and the exit code."""

from typing import Final

from rich.console import Console
from rich.markup import escape

from kohorte.core.errors import KohorteError, NotFound, StorageUnavailable
from kohorte.core.ports.rules import RuleRefused
from kohorte.dsl.errors import render
from kohorte.entrypoints.languages import Language

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
            console.print(escape(render(problem, error.source, language)))
        return
    console.print(f"[bold red]{escape(language('Error'))}:[/] {escape(error.text(language))}")
    advice = error.advice(language)
    if advice:
        console.print(escape(advice))


def as_json(error: KohorteError) -> dict[str, object]:
    """Return an error for programs."""
    told: dict[str, object] = {"code": error.code, "message": error.text(), "hint": error.advice()}
    if isinstance(error, RuleRefused):
        told["problems"] = [
            {
                "code": problem.code,
                "message": problem.text(),
                "hint": problem.advice(),
                "line": problem.line,
                "column": problem.column,
                "start": problem.start,
                "end": problem.end,
                "fixes": [
                    {
                        "title": fix.title.format(**problem.values),
                        "edits": [[e.start, e.end, e.text] for e in fix.edits],
                    }
                    for fix in problem.fixes
                ],
            }
            for problem in error.problems
        ]
    return {"error": told}
