"""Predicates: a rule as a Python function, for one record or for many.

A rule is compiled once (``compile_predicate``) and bound to a time at each run (``Predicate.at``). What runs is
generated code over prepared records (see ``records``); it can reach nothing but its own constants.
"""

from bisect import bisect_right
from collections.abc import Callable, Collection, Container, Iterable, Mapping
from itertools import count
from types import CodeType
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from attrs import frozen

from kohorte.core.errors import InvalidInput
from kohorte.core.values import fold
from kohorte.dsl.predicates.conditions import ConditionWriter
from kohorte.dsl.predicates.source import Source
from kohorte.dsl.records import Prepared, Reads
from kohorte.dsl.typed import AggregateOf, Checked

_GRANTED: Final[dict[str, object]] = {"__builtins__": {}, "bisect": bisect_right, "len": len, "set": set}
"""All that the generated code can call besides its own functions."""

_NAME: Final = "rule"
_numbers: Final = count(1)

Members = Mapping[UUID, Container[Any]]
Entries = Mapping[UUID, Collection[str]]


@frozen
class BoundPredicate:
    """A rule bound to a time: ``matches`` answers for one prepared record, ``select`` picks the matching ones."""

    matches: Callable[[Prepared], bool]
    select: Callable[[Iterable[Prepared]], list[Prepared]]


@frozen
class BoundCalculation:
    """What is computed of a prepared record, bound to a time.

    ``counts`` tells of a record and a row whether the row is one of those that an aggregate is made of; its value stays
    the same whatever happens to others. It is None for what is no aggregate.
    """

    value: Callable[[Prepared], Any]
    counts: Callable[[Prepared, Prepared], bool] | None = None


@frozen
class CompiledFunction:
    """A compiled function of one prepared record; it is bound to an instant, and may be bound to many at once.

    ``reads`` says what of a record it needs; ``source`` is the generated code, for reading.
    """

    reads: Reads
    source: str
    _names: Source
    _code: CodeType

    @property
    def segments(self) -> frozenset[UUID]:
        """Return the segments whose ``members`` it needs, those that referenced rules need among them."""
        return frozenset(self._names.members.values())

    @property
    def lists(self) -> frozenset[UUID]:
        """Return the stored lists whose ``entries`` it needs."""
        return frozenset(stored_list for stored_list, _ in self._names.entries.values())

    @property
    def is_timeless(self) -> bool:
        """Tell whether it answers the same whatever it is bound to."""
        return not (self._names.times or self._names.members or self._names.entries)

    def get_source(self, name: str) -> str:  # noqa: ARG002 - as loaders of modules have it
        """Return the source, for tracebacks and debuggers."""
        return self.source

    def _module(self, now: int, members: Members | None, entries: Entries | None) -> dict[str, Any]:
        module: dict[str, Any] = {**_GRANTED, "__name__": _NAME, "__loader__": self, **self._names.constants}
        module.update({name: at(now) for name, at in self._names.times.items()})
        for name, segment in self._names.members.items():
            module[name] = given_of(members, segment, "segment", "members")
        for name, (stored_list, folded) in self._names.entries.items():
            given = given_of(entries, stored_list, "stored list", "entries")
            module[name] = frozenset(map(fold, given) if folded else given)
        exec(self._code, module)  # noqa: S102 - our own source, see ``source``
        return module


@frozen
class Predicate(CompiledFunction):
    """A compiled rule."""

    def at(self, now: int, *, members: Members | None = None, entries: Entries | None = None) -> BoundPredicate:
        """Bind the rule to an instant (µs).

        ``members`` holds the keys that belong to each segment without a rule, ``entries`` those of each stored list.
        Raise ``InvalidInput`` where one is lacking.
        """
        module = self._module(now, members, entries)
        return BoundPredicate(module["rule"], module["batch"])


@frozen
class Calculation(CompiledFunction):
    """A compiled aggregate."""

    def at(self, now: int, *, members: Members | None = None, entries: Entries | None = None) -> BoundCalculation:
        """Bind the aggregate to an instant (µs), as ``Predicate.at`` does.

        Values are in stored form, folded where text is compared folded; what is missing is None. An average comes in
        half units: twice its units where it is whole, else the odd number between.
        """
        module = self._module(now, members, entries)
        return BoundCalculation(module["value"], module["counts"])


def compile_predicate(checked: Checked, subject: str) -> Predicate:
    """Compile a checked rule over the records of ``subject``, the catalogue's owner that the rule selects."""
    writer = ConditionWriter(subject)
    condition = writer.of_rule(checked)
    writer.names.define("rule", "r", [f"return {condition}"])
    writer.names.define("batch", "records", [f"return [r for r in records if {condition}]"])
    return Predicate(writer.names.source.reads, *_compiled(writer))


def compile_aggregate(operand: AggregateOf, zone: ZoneInfo, subject: str) -> Calculation:
    """Compile an aggregate."""
    writer = ConditionWriter(subject)
    writer.names.define("value", "r", [f"return {writer.of_aggregate(operand, zone)}"])
    parameters, counts = writer.of_counting(operand, zone)
    writer.names.define("counts", parameters, [f"return {counts}"])
    return Calculation(writer.names.source.reads, *_compiled(writer))


def _compiled(writer: ConditionWriter) -> tuple[str, Source, CodeType]:
    source = "\n".join([*writer.names.lines, ""])
    return source, writer.names.source, compile(source, f"{_NAME} {next(_numbers)}", "exec")


def given_of(given: Mapping[UUID, Any] | None, wanted: UUID, what: str, parameter: str) -> Any:
    """Return what was given for a segment or list; raise ``InvalidInput`` where nothing was."""
    if given is None or wanted not in given:
        raise InvalidInput(
            "The rule refers to the {what} {id}, and nothing was given for it.",
            hint="Give {parameter}={{id: …}} with what belongs to it.",
            what=what,
            id=wanted,
            parameter=parameter,
        )
    return given[wanted]
