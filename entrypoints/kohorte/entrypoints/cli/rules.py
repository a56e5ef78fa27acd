"""``kohorte rule``: check, format and translate rules without storing anything."""

import sys
from pathlib import Path

import click

from kohorte.core.bus import Ports
from kohorte.core.errors import InvalidInput
from kohorte.core.ports.rules import CheckedRule, Problem
from kohorte.core.segments.commands import check_rule
from kohorte.dsl.language import RuleLanguage
from kohorte.entrypoints.bootstrap import Statement
from kohorte.entrypoints.cli.commands import TranslatedCommand, TranslatedGroup, examples, option
from kohorte.entrypoints.cli.session import Session, common


def rule_text(text: str | None, file: str | None) -> str:
    """Return a rule from the command line, a file, or the standard input (``-``); raise ``InvalidInput``."""
    if (text is None) == (file is None):
        raise InvalidInput("Give one rule.", hint="Write it in quotes, or name a file with --file (- reads the input).")
    if file is None:
        return text or ""
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text("utf-8-sig")
    except OSError as missing:
        raise InvalidInput(
            "{file} cannot be read: {reason}.", hint="Check the path.", file=file, reason=missing.strerror
        ) from None
    except UnicodeDecodeError:
        raise InvalidInput("{file} is not UTF-8 text.", hint="Save it as UTF-8.", file=file) from None


@click.group(cls=TranslatedGroup)
def rule() -> None:
    """Check and format rules."""


@examples(
    ("kohorte rule check 'contact.country = \"DE\"'", "is it right?"),
    ("kohorte rule check --file wholesale.kohorte --json", "for an editor"),
)
@rule.command(cls=TranslatedCommand)
@click.argument("text", required=False)
@option("--file", metavar="FILE", help="Read the rule from a file; - reads the standard input.")
@common(reading=True)
def check(session: Session, text: str | None, file: str | None) -> None:
    """Check a rule and print it in canonical form.

    Every error is shown with its place and what to do. The exit code is 3 where there is one.
    """
    checked = session.read(lambda ports: check_rule(rule_text(text, file), ports))
    session.output.show(_described(checked), lambda: _print(session, checked))


def _described(checked: CheckedRule) -> dict[str, object]:
    return {
        "text": checked.text,
        "tree": checked.tree,
        "fields": sorted(checked.fields),
        "warnings": [_problem(each) for each in checked.warnings],
    }


def _problem(problem: Problem) -> dict[str, object]:
    return {"code": problem.code, "message": problem.text(), "line": problem.line, "column": problem.column}


def _print(session: Session, checked: CheckedRule) -> None:
    session.output.text(checked.text)
    for warning in checked.warnings:
        session.output.remark(
            "{line}:{column}: {text}", line=warning.line, column=warning.column, text=warning.text(session.language)
        )


@examples(("kohorte rule format --file wholesale.kohorte", "with its comments kept"))
@rule.command("format", cls=TranslatedCommand)
@click.argument("text", required=False)
@option("--file", metavar="FILE", help="Read the rule from a file; - reads the standard input.")
@option("--write", is_flag=True, help="Write the file instead of printing.")
@common()
def format_rule(session: Session, text: str | None, file: str | None, *, write: bool) -> None:
    """Print a rule in canonical spelling and layout. No database is needed."""
    formatted = RuleLanguage().format(rule_text(text, file))
    if write and file not in {None, "-"}:
        Path(str(file)).write_text(formatted + "\n", "utf-8")
    else:
        session.output.text(formatted)


@examples(("kohorte rule sql 'purchases(last 90 days).count >= 3' --at 2011-12-10", "see what the database is asked"))
@rule.command(cls=TranslatedCommand)
@click.argument("text", required=False)
@option("--file", metavar="FILE", help="Read the rule from a file; - reads the standard input.")
@common(reading=True, evaluating=True)
def sql(session: Session, text: str | None, file: str | None) -> None:
    """Print the SQL statement that selects a rule's contacts, and its parameters."""
    found = session.read(lambda ports: _statement(session, ports, rule_text(text, file)))
    if found is None:
        raise InvalidInput("This kind of database is not asked in SQL.")
    session.output.show(
        {"dialect": found.dialect, "sql": found.sql, "parameters": dict(found.parameters)},
        lambda: _print_statement(session, found),
    )


def _statement(session: Session, ports: Ports, text: str) -> Statement | None:
    return session.application.adapter.statement(ports.work, check_rule(text, ports), session.at)


def _print_statement(session: Session, found: Statement) -> None:
    session.output.text(found.sql)
    for name, value in found.parameters.items():
        session.output.text(f"-- {name} = {value!r}")
