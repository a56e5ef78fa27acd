"""``kohorte import``: bring customers, contacts, purchases, items and activities from files."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import click

from kohorte.adapters.files.exports import pieces
from kohorte.adapters.files.rejects import reject_file, reject_path
from kohorte.adapters.files.sources import file_rows
from kohorte.core.errors import InvalidInput
from kohorte.core.files.commands import KeepFile
from kohorte.core.files.model import READ_WITHIN
from kohorte.core.imports.commands import BATCH_ROWS, Imported, ImportFile
from kohorte.core.imports.model import ImportRun, ImportStatus
from kohorte.core.imports.numbers import decimal_style
from kohorte.core.imports.queries import ImportState, import_state
from kohorte.core.jobs.commands import StartImport
from kohorte.core.jobs.model import JobRun
from kohorte.core.ports.records import RecordKind
from kohorte.entrypoints.cli.commands import (
    TranslatedCommand,
    TranslatedGroup,
    argument,
    examples,
    option,
)
from kohorte.entrypoints.cli.completion import FILE
from kohorte.entrypoints.cli.failures import REJECTED_ROWS
from kohorte.entrypoints.cli.jobs import started
from kohorte.entrypoints.cli.kinds import counted
from kohorte.entrypoints.cli.progress import progress_bar
from kohorte.entrypoints.cli.session import Session, common
from kohorte.entrypoints.views.imports import import_state_view, imported_view

HELP: Final[Mapping[RecordKind, str]] = {
    kind: f"Import {kind.value} from a file; - reads the standard input." for kind in RecordKind
}
MORE_HELP: Final = (
    "A bad row never stops the rest: it goes to the reject file with what to do. A row whose parent is unknown waits "
    "for it. The exit code is 6 where rows were rejected."
)


@examples(
    ("kohorte import contacts people.csv", "columns are found by their names"),
    ("kohorte import status", "what was imported, and what waits for its parent"),
)
@click.group("import", cls=TranslatedGroup)
def import_group() -> None:
    """Import records from CSV and JSON Lines files.

    Rows are known by their key: importing a file again changes nothing, and the order of files does not matter.
    """


def _import_command(kind: RecordKind, example: str) -> None:
    @examples(
        (f"kohorte import {kind.value} {example}", "delimiter, encoding and decimals are detected"),
        (
            f"kohorte import {kind.value} {example} --map 'Customer No=key' --map Remarks=-",
            "other names; leave one out",
        ),
        (f"kohorte import {kind.value} {example} --dry-run", "see what would happen, store nothing"),
        (f"kohorte import {kind.value} {example} --job", "later, by the worker: for very many rows"),
    )
    @import_group.command(kind.value, cls=TranslatedCommand)
    @argument("file", type=FILE)
    @option(
        "--map", "mapping", multiple=True, metavar="COLUMN=FIELD", help="Read a column as a field; - leaves it out."
    )
    @option("--format", "form", type=click.Choice(["csv", "jsonl"]), help="File format, if it is not detected.")
    @option("--delimiter", metavar="SIGN", help="Sign between cells: a sign, tab, comma, semicolon or pipe.")
    @option("--encoding", metavar="NAME", help="Encoding of the text, such as utf-8 or windows-1252.")
    @option("--decimals", metavar="EXAMPLE", help="How decimals are written: 1234.50, 1,234.50 or 1.234,50.")
    @option("--rejects", type=FILE, metavar="FILE", help="Where rejected rows go instead of FILE.rejects.csv.")
    @option("--dry-run", is_flag=True, help="Read and check everything, store nothing.")
    @option(
        "--batch",
        type=click.IntRange(1, 1_000_000),
        default=BATCH_ROWS,
        show_default=True,
        help="Rows in a transaction.",
    )
    @option("--job", "as_job", is_flag=True, help="Let the worker import it: kohorte job show says how far it is.")
    @common(reading=True)
    def run(session: Session, file: str, *, as_job: bool, **given: Any) -> int:
        if as_job:
            started(session, _start_job(session, kind, file, **given))
            return 0
        imported, rejects = import_file(session, kind, file, **given)
        session.output.show(imported_view(imported, rejects), lambda: _say(session, imported, rejects))
        return REJECTED_ROWS if imported.run.rejected else 0

    run.help = f"{HELP[kind]}\n\n{MORE_HELP}"


for _kind, _example in (
    (RecordKind.CUSTOMERS, "companies.csv"),
    (RecordKind.CONTACTS, "people.csv"),
    (RecordKind.PURCHASES, "orders.csv"),
    (RecordKind.ITEMS, "lines.jsonl"),
    (RecordKind.ACTIVITIES, "calls.csv"),
):
    _import_command(_kind, _example)


def import_file(
    session: Session,
    kind: RecordKind,
    file: str,
    *,
    mapping: tuple[str, ...] = (),
    form: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    decimals: str | None = None,
    rejects: str | None = None,
    dry_run: bool = False,
    batch: int = BATCH_ROWS,
) -> tuple[Imported, Path]:
    """Import a file with a progress bar; return what became of it and where rejected rows went."""
    source = file_rows(file, format=form, encoding=encoding, delimiter=delimiter)
    path = Path(rejects) if rejects else reject_path(source.path)
    if dry_run:
        session.pretend_empty()
    else:
        session.migrate_empty()
    with (
        reject_file(path, session.language, source=source.path) as sink,
        progress_bar(session.output, source.name) as progress,
    ):
        command = ImportFile(
            kind,
            source,
            sink,
            mapping=dict(_pair(text) for text in mapping),
            decimals=decimal_style(decimals) if decimals else None,
            dry_run=dry_run,
            batch_rows=batch,
            progress=progress,
        )
        return session.run(command), path


def _start_job(
    session: Session,
    kind: RecordKind,
    file: str,
    *,
    mapping: tuple[str, ...],
    form: str | None,
    delimiter: str | None,
    encoding: str | None,
    decimals: str | None,
    rejects: str | None,
    dry_run: bool,
    batch: int,
) -> JobRun:
    """Keep a file where every worker can read it, and let one of them import it."""
    source = file_rows(file, format=form, encoding=encoding, delimiter=delimiter)
    if source.path is None or rejects is not None or batch != BATCH_ROWS:
        raise InvalidInput(
            "A job reads a file, and keeps rejected rows itself.",
            hint="Give --job without --rejects and --batch, and with the name of a file.",
        )
    columns, style = dict(_pair(text) for text in mapping), decimal_style(decimals) if decimals else None
    session.migrate_empty()
    with source.path.open("rb") as stream:
        kept = session.run(KeepFile(source.name, pieces(stream), READ_WITHIN))
    return session.run(StartImport(kind, kept.id, columns, form, delimiter, encoding, style, dry_run))


def _pair(text: str) -> tuple[str, str]:
    column, sign, name = text.rpartition("=")
    if not sign or not column.strip() or not name.strip():
        raise InvalidInput(
            '"{text}" does not map a column.', hint="Write it like --map 'Customer No=key'.", text=text[:80]
        )
    return column.strip(), name.strip()


def _say(session: Session, imported: Imported, rejects: Path) -> None:
    output, run = session.output, imported.run
    if imported.dry_run:
        output.say("Nothing was stored: this was a dry run.")
    output.say(
        "{records} read: {created} new, {updated} known already, {waiting} waiting, {rejected} rejected",
        records=counted(output, run.rows, run.kind),
        created=output.cell(run.created),
        updated=output.cell(run.updated),
        waiting=output.cell(run.waiting),
        rejected=output.cell(run.rejected),
    )
    for kind, count in imported.joined.items():
        output.say("Had waited, and joined now: {records}", records=counted(output, count, kind))
    if imported.dry_run:
        meanings = [name if name == field else f"{name}={field}" for name, field in imported.columns.items()]
        output.remark("Read as: {reading}", reading=", ".join(imported.reading.values()))
        output.remark("Columns that were read: {columns}", columns=", ".join(meanings))
    if imported.ignored:
        output.remark("Columns that were left out: {columns}", columns=", ".join(imported.ignored))
    if run.rejected:
        output.remark("Mend the rejected rows in {path}, and import that file with the same options.", path=rejects)


@examples(
    ("kohorte import status", "what was imported, and what waits for whom"),
    ("kohorte import status --json", "for a program"),
)
@import_group.command(cls=TranslatedCommand)
@option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=20,
    show_default=True,
    help="How many of the keys that rows wait for to show.",
)
@common(reading=True)
def status(session: Session, limit: int) -> None:
    """Show the latest imports, and the rows that wait for a parent."""
    state = session.read(lambda ports: import_state(ports, parents=limit))
    session.output.show(import_state_view(state), lambda: _say_state(session, state, limit))


def _say_state(session: Session, state: ImportState, limit: int) -> None:
    say: Callable[[str], str] = session.language
    session.output.table(
        ("file", "kind", "started", "rows", "new", "known", "waiting", "rejected", "status"),
        [
            (
                run.source,
                say(run.kind.value),
                run.started_at,
                run.rows,
                run.created,
                run.updated,
                run.waiting,
                run.rejected,
                _outcome(run, state, say),
            )
            for run in state.runs
        ],
        sparse=("waiting", "rejected", "status"),
    )
    for run in state.unfinished:
        session.output.say("{file} was not read to its end: import it again. {error}", file=run.source, error=run.error)
    for kind, count in state.waiting_count.items():
        session.output.say("Still waiting: {records}", records=counted(session.output, count, kind))
    if state.waiting:
        session.output.table(
            ("kind", "waits for", "key", "rows", "problem"),
            [
                (say(each.kind.value), say(each.parent_kind.value), each.parent_key, each.count, each.problem)
                for each in state.waiting
            ],
            sparse=("problem",),
        )
    if len(state.waiting) == limit:
        session.output.remark("There may be more: these are those that most rows wait for. See more with --limit.")


def _outcome(run: ImportRun, state: ImportState, say: Callable[[str], str]) -> str:
    """Return how a run ended, where there is something to say about it."""
    if run in state.interrupted:
        return say("interrupted")
    return "" if run.status is ImportStatus.FINISHED else say(run.status.value)
