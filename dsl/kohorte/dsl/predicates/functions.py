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

from attrs import frozen

from kohorte.core.errors import InvalidInput
from kohorte.core.values import fold
from kohorte.dsl.predicates.conditions import ConditionWriter
from kohorte.dsl.predicates.source import Source
from kohorte.dsl.records import Prepared, Reads
from kohorte.dsl.typed import Checked

_GRANTED: Final[dict[str, object]] = {"__builtins__": {}, "bisect": bisect_right, "len": len, "set": set}
"""All that the generated code can call besides its own functions."""

_NAME: Final = "rule"
_numbers: Final = count(1)


@frozen
class BoundPredicate:
    """A rule bound to a time: ``matches`` answers for one prepared record, ``select`` picks the matching ones."""

    matches: Callable[[Prepared], bool]
    select: Callable[[Iterable[Prepared]], list[Prepared]]


@frozen
class Predicate:
    """A compiled rule. ``reads`` says what of a record it needs; ``source`` is the generated code, for reading."""

    reads: Reads
    source: str
    _names: Source
    _code: CodeType

    def at(
        self,
        now: int,
        *,
        members: Mapping[UUID, Container[Any]] | None = None,
        entries: Mapping[UUID, Collection[str]] | None = None,
    ) -> BoundPredicate:
        """Bind the rule to an instant (µs); it may be bound to many at once.

        ``members`` holds the keys that belong to each segment without a rule, ``entries`` those of each stored list.
        Raise ``InvalidInput`` where one is lacking.
        """
        module: dict[str, Any] = {**_GRANTED, "__name__": _NAME, "__loader__": self, **self._names.constants}
        module.update({name: at(now) for name, at in self._names.times.items()})
        for name, segment in self._names.members.items():
            module[name] = _given(members, segment, "segment", "members")
        for name, (stored_list, folded) in self._names.entries.items():
            given = _given(entries, stored_list, "stored list", "entries")
            module[name] = frozenset(map(fold, given) if folded else given)
        exec(self._code, module)  # noqa: S102 - our own source, see ``source``
        return BoundPredicate(module["rule"], module["batch"])

    def get_source(self, name: str) -> str:  # noqa: ARG002 - as loaders of modules have it
        """Return the source, for tracebacks and debuggers."""
        return self.source


def compile_predicate(checked: Checked, subject: str) -> Predicate:
    """Compile a checked rule over the records of ``subject``, the catalogue's owner that the rule selects."""
    writer = ConditionWriter(subject)
    condition = writer.of_rule(checked)
    names = writer.names
    names.define("rule", "r", [f"return {condition}"])
    names.define("batch", "records", [f"return [r for r in records if {condition}]"])
    source = "\n".join([*names.lines, ""])
    code = compile(source, f"{_NAME} {next(_numbers)}", "exec")
    return Predicate(names.source.reads, source, names.source, code)


def _given(given: Mapping[UUID, Any] | None, wanted: UUID, what: str, parameter: str) -> Any:
    if given is None or wanted not in given:
        raise InvalidInput(
            "The rule refers to the {what} {id}, and nothing was given for it.",
            hint="Give {parameter}={{id: …}} with what belongs to it.",
            what=what,
            id=wanted,
            parameter=parameter,
        )
    return given[wanted]
