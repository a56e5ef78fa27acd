"""Where time comes into rules: what of a record must be watched to know when time alone may change an answer.

Rules share what they watch: a field that a moving cut will pass, rows that come into a window or leave it, a condition
that is evaluated as a whole. A clause cannot change by time alone before one of those that it hangs on does.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from zoneinfo import ZoneInfo

from attrs import define, field, frozen

from kohorte.core.fields import Field
from kohorte.dsl.changes.functions import Changes, compile_changes, compile_changes_of_rows
from kohorte.dsl.changes.timeless import is_timeless
from kohorte.dsl.index.asked import Asked, Moving
from kohorte.dsl.index.numbers import NONE, Numbers
from kohorte.dsl.index.operands import Column, Computation
from kohorte.dsl.normal import push_negations
from kohorte.dsl.passing import is_fixed
from kohorte.dsl.records import Form, key_of
from kohorte.dsl.typed import AggregateOf, All, AnyOf, Checked, Condition, FieldOf, Function, Operand, Within

CutPlace = tuple[str | None, str]
"""A field of the record, or of the rows of a collection: the collection, and the key in a prepared record or row."""


@frozen
class Watched:
    """A condition that time changes, or an aggregate whose rows time changes, in the zone of a rule."""

    what: Condition | AggregateOf
    zone: ZoneInfo


@define(eq=False, slots=False)  # the cached property
class Source:
    """What is watched, with the clauses that hang on it. It reads of a record what these read."""

    watched: Watched
    subject: str
    clauses: Numbers = field(default=NONE)

    @cached_property
    def changes(self) -> Changes:
        """Return what foresees changes, compiled when it is first asked."""
        what, zone = self.watched.what, self.watched.zone
        if isinstance(what, AggregateOf):
            return compile_changes_of_rows(what, zone, self.subject)
        return compile_changes(Checked(what, zone), self.subject)

    @cached_property
    def cuts(self) -> Sequence[tuple[CutPlace, Moving]] | None:
        """Return where which moving cuts pass values, if nothing else is watched."""
        what = self.watched.what
        if isinstance(what, AggregateOf):
            return _cuts_in(push_negations(what.where), self.watched.zone, self.subject, what.collection.name)
        return _cuts_in(what, self.watched.zone, self.subject, None)


def _cuts_in(
    condition: Condition, zone: ZoneInfo, subject: str, collection: str | None
) -> Sequence[tuple[CutPlace, Moving]] | None:
    """Return the cuts of a condition about a record, or a row of it; None where it hangs on time otherwise too."""
    if is_timeless(condition):
        return ()
    match condition:
        case All(parts=parts) | AnyOf(parts=parts):
            found = [_cuts_in(part, zone, subject, collection) for part in parts]
            return None if None in found else [cut for each in found if each is not None for cut in each]
        case Within(operand=FieldOf(owner=owner, field=wanted)) if owner in (subject, collection):
            return _moving(condition, zone, None if owner == subject else collection, wanted)
        case Within(operand=AggregateOf(collection=rows, field=Field() as wanted)):
            # The value is that of some row; when another row's takes its place, that is watched by itself.
            return _moving(condition, zone, rows.name, wanted)
        case _:
            return None


def _moving(window: Within, zone: ZoneInfo, collection: str | None, wanted: Field) -> Sequence[tuple[CutPlace, Moving]]:
    place = collection, key_of(wanted.name, Form.VALUE)
    bounds = (bound for bound in (window.low, window.high) if bound is not None and not is_fixed(bound))
    return [(place, Moving(bound, zone)) for bound in bounds]


def watched_by(asked: Iterable[tuple[Column | Computation, Asked]]) -> tuple[Watched, ...]:
    """Return what has to be watched for a clause, by what it asks of each operand."""
    return tuple(dict.fromkeys(each for operand, what in asked for each in _watched(operand, what)))


def _watched(operand: Column | Computation, asked: Asked) -> Iterator[Watched]:
    if isinstance(operand, Column):
        yield from _cuts(operand.identity.operand, asked)
        return
    what, zone = operand.identity.what, operand.identity.zone
    if does_time_change(operand):
        # Which rows count hangs neither on what is made of them nor on their values.
        rows = AggregateOf(what.collection, Function.COUNT, what.where) if isinstance(what, AggregateOf) else what
        yield Watched(rows, zone)
    if isinstance(what, AggregateOf):
        yield from _cuts(what, asked)


def _cuts(operand: Operand, asked: Asked) -> Iterator[Watched]:
    for cut in (*asked.lows, *asked.highs):
        if isinstance(cut, Moving):
            # A cut passes a value once, whichever side of it is asked for.
            yield Watched(Within(operand, cut.bound, None), cut.zone)


def does_time_change(computation: Computation) -> bool:
    """Tell whether time alone changes what is computed."""
    what = computation.identity.what
    return not is_timeless(what.where if isinstance(what, AggregateOf) else what)
