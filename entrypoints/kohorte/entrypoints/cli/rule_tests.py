"""``kohorte rule test``: whether rules still answer what their files say they must."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from attrs import frozen

from kohorte.core.bus import Ports
from kohorte.core.errors import KohorteError
from kohorte.core.ports.rules import RuleRefused
from kohorte.dsl.compiled import CompiledRule
from kohorte.dsl.errors import render
from kohorte.dsl.rule_files.examples import Tried, try_examples
from kohorte.dsl.rule_files.text import read_rule_file
from kohorte.entrypoints.cli.commands import TranslatedCommand, argument, examples
from kohorte.entrypoints.cli.completion import FILE
from kohorte.entrypoints.cli.failures import FAILED
from kohorte.entrypoints.cli.rules import MOST_BYTES
from kohorte.entrypoints.cli.session import Session, common
from kohorte.entrypoints.cli.text_files import read_text
from kohorte.entrypoints.compiling import compiled_rule
from kohorte.entrypoints.views.rules import problem_view


@frozen
class FileTried:
    """A rule file and what became of its examples; ``error`` is set where the rule or the file cannot be used."""

    path: str
    tried: Sequence[Tried]
    error: KohorteError | None = None

    @property
    def passed(self) -> bool:
        """Tell whether every example was answered as expected."""
        return self.error is None and all(each.passed for each in self.tried)


@examples(
    ("kohorte rule test rules/", "all files in a folder"),
    ("kohorte rule test lapsed.kohorte --json", "for continuous integration"),
)
@click.command(cls=TranslatedCommand)
@argument("paths", type=FILE, nargs=-1, required=True, metavar="PATH...")
@common(reading=True)
@click.pass_context
def test(context: click.Context, session: Session, paths: Sequence[str]) -> None:
    """Try rule files (*.kohorte) against their examples.

    A file holds a rule, and after a line of three hyphens whom it must select and whom not. The exit code is 1 where
    an example fails. Where there is no database, the built-in fields are known.
    """
    session.pretend_empty()
    tried = session.read(lambda ports: [_tried(path, ports) for path in _files(paths)])
    session.output.show([_told(session, each) for each in tried], lambda: _print(session, tried))
    if not all(each.passed for each in tried):
        context.exit(FAILED)


def _files(paths: Sequence[str]) -> list[str]:
    """Return the rule files that are named, and those in the folders that are."""
    found: list[str] = []
    for path in paths:
        if Path(path).is_dir():
            found += sorted(str(each) for each in Path(path).rglob("*.kohorte"))
        else:
            found.append(path)
    return found


def _tried(path: str, ports: Ports) -> FileTried:
    try:
        file = read_rule_file(read_text(path, MOST_BYTES))
        rule = compiled_rule(file.rule, ports)
        return FileTried(path, list(try_examples(rule, file.examples, ask=_asking(rule, ports))))
    except KohorteError as wrong:
        return FileTried(path, (), wrong)


def _asking(rule: CompiledRule, ports: Ports) -> Any:
    def ask(key: str, at: datetime) -> bool:
        return rule.holds_for(ports.work.audiences.facts(rule, key, at), at)

    return ask


def _told(session: Session, file: FileTried) -> dict[str, object]:
    return {
        "file": file.path,
        "passed": file.passed,
        "error": None if file.error is None else file.error.text(session.language),
        "problems": [problem_view(each) for each in getattr(file.error, "problems", ())],
        "examples": [
            {
                "line": each.example.line,
                "title": each.example.title,
                "expected": each.example.expected,
                "answer": each.answer,
                "passed": each.passed,
                "error": None if each.error is None else each.error.text(session.language),
            }
            for each in file.tried
        ],
    }


def _print(session: Session, files: Sequence[FileTried]) -> None:
    for file in files:
        for line in _wrong(session, file):
            session.output.text(line)
        for each in file.tried:
            if not each.passed:
                session.output.text(f"{file.path}:{each.example.line}: {_failure(session, each)}")
    failed = sum(not each.passed for file in files for each in file.tried)
    unread = sum(file.error is not None for file in files)
    session.output.say(
        "Examples: {examples}, failed: {failed}.",
        examples=sum(len(file.tried) for file in files),
        failed=failed + unread,
    )


def _wrong(session: Session, file: FileTried) -> Iterator[str]:
    """Yield why a file cannot be used; a refused rule problem by problem, which stand at the lines of the file."""
    match file.error:
        case None:
            return
        case RuleRefused() as refused:
            yield from (f"{file.path}:{render(each, refused.source, session.language)}" for each in refused.problems)
        case wrong:
            yield f"{file.path}: {_told_whole(session, wrong)}"


def _told_whole(session: Session, error: KohorteError) -> str:
    return f"{error.text(session.language)} {error.advice(session.language)}".rstrip()


def _failure(session: Session, tried: Tried) -> str:
    title = f"“{tried.example.title}” " if tried.example.title else ""
    if tried.error is not None:
        return f"{title}{_told_whole(session, tried.error)}"
    said = session.language("must be in, and is out." if tried.example.expected else "must be out, and is in.")
    return f"{title}{said}"
