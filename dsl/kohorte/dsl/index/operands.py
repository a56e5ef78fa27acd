"""What clauses look at: a field of the record as it lies there, or something that is computed from the record.

Each has a table of the clauses that ask for it. Fields are looked up for every record; what is computed, only where a
clause is left that needs it, and once.
"""

from collections.abc import Callable
from operator import itemgetter
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from attrs import define, evolve, field, frozen

from kohorte.core.fields import Kind
from kohorte.dsl.index.asked import Asked, asked_by
from kohorte.dsl.index.clauses import Clause, Part
from kohorte.dsl.index.tables import Table
from kohorte.dsl.predicates.functions import (
    BoundCalculation,
    Calculation,
    Entries,
    Members,
    Predicate,
    compile_aggregate,
    compile_predicate,
)
from kohorte.dsl.records import Form, Prepared, Reads, key_of
from kohorte.dsl.typed import (
    AggregateOf,
    All,
    Always,
    Among,
    AnyOf,
    Checked,
    Compare,
    Condition,
    Contains,
    FieldOf,
    Function,
    Leaf,
    Missing,
    Negation,
    Order,
    SomeRow,
    Within,
)

Value = Callable[[Prepared], Any]
"""What is taken of a prepared record."""

Name = str | UUID
"""What may change: ``contact.country``, ``purchases``, or the id of a segment or list that rules refer to."""


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
    value: Value
    """Returns what is compared."""
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
        value: Value = itemgetter(key_of(name, place.form))
        if place.currency is not None:
            value = _in_currency(value, itemgetter(key_of(name, Form.CURRENCY)), place.currency)
        return cls(place, value, reads, names_of(reads))


def _in_currency(amount: Value, currency: Value, wanted: str) -> Value:
    return lambda record: amount(record) if currency(record) == wanted else None


@define(eq=False)
class Computation:
    """Something that is computed from a record, with the clauses that look at it."""

    identity: Computed
    function: Calculation | Predicate
    names: frozenset[Name]
    table: Table = field(factory=Table)
    _timeless: BoundCalculation | None = None

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

    def bound(self, now: int, members: Members, entries: Entries) -> BoundCalculation:
        """Bind it to an instant (µs); the same comes back where no instant matters."""
        if self._timeless is not None:
            return self._timeless
        bound = self._at(now, members, entries)
        if self.function.is_timeless:
            self._timeless = bound
        return bound

    def _at(self, now: int, members: Members, entries: Entries) -> BoundCalculation:
        if isinstance(self.function, Calculation):
            return self.function.at(now, members=members, entries=entries)
        return BoundCalculation(self.function.at(now, members=members, entries=entries).matches)


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


Looks = list[tuple[Place | Computed, Asked]]
"""What the parts of a clause look at, and what they ask of it."""

MOST_COMPUTED: Final = 6
"""Where a clause needs more than this computed, all of it is evaluated as one: each computation takes some KiB."""


def all_looked_at(clause: Clause) -> Looks:
    """Return what the parts of a clause look at, and what they ask of it."""
    looked = [(part, looked_at(part)) for part in clause]
    computed = [part for part, (what, _) in looked if isinstance(what, Computed)]
    if len(computed) <= MOST_COMPUTED:
        return [each for _, each in looked]
    by_zone: dict[ZoneInfo, list[Condition]] = {}
    for part in computed:
        by_zone.setdefault(part.zone, []).append(part.condition)
    together = [Part(All(tuple(conditions)), zone) for zone, conditions in by_zone.items()]
    return [each for _, each in looked if isinstance(each[0], Place)] + [looked_at(part) for part in together]


def looked_at(part: Part) -> tuple[Place | Computed, Asked]:
    """Return what a part of a clause looks at, and what it asks of it."""
    condition, zone = part.condition, part.zone
    match condition:
        case All() | AnyOf() | Always() | Negation():
            return Computed(condition, zone), _IS_TRUE
        case SomeRow(collection=collection, where=where, negated=negated):
            rows = AggregateOf(collection, Function.COUNT, where)
            return _computed(Compare(rows, Order.GREATER_OR_EQUAL, 1, negated=negated), rows, zone)
        case Compare(operand=AggregateOf() as operand) | Among(operand=AggregateOf() as operand):
            return _computed(condition, operand, zone)
        case Missing(operand=AggregateOf() as operand) | Within(operand=AggregateOf() as operand):
            return _computed(condition, operand, zone)
        case Compare(operand=FieldOf() as operand) | Among(operand=FieldOf() as operand):
            return _placed(condition, Place(operand, _form(condition.folded), condition.currency), zone)
        case Contains(operand=FieldOf() as operand):
            return _placed(condition, Place(operand, _form(condition.folded)), zone)
        case Within(operand=FieldOf() as operand):
            return _placed(condition, Place(operand, Form.VALUE), zone)
        case Missing(operand=FieldOf() as operand) if operand.field.kind is not Kind.TAGS:
            return _placed(condition, Place(operand, Form.VALUE), zone)
        case _:
            return _evaluated(condition, zone)


def _placed(leaf: Leaf, place: Place, zone: ZoneInfo) -> tuple[Place | Computed, Asked]:
    asked = asked_by(leaf, zone)
    return _evaluated(leaf, zone) if asked is None else (place, asked)


def _computed(leaf: Compare | Among | Missing | Within, rows: AggregateOf, zone: ZoneInfo) -> tuple[Computed, Asked]:
    """Compare an aggregate's value with thresholds, so that it is computed once for all of them."""
    asked = asked_by(_in_half_units(leaf) if rows.function is Function.AVG else leaf, zone)
    if asked is None or rows.function is Function.LAST:  # the latest row's value has a currency and forms of its own
        return _evaluated(leaf, zone)
    return Computed(rows, zone), asked


def _in_half_units(leaf: Compare | Among | Missing | Within) -> Leaf:
    match leaf:
        case Compare(value=int() as value):
            return evolve(leaf, value=2 * value)
        case Among(values=values):
            return evolve(leaf, values=tuple(2 * value for value in values if isinstance(value, int)))
        case _:
            return leaf


def _evaluated(leaf: Leaf, zone: ZoneInfo) -> tuple[Computed, Asked]:
    return Computed(evolve(leaf, negated=False), zone), _IS_FALSE if leaf.negated else _IS_TRUE


def _form(folded: bool) -> Form:
    return Form.FOLDED if folded else Form.VALUE


_IS_TRUE: Final = Asked(others=False, exceptions=(True,))
_IS_FALSE: Final = Asked(others=True, exceptions=(True,))
