"""``kohorte segment add|remove|release|pins``: who is put into a segment or kept out of it by hand."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final
from uuid import UUID

import click

from kohorte.core.errors import InvalidInput
from kohorte.core.segments.model import Cause
from kohorte.core.segments.pins import (
    AT_ONCE,
    AddMembers,
    MovedMembers,
    ReleaseMembers,
    RemoveMembers,
    list_pins,
)
from kohorte.entrypoints.cli.commands import TranslatedCommand, argument, examples, option
from kohorte.entrypoints.cli.completion import FILE, offering, segment_names
from kohorte.entrypoints.cli.failures import REJECTED_ROWS
from kohorte.entrypoints.cli.session import Session, common
from kohorte.entrypoints.cli.text_files import read_lines
from kohorte.entrypoints.views.segments import moved_view, pins_view

_SHOWN: Final = 20
"""So many unknown keys are shown one by one."""
_KEYS: Final = "Read keys from a file, one a line; - reads the standard input."
Move = Callable[[tuple[str, ...], Cause], MovedMembers]


@examples(
    ("kohorte segment add guests C-17 C-18", "whatever its rule says"),
    ("kohorte segment add guests --file keys.txt", "from a file, one key a line"),
)
@click.command(cls=TranslatedCommand)
@argument("name", shell_complete=offering(segment_names))
@argument("keys", nargs=-1)
@option("--file", type=FILE, metavar="FILE", help=_KEYS)
@common(reading=True)
def add(session: Session, name: str, keys: tuple[str, ...], file: str | None) -> int:
    """Put contacts into a segment by hand, by their keys.

    They stay in it whatever its rule says. The exit code is 6 where no contact has one of the keys.
    """
    return _move(session, keys, file, lambda some, cause: session.run(AddMembers(name, some, cause)))


@examples(("kohorte segment remove guests C-17", "whatever its rule says"))
@click.command(cls=TranslatedCommand)
@argument("name", shell_complete=offering(segment_names))
@argument("keys", nargs=-1)
@option("--file", type=FILE, metavar="FILE", help=_KEYS)
@common(reading=True)
def remove(session: Session, name: str, keys: tuple[str, ...], file: str | None) -> int:
    """Take contacts out of a segment by hand, by their keys.

    They stay out of it whatever its rule says. The exit code is 6 where no contact has one of the keys.
    """
    return _move(session, keys, file, lambda some, cause: session.run(RemoveMembers(name, some, cause)))


@examples(("kohorte segment release guests C-17", "its rule decides again"))
@click.command(cls=TranslatedCommand)
@argument("name", shell_complete=offering(segment_names))
@argument("keys", nargs=-1)
@option("--file", type=FILE, metavar="FILE", help=_KEYS)
@common(reading=True)
def release(session: Session, name: str, keys: tuple[str, ...], file: str | None) -> int:
    """Leave contacts to the rule again that were put in or kept out by hand.

    The exit code is 6 where no contact has one of the keys.
    """
    return _move(session, keys, file, lambda some, _: session.run(ReleaseMembers(name, some)))


@examples(("kohorte segment pins guests", "who is in it, or out of it, by hand"))
@click.command(cls=TranslatedCommand)
@argument("name", shell_complete=offering(segment_names))
@option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many to show.")
@option("--after", type=click.UUID, metavar="ID", help="Go on after this contact's id.")
@common(reading=True)
def pins(session: Session, name: str, limit: int, after: UUID | None) -> None:
    """List who is put into a segment, or kept out of it, by hand."""
    found = session.read(lambda ports: list_pins(ports, name, after=after, limit=limit))

    def people() -> None:
        session.output.table(
            ("key", "name", "email", "side", "by", "since"),
            [
                (
                    each.person.key,
                    each.person.name,
                    each.person.email,
                    session.language(each.side.value),
                    each.by,
                    each.at,
                )
                for each in found.pins
            ],
        )
        if found.after and len(found.pins) < found.count:
            session.output.remark("Go on with: --after {id}", id=found.after)

    session.output.show(pins_view(found), people)


def _move(session: Session, keys: Sequence[str], file: str | None, move: Move) -> int:
    if not keys and file is None:
        raise InvalidInput("Name contacts by their keys.", hint="Or read the keys from a file with --file.")
    moved = [move(some, Cause.HAND) for some in _batches(keys)]
    if file is not None:
        moved += [move(some, Cause.IMPORT) for some in _batches(_keys_in(file))]
    _say(session, moved)
    return REJECTED_ROWS if any(each.unknown for each in moved) else 0


def _keys_in(file: str) -> Iterator[str]:
    return (key for line in read_lines(file) if (key := line.strip()))


def _batches(keys: Iterable[str]) -> Iterator[tuple[str, ...]]:
    waiting = iter(keys)
    while some := tuple(islice(waiting, AT_ONCE)):
        yield some


def _say(session: Session, moved: Sequence[MovedMembers]) -> None:
    told = moved_view(moved)

    def people() -> None:
        session.output.say(
            "{entered} entered, {left} left, {members} member"
            if told.members == 1
            else "{entered} entered, {left} left, {members} members",
            entered=session.output.cell(told.entered),
            left=session.output.cell(told.left),
            members=session.output.cell(told.members),
        )
        for key in told.unknown[:_SHOWN]:
            session.output.remark('No contact has the key "{key}".', key=key)
        if len(told.unknown) > _SHOWN:
            session.output.remark("And {count} more.", count=session.output.cell(len(told.unknown) - _SHOWN))

    session.output.show(told, people)
