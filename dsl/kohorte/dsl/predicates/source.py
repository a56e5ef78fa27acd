"""Write a rule's predicate as Python source.

The source contains nothing that anybody typed: every name in it is one of our own letters with a number, and every
field name, text and figure is reached by such a name, as a global of the module that the source makes:

===== ================================================================
name  what it stands for
===== ================================================================
``c`` a constant: the key of a field, a figure, a text, a set of texts
``t`` what is known once the rule is bound to a time
``m`` the members of a segment, the entries of a list
``f`` a function: an aggregate, a referenced segment, a deep group
``r`` the record; ``p`` the row of a collection; ``v`` a value of them
===== ================================================================

Conditions are total and have no side effects, so ``and`` and ``or`` ask the cheap parts first; a value that two parts
need is read once where the first part is sure to have been asked.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from attrs import define, evolve, field, frozen

from kohorte.core.fields import Field
from kohorte.dsl.predicates.globs import glob_matcher
from kohorte.dsl.records import Form, Prepared, Reads, key_of
from kohorte.dsl.samples import sampler
from kohorte.dsl.typed import Bound, Order

At = Callable[[int], object]
"""What a name stands for at an instant (µs)."""


@define
class Source:
    """What the names in a predicate's source stand for, and what it reads."""

    constants: dict[str, object] = field(factory=dict[str, object])
    times: dict[str, At] = field(factory=dict[str, At])
    members: dict[str, UUID] = field(factory=dict[str, UUID])
    entries: dict[str, tuple[UUID, bool]] = field(factory=dict[str, tuple[UUID, bool]])
    reads: Reads = field(factory=Reads)


# -- names -------------------------------------------------------------------------------------------------------


class Names:
    """Gives a name to every meaning, the same one to equal meanings, and defines functions."""

    def __init__(self) -> None:
        self.source = Source()
        self.lines: list[str] = []
        self._names: dict[object, str] = {}

    def name(self, letter: str, meaning: object) -> tuple[str, bool]:
        """Return the name of a meaning, and whether it is new."""
        known = self._names.get((letter, meaning))
        if known is not None:
            return known, False
        name = self._names[letter, meaning] = f"{letter}{len(self._names)}"
        return name, True

    def constant(self, value: object) -> str:
        """Return the name of a value."""
        name, is_new = self.name("c", (type(value), value))
        if is_new:
            self.source.constants[name] = value
        return name

    def glob(self, pattern: str) -> str:
        """Return the name of the function that matches a glob."""
        name, is_new = self.name("c", (glob_matcher, pattern))
        if is_new:
            self.source.constants[name] = glob_matcher(pattern)
        return name

    def nothing(self, wanted: Field) -> str:
        """Return the name of a row that lacks a field in every form."""
        name, is_new = self.name("c", (Form, wanted))
        if is_new:
            self.source.constants[name] = dict.fromkeys(key_of(wanted.name, form) for form in Form)
        return name

    def later(self, keys: tuple[Field, ...]) -> str:
        """Return the name of the function that says whether of two rows of one time the first is the later."""
        name, is_new = self.name("c", (later, keys))
        if is_new:
            self.source.constants[name] = later(keys)
        return name

    def sampler(self, seed: str, share: int) -> str:
        """Return the name of the function that says whether a key is in a sample."""
        name, is_new = self.name("c", (sampler, seed, share))
        if is_new:
            self.source.constants[name] = sampler(seed, share)
        return name

    def time(self, meaning: object, at: At) -> str:
        """Return the name of what ``at`` answers once the rule is bound to a time."""
        name, is_new = self.name("t", meaning)
        if is_new:
            self.source.times[name] = at
        return name

    def bound(self, bound: Bound, zone: ZoneInfo) -> str:
        """Return the name of a bound."""
        return self.time((bound, zone), lambda now: bound.at(now, zone))

    def members(self, segment_id: UUID) -> str:
        """Return the name of the keys that belong to a segment."""
        name, is_new = self.name("m", segment_id)
        if is_new:
            self.source.members[name] = segment_id
        return name

    def entries(self, list_id: UUID, *, folded: bool) -> str:
        """Return the name of the entries of a stored list."""
        name, is_new = self.name("m", (list_id, folded))
        if is_new:
            self.source.entries[name] = (list_id, folded)
        return name

    def define(self, name: str, parameters: str, body: Sequence[str]) -> None:
        """Define a function."""
        text = without_idle_variables("\n".join(f"    {line}" for line in body))
        self.lines += [f"def {name}({parameters}):", text]


def later(keys: tuple[Field, ...]) -> Callable[[Prepared, Prepared], bool]:
    """Return the function that compares rows by one field after the other, as ``operands.order_of`` names them."""
    names = [(each.name, key_of(each.name, Form.CURRENCY)) for each in keys]

    def rank(row: Prepared) -> list[tuple[bool, str, object]]:
        return [(row[name] is not None, row.get(currency) or "", row[name]) for name, currency in names]

    return lambda one, other: rank(one) > rank(other)


# -- what is known while a condition is written ------------------------------------------------------------------


@frozen
class Known:
    """Variables that surely hold a value, and those of them that are surely not None."""

    held: frozenset[str] = frozenset()
    filled: frozenset[str] = frozenset()

    def holding(self, variable: str) -> "Known":
        """Return what is known once a variable holds a value or None."""
        return evolve(self, held=self.held | {variable})

    def filling(self, variable: str) -> "Known":
        """Return what is known once a variable holds a value."""
        return Known(self.held | {variable}, self.filled | {variable})

    def both(self, other: "Known") -> "Known":
        """Return what is known either way."""
        return Known(self.held & other.held, self.filled & other.filled)


@frozen
class Code:
    """An expression that is true or false, and what is known where it is."""

    text: str
    if_true: Known
    if_false: Known


@frozen
class Read:
    """A value: how it is read the first time, the variable that then holds it, and whether it may be None."""

    first: str
    variable: str
    nullable: bool
    known: Known


@frozen
class Scope:
    """The variables of the record and of the rows in whose filters a condition stands."""

    zone: ZoneInfo
    rows: tuple[tuple[str, str], ...] = ()

    def variable(self, owner: str) -> str:
        """Return the variable of the row or record that has an owner's fields."""
        return next((variable for name, variable in reversed(self.rows) if name == owner), "r")

    def is_row(self, owner: str) -> bool:
        """Tell whether an owner's fields are those of a row in whose filter this is."""
        return any(name == owner for name, _ in self.rows)

    @property
    def parameters(self) -> str:
        """Return the variables as a function's parameters."""
        return ", ".join(["r", *(variable for _, variable in self.rows)])


# -- signs and economy -------------------------------------------------------------------------------------------

SIGN: Final = {order: "==" if order is Order.EQUAL else order.value for order in Order}
_COMPLEMENT: Final = {
    Order.EQUAL: "!=",
    Order.LESS: ">=",
    Order.LESS_OR_EQUAL: ">",
    Order.GREATER: "<=",
    Order.GREATER_OR_EQUAL: "<",
}


def sign_of(order: Order, *, negated: bool) -> str:
    """Return how Python writes an order or its complement."""
    return _COMPLEMENT[order] if negated else SIGN[order]


_ASSIGNMENT: Final = re.compile(r"\((v[0-9]+) := (\w+\[\w+\]|\w+\([\w, ]*\))\)")
_VARIABLE: Final = re.compile(r"v[0-9]+")


def without_idle_variables(text: str) -> str:
    """Take away the variables that hold a value for nobody."""
    uses = Counter(_VARIABLE.findall(text))
    return _ASSIGNMENT.sub(lambda found: found[2] if uses[found[1]] == 1 else found[0], text)
