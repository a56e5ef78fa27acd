"""What one may ask for about stored lists."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from attrs import evolve, frozen

from kohorte.core.bus import Ports
from kohorte.core.errors import InvalidValue, KohorteError, NotAllowed
from kohorte.core.lists.events import ListCreated, ListDeleted, ListEntriesAdded, ListRenamed
from kohorte.core.lists.model import StoredList, list_name
from kohorte.core.lists.queries import segments_using
from kohorte.core.messages import Command
from kohorte.core.segments.renaming import follow_name, in_order
from kohorte.core.values import clean_text

CHUNK: Final = 10_000
"""Entries per transaction: what was added before a failure stays, and adding all of it again changes nothing."""

REFUSALS: Final = 100
"""So many refused entries are returned one by one; the rest are only counted."""


@frozen
class CreateList(Command[StoredList]):
    """Make an empty list that rules can look things up in (``contact.email in list "vip"``)."""

    name: str


@frozen
class RefusedEntry:
    """An entry that was not added: its number, counted from 1, and why."""

    number: int
    error: KohorteError


@frozen
class EntriesAdded:
    """What became of the entries: how many were ``new``, ``known`` already, empty, or ``refused``."""

    new: int = 0
    known: int = 0
    empty: int = 0
    refused: int = 0
    refusals: tuple[RefusedEntry, ...] = ()


@frozen
class AddEntries(Command[EntriesAdded]):
    """Add e-mail addresses, keys or codes to a list, as many as one likes; they are read once, with flat memory."""

    name: str
    entries: Iterable[str]


@frozen
class RenameList(Command[StoredList]):
    """Give a list another name. ``rewrite`` lets the rules that use it follow, each as a version of its own."""

    name: str
    new_name: str
    rewrite: bool = False


@frozen
class DeleteList(Command[None]):
    """Delete a list that no rule looks anything up in."""

    name: str


def create_list(command: CreateList, ports: Ports) -> StoredList:
    """Create a list. Raise ``InvalidValue`` for a bad name, ``AlreadyExists`` for a taken one."""
    stored = StoredList(ports.ids.new(), list_name(command.name), ports.clock.now())
    ports.work.lists.add(stored)
    ports.work.record(ListCreated(stored.id))
    return stored


def add_entries(command: AddEntries, ports: Ports) -> EntriesAdded:
    """Add entries. Raise ``NotFound`` for an unknown list; a bad entry never spoils the rest."""
    stored = ports.work.lists.named(command.name)
    reading = _Reading()
    texts = reading.clean(command.entries)
    added = seen = 0
    while chunk := list(islice(texts, CHUNK)):
        new = ports.work.lists.add_entries(stored.id, chunk)
        if new:
            ports.work.record(ListEntriesAdded(stored.id, new))
        ports.work.commit()
        added, seen = added + new, seen + len(chunk)
    return EntriesAdded(added, seen - added, reading.empty, reading.refused, tuple(reading.refusals))


def rename_list(command: RenameList, ports: Ports) -> StoredList:
    """Rename a list.

    Raise ``NotFound``, ``InvalidValue`` for a bad name, ``AlreadyExists`` for a taken one, or ``NotAllowed`` with the
    segments that use the list, unless they shall be rewritten.
    """
    ports.work.segments.hold()
    stored = ports.work.lists.named(command.name)
    name = list_name(command.new_name)
    if name == stored.name:
        return stored
    if not command.rewrite:
        _refuse_while_used(stored, ports, "Let their rules follow (--rewrite), or change or archive them first.")
    following = in_order(segments_using(ports.work, stored), ports)
    ports.work.lists.rename(stored.id, name)
    ports.work.record(ListRenamed(stored.id))
    for each in following:
        follow_name(each, f'The list "{name}" has this name now.', ports)
    return evolve(stored, name=name)


def delete_list(command: DeleteList, ports: Ports) -> None:
    """Delete a list. Raise ``NotFound``, or ``NotAllowed`` with the segments that use it."""
    ports.work.segments.hold()
    stored = ports.work.lists.named(command.name)
    _refuse_while_used(stored, ports, "Change or archive them first.")
    ports.work.lists.remove(stored.id)
    ports.work.record(ListDeleted(stored.id))


def _refuse_while_used(stored: StoredList, ports: Ports, hint: str) -> None:
    users = [segment.name for segment in segments_using(ports.work, stored)]
    if users:
        raise NotAllowed(
            'The list "{name}" is used by the segments {users}.',
            hint=hint,
            name=stored.name,
            users=", ".join(f'"{each}"' for each in users),
            segments=users,
        )


class _Reading:
    """Clean entries one by one, and note what could not be."""

    def __init__(self) -> None:
        self.empty = self.refused = 0
        self.refusals: list[RefusedEntry] = []

    def clean(self, entries: Iterable[str]) -> Iterator[str]:
        """Yield the entries that are usable."""
        for number, entry in enumerate(entries, 1):
            try:
                cleaned = clean_text(entry)
            except InvalidValue as error:
                self._refuse(number, error)
                continue
            if cleaned is None:
                self.empty += 1
            else:
                yield cleaned

    def _refuse(self, number: int, error: KohorteError) -> None:
        self.refused += 1
        if self.refused <= REFUSALS:
            self.refusals.append(RefusedEntry(number, error))
