"""All rules, on sheets by what they need: what is computed concerns few clauses then, whose masks are short."""

from collections.abc import Sequence
from itertools import chain
from typing import Final, Generic, TypeVar
from uuid import UUID

from attrs import define, frozen

from kohorte.dsl.index.clauses import alternatives
from kohorte.dsl.index.operands import Computed, Looks, add_reads, all_looked_at
from kohorte.dsl.index.sheets import Sheet
from kohorte.dsl.records import Reads
from kohorte.dsl.typed import AggregateOf, Checked

Key = TypeVar("Key")

OF_FIELDS: Final = 0
"""The sheet of the rules that look at fields alone."""
OF_CONDITIONS: Final = 1
"""The sheet of those that need conditions evaluated."""
OF_ROWS: Final = 2
"""The sheet of those that compare aggregates."""


@frozen
class Needs:
    """What all rules together need to be asked: of a record, and of stored memberships and lists."""

    reads: Reads
    segments: frozenset[UUID]
    lists: frozenset[UUID]


@define(eq=False)
class Filing(Generic[Key]):
    """All rules, each on one of the sheets."""

    subject: str
    sheets: Sequence[Sheet[Key]]
    _needs: tuple[Sequence[int], Needs] = ((), Needs(Reads(), frozenset(), frozenset()))

    @classmethod
    def of(cls, subject: str) -> "Filing[Key]":
        """Return one without rules over the records of ``subject``."""
        return cls(subject, [Sheet(subject) for _ in (OF_FIELDS, OF_CONDITIONS, OF_ROWS)])

    def add(self, key: Key, checked: Checked) -> None:
        """File a rule under a key that has none."""
        clauses = [all_looked_at(clause) for clause in alternatives(checked)]
        self.sheets[_sheet_of(clauses)].add(key, clauses)

    def sheet_of(self, key: object) -> Sheet[Key] | None:
        """Return the sheet with the rule under a key, if there is one."""
        return next((sheet for sheet in self.sheets if key in sheet.rules), None)

    @property
    def needs(self) -> Needs:
        """Return what is needed to ask; it is gathered anew where other things are looked at than before."""
        extents, needs = self._needs
        now = [sheet.extent for sheet in self.sheets]
        if extents != now:
            needs = self._gathered_needs()
            self._needs = now, needs
        return needs

    def _gathered_needs(self) -> Needs:
        reads = Reads()
        for operand in chain.from_iterable(sheet.operands for sheet in self.sheets):
            add_reads(reads, operand.reads)
        functions = [each.function for sheet in self.sheets for each in sheet.computations.values()]
        segments, lists = (each.segments for each in functions), (each.lists for each in functions)
        return Needs(reads, frozenset(chain.from_iterable(segments)), frozenset(chain.from_iterable(lists)))


def _sheet_of(clauses: Sequence[Looks]) -> int:
    computed = [what.what for looks in clauses for what, _ in looks if isinstance(what, Computed)]
    if any(isinstance(what, AggregateOf) for what in computed):
        return OF_ROWS
    return OF_CONDITIONS if computed else OF_FIELDS
