"""Whose answers may change between two instants: records of which a bound passes a time of theirs, or of their rows.

No bound moves back, so the times that one passes are those from where it stands at the one instant to where it stands
at the other. All records and rows are asked at once for these. It is a first look that leaves nobody out: whether such
a time matters is asked of its owner.
"""

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from attrs import evolve, frozen
from sqlalchemy import ColumnElement, and_, or_

from kohorte.core.fields import Collection
from kohorte.dsl.changes.timeless import is_timeless
from kohorte.dsl.normal import push_negations
from kohorte.dsl.passing import is_fixed
from kohorte.dsl.sql import tests
from kohorte.dsl.sql.conditions import ConditionWriter
from kohorte.dsl.sql.grouped import Owners, is_of_row
from kohorte.dsl.sql.row_stays import aggregates_of
from kohorte.dsl.sql.scope import Scope
from kohorte.dsl.sql.times import Times, then
from kohorte.dsl.typed import (
    AggregateOf,
    All,
    Always,
    AnyOf,
    Condition,
    FieldOf,
    HasAnniversary,
    InSegment,
    Leaf,
    Negation,
    SomeRow,
    Within,
)

_Test = ColumnElement[bool]


@frozen
class CrossingWriter:
    """Writes which records have times that bounds pass; what no time changes is written by ``conditions``."""

    conditions: ConditionWriter
    times: Times

    def write(self, condition: Condition, scope: Scope) -> _Test | None:
        """Return the condition that between now and then a bound passes a time of a record, or of one of its rows.

        None where the answer may change in other ways, or where the rows alone do not tell whose they are.
        """
        moving = list(_moving(condition, scope, scope.zone))
        known = [each for each in moving if each is not None and each.tells(each.where)]
        if len(known) < len(moving):
            return None
        own = [each for each in known if each.collection is None]
        collections = {each.collection.name: each.collection for each in known if each.collection is not None}
        if not collections:
            return self._some_crossed(own, scope)
        found = [self._owners_of_rows(each, known, scope) for each in collections.values()]
        owners = Owners.together(found)
        if own and owners is not None:
            again = scope.subject_again()
            owners = Owners.together([owners, owners.again(again, self._some_crossed(own, again.scope))])
        return None if owners is None else owners.some()

    def _owners_of_rows(self, collection: Collection, moving: Sequence["_Moving"], scope: Scope) -> Owners | None:
        """Find in one pass who owns rows of a collection with such times."""
        opened = scope.collection(collection.name, collection.parent)
        of_it = [each for each in moving if each.collection == collection]
        return Owners.of(opened, self._some_crossed(of_it, opened.scope))

    # -- times that are passed -----------------------------------------------------------------------------------

    def _some_crossed(self, moving: Sequence["_Moving"], scope: Scope) -> _Test:
        return or_(*(self._crossed(each.where, each, evolve(scope, zone=each.zone)) for each in moving))

    def _crossed(self, where: Condition, moving: "_Moving", scope: Scope) -> _Test:
        """Ask whether a bound passes what is compared with it, where all else that never changes holds."""
        match where:
            case All(parts=parts) | AnyOf(parts=parts):
                crossed = or_(*(self._crossed(part, moving, scope) for part in parts if not is_timeless(part)))
                if isinstance(where, AnyOf):
                    return crossed
                always = [part for part in parts if is_timeless(part) and is_of_row(part, moving.owner)]
                return and_(crossed, *(self.conditions.write(part, scope) for part in always))
            case Within(operand=FieldOf() as operand):
                return or_(*self._passed(where, operand, scope))
            case _:
                raise TypeError(where)

    def _passed(self, leaf: Within, operand: FieldOf, scope: Scope) -> Iterator[_Test]:
        for bound in (leaf.low, leaf.high):
            if bound is not None and not is_fixed(bound):
                name = self.times.bound(operand, bound, scope.zone)
                yield tests.within(Within(operand, bound, bound), scope.value(operand), name, then(name))


# -- what moves --------------------------------------------------------------------------------------------------


@frozen
class _Moving:
    """A condition on records at hand or on rows of a collection, in a time zone, which time may change."""

    owner: str
    where: Condition
    zone: ZoneInfo
    collection: Collection | None = None

    def tells(self, where: Condition) -> bool:
        """Tell whether it changes by nothing but bounds that pass times of the record or row itself."""
        match where:
            case All(parts=parts) | AnyOf(parts=parts):
                return all(is_timeless(part) or self.tells(part) for part in parts)
            case Within(operand=FieldOf(owner=owner)):
                return owner == self.owner
            case _:
                return False

    @classmethod
    def of_rows(cls, collection: Collection, where: Condition, zone: ZoneInfo) -> "_Moving":
        return cls(collection.name, where, zone, collection)


def _moving(condition: Condition, scope: Scope, zone: ZoneInfo) -> Iterator[_Moving | None]:
    """Yield all that time may change in a condition in negation normal form; None for what is not found like this."""
    if is_timeless(condition):
        return
    match condition:
        case All(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from _moving(part, scope, zone)
        case SomeRow(collection=collection, where=where):
            yield _Moving.of_rows(collection, where, zone)
        case InSegment(segment=segment) if segment.rule is not None:
            yield from _moving(push_negations(segment.rule.condition), scope, segment.rule.zone)
        case Within(operand=FieldOf(owner=owner)) if owner in scope.open:
            yield _Moving(owner, condition, zone)
        case Within(operand=FieldOf()) | HasAnniversary() | Always() | Negation():
            yield None
        case _:
            for operand in aggregates_of(condition):
                yield from _of_aggregate(condition, operand, zone)


def _of_aggregate(leaf: Leaf, operand: AggregateOf, zone: ZoneInfo) -> Iterator[_Moving]:
    if not is_timeless(operand.where):
        yield _Moving.of_rows(operand.collection, operand.where, zone)
    if isinstance(leaf, Within) and operand.field is not None:
        # The least, greatest or latest value is that of some row.
        value = evolve(leaf, operand=FieldOf(operand.collection.name, operand.field))
        if not is_timeless(value):
            yield _Moving.of_rows(operand.collection, value, zone)
