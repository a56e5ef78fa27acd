"""A batch on its way to the storage: rows with one key become one, and what the storage refuses goes back.

Rows with the same key are written as if one after the other: later ones prevail, column by column. Where the storage
refuses what they come to, they are written one by one after all, so that a bad row takes no good one with it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import NamedTuple
from uuid import UUID

from attrs import define, field

from kohorte.core.imports.events import BatchWritten
from kohorte.core.imports.parsing import Parsed
from kohorte.core.ports.records import Batch, RecordKind, Records, Refused
from kohorte.core.ports.rows import Reject, Row

Values = tuple[object, ...]


class Version(NamedTuple):
    """A row with its values, one of perhaps several with the same key, and what the file calls their columns."""

    row: Row
    names: tuple[str, ...]
    values: Values
    labels: Mapping[str, str]

    def reject(self, refused: Refused) -> Reject:
        """Return the row as one that the storage refused."""
        named = dict(zip(self.names, self.values, strict=True))
        value = str(named.get(refused.column) or "")
        return Reject(self.row, [(self.labels.get(refused.column, refused.column), value, refused.error)])


@define
class BatchWriter:
    """Write the parsed rows of a batch, and count what became of them."""

    kind: RecordKind
    records: Records
    created: int = 0
    updated: int = 0
    waiting: int = 0
    joined: Counter[RecordKind] = field(factory=Counter[RecordKind])
    rejects: list[Reject] = field(factory=list[Reject])

    def write(self, parts: Sequence[Parsed]) -> None:
        """Write parts with different columns; together they are the batch."""
        if len(parts) == 1 and len({values[0] for values in parts[0].values}) == len(parts[0].values):
            part = parts[0]
            for refused in self._written(part.names, part.values):
                version = Version(part.rows[refused.index], part.names, part.values[refused.index], part.labels)
                self.rejects.append(version.reject(refused))
        else:
            self._write_keys(_by_key(parts))

    def event(self, about: UUID) -> BatchWritten:
        """Return what happened so far, as the event of one batch."""
        joined = sum(self.joined.values())
        return BatchWritten(about, self.kind, self.created, self.updated, self.waiting, joined)

    def _write_keys(self, keys: Sequence[Sequence[Version]]) -> None:
        """Write what the versions of each key come to."""
        groups: dict[tuple[str, ...], tuple[list[Values], list[Sequence[Version]]]] = {}
        for versions in keys:
            names, values = _merged(versions)
            group = groups.setdefault(names, ([], []))
            group[0].append(values)
            group[1].append(versions)
        one_by_one: list[Sequence[Version]] = []
        for names, (rows, origins) in groups.items():
            for refused in self._written(names, rows):
                versions = origins[refused.index]
                if len(versions) == 1:
                    self.rejects.append(versions[0].reject(refused))
                else:
                    one_by_one.append(versions)
        for layer in zip_longest(*one_by_one):
            self._write_keys([[version] for version in layer if version is not None])

    def _written(self, names: tuple[str, ...], values: Sequence[Values]) -> Sequence[Refused]:
        if not values:
            return ()
        written = self.records.write(Batch(self.kind, names, values))
        self.created += written.created
        self.updated += written.updated
        self.waiting += written.waiting
        self.joined.update(written.joined)
        return written.refused


def _by_key(parts: Sequence[Parsed]) -> Sequence[Sequence[Version]]:
    """Return the versions of each key in the order of their lines."""
    versions = [
        Version(row, part.names, values, part.labels)
        for part in parts
        for row, values in zip(part.rows, part.values, strict=True)
    ]
    if len(parts) > 1:
        versions.sort(key=lambda version: version.row.line)
    keys: dict[object, list[Version]] = {}
    for version in versions:
        keys.setdefault(version.values[0], []).append(version)
    return list(keys.values())


def _merged(versions: Sequence[Version]) -> tuple[tuple[str, ...], Values]:
    last = versions[-1]
    if len(versions) == 1:
        return last.names, last.values
    named: dict[str, object] = {}
    for version in versions:
        named.update(zip(version.names, version.values, strict=True))
    return tuple(named), tuple(named.values())
