"""Rules as functions that foresee: whether a rule holds for a record, and until when this surely stays.

A rule is compiled once (``compile_changes``) and bound to an instant (``Changes.at``), as predicates are.
"""

from collections.abc import Callable, Collection, Container, Mapping, Sequence
from itertools import count
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from attrs import frozen

from kohorte.dsl.changes.conditions import StayWriter
from kohorte.dsl.changes.stays import lasts_forever
from kohorte.dsl.predicates.functions import Predicate
from kohorte.dsl.records import Prepared, Reads
from kohorte.dsl.typed import AggregateOf, Checked

_numbers: Final = count(1)


@frozen
class Verdict:
    """Whether a rule holds for a record, and the instant (µs) before which no time changes that; None for never.

    The instant is a bound: nothing changes before it, and at it the answer is asked anew.
    """

    holds: bool
    until: int | None


@frozen
class BoundChanges:
    """A rule bound to an instant (µs).

    ``stay`` answers for one prepared record by one signed number, see ``stays``: how many microseconds the rule surely
    goes on to hold, or, below zero, not to hold.
    """

    now: int
    stay: Callable[[Prepared], int]

    def verdict(self, record: Prepared) -> Verdict:
        """Return whether the rule holds for a prepared record, and until when this surely stays."""
        stay = self.stay(record)
        return Verdict(stay > 0, None if lasts_forever(stay) else self.now + abs(stay))


@frozen
class Changes:
    """A compiled rule that foresees its changes. ``reads`` says what of a record it needs."""

    _stays: Predicate

    @property
    def reads(self) -> Reads:
        """Return what of a record it needs, which is what the rule's predicate needs."""
        return self._stays.reads

    @property
    def source(self) -> str:
        """Return the generated code, for reading."""
        return self._stays.source

    def at(
        self,
        now: int,
        *,
        members: Mapping[UUID, Container[Any]] | None = None,
        entries: Mapping[UUID, Collection[str]] | None = None,
    ) -> BoundChanges:
        """Bind the rule to an instant (µs).

        ``members`` and ``entries`` are those of ``Predicate.at``: they stay as they are. Raise ``InvalidInput`` where
        one is lacking.
        """
        return BoundChanges(now, self._stays.at(now, members=members, entries=entries).matches)


def compile_changes(checked: Checked, subject: str) -> Changes:
    """Compile a checked rule over the records of ``subject``, the catalogue's owner that the rule selects."""
    writer = StayWriter(subject)
    return _compiled(writer, writer.of_rule(checked))


def compile_changes_of_rows(operand: AggregateOf, zone: ZoneInfo, subject: str) -> Changes:
    """Compile how long an aggregate is made of the same rows; whether its verdict holds says nothing."""
    writer = StayWriter(subject)
    return _compiled(writer, writer.of_rows(operand, zone))


def _compiled(writer: StayWriter, body: Sequence[str]) -> Changes:
    names = writer.names
    names.define("rule", "r", [*body, "return x"])
    names.define("batch", "records", ["return [rule(r) for r in records]"])
    source = "\n".join([*names.lines, ""])
    code = compile(source, f"stays {next(_numbers)}", "exec")
    return Changes(Predicate(names.source.reads, source, names.source, code))
