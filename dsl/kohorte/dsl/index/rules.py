"""The index over many rules, for those who have to know which of them a changed record now enters or leaves."""

from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from typing import Any, Generic, TypeVar
from uuid import UUID

from kohorte.core.fields import Catalogue
from kohorte.dsl.compiled import CompiledRule
from kohorte.dsl.index.asking import BoundIndex
from kohorte.dsl.index.filing import Filing
from kohorte.dsl.index.operands import Name
from kohorte.dsl.index.sheet_at import SheetAt
from kohorte.dsl.index.steps import Instant, Steps
from kohorte.dsl.predicates.functions import Entries, Members, given_of
from kohorte.dsl.records import Reads
from kohorte.dsl.typed import Checked

Key = TypeVar("Key")


class RuleIndex(Generic[Key]):
    """Many rules over one catalogue, each under a key, that are asked together of one record.

    ::

        index = RuleIndex(catalogue)
        for segment in segments:
            index.add(segment.id, segment.rule)
        prepare = preparation(index.reads, catalogue, key="id")
        index.at(now).matching(prepare(record))

    Its answers are those of the rules one by one. It holds no records and no memberships. Rules come and go one by one,
    and only the tables that they look at change. A rule that refers to segments has their rules written out in it: add
    it again when one of them changes.

    Conditions lie in tables of the values that they name, which take about 1.5 MiB for 1,000 rules of a few conditions
    each. A rule is parted into at most 32 alternatives, so that none takes more than its share.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._filing: Filing[Key] = Filing.of(catalogue.subject)
        self._members: dict[UUID, Any] = {}
        self._entries: dict[UUID, Collection[str]] = {}

    def __len__(self) -> int:
        """Return the number of rules."""
        return sum(len(sheet.rules) for sheet in self._filing.sheets)

    def __iter__(self) -> Iterator[Key]:
        """Return the keys of the rules."""
        return chain.from_iterable(sheet.rules for sheet in self._filing.sheets)

    def __contains__(self, key: object) -> bool:
        """Tell whether there is a rule under a key."""
        return self._filing.sheet_of(key) is not None

    def add(self, key: Key, rule: CompiledRule | Checked) -> None:
        """Add a rule over the index's catalogue, in place of the one that was there under its key.

        What a rule of a ``Language`` brings of segments and lists need not be given to ``at``.
        """
        self.remove(key)
        if isinstance(rule, CompiledRule):
            self._members |= rule.members
            self._entries |= rule.entries
            rule = rule.checked
        self._filing.add(key, rule)

    def remove(self, key: Key) -> None:
        """Take out the rule under a key, if there is one."""
        sheet = self._filing.sheet_of(key)
        if sheet is not None:
            sheet.remove(key)

    @property
    def reads(self) -> Reads:
        """Return what a record must hold to be asked about: what ``preparation`` and ``prepared_records`` take."""
        return self._filing.needs.reads

    @property
    def segments(self) -> frozenset[UUID]:
        """Return the segments whose stored members must be given to ``at``."""
        return self._filing.needs.segments

    def affected(self, changed: Iterable[Name]) -> frozenset[Key]:
        """Return the rules that hang on something that has changed (see ``BoundIndex.changes_of``)."""
        names = list(changed)
        return frozenset[Key]().union(*(sheet.rules_of(sheet.hanging_on(names)) for sheet in self._filing.sheets))

    def at(self, now: int, *, members: Members | None = None, entries: Entries | None = None) -> BoundIndex[Key]:
        """Bind all rules to an instant (µs), to ask about many records.

        ``members`` holds the keys that belong to each segment without a rule, ``entries`` those of each stored list.
        Raise ``InvalidInput`` where one is lacking. Windows are worked out as they are first needed, which takes some
        milliseconds for ten thousand rules: ask about as many records as there are at one instant.
        """
        known_members, known_entries = {**self._members, **(members or {})}, {**self._entries, **(entries or {})}
        for segment in self._filing.needs.segments:
            given_of(known_members, segment, "segment", "members")
        for stored_list in self._filing.needs.lists:
            given_of(known_entries, stored_list, "stored list", "entries")
        instant = Instant(now, known_members, known_entries)
        return BoundIndex(self._filing, [SheetAt(sheet, Steps(instant)) for sheet in self._filing.sheets])
