"""``kohorte demo``: a real shop's year, imported and segmented in a minute."""

import os
from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path
from shlex import quote
from typing import Final

import click
from attrs import evolve

from kohorte.core.access.commands import CreateKey, RevokeKey
from kohorte.core.access.permissions import Role
from kohorte.core.access.queries import list_keys
from kohorte.core.errors import AlreadyExists, NotAllowed, NotFound
from kohorte.core.ports.records import RecordKind
from kohorte.core.segments.commands import CalculatedSegment, CalculateSegments, CreateSegment
from kohorte.core.segments.queries import list_segments
from kohorte.core.tenants.commands import CreateTenant
from kohorte.entrypoints.cli.commands import TranslatedCommand, examples, option
from kohorte.entrypoints.cli.imports import import_file
from kohorte.entrypoints.cli.kinds import counted
from kohorte.entrypoints.cli.serve import HOST, PORT, answering
from kohorte.entrypoints.cli.session import Session, common
from kohorte.entrypoints.demo.segments import CLOSING_TIME, SEGMENTS, DemoSegment
from kohorte.entrypoints.settings import DEFAULT_DATABASE, DEFAULT_TENANT, without_secrets

KINDS: Final = (RecordKind.CUSTOMERS, RecordKind.CONTACTS, RecordKind.PURCHASES, RecordKind.ITEMS)
FOLDER: Final = "kohorte-demo"
KEY: Final = "demo"
NEXT_STEPS: Final = (
    "kohorte segment show champions",
    'kohorte segment members "lapsed buyers" --limit 5',
    "kohorte segment preview --rule 'any items(product_code = \"85123A\")' --at 2011-12-10",
    "kohorte segment difference cancellers --rule 'purchases(status = \"cancelled\").count >= 2'",
    "kohorte segment export champions --output champions.csv",
    "kohorte rule check 'contact.country = “DE”'",
)


@examples(
    ("kohorte demo", "in the folder kohorte-demo"),
    ("kohorte demo --database postgresql://user:password@localhost/kohorte", "the same on PostgreSQL"),
)
@click.command(cls=TranslatedCommand)
@option(
    "--folder",
    type=click.Path(file_okay=False),
    metavar="FOLDER",
    default=FOLDER,
    show_default=True,
    help="Folder for the demo's database.",
)
@option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=PORT,
    show_default=True,
    help="Port to listen at; another one where it is taken.",
)
@option("--no-serve", is_flag=True, help="End where the server would begin.")
@common(reading=True)
def demo(session: Session, folder: str, port: int, *, no_serve: bool) -> None:
    """See Kohorte work on a real shop's data.

    Imports a year of a British gift shop (Online Retail, UCI), calculates ten segments and shows them; then serves them
    over HTTP until Ctrl-C, but not with --json. Names and addresses are made up.
    """
    place = _choose_database(session, Path(folder))
    _prepare(session)
    for kind in KINDS:
        _import(session, kind)
    calculated = _calculate(session)
    session.output.show(
        {"database": place, "at": CLOSING_TIME, "segments": [_told(each, calculated) for each in SEGMENTS]},
        lambda: _say(session, calculated, place),
    )
    if not (no_serve or session.output.json):
        _serve(session, port)


def _choose_database(session: Session, folder: Path) -> str | None:
    """Use a fresh file in the folder, unless a database is named; return the folder to go to afterwards."""
    if session.settings.database != DEFAULT_DATABASE:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    session.settings = evolve(session.settings, database=f"sqlite:///{folder}/kohorte.db")
    return str(folder)


def _prepare(session: Session) -> None:
    """Make the database and the tenant; raise ``NotAllowed`` where somebody's own contacts would get company."""
    session.migrate_empty()
    try:
        session.application.tenant(session.settings.tenant)
    except NotFound:
        session.application.bus.administer(CreateTenant(session.settings.tenant, "Europe/London", "GBP"))
    taken = session.read(lambda ports: ports.work.records.count(RecordKind.CONTACTS))
    if taken and SEGMENTS[0].name not in {each.name for each in session.read(list_segments)}:
        raise NotAllowed(
            'The tenant "{tenant}" has {contacts} already.',
            hint="Give the demo a tenant of its own: kohorte demo --tenant demo",
            tenant=session.settings.tenant,
            contacts=counted(session.output, taken, RecordKind.CONTACTS),
        )
    for each in SEGMENTS:
        try:
            session.run(CreateSegment(each.name, each.rule, session.language(each.description)))
        except AlreadyExists:
            continue  # from an earlier run of the demo


def _import(session: Session, kind: RecordKind) -> None:
    with as_file(files("kohorte.entrypoints.demo").joinpath("data", f"{kind.value}.csv.xz")) as path:
        imported, _ = import_file(session, kind, str(path), rejects=f"{kind.value}.rejects.csv")
    if not session.output.json:
        session.output.text(counted(session.output, imported.run.rows, kind))


def _calculate(session: Session) -> dict[str, CalculatedSegment]:
    results: Sequence[CalculatedSegment] = session.run(CalculateSegments((), CLOSING_TIME))
    return {each.name: each for each in results}


def _told(each: DemoSegment, calculated: dict[str, CalculatedSegment]) -> dict[str, object]:
    result = calculated[each.name]
    return {
        "name": each.name,
        "description": each.description,
        "rule": each.rule,
        "members": result.members,
        "seconds": round(result.seconds, 6),
    }


def _say(session: Session, calculated: dict[str, CalculatedSegment], folder: str | None) -> None:
    output = session.output
    output.say("")
    output.table(
        ("segment", "rule", "members", "ms"),
        [
            (each.name, each.rule, calculated[each.name].members, round(calculated[each.name].seconds * 1000))
            for each in SEGMENTS
        ],
    )
    output.say("")
    output.say("All of this is as of {at}, where the shop's data end. Try next:", at=output.cell(CLOSING_TIME))
    output.say("")
    for line in (*_surroundings(session, folder), *(f"{_prefix()}{line}" for line in NEXT_STEPS)):
        output.text(f"  {line}")
    output.say("")
    output.say("A worker would bring all members to today: who bought lately then has not any more.")


def _serve(session: Session, port: int) -> None:
    """Serve until stopped, without a worker: it would bring all members to today, long after the shop's last sale."""
    known = session.read(lambda ports: list_keys(ports.work))
    for each in known:
        if each.name == KEY:  # of an earlier run: nobody can be told it again
            session.run(RevokeKey(each.id))
    token = session.run(CreateKey(KEY, (Role.MARKETING,))).token
    from kohorte.entrypoints.http.server import free_port  # noqa: PLC0415 - slow to read

    with answering(session, port=free_port(HOST, port)) as address:
        session.output.say("")
        session.output.say(
            "Or ask over HTTP; {address}/api/docs describes how. Ctrl-C ends the server.", address=address
        )
        session.output.say("")
        session.output.text(f"  curl -H 'Authorization: Bearer {token}' '{address}/api/segments?limit=2'")


def _prefix() -> str:
    """Return what stands before a command of somebody who has Kohorte in uv's environment, and not in the shell's."""
    return "uv run " if "UV_RUN_RECURSION_DEPTH" in os.environ else ""


def _surroundings(session: Session, folder: str | None) -> list[str]:
    """Return what a shell must know before the next steps; a password is for its owner to write again."""
    settings = session.settings
    lines = [f"cd {quote(folder)}"] if folder else []
    if not folder and os.environ.get("KOHORTE_DATABASE") != settings.database:
        lines.append(f"export KOHORTE_DATABASE={quote(without_secrets(settings.database, settings))}")
    if settings.tenant not in {DEFAULT_TENANT, os.environ.get("KOHORTE_TENANT")}:
        lines.append(f"export KOHORTE_TENANT={quote(settings.tenant)}")
    return lines
