"""Records from branches: what a branch asks is given to a record, and the rule itself is asked about it.

A record is only tried, never trusted: it is a witness once the predicates have answered for it.
"""

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any, Final
from uuid import UUID

from attrs import define, field, frozen

from kohorte.core.fields import Catalogue, Collection, Field, Kind
from kohorte.dsl.analysis.domains import Numbers
from kohorte.dsl.analysis.formulas import Formula, Literal, Variable, both, opposite
from kohorte.dsl.analysis.leaves import Place
from kohorte.dsl.analysis.questions import Priced, Range, Test, Values
from kohorte.dsl.analysis.solver import Branch, Budget, search
from kohorte.dsl.analysis.translation import Translation
from kohorte.dsl.analysis.trials import as_given
from kohorte.dsl.analysis.weights import weight
from kohorte.dsl.analysis.witness_fields import FieldsDraft, NoRecord
from kohorte.dsl.typed import (
    AggregateOf,
    FieldOf,
    Function,
    InSegment,
)

MOST_ROWS: Final = 50
"""A witness has no more rows of one kind."""
_SCANNED: Final = 8
"""So many variables, or literals, are looked at in a step."""
_A_ROW: Final = 5
"""The steps for making a row and asking about it."""


@frozen
class Draft:
    """A record that may be a witness, and what it was taken to belong to."""

    record: dict[str, Any]
    segments: frozenset[UUID] = frozenset()
    entries: Mapping[UUID, frozenset[str]] = field(factory=dict[UUID, frozenset[str]])


@define
class Drafting:
    """Makes records of branches: of the subject's, and of its rows'."""

    catalogue: Catalogue
    now: int
    budget: Budget
    entries: Mapping[UUID, frozenset[str]]
    """What is known of stored lists."""
    numbers: Iterator[int] = field(factory=lambda: count(1))

    def draft(self, branch: Branch) -> Draft:
        """Return a record in which a branch may hold; raise ``NoRecord``."""
        held = [literal.variable.subject for literal in branch.taken if literal.positive]
        segments = frozenset(each.segment.id for each in held if isinstance(each, InSegment))
        holder = FieldsDraft(branch, self.catalogue.subject, self.now, self.entries)
        record = holder.fields()
        for owner in self.catalogue.owners.values():
            if owner.name != self.catalogue.subject:
                other = FieldsDraft(branch, owner.name, self.now, self.entries, holder.chosen)
                inner = other.fields(sparse=True)
                if inner or not owner.optional:
                    record[owner.name] = self.completed(inner, owner.fields)
        self.completed(record, self.catalogue.owners[self.catalogue.subject].fields)
        record |= self.rows(branch, None)
        return Draft(record, segments, {**holder.listed})

    def completed(self, record: dict[str, Any], fields: Mapping[str, Field]) -> dict[str, Any]:
        """Give a record what it cannot lack."""
        currencies = {each.currency for each in fields.values()}
        for name, wanted in fields.items():
            if name not in record and not wanted.nullable:
                record[name] = self._usual(wanted, is_currency=name in currencies)
        return record

    def _usual(self, wanted: Field, *, is_currency: bool) -> Any:
        match wanted.kind:
            case Kind.CODE | Kind.TEXT:
                return "EUR" if is_currency else f"{wanted.name}-{next(self.numbers)}"
            case Kind.MONEY:
                return as_given((0, "EUR"), wanted.kind, 0)
            case Kind.ENUMERATION:
                return wanted.choices[0]
            case Kind.BOOLEAN:
                return False
            case Kind.TAGS:
                return ["x"]
            case Kind.DATE:
                return as_given(self.now // 86_400_000_000, wanted.kind, 0)
            case Kind.INSTANT:
                return as_given(self.now, wanted.kind, 0)
            case Kind.INTEGER | Kind.DECIMAL:
                return as_given(0, wanted.kind, wanted.scale)

    # -- rows ----------------------------------------------------------------------------------------------------

    def rows(self, branch: Branch, parent: Collection | None) -> dict[str, Any]:
        """Return the rows, by collection, that a branch asks for."""
        asked: dict[str, list[Variable]] = {}
        for variable in {**branch.domains, **dict.fromkeys(each.variable for each in branch.taken)}:
            if isinstance(variable.subject, AggregateOf):
                asked.setdefault(variable.subject.collection.name, []).append(variable)
        found: dict[str, Any] = {}
        for name, variables in asked.items():
            rows = _Rows(self, branch, self.catalogue.collections[name], variables).made()
            if rows:
                self._put(found, self.catalogue.collections[name], rows, parent)
        return found

    def _put(
        self, record: dict[str, Any], rows: Collection, made: list[dict[str, Any]], holder: Collection | None
    ) -> None:
        """Put rows into a record; lines need a row of their parent's that they lie in."""
        if rows.parent is None or (holder is not None and holder.name == rows.parent):
            record.setdefault(rows.name, []).extend(made)
            return
        parent = self.catalogue.collections[rows.parent]
        self._put(record, parent, [self.completed({rows.name: made}, parent.fields)], holder)


# -- rows of one collection --------------------------------------------------------------------------------------


@define
class _Rows:
    """The rows of one collection, as many as a branch asks for of each filter."""

    drafting: Drafting
    branch: Branch
    collection: Collection
    variables: list[Variable]
    rows: list[dict[str, Any]] = field(factory=list[dict[str, Any]])

    def made(self) -> list[dict[str, Any]]:
        """Return the rows; raise ``NoRecord`` where no row passes."""
        filtered: dict[str, list[Variable]] = {}
        for variable in self.variables:
            filtered.setdefault(variable.where_key, []).append(variable)
        for group in filtered.values():
            self._add(group)
        return self.rows

    def _add(self, group: list[Variable]) -> None:
        """Add the rows that one filter wants: the first has the values that are asked for, the others none of them."""
        counted = max((self._least(each) for each in group), default=0)
        valued = [each for each in group if self._function(each) not in (Function.COUNT, Function.COUNT_DISTINCT)]
        wanted = [each for each in valued if self._is_wanted(each)]
        number = max(counted, 1 if wanted else 0)
        if number > MOST_ROWS:
            raise NoRecord
        distinct = [each for each in group if self._function(each) is Function.COUNT_DISTINCT]
        inside = self._inside(group[0])
        base = list(self._base(group[0], inside)) if number else []
        for place in range(number):
            asked = [*base]
            asked += [self._valued(each, inside, is_first=place == 0) for each in valued]
            asked += [self._unlike(each, inside) for each in distinct if self._least(each) > place]
            self._add_row(asked)

    def _inside(self, variable: Variable) -> Translation:
        return Translation(variable.place.inside(self.collection.name), self.drafting.now)

    def _base(self, variable: Variable, inside: Translation) -> Iterator[Formula]:
        """Yield that a row passes the filter, and none of those of which there may be no more rows."""
        of = variable.subject
        if not isinstance(of, AggregateOf):
            return
        yield self._passes(of, inside, inside.place)
        self.drafting.budget.take(len(self.variables) // _SCANNED)
        for other in self.variables:
            subject = other.subject
            values = self.branch.domain(other).values
            if not isinstance(subject, AggregateOf) or other.where_key == variable.where_key:
                continue
            if subject.function is Function.COUNT and isinstance(values, Numbers) and values.high == 0:
                yield opposite(self._passes(subject, inside, other.place.inside(self.collection.name)))

    def _passes(self, of: AggregateOf, inside: Translation, place: Place) -> Formula:
        """Return what the filter of an aggregate asks of a row."""
        self.drafting.budget.take(weight(of.where))
        return inside.plain_formula(of.where, place)

    def _valued(self, variable: Variable, inside: Translation, *, is_first: bool) -> Formula:
        """Return what a row's value must be for the aggregate to be as it is wanted: all of it lies in the first."""
        of = variable.subject
        if not isinstance(of, AggregateOf) or of.field is None:
            return True
        row = inside.variable(FieldOf(self.collection.name, of.field), inside.place)
        if not self._is_wanted(variable) or (not is_first and of.function is not Function.LAST):
            return opposite(Literal(row, None)) if of.field.nullable else True
        self.drafting.budget.take(len(self.branch.taken) // _SCANNED)
        tests = [
            Literal(row, test if of.currency is None else Priced(of.currency, test), literal.positive)  # type: ignore[arg-type]
            for literal in self.branch.taken
            if literal.variable is variable and literal.test is not None
            for test in [_halved(literal.test) if of.function is Function.AVG else literal.test]
        ]
        domain = self.branch.domain(variable)
        if isinstance(domain.values, Numbers) and of.function is not Function.AVG:
            ends = Range(domain.values.low, domain.values.high)
            tests.append(Literal(row, ends if of.currency is None else Priced(of.currency, ends)))
        return _all(tests)

    def _unlike(self, variable: Variable, inside: Translation) -> Formula:
        """Return that a row's value is another one than those of the rows before."""
        of = variable.subject
        if not isinstance(of, AggregateOf) or of.field is None or of.field.kind not in (Kind.CODE, Kind.TEXT):
            raise NoRecord
        row = inside.variable(FieldOf(self.collection.name, of.field), inside.place)
        known = frozenset(str(each[of.field.name]) for each in self.rows if each.get(of.field.name) is not None)
        return _all([Literal(row, None), Literal(row, Values(known), positive=False)])

    def _add_row(self, asked: list[Formula]) -> None:
        self.drafting.budget.take(_A_ROW)
        found: list[dict[str, Any]] = []

        def accept(branch: Branch) -> bool:
            try:
                drafting = self.drafting
                row = FieldsDraft(branch, self.collection.name, drafting.now, drafting.entries).fields()
                row |= self.drafting.rows(branch, self.collection)
            except NoRecord:
                return False
            found.append(self.drafting.completed(row, self.collection.fields))
            return True

        if not search(asked, self.drafting.budget, accept):
            raise NoRecord
        self.rows.append(found[0])

    def _least(self, variable: Variable) -> int:
        """Return how many rows, or different values, there must be."""
        values = self.branch.domain(variable).values
        is_count = self._function(variable) in (Function.COUNT, Function.COUNT_DISTINCT)
        return values.low or 0 if is_count and isinstance(values, Numbers) else 0

    def _is_wanted(self, variable: Variable) -> bool:
        """Tell whether there must be a value: a sum of nothing is 0."""
        domain = self.branch.domain(variable)
        if self._function(variable) is Function.SUM:
            return isinstance(domain.values, Numbers) and not domain.values.holds(0)
        return not domain.missing

    def _function(self, variable: Variable) -> Function:
        return variable.subject.function if isinstance(variable.subject, AggregateOf) else Function.COUNT


def _halved(test: Test) -> Test:
    """Return what an average asks of a single value (see ``translation`` for the halves)."""
    match test:
        case Range(low=low, high=high):
            return Range(None if low is None else -(-low // 2), None if high is None else high // 2)
        case Values(values=values):
            return Values(frozenset(value // 2 for value in values))
        case _:
            return test


def _all(literals: list[Literal]) -> Formula:
    return both(*literals)
