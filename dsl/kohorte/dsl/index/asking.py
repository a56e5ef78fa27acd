"""Ask the index at an instant: which rules hold for a record, and which begin or cease to by a change of it."""

from collections.abc import Collection, Iterable, Sequence
from typing import Generic, TypeVar

from attrs import define, field, frozen

from kohorte.dsl.index.differences import Differences, compared
from kohorte.dsl.index.filing import Filing, Needs
from kohorte.dsl.index.operands import Name
from kohorte.dsl.index.sheet_at import SheetAt
from kohorte.dsl.records import Prepared

Key = TypeVar("Key")


@frozen
class Changes(Generic[Key]):
    """The rules that begin to hold for a record, and those that cease to."""

    entered: frozenset[Key]
    left: frozenset[Key]


@define(eq=False)
class BoundIndex(Generic[Key]):
    """All rules at one instant; what is added to the index or removed from it later is heeded.

    Records are prepared ones that hold what ``RuleIndex.reads`` names. Not for several threads at once.
    """

    _filing: Filing[Key]
    _sheets: Sequence[SheetAt[Key]]
    _needs: Needs | None = None
    _compared: list[tuple[Name, str]] = field(factory=list[tuple[Name, str]])

    def matching(self, record: Prepared) -> set[Key]:
        """Return the rules that hold for a record."""
        return set[Key]().union(*[sheet.matching(record) for sheet in self._sheets])

    def changes(self, before: Prepared, after: Prepared) -> Changes[Key]:
        """Return the rules that hold for one of two states of a record and not for the other.

        Both are taken at the index's instant: what changes by time alone is not among them. They are compared with each
        other, so rows that were changed in place have not changed.
        """
        differences = Differences.of(before, after, self._names_and_keys())
        return _joined([sheet.changes(differences) for sheet in self._sheets])

    def changes_of(self, record: Prepared, changed: Collection[Name], members_of: Collection[Key]) -> Changes[Key]:
        """Return the rules that hold for a record and did not before, and the other way round.

        ``changed`` names what of the record has changed: ``contact.country``, ``purchases``, or the id of a segment or
        list that rules refer to; other rules are not asked. ``members_of`` are the rules that held before.
        """
        names = frozenset(changed)
        return _joined([sheet.changes_of(record, names, members_of) for sheet in self._sheets])

    def soon(self, record: Prepared, until: int) -> dict[Key, int]:
        """Return the rules of which time alone may change up to an instant (µs) whether they hold for a record.

        Each comes with an instant before which time does not. It may be earlier than need be: rules share what is
        watched, and only what fails for good is left out.
        """
        found = dict[Key, int]()
        for sheet in self._sheets:
            for key, bound in sheet.soon(record, until).items():
                found[key] = min(bound, found.get(key, bound))
        return found

    def _names_and_keys(self) -> Sequence[tuple[Name, str]]:
        """Return what the rules that there are now look at of a record."""
        needs = self._filing.needs
        if self._needs is not needs:
            self._needs, self._compared = needs, compared(needs.reads, self._filing.subject)
        return self._compared


def _joined(changes: Iterable[tuple[Collection[Key], Collection[Key]]]) -> Changes[Key]:
    entered, left = set[Key](), set[Key]()
    for begin, cease in changes:
        entered.update(begin)
        left.update(cease)
    return Changes(frozenset(entered), frozenset(left))
