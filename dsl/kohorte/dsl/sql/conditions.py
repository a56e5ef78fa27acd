"""Write the conditions of a rule as SQL over bound tables (see ``binding``)."""

from collections.abc import Collection, Sequence
from typing import Any

from attrs import evolve
from sqlalchemy import ColumnElement, Select, and_, bindparam, false, literal_column, not_, or_, select, true

from kohorte.core.errors import InvalidInput
from kohorte.core.fields import Kind
from kohorte.core.values import fold
from kohorte.dsl.normal import push_negations
from kohorte.dsl.operands import is_of_dates
from kohorte.dsl.sql import tests
from kohorte.dsl.sql.binding import Binding, Entries, Keys
from kohorte.dsl.sql.columns import INTEGER
from kohorte.dsl.sql.elements import IsInArray, IsNotInArray, ListOf
from kohorte.dsl.sql.grouped import narrows
from kohorte.dsl.sql.rows import RowsWriter
from kohorte.dsl.sql.samples import in_sample
from kohorte.dsl.sql.scope import Scope, Value
from kohorte.dsl.sql.times import Times, times_of
from kohorte.dsl.timed import four_years
from kohorte.dsl.typed import (
    AggregateOf,
    All,
    Always,
    Among,
    AnyOf,
    Checked,
    Compare,
    CompareOperands,
    Condition,
    Contains,
    FieldOf,
    HasAnniversary,
    HasTags,
    InList,
    InSample,
    InSegment,
    Leaf,
    Missing,
    Negation,
    Operand,
    SomeRow,
    Within,
)

_Test = ColumnElement[bool]


def condition_of(checked: Checked, binding: Binding, subject: str, *, of_few: bool = False) -> _Test:
    """Return a checked rule as a condition over the subject's bound table, asked of all records or of few."""
    whole, scope = push_negations(checked.condition), Scope.of_subject(binding, subject, checked.zone)
    return ConditionWriter(times_of(checked)).write_whole(whole, scope, of_few=of_few)


class ConditionWriter:
    """Writes conditions in negation normal form; what they say of related rows is written by its ``RowsWriter``."""

    def __init__(self, times: Times) -> None:
        self._times = times
        self._rows = RowsWriter(self.write, self.of_value)

    # -- groups --------------------------------------------------------------------------------------------------

    def write_whole(self, condition: Condition, scope: Scope, *, of_few: bool) -> _Test:
        """Return the condition of a whole rule."""
        parts = condition.parts if isinstance(condition, All) else (condition,)
        return and_(*self._parts(parts, scope, every=True, alone=not of_few and not any(map(narrows, parts))))

    def write(self, condition: Condition, scope: Scope) -> _Test:
        """Return a condition over the tables in reach."""
        match condition:
            case Always(value=value):
                return true() if value else false()
            case All(parts=parts):
                return and_(*self._parts(parts, scope, every=True))
            case AnyOf(parts=parts):
                return or_(*self._parts(parts, scope, every=False))
            case Negation():
                return self.write(push_negations(condition), scope)
            case _:
                return self._leaf(condition, scope)

    def _parts(self, parts: Sequence[Condition], scope: Scope, *, every: bool, alone: bool = False) -> list[_Test]:
        """Write parts; those that look at one other owner's record, or at one aggregate, look there once."""
        together: dict[object, list[Condition]] = {}
        for place, part in enumerate(parts):
            key: object = _sole_owner(part, scope) or _sole_aggregate(part) or place
            together.setdefault(key, []).append(part)
        written: list[_Test] = []
        for key, same in together.items():
            if isinstance(key, AggregateOf):
                written.append(self._rows.of_aggregate(key, same, scope, every=every, alone=alone))
            elif len(same) > 1:
                written.append(self._of_owner(str(key), (All if every else AnyOf)(tuple(same)), scope))
            else:
                written.append(self.write(same[0], scope))
        return written

    def _of_owner(self, name: str, condition: Condition, scope: Scope) -> _Test:
        """Write what is said of another owner's record; one that is not there fails every positive condition."""
        opened = scope.owner(name)
        if not _holds_without_record(condition):
            return opened.select(where=self.write(condition, opened.scope)).exists()
        return not_(opened.select(where=self.write(push_negations(Negation(condition)), opened.scope)).exists())

    def _leaf(self, leaf: Leaf, scope: Scope) -> _Test:
        outside = [name for name in _owners_read(leaf) if name not in scope.open]
        if outside:
            return self._of_owner(outside[0], leaf, scope)
        match leaf:
            case InSample():
                return in_sample(leaf, scope.key)
            case SomeRow():
                return self._rows.some_row(leaf, scope)
            case InSegment():
                return self._in_segment(leaf, scope)
            case CompareOperands():
                return self._rows.compare_operands(leaf, scope)
            case HasTags():
                return tests.has_tags(leaf, scope.value(leaf.operand, folded=leaf.folded))
            case _:
                return self._on_operand(leaf, leaf.operand, scope)

    def _on_operand(self, leaf: Leaf, operand: Operand, scope: Scope) -> _Test:
        if isinstance(operand, AggregateOf):
            return self._rows.of_aggregate(operand, [leaf], scope, every=True)
        if isinstance(leaf, Missing) and operand.field.kind is Kind.TAGS:
            return tests.has_no_tags(scope.value(operand), negated=leaf.negated)
        return self.of_value(leaf, scope.value_for(leaf, operand), scope)

    # -- conditions on one value ---------------------------------------------------------------------------------

    def of_value(self, leaf: Leaf, value: Value, scope: Scope) -> _Test:
        """Return what a condition asks of its operand's value."""
        match leaf:
            case Compare():
                return self._in_currency(tests.compare(leaf, value), leaf, value)
            case Among():
                return self._in_currency(tests.among(leaf, value), leaf, value)
            case Contains():
                return tests.contains(leaf, value)
            case Missing():
                return tests.is_missing(value, negated=leaf.negated)
            case Within(operand=operand, low=low, high=high):
                names = [None if each is None else self._times.bound(operand, each, scope.zone) for each in (low, high)]
                return tests.within(leaf, value, *names)
            case HasAnniversary():
                return self._has_anniversary(leaf, value, scope)
            case InList():
                return self._in_list(leaf, value, scope)
            case _:
                raise TypeError(leaf)

    def _in_currency(self, test: _Test, leaf: Compare | Among, value: Value) -> _Test:
        if leaf.currency is None:
            return test
        return tests.in_currency(test, value, leaf.currency, negated=leaf.negated)

    def _has_anniversary(self, leaf: HasAnniversary, value: Value, scope: Scope) -> _Test:
        zone = scope.zone
        if not is_of_dates(leaf.operand) or isinstance(leaf.operand, AggregateOf):
            near = tests.Near(*self._times.returning_near(leaf, zone), four_years(of_dates=is_of_dates(leaf.operand)))
            return tests.lies_between(value, self._times.returning_between(leaf, zone), near, negated=leaf.negated)
        before = [self._times.returning_before(leaf, zone, place) for place in (0, 1)]
        days = [self._times.returning_on(leaf, zone, place) for place in (0, 1)]
        return tests.returns_on_days(value, list(zip(before, days, strict=True)), negated=leaf.negated)

    # -- segments and lists --------------------------------------------------------------------------------------

    def _in_segment(self, leaf: InSegment, scope: Scope) -> _Test:
        """Write a segment's own rule in its place, or ask who is known to belong to it."""
        segment, no = leaf.segment, leaf.negated
        if segment.rule is not None:
            rule = Negation(segment.rule.condition) if no else segment.rule.condition
            return self.write(push_negations(rule), evolve(scope, zone=segment.rule.zone))
        given = scope.binding.segments
        now = bindparam(self._times.now(), type_=INTEGER.type)
        keys: Keys | None = given(segment.id, now) if callable(given) else given.get(segment.id)
        if keys is None:
            raise _unbound("segment", segment.name, "segments")
        if isinstance(keys, ColumnElement):
            condition = scope.called_here(keys)
            return not_(condition) if no else condition
        return _one_of(scope.key, keys, negated=no)

    def _in_list(self, leaf: InList, value: Value, scope: Scope) -> _Test:
        given = scope.binding.lists
        entries: Entries | None = given(leaf.list_id, leaf.folded) if callable(given) else given.get(leaf.list_id)
        if entries is None:
            raise _unbound("stored list", leaf.name, "lists")
        if not isinstance(entries, Select) and leaf.folded and not callable(given):
            entries = sorted(set(map(fold, entries)))
        test = _one_of(value.expression, entries, negated=leaf.negated)
        return or_(test, value.expression.is_(None)) if leaf.negated and value.nullable else test


def _one_of(expression: ColumnElement[Any], chosen: Select[Any] | Collection[Any], *, negated: bool) -> _Test:
    """Ask whether a value is among those of a select, or of a collection that travels as one parameter."""
    if not isinstance(chosen, Select):
        values = bindparam(None, list(chosen), type_=ListOf(expression.type), unique=True)
        return IsNotInArray(expression, values) if negated else IsInArray(expression, values)
    if not negated:
        return expression.in_(chosen)
    # PostgreSQL turns NOT EXISTS into a join, and NOT IN never.
    others = chosen.subquery()
    one: ColumnElement[int] = literal_column("1")
    same = select(one).where(next(iter(others.c)) == expression)
    return not_(same.correlate_except(others).exists())


def _unbound(what: str, name: str, where: str) -> InvalidInput:
    return InvalidInput(
        'The rule refers to the {what} "{name}", which is bound to nothing.',
        hint="Give Binding({where}={{id: …}}) or a function that answers for all.",
        what=what,
        name=name,
        where=where,
    )


# -- what conditions read ----------------------------------------------------------------------------------------


def _operands(leaf: Leaf) -> tuple[Operand, ...]:
    match leaf:
        case SomeRow() | InSegment() | InSample():
            return ()
        case CompareOperands(left=left, right=right):
            return left, right
        case _:
            return (leaf.operand,)


def _owners_read(leaf: Leaf) -> list[str]:
    return [each.owner for each in _operands(leaf) if isinstance(each, FieldOf)]


def _sole_owner(condition: Condition, scope: Scope) -> str | None:
    """Return the one other owner whose record is all that a condition looks at."""
    match condition:
        case All(parts=parts) | AnyOf(parts=parts):
            owners = {_sole_owner(part, scope) for part in parts}
            return owners.pop() if len(owners) == 1 else None
        case Always() | Negation() | SomeRow() | InSegment() | InSample():
            return None
        case _:
            operands = _operands(condition)
            names = {each.owner if isinstance(each, FieldOf) else None for each in operands}
            name = names.pop() if len(names) == 1 else None
            return name if name is not None and name not in scope.open else None


def _sole_aggregate(condition: Condition) -> AggregateOf | None:
    """Return the aggregate that a condition compares with constants."""
    if isinstance(condition, Compare | Among | Within) and isinstance(condition.operand, AggregateOf):
        return condition.operand
    return None


def _holds_without_record(condition: Condition) -> bool:
    """Tell whether a condition on another owner's fields holds where there is no such record: all is missing."""
    match condition:
        case All(parts=parts):
            return all(map(_holds_without_record, parts))
        case AnyOf(parts=parts):
            return any(map(_holds_without_record, parts))
        case Always(value=value):
            return value
        case Negation(part=part):
            return not _holds_without_record(part)
        case _:
            return isinstance(condition, Missing) != condition.negated
