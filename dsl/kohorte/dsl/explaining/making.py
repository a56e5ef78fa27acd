"""Make rows that a filter lets through, and change a record's rows so that an aggregate becomes what is wanted."""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any, Final
from zoneinfo import ZoneInfo

from attrs import frozen

from kohorte.core.fields import Collection, Field, Kind
from kohorte.core.values import fold
from kohorte.dsl.explaining.asked import Known
from kohorte.dsl.explaining.edits import ANYTHING, Edit, Values, edits, unlike
from kohorte.dsl.explaining.families import new_row, shared_values
from kohorte.dsl.explaining.filters import letting_through
from kohorte.dsl.explaining.joining import Variables
from kohorte.dsl.explaining.nodes import Group, Growing, Single, singles
from kohorte.dsl.explaining.reading import RECORD, Place, Reading
from kohorte.dsl.explaining.search import Flip, Search
from kohorte.dsl.explaining.storing import store
from kohorte.dsl.explaining.variables import Subject
from kohorte.dsl.records import Prepared
from kohorte.dsl.syntax.ast import NOWHERE
from kohorte.dsl.typed import (
    AggregateOf,
    Condition,
    FieldOf,
    Negation,
)

MOST_ROWS: Final = 1_000
"""A proposal adds no more rows than these."""
_MOST_TRIED: Final = 4
"""Ways through a filter that are tried for one row."""


Wanted = Sequence[tuple[Single, bool]]
"""Conditions with the verdicts that they must have."""


Zoned = tuple[Condition, ZoneInfo]
"""A condition with the zone in which it stands."""


@frozen
class Rows:
    """Which rows are meant: those of a collection for which a filter holds."""

    collection: Collection
    where: Condition
    zone: ZoneInfo


@frozen
class Making:
    """Makes rows for filters in a record. ``read`` are the collections whose rows the rule reads.

    ``spelled`` gives folded texts back their capitals. Where some of several rows go, these are the last ones, or with
    ``backwards`` the first. Where it can be, added rows pass none of the filters that are ``avoided``.
    """

    reading: Reading
    record: Prepared
    read: Sequence[Collection]
    spelled: Mapping[str, str]
    backwards: bool = False
    avoided: Sequence[Zoned] = ()

    # -- an aggregate --------------------------------------------------------------------------------------------

    def moved(
        self, operand: AggregateOf, zone: ZoneInfo, target: Any, around: Place | None = None
    ) -> list[Prepared] | None:
        """Return the collection's rows after a small change that gives an aggregate a value; None for none found.

        ``around`` is the row in which they lie, where they do not lie in the record.
        """
        place = around or {RECORD: self.record}
        wanted = Rows(operand.collection, operand.where, zone)
        holder = place[RECORD if around is None else operand.collection.parent or RECORD]
        listed: list[Prepared] = holder[operand.collection.name]
        meant = self.reading.rows_of(wanted.collection, wanted.where, zone, _names(place))(place)
        passes = letting_through(operand, zone, self.reading.judging)
        apart = [[(Negation(each), own) for each, own in self.avoided]] if self.avoided and around is None else []
        for edit in edits(operand, meant[::-1] if self.backwards else meant, target, passes):
            for beside in (*apart, ()):
                added = self._added(edit, wanted, operand.field, place, beside)
                if added is not None:
                    removed = {id(row) for row in edit.removed}
                    return [*(row for row in listed if id(row) not in removed), *added]
        return None

    def _added(
        self, edit: Edit, wanted: Rows, field: Field | None, around: Place, beside: Sequence[Zoned]
    ) -> list[Prepared] | None:
        if len(edit.added) > MOST_ROWS:
            return None
        rows: list[Prepared] = []
        known = None if edit.known is None else [*edit.known]
        for given in edit.added:
            others = [] if known is None or field is None else unlike(wanted.collection, field, known)
            row = self.row(wanted, given, around, (*beside, *((each, wanted.zone) for each in others)))
            if row is None:
                return None
            if known is not None and field is not None:
                value = row[field.name]
                known.append(fold(value) if field.kind is Kind.TEXT else value)
            rows.append(row)
        return rows

    # -- one row -------------------------------------------------------------------------------------------------

    def row(self, wanted: Rows, given: Values, around: Place, beside: Sequence[Zoned] = ()) -> Prepared | None:
        """Return a new row that a filter lets through and that has the given values; None where none was found.

        What stands ``beside`` the filter holds as well.
        """
        blank = self._blank(wanted, given, around)
        place = {**around, wanted.collection.name: blank}
        names = _names(place)
        asked = ((wanted.where, wanted.zone), *beside)
        root = self._grown(asked, place)
        if root.verdict:
            return blank
        search = Search(Variables.over([*singles(root)], self._known(names), _is_own(wanted.collection, given)))
        for flip in islice(search.flips(root, wanted=True), _MOST_TRIED):
            row = self._filled(wanted, blank, flip, around)
            place = {**around, wanted.collection.name: row}
            if all(self.reading.test(each, zone, names)(place) for each, zone in asked):
                return row
        return None

    def _blank(self, wanted: Rows, given: Values, around: Place) -> Prepared:
        row = new_row(wanted.collection, self.read, self.reading.judging.now, wanted.zone)
        if wanted.collection.parent in around:
            row |= shared_values(around[wanted.collection.parent or RECORD], wanted.collection, wanted.collection)
        for name, value in given.items():
            _store(row, wanted.collection, name, value)
        return row

    def _grown(self, asked: Sequence[Zoned], place: Place) -> Group:
        """Return conditions that must all hold in a place, as a tree."""
        growing = Growing(self.reading, place, _names(place))
        parts = tuple(growing.node(each, zone) for each, zone in asked)
        return Group(True, parts, all(part.verdict for part in parts), NOWHERE)

    def _filled(self, wanted: Rows, blank: Prepared, flip: Flip, around: Place) -> Prepared:
        """Return a row that has what a change asks of it, with the lines that it takes."""
        row = {**blank}
        place = {**around, wanted.collection.name: row}
        for variable, candidate in flip.chosen:
            for subject, value in zip(variable.subjects.values(), variable.candidates[candidate], strict=True):
                match subject:
                    case FieldOf(field=field):
                        _store(row, wanted.collection, field.name, value)
                    case AggregateOf(collection=lines):
                        moved = self.moved(subject, wanted.zone, value, place)
                        row[lines.name] = moved or row[lines.name]
                        for line in moved or ():
                            row |= shared_values(line, lines, wanted.collection)
                    case _:
                        pass
        return row

    def _known(self, names: Sequence[str]) -> Known:
        present = {self.reading.subject, *names}
        return Known(self.reading.judging, lambda of: of.field.nullable or of.owner not in present, self.spelled)

    # -- what lies outside of rows -------------------------------------------------------------------------------

    def outside(
        self, operand: AggregateOf, zone: ZoneInfo, target: Any, needed: Wanted, around: Place | None = None
    ) -> dict[FieldOf, Any]:
        """Return values for fields of the record with which a filter would let a row through for an aggregate's value.

        ``needed`` are conditions about such fields with the verdicts that they must have. Nothing for none found.
        """
        outer: Place = around or {RECORD: self.record}
        wanted = Rows(operand.collection, operand.where, zone)
        name = wanted.collection.name
        ways = edits(operand, [], target, letting_through(operand, zone, self.reading.judging))
        given: Values = next((edit.added[0] for edit in ways if edit.added), ANYTHING)
        place = {**outer, name: self._blank(wanted, given, outer)}
        names = _names(place)
        beside = ((each.leaf if verdict else Negation(each.leaf), each.zone) for each, verdict in needed)
        root = self._grown([(wanted.where, zone), *beside], place)
        is_own = _is_own(wanted.collection, given)
        variables = Variables.over(
            [*singles(root)], self._known(names), lambda each: is_own(each) or _is_outside(each, names)
        )
        flip = next(Search(variables).flips(root, wanted=True), None)
        found: dict[FieldOf, Any] = {}
        for variable, candidate in () if flip is None else flip.chosen:
            for subject, value in zip(variable.subjects.values(), variable.candidates[candidate], strict=True):
                if isinstance(subject, AggregateOf):
                    found |= self.outside(subject, zone, value, (), place)
                elif isinstance(subject, FieldOf) and subject.owner not in names:
                    found[subject] = value
        return found


def _is_outside(subject: Subject, names: Sequence[str]) -> bool:
    return isinstance(subject, FieldOf) and subject.owner not in names


def _names(place: Place) -> tuple[str, ...]:
    return tuple(name for name in place if name != RECORD)


def _store(row: Prepared, collection: Collection, name: str, value: Any) -> None:
    field = collection.fields[name]
    store(row, field, name, value)
    if field.currency is not None and value is not None and field.currency in collection.fields:
        store(row, collection.fields[field.currency], field.currency, value[1])


def _is_own(collection: Collection, given: Values) -> Callable[[Subject], bool]:
    """Return the test of what a row's own fields and lines are, but for those whose values are given."""

    def is_own(subject: Subject) -> bool:
        match subject:
            case FieldOf(owner=owner, field=field):
                return owner == collection.name and field.name not in given
            case AggregateOf(collection=lines):
                return lines.parent == collection.name
            case _:
                return False

    return is_own
