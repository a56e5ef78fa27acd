"""``kohorte rule``: check, format and translate rules without storing anything."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from kohorte.core.bus import Ports
from kohorte.core.errors import InvalidInput
from kohorte.core.ports.rules import CheckedRule
from kohorte.core.segments.rules import check_rule
from kohorte.dsl.rule_files.text import split
from kohorte.entrypoints.cli.commands import TranslatedCommand, TranslatedGroup, argument, examples, option
from kohorte.entrypoints.cli.completion import FILE
from kohorte.entrypoints.cli.session import Session, common
from kohorte.entrypoints.cli.text_files import read_text
from kohorte.entrypoints.views.rules import FormattedRuleView, StatementView, checked_rule_view

if TYPE_CHECKING:
    from kohorte.entrypoints.bootstrap import Statement

MOST_BYTES: Final = 4 * 1024 * 1024
"""So much of a rule file is read: the rule itself may be far smaller, its examples not."""
ONE_RULE: Final = "Write it in quotes, or name a file with --file (- reads the input)."


def rule_text(text: str | None, file: str | None, *, hint: str) -> str:
    """Return a rule from the command line, a file, or the standard input (``-``); raise ``InvalidInput``."""
    if (text is None) == (file is None):
        raise InvalidInput("Give one rule.", hint=hint)
    return text if text is not None else split(read_text(str(file), MOST_BYTES))[0]


_MORE: Final = {
    "analyse": "kohorte.entrypoints.cli.rule_meaning:analyse",
    "compare": "kohorte.entrypoints.cli.rule_meaning:compare",
    "complete": "kohorte.entrypoints.cli.rule_editor:complete",
    "estimate": "kohorte.entrypoints.cli.rule_estimate:estimate",
    "explain": "kohorte.entrypoints.cli.explaining:explain_rule",
    "lsp": "kohorte.entrypoints.cli.rule_editor:lsp",
    "say": "kohorte.entrypoints.cli.rule_meaning:say",
    "test": "kohorte.entrypoints.cli.rule_tests:test",
}


@click.group(cls=TranslatedGroup, later=_MORE)
def rule() -> None:
    """Write, check, understand and test rules."""


@examples(
    ("kohorte rule check 'contact.country = \"DE\"'", "is it right?"),
    ("kohorte rule check --file wholesale.kohorte --json", "for an editor"),
)
@rule.command(cls=TranslatedCommand)
@argument("text", required=False)
@option("--file", type=FILE, metavar="FILE", help="Read the rule from a file; - reads the standard input.")
@common(reading=True)
def check(session: Session, text: str | None, file: str | None) -> None:
    """Check a rule and print it in canonical form.

    Every error is shown with its place and what to do. The exit code is 3 where there is one.
    """
    checked = session.read(lambda ports: check_rule(rule_text(text, file, hint=ONE_RULE), ports))
    session.output.show(checked_rule_view(checked), lambda: _print(session, checked))


def _print(session: Session, checked: CheckedRule) -> None:
    session.output.text(checked.text)
    for warning in checked.warnings:
        session.output.remark(
            "{line}:{column}: {text}", line=warning.line, column=warning.column, text=warning.text(session.language)
        )


@examples(
    ("kohorte rule format --file wholesale.kohorte", "with its comments kept"),
    ("kohorte rule format --file wholesale.kohorte --write", "in place"),
)
@rule.command("format", cls=TranslatedCommand)
@argument("text", required=False)
@option("--file", type=FILE, metavar="FILE", help="Read the rule from a file; - reads the standard input.")
@option("--write", is_flag=True, help="Write the file instead of printing.")
@common(reading=True)
def format_rule(session: Session, text: str | None, file: str | None, *, write: bool) -> None:
    """Print a rule in canonical spelling and layout. No database is needed."""
    if write and file in {None, "-"}:
        raise InvalidInput("There is no file to write.", hint="Name it with --file.")
    from kohorte.dsl.language import RuleLanguage  # noqa: PLC0415 - slow to read, and help does without

    formatted = RuleLanguage().format(rule_text(text, file, hint=ONE_RULE))
    if write:
        _, examples = split(read_text(str(file), MOST_BYTES))
        Path(str(file)).write_text(f"{formatted}\n\n{examples}" if examples else f"{formatted}\n", "utf-8")
    else:
        session.output.show(FormattedRuleView(formatted), lambda: session.output.text(formatted))


@examples(("kohorte rule sql 'purchases(last 90 days).count >= 3' --at 2011-12-10", "see what the database is asked"))
@rule.command(cls=TranslatedCommand)
@argument("text", required=False)
@option("--file", type=FILE, metavar="FILE", help="Read the rule from a file; - reads the standard input.")
@common(reading=True, evaluating=True)
def sql(session: Session, text: str | None, file: str | None) -> None:
    """Print the SQL statement that selects a rule's contacts, and its parameters."""
    found = session.read(lambda ports: _statement(session, ports, rule_text(text, file, hint=ONE_RULE)))
    if found is None:
        raise InvalidInput("This kind of database is not asked in SQL.")
    session.output.show(
        StatementView(found.dialect, found.sql, found.parameters),
        lambda: _print_statement(session, found),
    )


def _statement(session: Session, ports: Ports, text: str) -> "Statement | None":
    return session.application.adapter.statement(ports.work, check_rule(text, ports), session.at)


def _print_statement(session: Session, found: "Statement") -> None:
    session.output.text(found.sql)
    for name, value in found.parameters.items():
        session.output.text(f"-- {name} = {value!r}")
