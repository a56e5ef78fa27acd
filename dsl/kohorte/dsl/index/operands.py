"""What clauses look at: a field of the record as it lies there, or something that is computed from the record.

Each has a table of the clauses that ask for it. Fields are looked up for every record; what is computed, only where a
clause is left that needs it, and once.
"""

from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from attrs import define, evolve, field, frozen

from kohorte.core.fields import Kind
from kohorte.dsl.index.asked import Asked, asked_by
from kohorte.dsl.index.clauses import Part
from kohorte.dsl.index.tables import Table
from kohorte.dsl.predicates.functions import (
    Calculation,
    Entries,
    Members,
    Predicate,
    compile_aggregate,
    compile_predicate,
)
from kohorte.dsl.records import Form, Prepared, Reads, key_of
from kohorte.dsl.typed import AggregateOf, All, Always, AnyOf, Checked, Condition, FieldOf, Function, Negation

Name = str | UUID
"""What may change: ``contact.country``, ``purchases``, or the id of a segment or list that rules refer to."""

_VALUED: Final = frozenset({Function.COUNT, Function.COUNT_DISTINCT, Function.SUM, Function.MIN, Function.MAX})
"""Functions whose value is compared with thresholds; an average has none, and the latest row's has its own currency."""


@frozen
class Place:
    """A field in a form; amounts that conditions want in one currency are missing in others."""

    operand: FieldOf
    form: Form
    currency: str | None = None


@frozen
class Computed:
    """An aggregate's value, or whether a condition holds, in the zone of a rule."""

    what: AggregateOf | Condition
    zone: ZoneInfo


@define(eq=False)
class Column:
    """A field of the record with the clauses that look at it."""

    identity: Place
    key: str
    currency_key: str
    reads: Reads
    names: frozenset[Name]
    table: Table = field(factory=Table)

    @classmethod
    def of(cls, place: Place, subject: str) -> "Column":
        """Return the column of a field without clauses."""
        owner, wanted = place.operand.owner, place.operand.field
        name = wanted.name if owner == subject else f"{owner}.{wanted.name}"
        reads = Reads()
        reads.add(owner, wanted, place.form)
        if place.currency is not None:
            reads.add(owner, wanted, Form.CURRENCY)
        return cls(place, key_of(name, place.form), key_of(name, Form.CURRENCY), reads, names_of(reads))

    def value(self, record: Mapping[str, Any]) -> Any:
        """Return the value that is compared."""
        wanted = self.identity.currency
        if wanted is not None and record[self.currency_key] != wanted:
            return None
        return record[self.key]


@define(eq=False)
class Computation:
    """Something that is computed from a record, with the clauses that look at it."""

    identity: Computed
    function: Calculation | Predicate
    names: frozenset[Name]
    table: Table = field(factory=Table)

    @classmethod
    def of(cls, computed: Computed, subject: str) -> "Computation":
        """Compile what is computed."""
        if isinstance(computed.what, AggregateOf):
            function: Calculation | Predicate = compile_aggregate(computed.what, computed.zone, subject)
        else:
            function = compile_predicate(Checked(computed.what, computed.zone), subject)
        return cls(computed, function, names_of(function.reads) | function.segments | function.lists)

    @property
    def reads(self) -> Reads:
        """Return what it reads of a record."""
        return self.function.reads

    def bound(self, now: int, members: Members, entries: Entries) -> Callable[[Prepared], Any]:
        """Return it as a function of a prepared record at an instant (µs)."""
        if isinstance(self.function, Calculation):
            return self.function.at(now, members=members, entries=entries)
        return self.function.at(now, members=members, entries=entries).matches


def names_of(reads: Reads) -> frozenset[Name]:
    """Return what a change must name to concern a reader: fields of owners, and collections as wholes."""
    names: set[Name] = set(reads.rows)
    for owner, fields in reads.owners.items():
        for each in fields:
            names.add(f"{owner}.{each.name}")
            if each.currency is not None:
                names.add(f"{owner}.{each.currency}")
    return frozenset(names)


def add_reads(reads: Reads, more: Reads) -> None:
    """Add to what is read what another reads."""
    for owner, fields in more.owners.items():
        for wanted, forms in fields.items():
            reads.owners.setdefault(owner, {}).setdefault(wanted, set()).update(forms)
    for rows, fields in more.rows.items():
        reads.add_rows(rows)
        for wanted, forms in fields.items():
            reads.rows[rows].setdefault(wanted, set()).update(forms)
    reads.by_key = reads.by_key or more.by_key


# -- which operand a part looks at -------------------------------------------------------------------------------


def looked_at(part: Part) -> tuple[Place | Computed, Asked]:
    """Return what a part of a clause looks at, and what it asks of it."""
    condition, zone = part.condition, part.zone
    match condition:
        case All() | AnyOf() | Always() | Negation():
            return Computed(condition, zone), _IS_TRUE
        case _:
            asked = asked_by(condition, zone)
    operand = getattr(condition, "operand", None)
    if asked is not None and isinstance(operand, FieldOf) and operand.field.kind is not Kind.TAGS:
        form = Form.FOLDED if getattr(condition, "folded", False) else Form.VALUE
        return Place(operand, form, getattr(condition, "currency", None)), asked
    if asked is not None and isinstance(operand, AggregateOf) and operand.function in _VALUED:
        return Computed(operand, zone), asked
    return Computed(evolve(condition, negated=False), zone), _IS_FALSE if condition.negated else _IS_TRUE


_IS_TRUE: Final = Asked(others=False, exceptions=frozenset[Hashable]([True]))
_IS_FALSE: Final = Asked(others=True, exceptions=frozenset[Hashable]([True]))
