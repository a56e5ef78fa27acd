"""What differs between two states of a record, and what is the same in spite of it."""

from collections.abc import Iterable, Sequence

from attrs import field, frozen

from kohorte.dsl.index.operands import Name
from kohorte.dsl.index.steps import Rows
from kohorte.dsl.records import Prepared, Reads, key_of


@frozen
class Differences:
    """Two states of a record, and the names of what differs."""

    before: Prepared
    after: Prepared
    names: frozenset[Name]
    _rows: dict[str, Sequence[Prepared]] = field(factory=dict[str, Sequence[Prepared]])

    @classmethod
    def of(cls, before: Prepared, after: Prepared, compared: Iterable[tuple[Name, str]]) -> "Differences":
        """Return what differs of names, each with a key of a prepared record."""
        return cls(before, after, frozenset([name for name, key in compared if before[key] != after[key]]))

    def spare(self, rows: Rows) -> bool:
        """Tell whether what is made of rows is the same in both states, because none of those that differ counts."""
        if not self.names.isdisjoint(rows.besides):
            return False
        counts, after = rows.counts, self.after
        for row in self._rows.get(rows.collection) or self._differing(rows.collection):
            if counts(after, row):
                return False
        return True

    def _differing(self, collection: str) -> Sequence[Prepared]:
        rows = self._rows[collection] = differing_rows(self.before[collection], self.after[collection])
        return rows


def differing_rows(before: Sequence[Prepared], after: Sequence[Prepared]) -> Sequence[Prepared]:
    """Return the rows of both between the beginning and the end that they share: others do not differ."""
    least = min(len(before), len(after))
    start = next((place for place in range(least) if before[place] != after[place]), least)
    shared = next((place for place in range(least - start) if before[-1 - place] != after[-1 - place]), least - start)
    return [*before[start : len(before) - shared], *after[start : len(after) - shared]]


def compared(reads: Reads, subject: str) -> list[tuple[Name, str]]:
    """Return what can differ between records, each with a key under which it lies there."""
    fields = [
        (f"{owner}.{wanted.name}", key_of(wanted.name if owner == subject else f"{owner}.{wanted.name}", form))
        for owner, fields in reads.owners.items()
        for wanted, forms in fields.items()
        for form in forms
    ]
    return [*fields, *((rows, rows) for rows in reads.rows)]
