"""Stored lists, as programs read them."""

from collections.abc import Sequence

from attrs import asdict, frozen

from kohorte.core.errors import Translate, as_written
from kohorte.core.lists.commands import EntriesAdded, RefusedEntry
from kohorte.core.lists.model import StoredList
from kohorte.core.lists.queries import ShownList


@frozen
class ListView:
    """A list with its number of entries."""

    name: str
    size: int


@frozen
class ShownListView(ListView):
    """A list with its first entries, and the names of the segments whose rules look things up in it."""

    entries: Sequence[str]
    segments: Sequence[str]


@frozen
class RefusedEntryView:
    """An entry that was not added: its line, counted from 1, and why."""

    line: int
    code: str
    message: str


@frozen
class EntriesAddedView:
    """What became of entries: how many were new, known already, or refused, and the first of those."""

    new: int
    known: int
    refused: int
    refusals: Sequence[RefusedEntryView]


def list_view(stored: StoredList) -> ListView:
    """Return a list for programs."""
    return ListView(stored.name, stored.size)


def shown_list_view(shown: ShownList) -> ShownListView:
    """Return a list for programs, with what is in it."""
    segments = [each.name for each in shown.segments]
    return ShownListView(**asdict(list_view(shown.stored)), entries=shown.entries, segments=segments)


def entries_added_view(added: EntriesAdded, translate: Translate = as_written) -> EntriesAddedView:
    """Return what became of entries for programs."""
    refusals = [_refused(each, translate) for each in added.refusals]
    return EntriesAddedView(added.new, added.known, added.refused, refusals)


def _refused(entry: RefusedEntry, translate: Translate) -> RefusedEntryView:
    return RefusedEntryView(entry.number, entry.error.code, entry.error.text(translate))
